import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSONRPC
import NIOCore
import ServiceLifecycle

/// `POST /rpc`: one message a body, answered in the response's body. The calls are those of the other transports, but subscriptions,
/// which need a connection that stays.
struct RPCRoute: Sendable {
    private let router: JSONRPC.Router
    private let limits: RPCLimits
    private let budget: CallBudget?
    private let origins: OriginPolicy

    /// How long a body may take to arrive.
    private static let bodyTime = TimeAmount.seconds(30)

    init(router: JSONRPC.Router, limits: RPCLimits, budget: CallBudget?, origins: OriginPolicy) {
        self.router = router
        self.budget = budget
        var limits = limits
        limits.subscriptionsPerConnection = 0
        self.limits = limits
        self.origins = origins
    }

    func add(to routes: Hummingbird.Router<GatewayContext>) {
        routes.post("rpc") { request, context in try await answer(request, context) }
        routes.get("rpc") { _, _ in Response(status: .methodNotAllowed, headers: [.allow: "POST"]) }
        // Who comes here has not become a WebSocket.
        routes.get(RouterPath(WebSocketUpgrade.path)) { request, _ in
            let isAdmitted = origins.admits(origin: request.headers[.origin], host: request.head.authority)
            return isAdmitted
                ? Response(status: .upgradeRequired, headers: [.upgrade: "websocket"]) : Response(status: .forbidden)
        }
    }

    private func answer(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let refusal = refusal(of: request)
        // Of what is refused the body is read as well, so that the connection can go on.
        guard let message = try await collect(request.body, context, upTo: refusal == nil ? limits.messageBytes : 0)
        else {
            let error = RPCError.messageTooLarge(limits, actual: limits.messageBytes + 1)
            return refusal ?? Self.response(error.reply, status: .contentTooLarge)
        }
        if let refusal { return refusal }
        let connection = InMemoryConnection(
            router: router, peer: context.peer, limits: limits, framing: .whole, budget: budget)
        let reply = await Departure.current.observe {
            connection.close()
        } during: {
            connection.send(message)
            connection.endInput()
            return await withGracefulShutdownHandler {
                await connection.nextMessage()
            } onGracefulShutdown: {
                connection.session.drain()
            }
        }
        connection.close()
        return reply.map { Self.response($0, status: .ok) } ?? Response(status: .noContent)
    }

    private func refusal(of request: Request) -> Response? {
        guard origins.admits(origin: request.headers[.origin], host: request.head.authority) else {
            return Response(status: .forbidden)
        }
        guard isJSON(request.headers[.contentType]) else {
            return Response(status: .unsupportedMediaType, headers: [.accept: "application/json"])
        }
        return nil
    }

    /// The whole body; nil where it is longer than `limit`. A client that takes too long for it loses its connection.
    private func collect(_ body: RequestBody, _ context: GatewayContext, upTo limit: Int) async throws -> [UInt8]? {
        let channel = context.channel
        let deadline = channel.eventLoop.scheduleTask(in: Self.bodyTime) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        var message: [UInt8]? = []
        for try await part in body {
            if let count = message?.count, count + part.readableBytes > limit { message = nil }
            message?.append(contentsOf: part.readableBytesView)
        }
        return message
    }

    /// A browser asks before it sends JSON to another site, and does not before a form or plain text.
    private func isJSON(_ contentType: String?) -> Bool {
        let name = contentType?.prefix { $0 != ";" }.lowercased() ?? ""
        return ["application/json", "application/json-rpc", "application/jsonrequest"].contains(
            name.filter { $0 != " " })
    }

    private static func response(_ reply: [UInt8], status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply)))
    }
}

/// What a request's handler knows of its connection.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    var peer: Peer {
        Peer.tcp(address: channel.remoteAddress?.ipAddress ?? "unknown", port: channel.remoteAddress?.port ?? 0)
    }
}
