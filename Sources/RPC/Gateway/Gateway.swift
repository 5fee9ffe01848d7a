internal import Hummingbird
internal import HummingbirdCore
public import JSONRPC
public import Logging
public import Loopback
public import NIOCore
public import ServiceLifecycle
public import TLS

/// The HTTP server of the daemon. A `POST /rpc` has one call or batch in its body. `/ws` is a WebSocket with one call
/// or batch per WebSocket message.
///
/// If the router has an authenticator, each request of `/rpc` must show a proof, and a WebSocket before its first call.
/// Beyond loopback addresses, the gateway serves only with an authenticator and with TLS. With TLS it accepts only
/// connections that agree on `http/1.1` by ALPN.
public final class Gateway: Service {
    /// The address of the gateway and its rules of access.
    public struct Settings: Sendable {
        /// The address to bind. The gateway refuses addresses beyond loopback without TLS.
        public var address: ListenerAddress
        /// Performs the handshakes of TLS; `nil` for connections without TLS.
        public var tls: TLSAcceptor?
        /// The web pages that may call the gateway.
        public var origins: OriginPolicy

        /// Creates settings.
        public init(address: ListenerAddress, tls: TLSAcceptor? = nil, origins: OriginPolicy = OriginPolicy()) {
            self.address = address
            self.tls = tls
            self.origins = origins
        }
    }

    /// Serves a channel after its WebSocket handshake, on the channel's event loop. The texts are the `Authorization`
    /// headers of the handshake, and the cookie of a session.
    public typealias WebSocketServer =
        @Sendable (any Channel, Peer, _ authorization: [String], _ cookie: String?) throws -> Void

    /// Prepares the listener before ``Gateway`` reports that it is ready.
    public typealias ListenerPreparation = @Sendable (any Channel) async throws -> Void

    /// The number of connections over the limit that are accepted, so that they can be refused with a reason.
    private static let roomToRefuse = 64

    private let settings: Settings
    private let router: JSONRPC.Router
    private let routes: [HTTPRoute]
    private let limits: RPCLimits
    private let budget: CallBudget?
    private let drain: TimeAmount
    private let bodyTime: TimeAmount
    private let webSocket: WebSocketServer
    private let prepare: ListenerPreparation
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onReady: @Sendable (Int) -> Void

    /// Creates a gateway that is not bound yet. `routes` are served beside `/rpc` and `/ws`.
    ///
    /// `onReady` is called once, with the port, when the gateway accepts connections.
    ///
    /// On graceful shutdown, complete HTTP requests get a response within `drain`. Incomplete requests are refused. A
    /// connection is closed if the body of a request takes longer than `bodyTime`.
    public init(
        settings: Settings, router: JSONRPC.Router, routes: [HTTPRoute] = [], limits: RPCLimits,
        budget: CallBudget? = nil,
        drain: TimeAmount = .seconds(3), bodyTime: TimeAmount = .seconds(30), group: any EventLoopGroup,
        logger: Logger,
        webSocket: @escaping WebSocketServer, prepare: @escaping ListenerPreparation = { _ in },
        onReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.settings = settings
        self.router = router
        self.routes = routes
        self.limits = limits
        self.budget = budget
        self.drain = drain
        self.bodyTime = bodyTime
        self.webSocket = webSocket
        self.prepare = prepare
        self.group = group
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until graceful shutdown or cancellation. Throws if it cannot listen.
    public func run() async throws {
        do {
            try settings.address.check(hasTLS: settings.tls != nil, hasProof: router.authenticator != nil)
        } catch {
            throw GatewayError("cannot listen on http \(settings.address), \(error)")
        }
        let upgrade = WebSocketUpgrade(origins: settings.origins, serve: webSocket)
        let router = Hummingbird.Router(context: GatewayContext.self)
        RPCRoute(
            router: self.router, limits: limits, budget: budget, origins: settings.origins, bodyTime: bodyTime
        ).add(to: router)
        SessionRoute(
            router: self.router, limits: limits, budget: budget, origins: settings.origins, bodyTime: bodyTime
        ).add(to: router)
        for route in routes {
            route.add(to: router, origins: settings.origins, bodyTime: bodyTime, drain: drain)
        }
        // More than the limit, so that a WebSocket over the limit is refused with a reason.
        let addresses = AddressCount(limit: limits.connectionsPerAddress + Self.roomToRefuse)
        let application = Application(
            router: router,
            server: HTTPServerBuilder { [drain, settings, authenticator = self.router.authenticator] in
                GatewayChannel(
                    responder: $0, upgrade: upgrade, drain: drain, addresses: addresses, authenticator: authenticator,
                    tls: settings.tls)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(settings.address.ip, port: settings.address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections + Self.roomToRefuse)),
            onServerRunning: { [prepare, onReady, logger] channel in
                do {
                    try await prepare(channel)
                } catch {
                    logger.warning("cannot prepare the http listener: \(error)")
                }
                onReady(channel.localAddress?.port ?? 0)
            },
            eventLoopGroupProvider: .shared(group), logger: logger)
        do {
            try await application.run()
        } catch let error as IOError {
            throw GatewayError(
                "cannot listen on http \(settings.address), \(error.description): choose another address or port"
            )
        }
    }
}

/// The error of a gateway that cannot serve.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// One sentence with the failure and its remedy.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
