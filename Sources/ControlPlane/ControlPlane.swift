import AuraAPI
public import AuraModel
public import JSONRPC
public import Jobs
public import Logging
public import Storage

/// The daemon's operations and the RPC methods that clients call.
public struct ControlPlane: Sendable {
    let store: any Store
    let engine: JobEngine
    let services: MachineServices
    let subscriptions: Subscriptions
    let reconciler: Reconciler
    let catalogue: JobCatalogue
    let faults: RowFaults
    let time: any TimeSource
    let facts: DaemonFacts
    let logger: Logger

    public init(
        store: any Store, engine: JobEngine, services: MachineServices, subscriptions: Subscriptions,
        reconciler: Reconciler, catalogue: JobCatalogue, faults: RowFaults, time: any TimeSource, facts: DaemonFacts,
        logger: Logger
    ) {
        self.store = store
        self.engine = engine
        self.services = services
        self.subscriptions = subscriptions
        self.reconciler = reconciler
        self.catalogue = catalogue
        self.faults = faults
        self.time = time
        self.facts = facts
        self.logger = logger
    }

    /// Returns the job definitions of every kind of job, including former versions.
    public static func catalogue(_ services: MachineServices) -> JobCatalogue {
        let definitions = [
            Provision.definition(services), Suspend.definition(services), Resume.definition(services),
            Restart.definition(services), Destroy.definition(services),
        ]
        return JobCatalogue(
            definitions.map { $0.fenced() }, former: [Destroy.firstDefinition(services).fenced()])
    }

    /// Returns the admission rule of an operation on an existing instance. The rule decides from the rows of the instance and its
    /// jobs.
    public static func admission(of kind: JobKind) -> @Sendable (Instance, _ active: [Job]) throws -> Admission {
        switch kind {
        case .provision: Provision.admitAgain
        case .suspend: Suspend.admit
        case .resume: Resume.admit
        case .restart: Restart.admit
        case .destroy: Destroy.admit
        default:
            { instance, _ in
                throw StorageError(
                    .phaseConflict, "this aurad cannot \(kind.rawValue) \(instance.name): use the aurad that can")
            }
        }
    }

    /// Returns the router with all methods of the daemon. It rejects parameters that violate the schema before a method runs.
    public func router(onInternalError: @escaping @Sendable (Router.InternalError) -> Void) throws -> Router {
        let document = try OpenRPCDocument.value()
        var router = Router(schemas: try OpenRPCDocument.schemas(of: document), onInternalError: onInternalError)
        try register(in: &router)
        try router.registerConstant(Methods.rpcDiscover, document)
        return router
    }

    var subscriptionMethods: SubscriptionMethods { SubscriptionMethods(store: store, subscriptions: subscriptions) }

    private func register(in router: inout Router) throws {
        registerOperations(in: &router)
        registerStatus(in: &router)
        subscriptionMethods.register(in: &router)
        registerJobs(in: &router)
        registerReconciliation(in: &router)
        try registerSystem(in: &router)
    }
}

/// Facts about this daemon for `system.info` and `system.limits`.
public struct DaemonFacts: Sendable {
    public var version: String
    /// `sqlite` or `postgres`.
    public var database: String
    public var startedAt: Timestamp
    public var limits: RPCLimits

    public init(version: String, database: String, startedAt: Timestamp, limits: RPCLimits) {
        self.version = version
        self.database = database
        self.startedAt = startedAt
        self.limits = limits
    }
}
