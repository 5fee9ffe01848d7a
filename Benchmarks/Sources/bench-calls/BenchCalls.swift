import Agents
import ArgumentParser
import Audit
import AuraAPI
import AuraModel
import EventStream
import Identity
import JSONRPC
import Jobs
import Locking
import Logging
import NIOPosix
import RPCService
import RPCTransport
import Reconciliation
import ServiceLifecycle
import Storage
import StoragePostgres
import StorageSQLite
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The daemon's methods over a real database with instances, without providers. Rights are checked and changes are
/// written to the audit, as by the daemon. The jobs of new instances stay queued.
@main
struct BenchCalls: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-calls", abstract: "Serves the daemon's methods to rpc-load; scripts/bench-calls starts it.")

    @Option(help: "The path of a Unix socket.")
    var socket: String
    @Option(help: "The path of an SQLite database, or postgres://…")
    var database: String
    @Option(help: "The number of running instances, agent-1, agent-2 and so on; missing ones are made first.")
    var instances = 200

    func run() async throws {
        let logger = Logger(label: "bench-calls") { _ in SwiftLogNoOpLogHandler() }
        let store = try await openStore(logger)
        let engine = JobEngine(
            store: store, catalogue: JobCatalogue([Filling.definition]),
            settings: EngineSettings(owner: "bench", workers: 64, claimBatch: 64), time: SystemTime(),
            random: SystemRandom(), logger: logger)
        let feed = EventFeed(head: try await store.head())
        let ended = Locked(0)
        store.observe { events in
            feed.publish(events)
            engine.note(events)
            ended.withLock { $0 += events.count { $0.entry.type.endsJob } }
        }
        try await Filling(store: store, logger: logger).fill(to: instances, engine) { ended.withLock { $0 } }
        try await serve(store, engine, feed, logger)
    }

    private func openStore(_ logger: Logger) async throws -> any Store {
        let kinds = InstanceKinds([Agents.kind])
        guard database.hasPrefix("postgres") else {
            return try SQLiteStore(path: database, kinds: kinds, installation: "bench")
        }
        return try await PostgresStore.open(
            PostgresSettings(url: database), kinds: kinds, installation: "bench", logger: logger)
    }

    private func serve(_ store: any Store, _ engine: JobEngine, _ feed: EventFeed, _ logger: Logger) async throws {
        // The load comes from one user.
        let limits = RPCLimits(connections: 1024, connectionsPerUser: 1024)
        let time = SystemTime()
        let faults = RowFaults(logger: logger)
        let subscriptions = Subscriptions(feed: feed, store: store, time: time, logger: logger)
        let service = RPCService(
            store: store, engine: engine,
            operations: [Operation(Filling.definition) { instance, _ in .accept(instance) }],
            catalogue: JobCatalogue([Filling.definition]), sources: [], subscriptions: subscriptions,
            reconciler: Reconciler(
                store: store, sources: [], settings: ReconcilerSettings(isEnabled: false), owner: "bench",
                faults: faults, time: time, logger: logger),
            quota: InstanceQuota(), faults: faults,
            identifiers: IdentifierSource(time: time, random: SystemRandom()), time: time,
            facts: DaemonFacts(version: "bench", database: "bench", startedAt: time.now(), limits: limits))
        let trail = AuditTrail(store: store, time: time, random: SystemRandom(), logger: logger)
        let identity = try await Identity.parts(
            store: store, keys: TokenKeys([]), unix: UnixAccess([], ownUser: getuid(), operators: nil),
            installation: store.installation, time: time, random: SystemRandom(), logger: logger)
        var router = try service.router(
            interceptors: identity.interceptors, authenticator: identity.authenticator, recorder: trail
        ) { print("internal error: \($0.error)") }
        Agents.registerMethods(regions: ["eu-central"], sizes: ["small"], service, in: &router)
        let server = RPCServer(
            addresses: [.unix(path: socket)], router: router, limits: limits,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let services: [any Service] = [server, subscriptions, trail] + identity.services
        let configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Makes running instances in a database, by jobs of one step.
struct Filling {
    let store: any Store
    let logger: Logger

    static let definition = JobDefinition(
        kind: .provision, of: Agents.kind, version: 1, phaseOnSuccess: .running, phaseOnFailure: .failed,
        timeLimit: .seconds(3600),
        steps: [
            Step("machine", phase: .provisioning, timeLimit: .seconds(60), weight: 1) { context in
                try await context.checkpoint { instance in
                    instance.server = ServerFacts(
                        id: "4711", name: instance.resourceName, address: "192.0.2.7", location: "nbg1", type: "cx23")
                    instance.tailnet = TailnetFacts(
                        nodeId: "nodeid:8f2e", name: "\(instance.resourceName).example.ts.net",
                        addresses: ["100.64.0.7", "fd7a:115c:a1e0::7"])
                    instance.agentVersion = "2026.8.1"
                    instance.runningAt = context.time.now()
                }
                return .done
            }
        ])

    /// Makes the instances that are missing, up to `agent-<count>`. `ended` returns the number of ended jobs.
    func fill(to count: Int, _ engine: JobEngine, ended: () -> Int) async throws {
        var first = 1
        func isMissing(_ number: Int) async throws -> Bool {
            try await store.instance(.name("agent-\(number)", tenant: Tenant.default), in: .all) == nil
        }
        while first <= count, try await !isMissing(first) { first += 1 }
        guard first <= count else { return }
        for number in first...count { _ = try await store.submit(Self.provision(number)) }
        let group = ServiceGroup(configuration: .init(services: [engine], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            while ended() < count - first + 1 { try await Task.sleep(for: .milliseconds(50)) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private static func provision(_ number: Int) -> Submission {
        let now = SystemTime().now()
        let ids = IdentifierSource(time: SystemTime(), random: SystemRandom())
        let change = ids.next(Change.self)
        let instance = Instance(
            of: Agents.kind, id: ids.next(), tenant: Tenant.default, name: "agent-\(number)", region: "eu-central",
            size: "small",
            change: change, createdAt: now)
        let job = NewJob(
            id: ids.next(), kind: .provision, change: change, definitionVersion: 1, input: .null,
            deadline: now + .seconds(3600))
        return Submission(target: .new(instance), in: .all, job: job, idempotency: nil, now: now) { instance, _ in
            .accept(instance)
        }
    }
}
