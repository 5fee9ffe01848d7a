public import JSON
internal import JSONRPC
public import NIOCore
internal import NIOPosix

/// One connection to `aurad`.
///
/// Connected from the start; it ends by ``close()``, when the daemon goes, or when nobody holds it any more, and does
/// not connect again by itself: ``AuraClient`` does. Calls may run in parallel.
public final class Connection: Sendable {
    private let channel: any Channel
    private let mailbox: Mailbox

    private init(channel: any Channel, mailbox: Mailbox) {
        self.channel = channel
        self.mailbox = mailbox
    }

    deinit {
        channel.close(promise: nil)
    }

    /// What the daemon sends on its own, for subscriptions; one consumer.
    public var notifications: Notifications { Notifications(connection: self) }

    /// Why it ended, an `RPCError` where the daemon said so; nil while it has not.
    public var failure: (any Error)? { mailbox.failure }

    /// Connects; throws ``ClientError`` that says what to do where nobody answers within `timeout`.
    ///
    /// `limits` bound what the daemon may send in one message, `notificationBuffer` how many notifications wait to be
    /// taken before the client stops reading; with 0 they are thrown away.
    public static func connect(
        to address: DaemonAddress, group: (any EventLoopGroup)? = nil, timeout: TimeAmount = .seconds(10),
        limits: JSONLimits = JSONLimits(bytes: 64 << 20, depth: 256), notificationBuffer: Int = 1024
    ) async throws -> Connection {
        let loop = (group ?? MultiThreadedEventLoopGroup.singleton).next()
        return try await open(
            to: address, on: loop, timeout: timeout, limits: limits, notificationBuffer: notificationBuffer
        ).get()
    }

    static func open(
        to address: DaemonAddress, on loop: any EventLoop, timeout: TimeAmount, limits: JSONLimits,
        notificationBuffer: Int
    ) -> EventLoopFuture<Connection> {
        let handler = NIOLoopBoundBox<ClientHandler?>.makeEmptyBox(eventLoop: loop)
        let mailbox = Mailbox(capacity: notificationBuffer) {
            loop.execute { handler.value?.goOn() }
        }
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeout).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let created = ClientHandler(mailbox: mailbox, limits: limits)
                handler.value = created
                try channel.pipeline.syncOperations.addHandler(created)
                channel.closeFuture.assumeIsolated().whenComplete { _ in handler.value = nil }
            }
        }
        let channel =
            switch address {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .tcp(let host, let port): bootstrap.connect(host: host, port: port)
            }
        return channel.map { Connection(channel: $0, mailbox: mailbox) }
            .flatMapErrorThrowing { throw ClientError(connecting: address, $0) }
    }

    /// Calls a method and waits for its result.
    ///
    /// Throws `RPCError` as the daemon sent it, or ``ClientError``. Cancelling the task cancels the call.
    public func call(_ method: String, _ params: JSONValue? = nil) async throws -> JSONValue {
        let id = mailbox.newID()
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await mailbox.reply(to: id) { send(method, params, id: id) }
        } onCancel: {
            if mailbox.abandon(id) { send("$/cancelRequest", ["id": .integer(id)], id: nil) }
        }
    }

    /// Sends a notification, which nobody answers.
    public func notify(_ method: String, _ params: JSONValue? = nil) {
        send(method, params, id: nil)
    }

    /// Ends the connection; calls that wait fail.
    public func close() async {
        try? await channel.close()
    }

    /// The next notification; nil at the end of the connection and when the caller's task is cancelled.
    func nextNotification() async -> Notification? {
        await mailbox.next()
    }

    private func send(_ method: String, _ params: JSONValue?, id: Int64?) {
        var message: JSONObject = ["jsonrpc": "2.0"]
        message["id"] = id.map { .integer($0) }
        message["method"] = .string(method)
        message["params"] = params
        var bytes = JSONValue.object(message).serialized()
        bytes.append(UInt8(ascii: "\n"))
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }
}
