import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSONRPC
import NIOCore
import ServiceLifecycle

/// The route `POST /rpc`, with one message per body and the reply in the body of the response. It offers the calls of
/// the other transports except subscriptions, which need a connection that stays open.
struct RPCRoute: Sendable {
    private let router: JSONRPC.Router
    private let limits: RPCLimits
    private let budget: CallBudget?
    private let origins: OriginPolicy
    /// The time limit for the body of a request.
    private let bodyTime: TimeAmount

    init(
        router: JSONRPC.Router, limits: RPCLimits, budget: CallBudget?, origins: OriginPolicy, bodyTime: TimeAmount
    ) {
        self.router = router
        self.budget = budget
        var limits = limits
        limits.subscriptionsPerConnection = 0
        self.limits = limits
        self.origins = origins
        self.bodyTime = bodyTime
    }

    func add(to routes: Hummingbird.Router<GatewayContext>) {
        routes.post("rpc") { request, context in
            var response = try await answer(request, context)
            share(&response, with: request)
            return response
        }
        routes.on("rpc", method: .options) { request, _ in options(request) }
        for method in [HTTPRequest.Method.get, .head, .put, .delete, .patch] {
            routes.on("rpc", method: method) { _, _ in
                Response(status: .methodNotAllowed, headers: [.allow: Self.methods])
            }
        }
        // A request that reaches this route was not a valid WebSocket handshake.
        routes.get(RouterPath(WebSocketUpgrade.path)) { request, _ in
            return isAdmitted(request)
                ? Response(status: .upgradeRequired, headers: [.upgrade: "websocket"]) : Response(status: .forbidden)
        }
    }

    /// The time limit for the body of a refused request, which is read and dropped.
    private static let refusedBodyTime = TimeAmount.seconds(10)

    private func answer(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let connection = InMemoryConnection(
            router: router, peer: context.peer, limits: limits, framing: .whole, budget: budget)
        defer { connection.close() }
        let refusal = refusal(of: request) ?? authenticate(request, connection.session)
        // The body of a refused request is read too, so that the connection can be used again.
        guard
            let message = try await context.collect(
                request.body, upTo: refusal == nil ? limits.messageBytes : 0,
                within: refusal == nil ? bodyTime : min(bodyTime, Self.refusedBodyTime))
        else {
            let error = RPCError.messageTooLarge(limits, actual: limits.messageBytes + 1)
            return refusal ?? Self.response(error.reply, status: .contentTooLarge)
        }
        if let refusal { return refusal }
        let departure = Departure.current
        // If the client leaves, calls that only read or wait are cancelled. Calls that change something run to their
        // end.
        let reply = await departure.observe {
            connection.session.cancelWaits()
        } during: {
            connection.send(message)
            connection.endInput()
            return await withGracefulShutdownHandler {
                await connection.nextMessage()
            } onGracefulShutdown: {
                connection.session.drain()
            }
        }
        return reply.map { Self.response($0, status: .ok) } ?? Response(status: .noContent)
    }

    /// Gives the session the principal of the request's token. Returns the response for a request without a valid proof.
    private func authenticate(_ request: Request, _ session: Session) -> Response? {
        guard let authenticator = router.authenticator else { return nil }
        do throws(RPCError) {
            // The client's certificate gives no rights here, and the session answers no call any more.
            guard !session.wantsClose else { throw .tooManyOfPrincipal(limits) }
            if let token = try BearerToken.read(request.headers[values: .authorization]) {
                try authenticator.authenticate(session, token: token)
            } else if let keeper = authenticator as? any SessionKeeper,
                let cookie = try SessionCookie.read(request.headers[values: .cookie])
            {
                guard SameOrigin.admits(request, session.peer) else { throw .foreignPage }
                try keeper.authenticate(session, cookie: cookie)
            }
            guard !session.principal.awaitsProof else { throw .withoutBearer }
            return nil
        } catch {
            return error.response
        }
    }

    private func isAdmitted(_ request: Request) -> Bool {
        origins.admits(origins: request.headers[values: .origin], host: request.head.authority)
    }

    private func refusal(of request: Request) -> Response? {
        guard isAdmitted(request) else { return Response(status: .forbidden) }
        let codings = request.headers[values: .contentEncoding].map { $0.lowercased() }
        guard codings.allSatisfy({ $0 == "identity" }) else {
            return Response(status: .unsupportedMediaType, headers: [.acceptEncoding: "identity"])
        }
        guard isJSON(request.headers[.contentType]) else {
            return Response(status: .unsupportedMediaType, headers: [.accept: "application/json"])
        }
        return nil
    }

    /// Accepts JSON content types only. A browser asks with `OPTIONS` before it sends them to another site, but not
    /// before it sends a form or plain text.
    private func isJSON(_ contentType: String?) -> Bool {
        let name = contentType?.prefix { $0 != ";" }.lowercased() ?? ""
        return ["application/json", "application/json-rpc", "application/jsonrequest"].contains(
            name.filter { $0 != " " })
    }

    private static func response(_ reply: [UInt8], status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply)))
    }
}

// MARK: - Pages of listed origins

extension RPCRoute {
    private static let methods = "POST, OPTIONS"

    /// Allows a page of a listed origin to read the response (https://fetch.spec.whatwg.org/#http-cors-protocol).
    private func share(_ response: inout Response, with request: Request) {
        guard !origins.allowed.isEmpty else { return }
        // A cache must not give the response for one page to another page.
        response.headers[.vary] = "Origin"
        guard let origin = request.headers[.origin], isAdmitted(request) else { return }
        response.headers[.accessControlAllowOrigin] = origin
    }

    /// Responds to `OPTIONS`, which a browser sends before it sends JSON to another site.
    private func options(_ request: Request) -> Response {
        guard isAdmitted(request) else { return Response(status: .forbidden) }
        var response = Response(status: .noContent, headers: [.allow: Self.methods])
        share(&response, with: request)
        guard request.headers[.origin] != nil, request.headers[.accessControlRequestMethod] != nil else {
            return response
        }
        response.headers[.accessControlAllowMethods] = "POST"
        response.headers[.accessControlAllowHeaders] = "Authorization, Content-Type"
        response.headers[.accessControlMaxAge] = "600"
        if let name = HTTPField.Name("Access-Control-Request-Private-Network"), request.headers[name] == "true",
            let allow = HTTPField.Name("Access-Control-Allow-Private-Network")
        {
            response.headers[allow] = "true"
        }
        return response
    }
}

/// The context of a request, with its connection.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }

    /// The client of the connection that the current task serves.
    @TaskLocal static var peer = Peer.unknown

    var peer: Peer { Self.peer }
}

extension RPCError {
    fileprivate static func tooManyOfPrincipal(_ limits: RPCLimits) -> RPCError {
        .limit(
            .tooManyConnectionsOfUser,
            "cannot take the request, the principal of its certificate has \(limits.connectionsPerPrincipal) connections: "
                + "close some and try again",
            limit: limits.connectionsPerPrincipal, actual: limits.connectionsPerPrincipal + 1, retryAfterMs: 1000)
    }
}

extension Peer {
    /// A client that no connection has named. It has no rights, as every client of TCP without a proof.
    static let unknown = Peer.tcp(address: "unknown", port: 0)
}
