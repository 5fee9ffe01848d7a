public import AuraModel
public import JSON

/// A query for instances, in order of their ids, which is the order of creation.
public struct InstanceQuery: Sendable {
    /// The tenants whose instances the caller may see.
    public var scope: TenantScope
    /// Only the instance with this id, destroyed or not; `nil` for all instances.
    public var instance: InstanceID?
    /// Only instances of this tenant of the scope; `nil` for all of its tenants.
    public var tenant: TenantID?
    /// Only instances in these phases; empty for all phases.
    public var phases: [Phase]
    /// Whether destroyed instances are included if neither `phases` nor `instance` is given.
    public var includesDestroyed: Bool
    /// Only instances with a greater id.
    public var after: InstanceID?
    /// The maximum number of rows.
    public var limit: Int

    /// Creates a query.
    public init(
        scope: TenantScope, instance: InstanceID? = nil, tenant: TenantID? = nil, phases: [Phase] = [],
        includesDestroyed: Bool = false, after: InstanceID? = nil, limit: Int = 100
    ) {
        self.scope = scope
        self.instance = instance
        self.tenant = tenant
        self.phases = phases
        self.includesDestroyed = includesDestroyed
        self.after = after
        self.limit = limit
    }
}

/// Instances and the head of the ledger, read in one snapshot.
public struct InstancePage: Sendable {
    /// The instances.
    public var instances: Page<Instance>
    /// The `seq` of the newest event.
    public var head: Int64

    /// Creates a page.
    public init(instances: Page<Instance>, head: Int64) {
        self.instances = instances
        self.head = head
    }
}

/// A query for jobs, in order of their ids, which is the order of creation.
public struct JobQuery: Sendable {
    /// The tenants whose jobs the caller may see.
    public var scope: TenantScope
    /// Only jobs of this instance; `nil` for all instances.
    public var instance: InstanceID?
    /// Only jobs of this tenant of the scope; `nil` for all of its tenants.
    public var tenant: TenantID?
    /// Only jobs of this change; `nil` for all changes.
    public var change: ChangeID?
    /// Only jobs in these states; empty for all states.
    public var states: [JobState]
    /// If true, only jobs that have not ended, also those in states that only a newer daemon knows.
    public var isActive: Bool
    /// Only jobs after this id, in the order of the query.
    public var after: JobID?
    /// Whether the order is reversed.
    public var newestFirst: Bool
    /// The maximum number of rows.
    public var limit: Int

    /// Creates a query.
    public init(
        scope: TenantScope, instance: InstanceID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil,
        states: [JobState] = [], isActive: Bool = false, after: JobID? = nil, newestFirst: Bool = false,
        limit: Int = 100
    ) {
        self.scope = scope
        self.instance = instance
        self.tenant = tenant
        self.change = change
        self.states = states
        self.isActive = isActive
        self.after = after
        self.newestFirst = newestFirst
        self.limit = limit
    }
}

extension EventDraft {
    /// Parses the stored data of an event. Text that is not JSON becomes a JSON string, so that no event is omitted.
    public static func data(stored text: String) -> JSONValue {
        (try? JSONValue(parsing: text)) ?? .string(text)
    }
}

/// A query for events, in the order of the ledger.
public struct EventQuery: Sendable {
    /// The events that match.
    public var filter: EventFilter
    /// Only events with a greater `seq`.
    public var after: Int64
    /// Only events with at most this `seq`; `nil` for all events up to the head.
    public var through: Int64?
    /// The maximum number of events.
    public var limit: Int

    /// Creates a query.
    public init(filter: EventFilter, after: Int64, through: Int64? = nil, limit: Int) {
        self.filter = filter
        self.after = after
        self.through = through
        self.limit = limit
    }
}

/// A filter for events. An event must match every property that is not `nil` or empty.
public struct EventFilter: Sendable, Hashable {
    /// Only events of these tenants, which the caller may see.
    public var scope: TenantScope
    /// Only events of this instance.
    public var instance: InstanceID?
    /// Only events of this job.
    public var job: JobID?
    /// Only events of this tenant of the scope.
    public var tenant: TenantID?
    /// Only events of this change.
    public var change: ChangeID?
    /// Only events of these types; empty for all types.
    public var types: Set<EventType>

    /// Creates a filter; without further arguments it matches every event of the scope.
    public init(
        scope: TenantScope, instance: InstanceID? = nil, job: JobID? = nil, tenant: TenantID? = nil,
        change: ChangeID? = nil, types: Set<EventType> = []
    ) {
        self.scope = scope
        self.instance = instance
        self.job = job
        self.tenant = tenant
        self.change = change
        self.types = types
    }

    /// Returns true if the event matches.
    public func matches(_ entry: EventDraft) -> Bool {
        if let instance, entry.instance != instance { return false }
        if let job, entry.job != job { return false }
        if let tenant, entry.tenant != tenant { return false }
        if let change, entry.change != change { return false }
        guard scope.contains(entry.tenant) else { return false }
        return types.isEmpty || types.contains(entry.type)
    }
}

/// An instance with its jobs that have not ended.
public struct InstanceActivity: Sendable {
    /// The instance.
    public var instance: Instance
    /// The instance's active jobs, oldest first; at most two, since a destroy may wait for another job.
    public var jobs: Page<Job>

    /// Creates a result.
    public init(instance: Instance, jobs: Page<Job>) {
        self.instance = instance
        self.jobs = jobs
    }

    /// The maximum number of active jobs of an instance: a destroy, and the job that the destroy superseded.
    public static let jobLimit = 2

    /// Returns the query for the active jobs of an instance that a scope has. The jobs have the instance's tenant.
    public static func jobs(of instance: Instance) -> JobQuery {
        JobQuery(scope: .all, instance: instance.id, isActive: true, limit: jobLimit)
    }
}

extension TenantScope {
    /// Returns the tenants with which a query compares each row, in order; `nil` if it needs no comparison, because the
    /// scope has every tenant, or because the query's own filter permits only a tenant of the scope.
    package func comparison(besideFilter tenant: TenantID?) -> [String]? {
        guard case .only(let tenants) = self else { return nil }
        if let tenant, tenants.contains(tenant) { return nil }
        return tenants.map(\.text).sorted()
    }
}
