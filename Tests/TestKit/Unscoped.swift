public import AuraModel
public import Storage

// Forms of the store's methods and requests without a scope, for tests of other rules. They see every tenant. The
// daemon cannot use them, because no program imports this module.

extension InstanceStore {
    public func instance(_ reference: InstanceReference) async throws(StorageError) -> Instance? {
        try await instance(reference, in: .all)
    }

    public func activity(of reference: InstanceReference) async throws(StorageError) -> InstanceActivity? {
        try await activity(of: reference, in: .all)
    }
}

extension JobStore {
    public func job(_ id: JobID) async throws(StorageError) -> Job? { try await job(id, in: .all) }

    public func steps(of job: JobID) async throws(StorageError) -> [StepRecord] { try await steps(of: job, in: .all) }
}

extension InstanceQuery {
    public init(
        instance: InstanceID? = nil, tenant: TenantID? = nil, phases: [Phase] = [], includesDestroyed: Bool = false,
        after: InstanceID? = nil, limit: Int = 100
    ) {
        self.init(
            scope: .all, instance: instance, tenant: tenant, phases: phases, includesDestroyed: includesDestroyed,
            after: after, limit: limit)
    }
}

extension JobQuery {
    public init(
        instance: InstanceID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil, states: [JobState] = [],
        isActive: Bool = false, after: JobID? = nil, newestFirst: Bool = false, limit: Int = 100
    ) {
        self.init(
            scope: .all, instance: instance, tenant: tenant, change: change, states: states, isActive: isActive,
            after: after, newestFirst: newestFirst, limit: limit)
    }
}

extension EventFilter {
    public init(
        instance: InstanceID? = nil, job: JobID? = nil, tenant: TenantID? = nil, change: ChangeID? = nil,
        types: Set<EventType> = []
    ) {
        self.init(scope: .all, instance: instance, job: job, tenant: tenant, change: change, types: types)
    }
}

extension EventQuery {
    public init(after: Int64, through: Int64? = nil, limit: Int) {
        self.init(filter: EventFilter(), after: after, through: through, limit: limit)
    }
}

extension CancellationRequest {
    public init(job: JobID, principal: PrincipalID? = nil, now: Timestamp) {
        self.init(job: job, in: .all, principal: principal, now: now)
    }
}

extension MakeDueNowRequest {
    public init(job: JobID, principal: PrincipalID? = nil, now: Timestamp) {
        self.init(job: job, in: .all, principal: principal, now: now)
    }
}

extension Submission {
    public init(
        target: Target, job: NewJob, idempotency: Idempotency?, quota: Int? = nil, totalQuota: Int? = nil,
        now: Timestamp, admit: @escaping @Sendable (Instance, [Job]) throws(StorageError) -> Admission
    ) {
        self.init(
            target: target, in: .all, job: job, idempotency: idempotency, quota: quota, totalQuota: totalQuota,
            now: now, admit: admit)
    }
}
