import AuraAPI
import AuraModel
import EventStream
import FeatureKit
import FoundationEssentials
import Gateway
import JSONRPC
import Jobs
import Logging
import Loopback
import NIOCore
import NIOPosix
import RPCService
import RPCTransport
import Reconciliation
import ServiceLifecycle
import Storage
import TLS
import UnixSignals

/// The whole daemon: creates all components and connects them.
struct Daemon {
    let settings: Settings
    let logger: Logger
    let boot = Installation.boot()
    /// The clock of all components; it never jumps.
    let time = SteadyTime(base: SystemTime())
    let random = SystemRandom()

    /// Throws `SettingsError` if the process may open too few files.
    init(settings: Settings) throws {
        var logger = Logger(label: "aurad") { LineLogHandler(label: $0, writer: .standardError) }
        logger.logLevel = Logger.Level(rawValue: settings.logLevel) ?? .info
        self.logger = logger
        var settings = settings
        let wanted = settings.wire.limits.connections
        if let files = OpenFiles.limit {
            let fit = try OpenFiles.connections(wanted, files: files, hasGateway: settings.wire.http != nil)
            if fit < wanted {
                logger.warning(
                    "takes fewer connections than configured, since too few files may be open",
                    metadata: ["connections": "\(fit)", "configured": "\(wanted)", "RLIMIT_NOFILE": "\(files)"])
            }
            settings.wire.limits.connections = fit
            if fit < wanted {
                settings.wire.limits.connectionsPerAddress = min(
                    settings.wire.limits.connectionsPerAddress, RPCLimits.connectionsPerAddress(of: fit))
            }
        }
        self.settings = settings
    }

    /// Serves until SIGTERM or SIGINT. Throws if it cannot start, or if a service fails.
    func serve() async throws {
        let store = try await openStore()
        let keeper = ClockKeeper(clock: time, machine: SystemTime(), store: store, logger: logger)
        try await keeper.begin()
        let feed = EventFeed(head: try await store.head())
        let features = try await openFeatures(store)
        let catalogue = JobCatalogue(features.flatMap(\.operations))
        let faults = RowFaults(logger: logger)
        let engine = JobEngine(
            store: store, catalogue: catalogue, settings: engineSettings, time: time, random: random, faults: faults,
            logger: logger)
        store.observe { events in
            feed.publish(events)
            engine.note(events)
        }
        let subscriptions = Subscriptions(feed: feed, store: store, time: time, faults: faults, logger: logger)
        let reconciler = Reconciler(
            store: store, sources: features.flatMap(\.sources), settings: settings.reconciler, owner: boot,
            faults: faults, time: time, logger: logger)
        let own = features.lazy.compactMap(\.ownQuota).first
        let service = RPCService(
            store: store, engine: engine, operations: features.flatMap(\.operations), catalogue: catalogue,
            sources: features.flatMap(\.sources), subscriptions: subscriptions, reconciler: reconciler,
            quota: settings.quota, ownQuota: { own?($0) }, faults: faults,
            identifiers: IdentifierSource(time: time, random: random),
            time: time, facts: facts(features))
        let worker = Gated(engine)
        let others = features.flatMap(\.services).map { Gated($0) }
        let memory = MemoryKeeper(time: time)
        let budget = CallBudget(limits: settings.wire.limits) { memory.noteEbb() }
        let pruner = Pruner(store: store, policy: settings.retention, owner: boot, time: time, logger: logger)
        let alerts = CertificateAlerts(
            store: store, recorder: features.lazy.compactMap(\.recorder).first, time: time, logger: logger)
        let certificates = try settings.wire.tls.map { try openCertificates($0, alerts) }
        let watch = LedgerWatch(
            store: store, file: MarkFile(settings.persistence.stateDirectory), time: time, logger: logger)
        try await runGroup(
            [keeper, watch, memory, worker, pruner, reconciler] + (others as [any Service])
                + (certificates.map { [$0, CertificateReload(source: $0), alerts] } ?? [])
                + doors(try router(service, features), features.flatMap(\.routes), budget, certificates) {
                    for service in [worker] + others { service.open() }
                } + [subscriptions]
        ) {
            for feature in features.reversed() { await feature.shutdown() }
        }
    }

    private func openFeatures(_ store: any Store) async throws -> [FeatureParts] {
        var environment = settings.environment(owner: boot, time: time, random: random, logger: logger)
        var features: [FeatureParts] = []
        for (feature, configured) in zip(Features.all, settings.features) {
            features.append(try await configured.open(environment, store: store))
            environment.secrets = environment.secrets ?? features.last?.secrets
            logger.debug("feature", metadata: ["name": "\(feature.name)"])
        }
        return features
    }

    private func facts(_ features: [FeatureParts]) -> DaemonFacts {
        DaemonFacts(
            version: AuraVersion.text, database: settings.persistence.database.kind, startedAt: time.now(),
            limits: settings.wire.limits, regions: Set(features.flatMap(\.regions)).sorted(),
            sizes: Set(features.flatMap(\.sizes)).sorted())
    }

    private func router(_ service: RPCService, _ features: [FeatureParts]) throws -> Router {
        // Each interceptor costs each call a little, so the call log is installed only if its level is logged.
        let log: [any Interceptor] = logger.logLevel <= .debug ? [CallLog(logger: logger)] : []
        var router = try service.router(
            interceptors: log + features.flatMap(\.interceptors),
            authenticator: features.lazy.compactMap(\.authenticator).first,
            recorder: features.lazy.compactMap(\.recorder).first
        ) { [logger] failure in
            logger.error("\(failure.method) failed: \(failure.error)")
        }
        for feature in features { feature.register(&router, service) }
        try OpenRPCDocument.check(router)
        return router
    }

    private func openStore() async throws -> any Store {
        try makeDirectory(settings.persistence.stateDirectory, mode: 0o700, for: "the state")
        let store = try await settings.persistence.openStore(kinds: Features.kinds, logger: logger)
        let left = try await store.takeOverLeases(
            owner: boot, singletonLeases: [Reconciler.leaseName, Pruner.leaseName])
        if left > 0 { logger.notice("going on with \(left) jobs of the daemon before") }
        return store
    }

    private func openCertificates(_ files: TLSFiles, _ alerts: CertificateAlerts) throws -> ContextSource {
        do {
            return try ContextSource(files, time: time, logger: logger) { alerts.note($0) }
        } catch {
            throw SettingsError(error.message)
        }
    }

    private var engineSettings: EngineSettings {
        EngineSettings(
            owner: boot, workers: settings.engine.workers, lease: .seconds(settings.engine.leaseSeconds),
            heartbeat: .seconds(settings.engine.heartbeatSeconds), jobsPerTenant: settings.engine.jobsPerTenant,
            retries: settings.engine.retries)
    }

    /// The time that calls in flight have to finish once the shutdown begins.
    private static let drain = TimeAmount.seconds(3)

    /// Returns the servers that accept clients. Once all of them listen, `onReady` is called and the daemon
    /// writes its `aurad ready` line.
    private func doors(
        _ router: Router, _ routes: [HTTPRoute], _ budget: CallBudget, _ certificates: ContextSource?,
        onReady: @escaping @Sendable () -> Void
    ) throws -> [any Service] {
        var addresses: [ListenAddress] = [.unix(path: settings.wire.socket, access: settings.wire.socketAccess)]
        if let listen = settings.wire.listen {
            let (host, port) = (listen.address.host, listen.address.port)
            addresses.append(listen.isEncrypted ? .tls(host: host, port: port) : .tcp(host: host, port: port))
        }
        let tls = certificates.map { TLSAcceptor($0, logger: logger) }
        try prepareSocketDirectory()
        try TrustedDirectory.check(TrustedDirectory.parent(of: settings.wire.socket), .socket)
        let http = settings.wire.http
        let opening = Opening(of: http == nil ? 1 : 2) { addresses in
            onReady()
            LineWriter.standardOutput.write("aurad ready \(addresses.joined(separator: " "))")
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let server = RPCServer(
            addresses: addresses, router: router, limits: settings.wire.limits, budget: budget,
            drain: Self.drain, tls: tls, group: group, logger: logger
        ) { bound in opening.didOpen(0, bound.map(\.description)) }
        guard let http else { return [server] }
        let gateway = Gateway(
            settings: Gateway.Settings(
                address: http.address, tls: http.isEncrypted ? tls : nil,
                origins: OriginPolicy(allowed: Set(settings.wire.origins))),
            router: router, routes: routes, limits: settings.wire.limits, budget: budget, drain: Self.drain,
            group: group, logger: logger,
            webSocket: { try server.serveWebSocket($0, peer: $1, authorization: $2, cookie: $3) },
            prepare: { try await server.pauseOnShortage($0) },
            onReady: { port in
                opening.didOpen(1, [(http.isEncrypted ? "https://" : "http:") + http.address.text(port: port)])
            })
        return [server, gateway]
    }

    private func prepareSocketDirectory() throws {
        guard let slash = settings.wire.socket.lastIndex(of: "/"), slash > settings.wire.socket.startIndex else {
            return
        }
        try makeDirectory(String(settings.wire.socket[..<slash]), mode: 0o755, for: "the socket")
    }

    private func makeDirectory(_ directory: String, mode: Int, for purpose: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        } catch {
            throw SettingsError(
                "cannot make \(directory) for \(purpose): check that aurad may write there, or choose another")
        }
    }

    /// Runs the services, and then `release`. The shutdown runs in the reverse order: subscriptions first, then
    /// connections, then jobs.
    private func runGroup(
        _ services: [any Service], release: @escaping @Sendable () async -> Void
    ) async throws {
        let end = EndLimit(time: time, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: (services + [end]).map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await end.limit(group, release)
    }
}
