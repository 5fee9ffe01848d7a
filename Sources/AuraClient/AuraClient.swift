public import JSON
internal import JSONRPC
public import NIOCore
internal import NIOPosix

/// A connection to `aurad`.
///
/// Connected from the start; it ends by ``close()`` or when the daemon goes, and does not connect again by itself.
/// Calls may run in parallel.
public final class AuraClient: Sendable {
    /// What the daemon sends on its own, for subscriptions; one consumer.
    public let notifications: Notifications

    private let channel: any Channel
    private let mailbox: Mailbox

    private init(channel: any Channel, mailbox: Mailbox) {
        self.channel = channel
        self.mailbox = mailbox
        notifications = Notifications(mailbox: mailbox)
    }

    /// Connects; throws ``ClientError`` that says what to do where nobody answers within `timeout`.
    ///
    /// `limits` bound what the daemon may send in one message, `notificationBuffer` how many notifications wait to be
    /// taken before the client stops reading.
    public static func connect(
        to address: DaemonAddress, group: (any EventLoopGroup)? = nil, timeout: TimeAmount = .seconds(10),
        limits: JSONLimits = JSONLimits(bytes: 64 << 20, depth: 256), notificationBuffer: Int = 1024
    ) async throws -> AuraClient {
        let loop = (group ?? MultiThreadedEventLoopGroup.singleton).next()
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
        do {
            let channel: any Channel
            switch address {
            case .unix(let path): channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
            case .tcp(let host, let port): channel = try await bootstrap.connect(host: host, port: port).get()
            }
            return AuraClient(channel: channel, mailbox: mailbox)
        } catch {
            throw ClientError(connecting: address, error)
        }
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

    /// Calls a method by Swift types; see ``call(_:_:)``.
    public func call<Result: Decodable>(
        _ method: String, _ params: some Encodable & Sendable, as result: Result.Type
    ) async throws -> Result {
        let value = try await call(method, JSONValueEncoder().encode(params))
        return try JSONValueDecoder(rootName: "result").decode(result, from: value)
    }

    /// Sends a notification, which nobody answers.
    public func notify(_ method: String, _ params: JSONValue? = nil) {
        send(method, params, id: nil)
    }

    /// Ends the connection; calls that wait fail.
    public func close() async {
        try? await channel.close()
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
