internal import Locking
internal import Logging
internal import NIOCore

/// The listener of a Unix socket. It is created again if the socket's file was removed, because no client could connect
/// any more.
///
/// The file is checked every two seconds. If another file is at the path, the watch logs that once and does not touch
/// the file.
final class SocketFileWatch: Sendable {
    private struct State {
        var channel: any Channel
        var file: UnixSocketFile
        var timer: RepeatedTask?
        /// Succeeds when the socket that is being created again is adopted or removed; `nil` if no socket is being
        /// created.
        var renewal: EventLoopFuture<Void>?
        var isStopped = false
        /// The last logged error, so that each is logged once.
        var complaint: String?
    }

    static let interval = TimeAmount.seconds(2)

    private let state: Locked<State>
    /// All checks of the file and the stop run on this event loop, one after the other.
    private let eventLoop: any EventLoop
    private let listen: @Sendable (UnixSocketFile) -> EventLoopFuture<any Channel>
    private let logger: Logger
    private let end: EventLoopPromise<Void>

    /// Starts to watch. `listen` creates a channel from a newly bound socket.
    init(
        channel: any Channel, file: UnixSocketFile, logger: Logger,
        listen: @escaping @Sendable (UnixSocketFile) -> EventLoopFuture<any Channel>
    ) {
        state = Locked(State(channel: channel, file: file))
        self.logger = logger
        self.listen = listen
        eventLoop = channel.eventLoop
        end = eventLoop.makePromise()
        follow(channel)
        let timer = eventLoop.scheduleRepeatedTask(initialDelay: Self.interval, delay: Self.interval) {
            [weak self] _ in self?.look()
        }
        state.withLock { $0.timer = timer }
    }

    /// Succeeds when the listener ends, also if it ends by itself.
    var closeFuture: EventLoopFuture<Void> { end.futureResult }

    /// Stops the listener. Removes the file if it belongs to the listener.
    ///
    /// Waits for a check in progress. Otherwise that check might find no file and create the socket again without the
    /// lock.
    func stop() async {
        let renewal = try? await eventLoop.submit { [state] in
            state.withLock { state in
                state.isStopped = true
                state.timer?.cancel()
                return state.renewal
            }
        }.get()
        try? await renewal?.get()
        let (channel, file) = state.withLock { ($0.channel, $0.file) }
        try? await channel.close()
        file.release()
    }

    private func follow(_ channel: any Channel) {
        channel.closeFuture.whenComplete { [self] _ in
            if state.withLock({ $0.channel === channel }) { end.succeed(()) }
        }
    }

    private func look() {
        let file = state.withLock { $0.isStopped || $0.renewal != nil ? nil : $0.file }
        guard let file else { return }
        switch file.standing {
        case .own: state.withLock { $0.complaint = nil }
        case .gone: renew(file)
        case .replaced:
            complain(
                "cannot be reached at \(file.path) any more, another file is there: remove that one, then the socket is made again"
            )
        }
    }

    private func renew(_ file: UnixSocketFile) {
        let new: UnixSocketFile
        do {
            new = try file.renewed(backlog: RPCServer.backlog)
        } catch {
            return complain("cannot be reached any more, the socket's file was removed: \(error)")
        }
        let done = eventLoop.makePromise(of: Void.self)
        state.withLock { $0.renewal = done.futureResult }
        listen(new).whenComplete { [self] result in
            switch result {
            case .success(let channel): adopt(channel, new)
            case .failure(let error):
                new.removeFile()
                complain("cannot be reached any more, the socket's file was removed: \(error)")
            }
            state.withLock { $0.renewal = nil }
            done.succeed(())
        }
    }

    private func adopt(_ channel: any Channel, _ file: UnixSocketFile) {
        let former: (any Channel)? = state.withLock { state in
            guard !state.isStopped else { return nil }
            defer { (state.channel, state.file, state.complaint) = (channel, file, nil) }
            return state.channel
        }
        guard let former else {
            file.removeFile()
            return channel.close(promise: nil)
        }
        follow(channel)
        former.close(promise: nil)
        logger.warning("the socket's file was removed, made it again", metadata: ["path": "\(file.path)"])
    }

    private func complain(_ words: String) {
        let isNew = state.withLock { state in
            defer { state.complaint = words }
            return state.complaint != words
        }
        if isNew { logger.error("\(words)") }
    }
}
