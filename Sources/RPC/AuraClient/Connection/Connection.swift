internal import AuraModel
public import JSON
internal import JSONRPC
public import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// One connection to `aurad`.
///
/// It is connected when it is created. It ends by ``close()``, when the daemon closes it, or when its last reference is
/// released. It does not reconnect; ``AuraClient`` does. Calls may run in parallel.
public final class Connection: Sendable {
    let channel: any Channel
    private let mailbox: Mailbox

    private init(channel: any Channel, mailbox: Mailbox) {
        self.channel = channel
        self.mailbox = mailbox
    }

    deinit {
        channel.close(promise: nil)
    }

    /// The longest message that a daemon reads, in bytes without the line end (`system.limits`, `messageBytes`).
    static let messageLimitBytes = 1 << 20

    /// The notifications of the daemon, such as the events of subscriptions. They have one consumer.
    public var notifications: Notifications { Notifications(connection: self) }

    /// The cause of the connection's end, an `RPCError` if the daemon sent one; `nil` while the connection is open.
    public var failure: (any Error)? { mailbox.failure }

    /// Connects to a daemon. Throws ``ClientError`` with a remedy if that fails or takes longer than `timeout`.
    ///
    /// `limits` bounds one message of the daemon. `notificationBuffer` is the number of notifications that may wait for
    /// their consumer before the client stops reading; with 0 all notifications are discarded.
    public static func connect(
        to address: DaemonAddress, group: (any EventLoopGroup)? = nil, timeout: TimeAmount = .seconds(10),
        limits: JSONLimits = JSONLimits(bytes: 64 << 20, depth: 256), notificationBuffer: Int = 1024
    ) async throws -> Connection {
        let loop = (group ?? MultiThreadedEventLoopGroup.singleton).next()
        return try await open(
            to: address, on: loop, timeout: timeout, limits: limits, notificationBuffer: notificationBuffer
        ).get()
    }

    /// Starts to connect. `silence` is the time without data after which the client sends a ping. `advice` is the text
    /// after "start it with …" in the error for an absent daemon. `onRefusal` receives the error with which the daemon
    /// revokes the token of the connection.
    static func open(
        to address: DaemonAddress, on loop: any EventLoop, timeout: TimeAmount, limits: JSONLimits,
        notificationBuffer: Int, silence: TimeAmount = .seconds(30), advice: String = "",
        onRefusal: @escaping @Sendable (RPCError) -> Void = { _ in }
    ) -> EventLoopFuture<Connection> {
        let handler = NIOLoopBoundBox<ClientHandler?>.makeEmptyBox(eventLoop: loop)
        let mailbox = Mailbox(capacity: notificationBuffer) {
            loop.execute { handler.value?.resume() }
        }
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeout).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let created = ClientHandler(
                    mailbox: mailbox, limits: limits, silence: silence, onRefusal: onRefusal)
                handler.value = created
                try channel.pipeline.syncOperations.addHandler(created)
                channel.closeFuture.assumeIsolated().whenComplete { _ in handler.value = nil }
            }
        }
        let channel =
            switch address {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port): keepingAlive(bootstrap).connect(host: host, port: port)
            }
        return channel.map { Connection(channel: $0, mailbox: mailbox) }
            .flatMapErrorThrowing { throw ClientError(connecting: address, advice: advice, $0) }
    }

    /// Enables TCP keepalive, so that the kernel detects a lost peer. On Linux it sends three probes after 30 s without
    /// traffic, 10 s apart (tcp(7)).
    private static func keepingAlive(_ bootstrap: ClientBootstrap) -> ClientBootstrap {
        let alive = bootstrap.channelOption(.socketOption(.so_keepalive), value: 1)
        #if os(Linux)
            return [(TCP_KEEPIDLE, 30), (TCP_KEEPINTVL, 10), (TCP_KEEPCNT, 3)].reduce(alive) { bootstrap, option in
                bootstrap.channelOption(
                    .tcpOption(NIOBSDSocket.Option(rawValue: option.0)), value: SocketOptionValue(option.1))
            }
        #else
            return alive
        #endif
    }

    /// Calls a method and waits for its result.
    ///
    /// Throws the `RPCError` of the daemon, or ``ClientError``. Cancelling the task cancels the call.
    public func call(_ method: String, _ params: JSONValue? = nil) async throws -> JSONValue {
        let id = mailbox.newID()
        let message = Self.message(method, params, id: id)
        guard message.count - 1 <= Self.messageLimitBytes else {
            throw ClientError(
                .tooLarge,
                "cannot call \(method), the message has \(message.count - 1) bytes: "
                    + "send at most \(Self.messageLimitBytes)")
        }
        return try await withTaskCancellationHandler {
            try await mailbox.reply(to: id, bytes: message.count) {
                send(message)
                if mailbox.sent(id) == .abandoned { cancelRequest(id) }
            }
        } onCancel: {
            if mailbox.abandon(id) { cancelRequest(id) }
        }
    }

    /// Shows the daemon who calls. The future fails with the `RPCError` of the daemon, or with ``ClientError`` if the
    /// connection ends or the daemon does not reply within `limit`.
    func authenticate(_ token: Secret, within limit: TimeAmount) -> EventLoopFuture<Void> {
        let id = mailbox.newID()
        let message = Self.message("session.authenticate", ["token": .string(token.reveal())], id: id)
        let reply = channel.eventLoop.makePromise(of: JSONValue.self)
        mailbox.expect(id, bytes: message.count) { reply.completeWith($0) }
        send(message)
        let late = channel.eventLoop.scheduleTask(in: limit) { [mailbox] in
            let error = ClientError(
                .timedOut, "cannot go on, aurad gave no answer to the token within \(limit): see the daemon's log")
            mailbox.finish(id, with: .failure(error))
        }
        reply.futureResult.whenComplete { _ in late.cancel() }
        return reply.futureResult.map { _ in }
    }

    /// Sends a notification. The daemon does not reply to it.
    public func notify(_ method: String, _ params: JSONValue? = nil) {
        send(Self.message(method, params, id: nil))
    }

    /// Closes the connection; waiting calls fail.
    public func close() async {
        try? await channel.close()
    }

    /// Returns the next notification, or `nil` at the end of the connection or when the caller's task is cancelled.
    func nextNotification() async -> Notification? {
        await mailbox.next()
    }

    /// Sends `$/cancelRequest` for an abandoned call, so that the daemon ends it.
    private func cancelRequest(_ id: Int64) {
        notify("$/cancelRequest", ["id": .integer(id)])
    }

    private func send(_ message: [UInt8]) {
        channel.writeAndFlush(channel.allocator.buffer(bytes: message), promise: nil)
    }

    /// Encodes a request, or a notification if `id` is `nil`, with its line end.
    static func message(_ method: String, _ params: JSONValue?, id: Int64?) -> [UInt8] {
        var message: JSONObject = ["jsonrpc": "2.0"]
        message["id"] = id.map { .integer($0) }
        message["method"] = .string(method)
        message["params"] = params
        var bytes = JSONValue.object(message).serialized()
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}
