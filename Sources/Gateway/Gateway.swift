internal import Hummingbird
internal import HummingbirdCore
public import JSONRPC
public import Logging
public import Loopback
public import NIOCore
public import ServiceLifecycle

/// The daemon's door for HTTP: `POST /rpc`, a call or a batch a body, and `/ws`, a WebSocket with a message a text frame.
///
/// There is no encryption and nobody is authenticated, so it belongs on loopback or behind a proxy that does both.
public final class Gateway: Service {
    /// Where it listens, and who may use it.
    public struct Settings: Sendable, Hashable {
        /// The address to bind. Its type admits loopback addresses only, since nobody is authenticated here.
        public var address: LoopbackAddress
        /// Which web pages may call.
        public var origins: OriginPolicy

        /// Creates settings.
        public init(address: LoopbackAddress, origins: OriginPolicy = OriginPolicy()) {
            self.address = address
            self.origins = origins
        }
    }

    /// Serves a channel whose WebSocket handshake is done, on the channel's event loop.
    public typealias WebSocketServer = @Sendable (any Channel, Peer) throws -> Void

    /// Prepares the listener, before ``Gateway`` says that it is ready.
    public typealias ListenerPreparation = @Sendable (any Channel) async throws -> Void

    /// So many connections more than the limit, so that those over it are told why.
    private static let roomToRefuse = 64

    private let settings: Settings
    private let router: JSONRPC.Router
    private let limits: RPCLimits
    private let budget: CallBudget?
    private let drain: TimeAmount
    private let webSocket: WebSocketServer
    private let prepare: ListenerPreparation
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onReady: @Sendable (Int) -> Void

    /// Creates a gateway that is not bound yet; `onReady` is called once, with the port, when it accepts connections.
    ///
    /// On graceful shutdown, HTTP requests in flight have `drain` to be answered; those that are not whole are refused.
    public init(
        settings: Settings, router: JSONRPC.Router, limits: RPCLimits, budget: CallBudget? = nil,
        drain: TimeAmount = .seconds(3), group: any EventLoopGroup, logger: Logger,
        webSocket: @escaping WebSocketServer, prepare: @escaping ListenerPreparation = { _ in },
        onReady: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.settings = settings
        self.router = router
        self.limits = limits
        self.budget = budget
        self.drain = drain
        self.webSocket = webSocket
        self.prepare = prepare
        self.group = group
        self.logger = logger
        self.onReady = onReady
    }

    /// Serves until graceful shutdown or cancellation; throws where it cannot listen.
    public func run() async throws {
        let upgrade = WebSocketUpgrade(origins: settings.origins, serve: webSocket)
        let router = Hummingbird.Router(context: GatewayContext.self)
        RPCRoute(router: self.router, limits: limits, budget: budget, origins: settings.origins).add(to: router)
        // Some more, so that a WebSocket over the limit is told why.
        let addresses = AddressCount(limit: limits.connectionsPerAddress + Self.roomToRefuse)
        let application = Application(
            router: router,
            server: HTTPServerBuilder { [drain] in
                GatewayChannel(responder: $0, upgrade: upgrade, drain: drain, addresses: addresses)
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

/// Why the gateway cannot serve.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// One sentence: what failed and what to do.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
