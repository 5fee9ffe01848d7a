import ArgumentParser
import AuraAPI
import AuraModel
import EventStream
import Gateway
import JSON
import JSONRPC
import Logging
import Loopback
import NIOPosix
import RPCTransport
import ServiceLifecycle
import UnixSignals

/// The daemon's RPC layers without its jobs: transports, sessions, router, schema and subscriptions over a ledger in
/// memory. So neither a database nor a provider is measured. `bench.publish` commits events as fast as clients call
/// it.
@main
struct BenchRPC: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-rpc", abstract: "Serves the wire to rpc-load; scripts/bench-rpc starts it.")

    @Option(help: "The path of a Unix socket.")
    var socket: String?
    @Option(help: "HOST:PORT for TCP.")
    var listen: String?
    @Option(help: "HOST:PORT for WebSocket, at /ws.")
    var http: String?
    @Option(help: "The most connections.")
    var connections = 1024

    func run() async throws {
        let logger = Logger(label: "bench-rpc") { _ in SwiftLogNoOpLogHandler() }
        // The load comes from one user, with one subscription per connection.
        let standard = RPCLimits()
        let limits = RPCLimits(
            connections: connections, connectionsPerUser: connections, connectionsPerAddress: connections,
            subscriptionsPerUser: max(standard.subscriptionsPerUser, connections),
            subscriptions: max(standard.subscriptions, connections))
        let ledger = MemoryLedger()
        let feed = EventFeed(head: 0)
        ledger.observe { feed.publish($0) }
        let subscriptions = Subscriptions(feed: feed, store: ledger, time: SystemTime(), logger: logger)
        let router = try Self.router(ledger, subscriptions)
        let group = MultiThreadedEventLoopGroup.singleton
        var addresses: [ListenAddress] = []
        if let socket { addresses.append(.unix(path: socket)) }
        if let (host, port) = Self.place(listen) { addresses.append(.tcp(host: host, port: port)) }
        let server = RPCServer(addresses: addresses, router: router, limits: limits, group: group, logger: logger)
        var services: [any Service] = [server]
        if let http {
            services.append(
                Gateway(
                    settings: Gateway.Settings(address: try ListenerAddress(http)), router: router, limits: limits,
                    group: group,
                    logger: logger,
                    webSocket: { try server.serveWebSocket($0, peer: $1, authorization: $2, cookie: $3) }
                ))
        }
        services.append(subscriptions)
        let configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }

    private static func router(_ ledger: MemoryLedger, _ subscriptions: Subscriptions) throws -> Router {
        let document = try OpenRPCDocument.value()
        var router = Router(schemas: try OpenRPCDocument.schemas(of: document)) { print("internal error: \($0.error)") }
        try router.registerConstant(Methods.systemPing, PingResult())
        SubscriptionMethods(store: ledger, subscriptions: subscriptions).register(in: &router)
        router.registerImmediate(RPCMethod<Publication, EncodedResult>("bench.publish")) { publication, _ in
            ledger.commit(publication.count)
            return EncodedResult(Array("{}".utf8))
        }
        return router
    }

    private static func place(_ text: String?) -> (host: String, port: Int)? {
        guard let text, let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            return nil
        }
        return (String(text[..<colon]), port)
    }
}

/// The parameters of `bench.publish`.
private struct Publication: Decodable, Sendable {
    /// The number of events in one commit.
    var count: Int
}
