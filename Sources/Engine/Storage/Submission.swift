public import AuraModel
public import JSON

/// A request for an operation on an instance.
public struct Submission: Sendable {
    /// A new or an existing instance.
    public enum Target: Sendable {
        /// A new instance. Its name must be free.
        case new(Instance)
        /// An existing instance of this tenant.
        case existing(InstanceReference, tenant: TenantID)
    }

    /// The instance of the operation.
    public var target: Target
    /// The tenants whose instances the caller may change. It must have the tenant of the target.
    public var scope: TenantScope
    /// The job that carries out the operation.
    public var job: NewJob
    /// The idempotency key of the call; `nil` if it has none.
    public var idempotency: Idempotency?
    /// The maximum number of live instances of the tenant, the new one included; `nil` means no limit.
    public var quota: Int?
    /// The maximum number of live instances of all tenants, the new one included; `nil` means no limit.
    public var totalQuota: Int?
    /// The maximum number of jobs of the tenant that have not ended, the new one included; `nil` means no limit. A
    /// destroy is never refused and does not count: each instance has at most one, and it frees what the tenant holds.
    public var jobQuota: Int?
    /// The present time.
    public var now: Timestamp
    /// Decides the admission from the rows of the transaction: the instance and its active jobs. The function must be
    /// pure, because a transaction may be repeated.
    public var admit: @Sendable (Instance, _ active: [Job]) throws(StorageError) -> Admission
    /// Changes of records that are made if a job is written, and only then. If one of them is not possible, the
    /// operation is refused with `conflict`.
    public var records: [RecordChange] = []
    /// The entry of the audit. The transaction completes and writes it, also if the operation repeats a call or joins a
    /// job; `nil` for no entry.
    public var audit: AuditDraft?

    /// Creates a submission.
    public init(
        target: Target, in scope: TenantScope, job: NewJob, idempotency: Idempotency?, quota: Int? = nil,
        totalQuota: Int? = nil, jobQuota: Int? = nil, now: Timestamp,
        admit: @escaping @Sendable (Instance, [Job]) throws(StorageError) -> Admission
    ) {
        self.target = target
        self.scope = scope
        self.job = job
        self.idempotency = idempotency
        self.quota = quota
        self.totalQuota = totalQuota
        self.jobQuota = jobQuota
        self.now = now
        self.admit = admit
    }
}

/// A job that is not bound to an instance yet.
public struct NewJob: Sendable {
    /// The job's id.
    public var id: JobID
    /// The kind of operation.
    public var kind: JobKind
    /// The change that causes the job.
    public var change: ChangeID
    /// The caller that requests the job.
    public var principal: PrincipalID?
    /// The version of the definition that the job follows.
    public var definitionVersion: Int
    /// The parameters of the operation.
    public var input: JSONValue
    /// The time at which the whole job counts as failed.
    public var deadline: Timestamp
    /// The version and the deadline for instances of these kinds, in place of ``definitionVersion`` and ``deadline``.
    /// Several kinds of instances may have an operation of the same name, and the transaction finds the instance.
    public var termsByKind: [InstanceKind: Terms] = [:]

    /// The version of the definition that a job follows, and the job's deadline.
    public struct Terms: Sendable, Hashable {
        /// The version of the definition.
        public var definitionVersion: Int
        /// The time at which the whole job counts as failed.
        public var deadline: Timestamp

        /// Creates terms.
        public init(definitionVersion: Int, deadline: Timestamp) {
            self.definitionVersion = definitionVersion
            self.deadline = deadline
        }
    }

    /// Creates a job.
    public init(
        id: JobID, kind: JobKind, change: ChangeID, principal: PrincipalID? = nil, definitionVersion: Int,
        input: JSONValue, deadline: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.change = change
        self.principal = principal
        self.definitionVersion = definitionVersion
        self.input = input
        self.deadline = deadline
    }
}

/// The caller's idempotency key for an operation. The same key with the same request returns the same job.
///
/// Equal keys of two callers (``NewJob/principal``) are independent, and so are equal keys in two name spaces.
public struct Idempotency: Sendable, Hashable {
    /// The name space of the key: the tenant of the operation. It contains no space.
    public var scope: String
    /// The key.
    public var key: String
    /// The request in canonical form, to distinguish a repetition from another request. It contains no secret.
    public var request: String

    /// Creates an idempotency key.
    public init(scope: String, key: String, request: String) {
        self.scope = scope
        self.key = key
        self.request = request
    }
}

/// The decision on an operation.
public enum Admission: Sendable, Hashable {
    /// The job is written, with this new state of the instance.
    case accept(Instance)
    /// The job is written. The failed instance holds its name and counts against the quota again. The store throws
    /// `nameTaken` or `quotaExceeded` if that is not possible.
    case revive(Instance)
    /// The job is written and supersedes the active job, which stops without an undo.
    case supersede(Instance)
    /// No job is written, because this active job already does the same.
    case join(JobID)
}

/// The result of a submission.
public struct Submitted: Sendable {
    /// The instance after the submission.
    public var instance: Instance
    /// The new job, or the existing one if ``isRepetition`` is true.
    public var job: Job
    /// True if the idempotency key was used before, or if an active job does the same. No job was written then.
    public var isRepetition: Bool

    /// Creates a result.
    public init(instance: Instance, job: Job, isRepetition: Bool) {
        self.instance = instance
        self.job = job
        self.isRepetition = isRepetition
    }
}

/// A reference to an instance by id or by name. A name refers to the live instance with that name, or else to the
/// newest instance that had it.
public enum InstanceReference: Sendable, Hashable {
    case id(InstanceID)
    case name(String, tenant: TenantID)
}

extension Submission {
    /// Returns the job to write, bound to its instance.
    public func job(of instance: Instance, blockedBy: JobID?) -> Job {
        let terms =
            job.termsByKind[instance.kind]
            ?? NewJob.Terms(definitionVersion: job.definitionVersion, deadline: job.deadline)
        var bound = Job(
            id: job.id, kind: job.kind, instance: instance.id, instanceKind: instance.kind, tenant: instance.tenant,
            change: job.change, definitionVersion: terms.definitionVersion, input: job.input, createdAt: now,
            deadline: terms.deadline)
        bound.blockedBy = blockedBy
        bound.principal = job.principal
        return bound
    }

    /// The tenant of the new or the existing instance.
    public var tenant: TenantID {
        switch target {
        case .new(let instance): instance.tenant
        case .existing(_, let tenant): tenant
        }
    }

    /// The idempotency key in a name space of the caller: the name space of ``idempotency``, a space, and the caller.
    var callersKey: Idempotency? {
        guard var key = idempotency else { return nil }
        key.scope += " \(job.principal?.text ?? "")"
        return key
    }

    /// The error for a target that the scope does not have.
    public var notFound: StorageError { target.notFound }

    /// Throws `quotaExceeded` if the tenant, or all tenants together, have more live instances than the quota allows.
    ///
    /// `count` returns the number of live instances of a tenant, or of all tenants for `nil`, the new one included. It
    /// may stop counting at the given limit. `count` is not called if there is no quota.
    public func checkQuota(of tenant: TenantID, _ count: (_ tenant: TenantID?, _ limit: Int) throws -> Int) throws {
        if let quota, try count(tenant, quota + 1) > quota {
            throw StorageError(
                .quotaExceeded,
                "the tenant has the \(quota) live instances that it may have: destroy one, or have the quota raised",
                limit: quota)
        }
        if let totalQuota, try count(nil, totalQuota + 1) > totalQuota {
            throw StorageError(
                .quotaExceeded,
                "there are the \(totalQuota) live instances that there may be in all: destroy one, or raise limits.instances",
                limit: totalQuota)
        }
    }

    /// Throws `quotaExceeded` if the tenant has as many jobs in flight as it may have.
    ///
    /// `count` returns the number of jobs of the tenant that have not ended, without destroys. It may stop counting at
    /// the given limit.
    func checkJobQuota(_ quota: Int, _ count: (_ limit: Int) throws -> Int) throws {
        guard try count(quota) >= quota else { return }
        throw StorageError(
            .quotaExceeded,
            "the tenant has the \(quota) jobs in flight that it may have: wait until one ends, or have the quota raised",
            limit: quota)
    }
}

extension Submission.Target {
    /// The error for a caller that may not see the target.
    public var notFound: StorageError {
        switch self {
        case .new(let instance):
            StorageError.noTenant(instance.tenant)
        case .existing(.id(let id), _):
            StorageError(.instanceNotFound, "no instance has the id \(id)")
        case .existing(.name(let name, _), _):
            StorageError(.instanceNotFound, "no instance is named \(name): see status.list for those that exist")
        }
    }
}
