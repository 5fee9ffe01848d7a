import FoundationEssentials
import HTTPTypes
import Hummingbird
import HummingbirdCore
import JSON
import Locking
import NIOCore

/// The data of a request that belong to its connection.
struct CallContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address of this machine on the connection.
    let local: SocketAddress?
    /// The caller's address.
    let remote: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        local = source.channel.localAddress
        remote = source.channel.remoteAddress
    }
}

/// The responders of all listeners, with the clock and the locked cloud.
struct RequestHandlers: Sendable {
    let cloud: Locked<Cloud>
    /// Returns the current time.
    let now: @Sendable () -> Date
    /// Runs after each call that may have queued commands for real machines or deliveries of webhooks.
    let wake: @Sendable () -> Void

    private static let bodyLimitBytes = 1 << 20
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    /// Returns the responder of the main listener, which serves all routes.
    func everything() -> Listener.Responder {
        responder(for: Cloud.routes)
    }

    private func responder(for routes: [Route]) -> Listener.Responder {
        let router = Router(context: CallContext.self)
        router.add(middleware: UnknownPath { try await respond(.unknownPath, $0, $1) })
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            // Hummingbird replies 404 to another method on a known path. Hetzner replies 405.
            for method in Self.methods {
                let route = routes.first { $0.method == method.rawValue } ?? .otherMethod
                router.on(RouterPath(path), method: method) { try await respond(route, $0, $1) }
            }
        }
        let responder = router.buildResponder()
        return { try await responder.respond(to: $0, context: $1) }
    }

    /// Returns the responder of the listener that real machines can reach. It serves only the control plane of the
    /// tailnet.
    func tailnetOnly() -> Listener.Responder {
        let registration = responder(for: RegisterCalls.routes)
        return { request, context in
            guard request.uri.path.hasPrefix("/_sandbox/tailnet/") else {
                return Answer.refusal(.tailnet(404, "no such path"), path: "/api/v2").response
            }
            return try await registration(request, context)
        }
    }

    /// The responder on the loopback addresses of simulated servers. It serves the health checks of their agents.
    var health: Listener.Responder {
        { request, context in
            guard let address = context.local?.ipAddress, isUp(address) else { throw ConnectionDropped() }
            return Self.healthAnswer(request).response
        }
    }

    /// True if the agent at an address replies now.
    func isUp(_ address: String) -> Bool {
        let now = now()
        return cloud.withLock { cloud in
            cloud.advance(to: now)
            return cloud.answers(at: address)
        }
    }

    private func respond(_ route: Route, _ request: Request, _ context: CallContext) async throws -> Response {
        var request = request
        let body: ByteBuffer
        do {
            body = try await request.collectBody(upTo: Self.bodyLimitBytes)
        } catch is NIOTooManyBytesError {
            return Answer.refusal(.plain(413, "json_error", "request body too large"), path: request.uri.path).response
        }
        let call = Call(request, body, context)
        let now = now()
        let outcome = cloud.withLock { $0.handle(call, by: route, at: now) }
        if call.method != "GET" { wake() }
        return try await outcome.response()
    }

    private static func healthAnswer(_ request: Request) -> Answer {
        guard request.method == .get else { return Answer(405, ["ok": false]) }
        switch request.uri.path {
        case "/healthz", "/health": return Answer(200, ["ok": true, "status": "live"])
        case "/startupz": return Answer(200, ["ok": true, "status": "started"])
        case "/readyz", "/ready": return Answer(200, ["ok": true, "ready": true])
        default: return Answer(404, ["ok": false])
        }
    }
}

/// Handles the requests for which the router has no path. Hummingbird throws ``HTTPError`` for them.
private struct UnknownPath: RouterMiddleware {
    let respond: Listener.Responder

    func handle(
        _ request: Request, context: CallContext, next: (Request, CallContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return try await respond(request, context)
        }
    }
}
