public import AuraAPI
public import AuraModel
public import EventStream
public import JSONRPC
public import Jobs
public import Reconciliation
public import Storage

/// The RPC methods that every daemon has: `status.*`, `job.*`, `system.*`, `reconcile.run`, and the operations on
/// instances.
///
/// Features add methods of their own to the router. They submit operations with ``submit(_:)``.
public struct RPCService: Sendable {
    /// The database.
    public let store: any Store
    /// The source of new ids.
    public let identifiers: IdentifierSource
    /// The clock.
    public let time: any TimeSource
    let engine: JobEngine
    let operations: [Operation]
    let catalogue: JobCatalogue
    let sources: [any ResourceSource]
    let subscriptions: Subscriptions
    let reconciler: Reconciler
    let quota: InstanceQuota
    /// Returns a tenant's own limits, or `nil` if the limits for each tenant hold.
    let ownQuota: @Sendable (TenantID) -> TenantQuota?
    let faults: RowFaults
    let facts: DaemonFacts

    /// Creates the service. `catalogue` has the definitions of `operations`. `ownQuota` returns a tenant's own limits, in
    /// place of those of `quota`.
    public init(
        store: any Store, engine: JobEngine, operations: [Operation], catalogue: JobCatalogue,
        sources: [any ResourceSource], subscriptions: Subscriptions, reconciler: Reconciler, quota: InstanceQuota,
        ownQuota: @escaping @Sendable (TenantID) -> TenantQuota? = { _ in nil }, faults: RowFaults,
        identifiers: IdentifierSource, time: any TimeSource, facts: DaemonFacts
    ) {
        self.store = store
        self.engine = engine
        self.operations = operations
        self.catalogue = catalogue
        self.sources = sources
        self.subscriptions = subscriptions
        self.reconciler = reconciler
        self.quota = quota
        self.ownQuota = ownQuota
        self.faults = faults
        self.identifiers = identifiers
        self.time = time
        self.facts = facts
    }

    /// Returns a router with the methods of the service. The router rejects parameters that violate the schema before a
    /// method runs.
    ///
    /// `interceptors` run around each call of all transports. `authenticator` decides who calls; if it is `nil`, every
    /// caller may do everything. `recorder` writes calls to the audit. `onInternalError` receives the errors that
    /// clients see as `internalError`.
    public func router(
        interceptors: [any Interceptor] = [], authenticator: (any Authenticator)? = nil,
        recorder: (any CallRecorder)? = nil,
        onInternalError: @escaping @Sendable (Router.InternalError) -> Void
    ) throws -> Router {
        let document = try OpenRPCDocument.value()
        var router = Router(
            schemas: try OpenRPCDocument.schemas(of: document), interceptors: interceptors,
            authenticator: authenticator, recorder: recorder, onInternalError: onInternalError)
        registerOperations(in: &router)
        registerStatus(in: &router)
        subscriptionMethods.register(in: &router)
        registerJobs(in: &router)
        registerReconciliation(in: &router)
        try registerSystem(in: &router)
        try router.registerConstant(Methods.rpcDiscover, document)
        return router
    }

    var subscriptionMethods: SubscriptionMethods { SubscriptionMethods(store: store, subscriptions: subscriptions) }

    /// Reserves the subscription `wanted`, runs the operation, and starts the subscription to the operation's job after
    /// the reply. If `wanted` is `nil`, only runs the operation.
    public func subscribing(
        _ wanted: OperationSubscription?, _ call: RPCContext, operation: () async throws -> OperationResult
    ) async throws -> Reply<OperationResult> {
        try await subscriptionMethods.subscribing(wanted, call, operation: operation)
    }
}

/// The largest numbers of live instances and of jobs in flight.
public struct InstanceQuota: Sendable, Hashable {
    /// The largest number for one tenant; `nil` means no limit.
    public var perTenant: Int?
    /// The largest number for all tenants together; `nil` means no limit.
    public var total: Int?
    /// The largest number of jobs of one tenant that have not ended; `nil` means no limit.
    public var jobsPerTenant: Int?

    /// Creates a quota.
    public init(perTenant: Int? = nil, total: Int? = nil, jobsPerTenant: Int? = nil) {
        self.perTenant = perTenant
        self.total = total
        self.jobsPerTenant = jobsPerTenant
    }
}

/// Facts about this daemon for `system.info` and `system.limits`.
public struct DaemonFacts: Sendable {
    /// The version of the program.
    public var version: String
    /// `sqlite` or `postgres`.
    public var database: String
    /// The time at which the daemon started.
    public var startedAt: Timestamp
    /// The limits in force.
    public var limits: RPCLimits
    /// The regions that can be given for new instances.
    public var regions: [String]
    /// The sizes that can be given for new instances.
    public var sizes: [String]

    /// Creates the facts.
    public init(
        version: String, database: String, startedAt: Timestamp, limits: RPCLimits, regions: [String] = [],
        sizes: [String] = []
    ) {
        self.version = version
        self.database = database
        self.startedAt = startedAt
        self.limits = limits
        self.regions = regions
        self.sizes = sizes
    }
}
