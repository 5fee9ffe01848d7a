public import AuraModel

/// The rows that the transaction of an operation reads and writes. Each database implements this protocol. Its
/// extensions make the decisions about the rows, once for all databases.
///
/// All calls on one value belong to one transaction. A row that is read with `locking` stays locked until the end of
/// the transaction, so that no other transaction changes it. The instance is locked before its jobs.
public protocol OperationRows {
    /// The events of the transaction, in order. The store appends them to the ledger before it commits.
    var events: [EventDraft] { get set }
    /// The entries of the audit of the transaction, in order. The store appends them before it commits.
    var audit: [AuditDraft] { get set }

    /// Returns the earlier calls with the key in its own name space and in the other one, at most one of each. Until
    /// the end of the transaction, no other transaction can use the key.
    mutating func calls(with key: Idempotency, orIn otherScope: String) throws -> [IdempotentCall]
    /// Stores that the key was used for the job.
    mutating func remember(_ key: Idempotency, for job: JobID, at now: Timestamp) throws

    /// Returns the instance, or `nil` if the scope has none. An instance outside the scope is neither decoded nor
    /// locked.
    mutating func instance(_ reference: InstanceReference, in scope: TenantScope, locking: Bool) throws -> Instance?
    /// Prevents other transactions from counting the live instances and jobs of the tenant, or the live instances of all
    /// tenants if `tenant` is `nil`.
    mutating func lockQuota(of tenant: TenantID?) throws
    /// Returns the number of live instances of a tenant, or of all tenants for `nil`; at most `limit`.
    mutating func countLive(of tenant: TenantID?, limit: Int) throws -> Int
    /// Returns the number of jobs of a tenant that have not ended, without destroys; at most about `limit`.
    mutating func countJobs(of tenant: TenantID, limit: Int) throws -> Int
    /// Inserts an instance, which is live and holds its name. Throws `nameTaken`.
    mutating func insert(_ instance: Instance) throws
    /// Makes a failed instance hold its name and count as live again. Throws `nameTaken`.
    mutating func holdName(_ instance: Instance) throws
    /// Writes the whole instance.
    mutating func update(_ instance: Instance) throws

    /// Makes changes of records. Throws `conflict` if one of them is not possible.
    mutating func apply(_ records: [RecordChange], in scope: TenantScope, at now: Timestamp) throws

    /// Returns the job, or `nil` if the scope has none. A job outside the scope is neither decoded nor locked.
    mutating func job(_ id: JobID, in scope: TenantScope, locking: Bool) throws -> Job?
    /// Locks and returns the jobs of the instance that have not ended, oldest first.
    mutating func activeJobs(of instance: InstanceID) throws -> [Job]
    /// Inserts a queued job with a fair-share tag after those of its tenant's queued jobs. Throws `instanceBusy` if the
    /// instance has another active job; a destroy conflicts only with a destroy.
    mutating func insert(_ job: Job) throws
    /// Sets the job's cancellation to `superseded`. Returns true if a worker holds the job.
    mutating func supersede(_ job: JobID) throws -> Bool
    /// Ends a superseded job that no worker holds: it is cancelled with the failure `superseded`, and its epoch is
    /// raised.
    mutating func endSuperseded(_ job: JobID, at now: Timestamp) throws
    /// Sets the job's cancellation to `requested`, and makes it due unless a worker holds it. Returns the new row.
    mutating func requestCancellation(of job: JobID, at now: Timestamp) throws -> Job
    /// Makes the job due if no worker holds it and it is due later. Returns the new row, or `nil` if nothing was
    /// changed.
    mutating func makeDue(_ job: JobID, at now: Timestamp) throws -> Job?
}

/// The row of an idempotency key that was used.
public struct IdempotentCall: Sendable {
    /// The name space of the row.
    public var scope: String
    /// The request in canonical form.
    public var request: String
    /// The job that the call returned.
    public var job: JobID

    /// Creates a row.
    public init(scope: String, request: String, job: JobID) {
        self.scope = scope
        self.request = request
        self.job = job
    }
}

// MARK: - Submission

extension OperationRows {
    /// Writes the job of an operation with its first event, unless the operation joins an existing job or repeats a
    /// call.
    ///
    /// Throws `StorageError`. For a new instance without records, it throws only before the first change of a row. After
    /// the insertion of the instance nothing can conflict: the job's id is fresh, the instance has no other job, the key
    /// is locked.
    public mutating func submit(_ given: Submission) throws -> Submitted {
        let (submitted, outcome) = try decide(given)
        if var draft = given.audit {
            draft.outcome = outcome
            draft.change = submitted.job.change
            note(draft, "instance \(submitted.instance.id)", submitted.instance.tenant)
        }
        return submitted
    }

    /// Adds a draft to the entries of the transaction.
    private mutating func note(_ draft: AuditDraft, _ object: String, _ tenant: TenantID) {
        var draft = draft
        draft.object = object
        draft.tenant = tenant
        audit.append(draft)
    }

    /// Writes the rows of an operation. Returns its result, and its outcome for the audit.
    private mutating func decide(_ given: Submission) throws -> (Submitted, outcome: String) {
        guard given.scope.contains(given.tenant) else { throw given.notFound }
        var submission = given
        if let repeated = try repeated(&submission) { return (repeated, AuditDraft.Outcome.repeated) }
        guard case .existing(let reference, let tenant) = submission.target else {
            return (try create(submission), AuditDraft.Outcome.accepted)
        }
        guard let instance = try instance(reference, in: submission.scope, locking: true), instance.tenant == tenant
        else { throw submission.notFound }
        let active = try activeJobs(of: instance.id)
        var blocker: JobID?
        let wanted: Instance
        switch try submission.admit(instance, active) {
        case .accept(let admitted):
            try checkJobs(submission, admitted.tenant)
            wanted = admitted
        case .revive(let admitted):
            try lockQuota(submission, admitted.tenant)
            try holdName(admitted)
            try submission.checkQuota(of: admitted.tenant) { try countLive(of: $0, limit: $1) }
            try checkJobs(submission, admitted.tenant)
            wanted = admitted
        case .supersede(let admitted):
            blocker = try active.first.flatMap { try stop($0, submission) }
            wanted = admitted
        case .join(let id):
            guard let job = try job(id, in: submission.scope, locking: false) else {
                throw StorageError(.jobNotFound, "no job has the id \(id)")
            }
            if job.principal != submission.job.principal { submission.idempotency = given.callersKey }
            try remember(submission, job: id)
            return (
                Submitted(instance: instance, job: job, isRepetition: true), AuditDraft.Outcome.joined
            )
        }
        try update(wanted)
        return (try queue(submission, wanted, blockedBy: blocker), AuditDraft.Outcome.accepted)
    }

    private mutating func create(_ submission: Submission) throws -> Submitted {
        guard case .new(let instance) = submission.target else {
            throw StorageError(.corrupt, "the operation is not on a new instance")
        }
        try lockQuota(submission, instance.tenant)
        try submission.checkQuota(of: instance.tenant) { try countLive(of: $0, limit: $1) + 1 }
        try checkJobs(submission, instance.tenant)
        guard case .accept(let admitted) = try submission.admit(instance, []) else {
            throw StorageError(.corrupt, "a new instance can only be accepted")
        }
        try insert(admitted)
        return try queue(submission, admitted, blockedBy: nil)
    }

    private mutating func lockQuota(_ submission: Submission, _ tenant: TenantID) throws {
        if submission.totalQuota != nil {
            try lockQuota(of: nil)
        } else if submission.quota != nil {
            try lockQuota(of: tenant)
        }
    }

    /// Throws `quotaExceeded` if the tenant may have no further job. The tenant stays locked until the end of the
    /// transaction, so that the count of another one includes the job of this one.
    private mutating func checkJobs(_ submission: Submission, _ tenant: TenantID) throws {
        guard let quota = submission.jobQuota, submission.job.kind != .destroy else { return }
        try lockQuota(of: tenant)
        try submission.checkJobQuota(quota) { try countJobs(of: tenant, limit: $0) }
    }

    /// Returns the result of the caller's earlier call with the same idempotency key, or `nil` if there is none.
    ///
    /// The row of a key has the name space of the tenant if the row's job is the caller's, as in releases that did not
    /// distinguish callers. Otherwise it has a name space of the caller. So a row of the tenant's name space belongs to
    /// the caller of its job. If that is another caller, `submission` gets the key in the caller's name space.
    private mutating func repeated(_ submission: inout Submission) throws -> Submitted? {
        guard let key = submission.idempotency, let own = submission.callersKey else { return nil }
        let calls = try calls(with: key, orIn: own.scope)
        let ownCall = calls.first { $0.scope == own.scope }
        guard let call = ownCall ?? calls.first else { return nil }
        let job = try job(call.job, in: submission.scope, locking: false)
        // Rows that are older than the column `principal` belong to every caller.
        if ownCall == nil, let caller = job?.principal, caller != submission.job.principal {
            submission.idempotency = own
            return nil
        }
        guard call.request == key.request else {
            throw StorageError(
                .idempotencyMismatch,
                "the idempotency key \(key.key) was used with other parameters: use a new key for a new request")
        }
        guard let job, let instance = try instance(.id(job.instance), in: submission.scope, locking: false) else {
            throw StorageError(.corrupt, "the job of the idempotency key \(key.key) is missing")
        }
        return Submitted(instance: instance, job: job, isRepetition: true)
    }

    private mutating func remember(_ submission: Submission, job: JobID) throws {
        guard let key = submission.idempotency else { return }
        try remember(key, for: job, at: submission.now)
    }

    /// Stops the active job without an undo. A job that no worker holds ends at once. If a worker holds the job,
    /// returns the job's id, because the worker must release the job first.
    private mutating func stop(_ job: Job, _ submission: Submission) throws -> JobID? {
        if try supersede(job.id) { return job.id }
        try endSuperseded(job.id, at: submission.now)
        events.append(
            EventDraft(
                .jobCancelled, of: job, "\(job.kind.rawValue) stopped: a destroy took over",
                by: submission.job.principal, at: submission.now))
        return nil
    }

    private mutating func queue(
        _ submission: Submission, _ instance: Instance, blockedBy: JobID?
    ) throws -> Submitted {
        let job = submission.job(of: instance, blockedBy: blockedBy)
        if !submission.records.isEmpty { try apply(submission.records, in: submission.scope, at: submission.now) }
        try insert(job)
        try remember(submission, job: job.id)
        var draft = EventDraft(
            .jobQueued, of: job, "\(job.kind.rawValue) of \(instance.name) is queued", by: job.principal,
            at: submission.now)
        draft.phase = instance.phase
        draft.progress = 0
        events.append(draft)
        return Submitted(instance: instance, job: job, isRepetition: false)
    }
}

// MARK: - Cancellation and retry

extension OperationRows {
    /// Requests that a job ends early. Returns the job's row. A second request changes nothing.
    public mutating func requestCancellation(_ request: CancellationRequest) throws -> Job {
        let job = try activeJob(request.job, in: request.scope)
        note(request.audit, about: job, isChange: job.cancellation == nil)
        guard job.cancellation == nil else { return job }
        let updated = try requestCancellation(of: job.id, at: request.now)
        events.append(
            EventDraft(
                .jobCancelRequested, of: job, "\(job.kind.rawValue) is to be cancelled", by: request.principal,
                at: request.now))
        return updated
    }

    /// Makes a waiting job due now. Returns the job's row.
    public mutating func makeDueNow(_ request: MakeDueNowRequest) throws -> Job {
        let job = try activeJob(request.job, in: request.scope)
        let due = try makeDue(job.id, at: request.now)
        note(request.audit, about: job, isChange: due != nil)
        guard let updated = due else { return job }
        events.append(
            EventDraft(
                .jobRetryRequested, of: job, "\(job.kind.rawValue) is to be tried again now", by: request.principal,
                at: request.now))
        return updated
    }

    /// Completes a draft about a job, and adds it to the entries of the transaction.
    private mutating func note(_ draft: AuditDraft?, about job: Job, isChange: Bool) {
        guard var draft else { return }
        draft.outcome = isChange ? AuditDraft.Outcome.accepted : AuditDraft.Outcome.unchanged
        draft.change = job.change
        note(draft, "job \(job.id)", job.tenant)
    }

    private mutating func activeJob(_ id: JobID, in scope: TenantScope) throws -> Job {
        guard let job = try job(id, in: scope, locking: true) else {
            throw StorageError(.jobNotFound, "no job has the id \(id)")
        }
        guard !job.state.isTerminal else {
            throw StorageError(.jobTerminal, "job \(job.id) has already \(job.state.rawValue)")
        }
        return job
    }
}

extension EventDraft {
    /// Creates an event about a job that `principal` caused; `nil` stands for the daemon itself.
    fileprivate init(
        _ type: EventType, of job: Job, _ message: String, by principal: PrincipalID?, at now: Timestamp
    ) {
        self.init(at: now, type: type, tenant: job.tenant, message: message)
        instance = job.instance
        self.job = job.id
        change = job.change
        self.principal = principal
    }
}
