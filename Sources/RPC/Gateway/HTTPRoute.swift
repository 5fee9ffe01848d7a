public import HTTPTypes
import Hummingbird
import HummingbirdCore
public import JSONRPC
import NIOCore
import ServiceLifecycle

/// A route beside `/rpc` and `/ws`, such as the webhook of a payment service. Features add routes to the gateway.
///
/// The handler gets the body byte for byte, so that it can verify a signature over it.
public struct HTTPRoute: Sendable {
    /// Handles one request. It is cancelled on shutdown of the daemon once the drain time is over, and must end then.
    /// It runs to its end if the client leaves, since it may change something.
    public typealias Handler = @Sendable (HTTPCall) async -> HTTPReply

    /// The method. A request with another method of RFC 9110 gets status 405.
    public var method: HTTPTypes.HTTPRequest.Method
    /// The path, beginning with `/`. It has no parameters, but may end with `/**` for all paths with this start.
    public var path: String
    /// The maximum length of the body. A longer one gets status 413 and does not reach the handler.
    public var bodyLimitBytes: Int
    /// The time for the body, from the head on, after which the connection is closed; `nil` means that of the gateway.
    public var bodyTimeLimit: Duration?
    /// True if a page of any website may call the route from a browser. False refuses pages of origins that are not
    /// listed, with status 403; programs send no origin.
    public var admitsEveryOrigin: Bool
    /// Handles the requests.
    public var handler: Handler

    /// Creates a route.
    public init(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, bodyLimitBytes: Int = 1 << 20,
        bodyTimeLimit: Duration? = nil, admitsEveryOrigin: Bool = false, handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.bodyLimitBytes = bodyLimitBytes
        self.bodyTimeLimit = bodyTimeLimit
        self.admitsEveryOrigin = admitsEveryOrigin
        self.handler = handler
    }
}

/// A request to a route.
public struct HTTPCall: Sendable {
    /// The client.
    public var peer: Peer
    /// The path, as sent, without the query.
    public var path: String
    /// The text after `?`, as sent; `nil` if there is no `?`.
    public var query: String?
    /// The header fields. Names are compared without regard to case.
    public var headers: HTTPFields
    /// The body, byte for byte. Empty if there is none.
    public var body: [UInt8]
}

/// The response of a route.
public struct HTTPReply: Sendable {
    /// The status code.
    public var status: HTTPResponse.Status
    /// The header fields; the gateway adds `Content-Length`.
    public var headers: HTTPFields
    /// The body.
    public var body: [UInt8]

    /// Creates a response.
    public init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

extension HTTPRoute {
    /// Adds the route, and a response with status 405 for the other methods.
    ///
    /// `bodyTime` limits the time for the body. `drain` is the time that the handler has on shutdown.
    func add(
        to routes: Hummingbird.Router<GatewayContext>, origins: OriginPolicy, bodyTime: TimeAmount, drain: TimeAmount
    ) {
        routes.on(RouterPath(path), method: method) { request, context in
            let isAdmitted =
                admitsEveryOrigin
                || origins.admits(origins: request.headers[values: .origin], host: request.head.authority)
            // The body of a refused request is read too, so that the connection can be used again.
            let body = try await context.collect(
                request.body, upTo: isAdmitted ? bodyLimitBytes : 0,
                within: bodyTimeLimit.map { TimeAmount($0) } ?? bodyTime)
            guard isAdmitted else { return Response(status: .forbidden) }
            guard let body else { return Response(status: .contentTooLarge) }
            let call = HTTPCall(
                peer: context.peer, path: request.uri.path, query: request.uri.query, headers: request.headers,
                body: body)
            let reply = await reply(to: call, drain: drain, on: context.channel.eventLoop)
            return Response(
                status: reply.status, headers: reply.headers,
                body: reply.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
        }
        let others: [HTTPTypes.HTTPRequest.Method] = [
            .get, .head, .post, .put, .delete, .patch, .options, .trace,
        ]
        for other in others where other != method {
            routes.on(RouterPath(path), method: other) { _, _ in
                Response(status: .methodNotAllowed, headers: [.allow: method.rawValue])
            }
        }
    }

    /// Runs the handler. Cancels it if it still runs when `drain` has passed since the shutdown of the daemon began.
    private func reply(to call: HTTPCall, drain: TimeAmount, on eventLoop: any EventLoop) async -> HTTPReply {
        await withTaskGroup(of: HTTPReply?.self) { tasks in
            tasks.addTask { await handler(call) }
            tasks.addTask {
                try? await gracefulShutdown()
                let timer = eventLoop.scheduleTask(in: drain) {}
                await withTaskCancellationHandler {
                    try? await timer.futureResult.get()
                } onCancel: {
                    timer.cancel()
                }
                return nil
            }
            var reply: HTTPReply?
            for await ended in tasks {
                reply = reply ?? ended
                tasks.cancelAll()
            }
            return reply ?? HTTPReply(.serviceUnavailable)
        }
    }
}

extension GatewayContext {
    /// Returns the complete body, or `nil` if it is longer than `limit`. Closes the connection if the body has not come
    /// within `time`.
    func collect(_ body: RequestBody, upTo limit: Int, within time: TimeAmount) async throws -> [UInt8]? {
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        var message: [UInt8]? = []
        for try await part in body {
            if let count = message?.count, count + part.readableBytes > limit { message = nil }
            message?.append(contentsOf: part.readableBytesView)
        }
        return message
    }
}
