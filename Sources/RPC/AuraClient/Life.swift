internal import AuraModel
internal import JSONRPC
internal import Locking
internal import NIOCore

/// The lifetime of a client. Closing is final: it ends every connection and every pause, and prevents new ones. The
/// refusal of the client's token is final too: it prevents new connections.
final class Life: Sendable {
    private struct State: Sendable {
        var isClosed = false
        /// The error with which the daemon refused or revoked the token.
        var refusal: RPCError?
        var channels: [ObjectIdentifier: any Channel] = [:]
        var lastPause: UInt64 = 0
        var pauses: [UInt64: OneShot<Bool>] = [:]
    }

    private let state = Locked(State())

    static var closed: ClientError { ClientError(.closed, "cannot call, the client was closed: make another one") }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Throws ``ClientError`` with the code `closed` once the client is closed, and the daemon's `RPCError` once its
    /// token was refused or revoked.
    func check() throws {
        let (isClosed, refusal) = state.withLock { ($0.isClosed, $0.refusal) }
        if isClosed { throw Self.closed }
        if let refusal { throw refusal }
    }

    /// Records that the daemon refused or revoked the token.
    func refused(_ error: RPCError) {
        state.withLock { $0.refusal = $0.refusal ?? error }
    }

    /// Registers a new connection. Throws, and closes the connection, if the client is already closed.
    func adopt(_ channel: any Channel) throws {
        let key = ObjectIdentifier(channel)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.channels[key] = channel }
            return state.isClosed
        }
        if isClosed {
            channel.close(promise: nil)
            throw Self.closed
        }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.state.withLock { $0.channels[key] = nil }
        }
    }

    /// Waits for `duration`; throws ``ClientError`` as soon as the client is closed.
    func pause(for duration: Duration, on time: any TimeSource) async throws {
        let end = OneShot<Bool>()
        let key = try state.withLock { state in
            if state.isClosed { throw Self.closed }
            state.lastPause += 1
            state.pauses[state.lastPause] = end
            return state.lastPause
        }
        defer { state.withLock { $0.pauses[key] = nil } }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask { try await time.sleep(for: duration) }
            tasks.addTask { throw await end.value(whenCancelled: false) ? Self.closed : CancellationError() }
            try await tasks.next()
        }
    }

    /// Closes the client; returns once its connections are closed.
    func close() async {
        let (channels, pauses) = state.withLock { state in
            state.isClosed = true
            return (Array(state.channels.values), Array(state.pauses.values))
        }
        for pause in pauses { pause.set(true) }
        for channel in channels { try? await channel.close() }
    }
}

extension EventLoopFuture where Value: Sendable {
    /// Returns the future's value. Throws `CancellationError` as soon as the task is cancelled; the future itself is
    /// not cancelled.
    func value() async throws -> Value {
        let answer = OneShot<Result<Value, any Error>>()
        whenComplete { answer.set($0) }
        return try await answer.value(whenCancelled: .failure(CancellationError())).get()
    }
}
