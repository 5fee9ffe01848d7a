import AuraAPI
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSONRPC
import NIOCore
import NIOHTTP1

/// The route `/session`: `POST` with a token opens a session and sets its cookie, `DELETE` with the cookie ends it.
struct SessionRoute: Sendable {
    let router: JSONRPC.Router
    let limits: RPCLimits
    let budget: CallBudget?
    let origins: OriginPolicy
    /// The time limit for the body of a request, which is dropped.
    let bodyTime: TimeAmount

    private static let methods = "POST, DELETE"

    func add(to routes: Hummingbird.Router<GatewayContext>) {
        guard let keeper = router.authenticator as? any SessionKeeper else { return }
        routes.on("session", method: .post) { request, context in
            try await respond(to: request, context) { () async throws(RPCError) in
                try await open(request, context.peer, keeper)
            }
        }
        routes.on("session", method: .delete) { request, context in
            try await respond(to: request, context) { () async throws(RPCError) in
                try await close(request, context.peer, keeper)
            }
        }
        for method in [HTTPRequest.Method.get, .head, .put, .patch, .options] {
            routes.on("session", method: method) { _, _ in
                Response(status: .methodNotAllowed, headers: [.allow: Self.methods, .cacheControl: "no-store"])
            }
        }
    }

    /// Opens a session. A page of another site cannot send the header with the token.
    private func open(
        _ request: Request, _ peer: Peer, _ keeper: any SessionKeeper
    ) async throws(RPCError) -> Response {
        guard let token = try BearerToken.read(request.headers[values: .authorization]) else {
            throw RPCError(
                .unauthenticated,
                "cannot open a session, the request shows no token: send the header Authorization: Bearer TOKEN")
        }
        let connection = connection(peer)
        defer { connection.close() }
        let opened = try await keeper.openSession(token: token, on: connection.session)
        let cookie = SessionCookie.setting(opened.cookie, lifeSeconds: opened.lifeSeconds)
        return Response(status: .noContent, headers: [.setCookie: cookie])
    }

    private func close(
        _ request: Request, _ peer: Peer, _ keeper: any SessionKeeper
    ) async throws(RPCError) -> Response {
        guard let cookie = try SessionCookie.read(request.headers[values: .cookie]) else {
            throw RPCError(.unauthenticated, "cannot end a session, the request has no cookie of one")
        }
        guard SameOrigin.admits(request, peer) else { throw .foreignPage }
        let connection = connection(peer)
        defer { connection.close() }
        try await keeper.closeSession(cookie: cookie, on: connection.session)
        return Response(status: .noContent, headers: [.setCookie: SessionCookie.clearing])
    }

    private func connection(_ peer: Peer) -> InMemoryConnection {
        InMemoryConnection(router: router, peer: peer, limits: limits, framing: .whole, budget: budget)
    }

    /// Checks the host and the origin, drops the body, and returns the response or the one for the error.
    private func respond(
        to request: Request, _ context: GatewayContext, _ body: () async throws(RPCError) -> Response
    ) async throws -> Response {
        // The body is read, so that the connection can be used again.
        _ = try await context.collect(request.body, upTo: 0, within: bodyTime)
        var response: Response
        if !origins.admits(host: request.head.authority) {
            response = Response(status: .misdirectedRequest)
        } else if !origins.admits(origins: request.headers[values: .origin], host: request.head.authority) {
            response = Response(status: .forbidden)
        } else {
            do throws(RPCError) {
                response = try await body()
            } catch {
                response = error.response
            }
        }
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// The rule for requests whose proof is a cookie, which browsers send by themselves.
enum SameOrigin {
    private static let fetchSite = "sec-fetch-site"

    /// Returns true if a page of exactly this host made the request, as the browser says.
    ///
    /// Without TLS the scheme of the page is not compared: a proxy may add TLS.
    static func admits(origins: [String], sites: [String], host: String?, isEncrypted: Bool) -> Bool {
        guard origins.count == 1, sites == ["same-origin"], let host = host?.lowercased() else { return false }
        let origin = origins[0].lowercased()
        return origin == "https://\(host)" || (!isEncrypted && origin == "http://\(host)")
    }

    static func admits(_ request: Request, _ peer: Peer) -> Bool {
        let sites = HTTPField.Name(fetchSite).map { request.headers[values: $0] } ?? []
        return admits(
            origins: request.headers[values: .origin], sites: sites, host: request.head.authority,
            isEncrypted: peer.isEncrypted)
    }

    /// Returns the cookie of a handshake that shows no token. Throws `forbidden` if the page may not use it, and
    /// `unauthenticated` for a cookie that is not one of a session.
    ///
    /// Returns `nil` for a cookie that a page of a listed origin may not use: its browser also sends the cookie to another
    /// port of the page's host. The page shows a token by `session.authenticate`.
    static func cookie(of head: HTTPRequestHead, _ origins: OriginPolicy, _ peer: Peer) throws(RPCError) -> String? {
        guard head.headers["authorization"].isEmpty, let cookie = try SessionCookie.read(head.headers["cookie"]) else {
            return nil
        }
        let isOwn = admits(
            origins: head.headers["origin"], sites: head.headers[fetchSite], host: head.headers.first(name: "host"),
            isEncrypted: peer.isEncrypted)
        guard isOwn || origins.lists(head.headers["origin"]) else { throw .foreignPage }
        return isOwn ? cookie : nil
    }
}

extension RPCError {
    /// The error for a cookie that a page of another origin sent.
    static let foreignPage = RPCError(
        .forbidden,
        "cannot use the session, the request does not come from a page of this host: send the header Authorization: "
            + "Bearer TOKEN instead")

    /// The response for a request whose proof cannot be used.
    var response: Response {
        var response = Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply)))
        if status == .unauthorized { response.headers[.wwwAuthenticate] = BearerToken.scheme }
        return response
    }

    /// The HTTP status of the error.
    var status: HTTPResponse.Status {
        switch code {
        case .unauthenticated, .tokenNotFound: .unauthorized
        case .forbidden: .forbidden
        case .tooManyConnectionsOfUser, .tooManyCalls, .quotaExceeded: .tooManyRequests
        default: .serviceUnavailable
        }
    }
}

extension Peer {
    fileprivate var isEncrypted: Bool {
        if case .tls = self { true } else { false }
    }
}
