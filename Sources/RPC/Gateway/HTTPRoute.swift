public import HTTPTypes
import Hummingbird
import HummingbirdCore
public import JSONRPC
import NIOCore

/// A route beside `/rpc` and `/ws`, such as the webhook of a payment service. Features add routes to the gateway.
///
/// The handler gets the body byte for byte, so that it can verify a signature over it.
public struct HTTPRoute: Sendable {
    /// Handles one request. It is cancelled on shutdown of the daemon once the drain time is over.
    public typealias Handler = @Sendable (HTTPCall) async -> HTTPReply

    /// The method. A request with another method gets status 405.
    public var method: HTTPTypes.HTTPRequest.Method
    /// The path, from `/`. It has no parameters.
    public var path: String
    /// The maximum length of the body. A longer one gets status 413 and does not reach the handler.
    public var bodyLimitBytes: Int
    /// True if a page of any website may call the route from a browser. False refuses pages of origins that are not listed,
    /// with status 403; programs send no origin.
    public var admitsEveryOrigin: Bool
    /// Handles the requests.
    public var handler: Handler

    /// Creates a route.
    public init(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, bodyLimitBytes: Int = 1 << 20,
        admitsEveryOrigin: Bool = false, handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.bodyLimitBytes = bodyLimitBytes
        self.admitsEveryOrigin = admitsEveryOrigin
        self.handler = handler
    }
}

/// A request to a route.
public struct HTTPCall: Sendable {
    /// The client.
    public var peer: Peer
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
    /// Adds the route, and an answer with status 405 for the other methods.
    func add(to routes: Hummingbird.Router<GatewayContext>, origins: OriginPolicy) {
        routes.on(RouterPath(path), method: method) { request, context in
            let isAdmitted =
                admitsEveryOrigin
                || origins.admits(origins: request.headers[values: .origin], host: request.head.authority)
            // The body of a refused request is read too, so that the connection can be used again.
            let body = try await context.collect(request.body, upTo: isAdmitted ? bodyLimitBytes : 0)
            guard isAdmitted else { return Response(status: .forbidden) }
            guard let body else { return Response(status: .contentTooLarge) }
            let reply = await handler(
                HTTPCall(peer: context.peer, query: request.uri.query, headers: request.headers, body: body))
            return Response(
                status: reply.status, headers: reply.headers,
                body: reply.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
        }
        let others: [HTTPTypes.HTTPRequest.Method] = [.get, .head, .post, .put, .delete, .patch, .options]
        for other in others where other != method {
            routes.on(RouterPath(path), method: other) { _, _ in
                Response(status: .methodNotAllowed, headers: [.allow: method.rawValue])
            }
        }
    }
}

extension GatewayContext {
    /// The time limit for the body of a request.
    private static let bodyTime = TimeAmount.seconds(30)

    /// Returns the complete body, or `nil` if it is longer than `limit`. Closes the connection of a client that is too
    /// slow.
    func collect(_ body: RequestBody, upTo limit: Int) async throws -> [UInt8]? {
        let channel = channel
        let deadline = channel.eventLoop.scheduleTask(in: Self.bodyTime) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        var message: [UInt8]? = []
        for try await part in body {
            if let count = message?.count, count + part.readableBytes > limit { message = nil }
            message?.append(contentsOf: part.readableBytesView)
        }
        return message
    }
}
