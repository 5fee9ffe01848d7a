public import AuraModel
public import JSON

/// Which instances, in order of their ids (which is order of creation).
public struct InstanceQuery: Sendable {
    /// The one that is wanted, whether it was destroyed or not.
    public var instance: InstanceID?
    public var tenant: TenantID?
    public var phases: [Phase]
    public var includesDestroyed: Bool
    public var after: InstanceID?
    public var limit: Int

    public init(
        instance: InstanceID? = nil, tenant: TenantID? = nil, phases: [Phase] = [], includesDestroyed: Bool = false,
        after: InstanceID? = nil, limit: Int = 100
    ) {
        self.instance = instance
        self.tenant = tenant
        self.phases = phases
        self.includesDestroyed = includesDestroyed
        self.after = after
        self.limit = limit
    }
}

/// Instances, and the newest event, as of one moment.
public struct InstancePage: Sendable {
    public var instances: Page<Instance>
    /// The `seq` of the newest event.
    public var head: Int64

    public init(instances: Page<Instance>, head: Int64) {
        self.instances = instances
        self.head = head
    }
}

/// Which jobs, in order of their ids (which is order of creation), or in the reverse order.
public struct JobQuery: Sendable {
    public var instance: InstanceID?
    public var tenant: TenantID?
    public var change: ChangeID?
    public var states: [JobState]
    public var after: JobID?
    public var newestFirst: Bool
    public var limit: Int

    public init(
        instance: InstanceID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil, states: [JobState] = [],
        after: JobID? = nil, newestFirst: Bool = false, limit: Int = 100
    ) {
        self.instance = instance
        self.tenant = tenant
        self.change = change
        self.states = states
        self.after = after
        self.newestFirst = newestFirst
        self.limit = limit
    }
}

extension EventDraft {
    /// The data of an event as its row holds it. Text that is no JSON stays a text, so that no event is left out for it.
    public static func data(stored text: String) -> JSONValue {
        (try? JSONValue(parsing: text)) ?? .string(text)
    }
}

/// Which events, in the ledger's order.
public struct EventQuery: Sendable {
    public var filter: EventFilter
    /// Events with a greater `seq`.
    public var after: Int64
    /// Events with this `seq` or a smaller one; none means up to the head.
    public var through: Int64?
    public var limit: Int

    public init(filter: EventFilter = EventFilter(), after: Int64, through: Int64? = nil, limit: Int) {
        self.filter = filter
        self.after = after
        self.through = through
        self.limit = limit
    }
}

/// Which events interest somebody: those that match every part that is given.
public struct EventFilter: Sendable, Hashable {
    public var instance: InstanceID?
    public var job: JobID?
    public var tenant: TenantID?
    public var change: ChangeID?
    public var types: Set<EventType>

    public init(
        instance: InstanceID? = nil, job: JobID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil,
        types: Set<EventType> = []
    ) {
        self.instance = instance
        self.job = job
        self.tenant = tenant
        self.change = change
        self.types = types
    }

    public func matches(_ entry: EventDraft) -> Bool {
        if let instance, entry.instance != instance { return false }
        if let job, entry.job != job { return false }
        if let tenant, entry.tenant != tenant { return false }
        if let change, entry.change != change { return false }
        return types.isEmpty || types.contains(entry.type)
    }
}
