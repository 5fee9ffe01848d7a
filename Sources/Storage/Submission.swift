public import AuraModel
public import JSON

/// An operation that somebody asks for.
public struct Submission: Sendable {
    public enum Target: Sendable {
        /// A new instance; its name must be free.
        case new(Instance)
        case existing(InstanceReference, tenant: TenantID)
    }

    public var target: Target
    public var job: NewJob
    public var idempotency: Idempotency?
    /// Live instances that the tenant may have, the new one included; none means any number.
    public var quota: Int?
    /// Live instances that there may be in all, the new one included; `nil` means any number.
    public var totalQuota: Int?
    public var now: Timestamp
    /// Decides, from what is true in this transaction, what becomes of the operation. Pure.
    public var admit: @Sendable (Instance, _ active: [Job]) throws -> Admission

    public init(
        target: Target, job: NewJob, idempotency: Idempotency?, quota: Int? = nil,
        totalQuota: Int? = nil, now: Timestamp,
        admit: @escaping @Sendable (Instance, [Job]) throws -> Admission
    ) {
        self.target = target
        self.job = job
        self.idempotency = idempotency
        self.quota = quota
        self.totalQuota = totalQuota
        self.now = now
        self.admit = admit
    }
}

/// A job that is not bound to its instance yet.
public struct NewJob: Sendable {
    public var id: JobID
    public var kind: JobKind
    public var change: ChangeID
    public var definitionVersion: Int
    public var input: JSONValue
    public var deadline: Timestamp

    public init(
        id: JobID, kind: JobKind, change: ChangeID, definitionVersion: Int, input: JSONValue, deadline: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.change = change
        self.definitionVersion = definitionVersion
        self.input = input
        self.deadline = deadline
    }
}

/// The caller's own name for an operation: the same key with the same request is the same job.
public struct Idempotency: Sendable, Hashable {
    /// Who asks; keys of different principals never meet.
    public var scope: String
    public var key: String
    /// The request in canonical form, to tell a repetition from another request. Holds no secret.
    public var request: String

    public init(scope: String, key: String, request: String) {
        self.scope = scope
        self.key = key
        self.request = request
    }
}

/// What becomes of an operation on an instance.
public enum Admission: Sendable, Hashable {
    /// It is written down, with the instance as it shall be from now on.
    case accept(Instance)
    /// It is written down, and the instance, which had failed, takes its name and its place in the quota again.
    /// Throws `nameTaken` or `quotaExceeded` where another has them by now.
    case revive(Instance)
    /// It takes over from the active job, which stops where it is.
    case supersede(Instance)
    /// It is what this active job already does.
    case join(JobID)
}

/// What became of a submission.
public struct Submitted: Sendable {
    public var instance: Instance
    public var job: Job
    /// True where the idempotency key, or an active job that does the same, answered.
    public var isRepetition: Bool

    public init(instance: Instance, job: Job, isRepetition: Bool) {
        self.instance = instance
        self.job = job
        self.isRepetition = isRepetition
    }
}

/// By id or by name. A name means the live instance of that name, or else the newest that had it.
public enum InstanceReference: Sendable, Hashable {
    case id(InstanceID)
    case name(String, tenant: TenantID)
}

extension Submission {
    /// The job as it is written, bound to its instance.
    public func job(of instance: Instance, blockedBy: JobID?) -> Job {
        var bound = Job(
            id: job.id, kind: job.kind, instance: instance.id, instanceKind: instance.kind, tenant: instance.tenant,
            change: job.change, definitionVersion: job.definitionVersion, input: job.input, createdAt: now,
            deadline: job.deadline)
        bound.blockedBy = blockedBy
        return bound
    }

    /// That the instance does not exist, for people.
    public var notFound: String {
        switch target {
        case .new(let instance): "no instance has the id \(instance.id)"
        case .existing(.id(let id), _): "no instance has the id \(id)"
        case .existing(.name(let name, _), _): "no instance is named \(name): see status.list for those that exist"
        }
    }

    /// Throws `quotaExceeded` if the tenant, or all tenants together, have more live instances than they may have.
    ///
    /// - Parameter count: counts the live instances of a tenant, or all for `nil`, the new one included. It may stop at the
    ///   limit that it is given, and is not called without a quota.
    public func checkQuota(of tenant: TenantID, _ count: (_ tenant: TenantID?, _ limit: Int) throws -> Int) throws {
        if let quota, try count(tenant, quota + 1) > quota {
            throw StorageError(
                .quotaExceeded,
                "the tenant has the \(quota) live instances that it may have: destroy one, or have the quota raised")
        }
        if let totalQuota, try count(nil, totalQuota + 1) > totalQuota {
            throw StorageError(
                .quotaExceeded,
                "there are the \(totalQuota) live instances that there may be in all: destroy one, or raise limits.instances"
            )
        }
    }
}

extension EventDraft {
    /// What a store writes when somebody hastened a job.
    public static func retryRequested(of job: Job, at now: Timestamp) -> EventDraft {
        var draft = EventDraft(
            at: now, type: .jobRetryRequested, tenant: job.tenant,
            message: "\(job.kind.rawValue) is to be tried again now")
        draft.instance = job.instance
        draft.job = job.id
        draft.change = job.change
        return draft
    }
}
