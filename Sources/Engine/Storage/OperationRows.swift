public import AuraModel

/// The rows that the transaction of an operation reads and writes. Each database implements this protocol. Its
/// extensions make the decisions about the rows, once for all databases.
///
/// All calls on one value belong to one transaction. A row that is read with `locking` stays locked until the end of
/// the transaction, so that no other transaction changes it. The instance is locked before its jobs.
public protocol OperationRows {
    /// The events of the transaction, in order. The store appends them to the ledger before it commits.
    var events: [EventDraft] { get set }

    /// Returns the request and the job that an idempotency key was used for, or `nil`. Until the end of the
    /// transaction, no other transaction can use the key.
    mutating func call(with key: Idempotency) throws -> (request: String, job: JobID)?
    /// Stores that the key was used for the job.
    mutating func remember(_ key: Idempotency, for job: JobID, at now: Timestamp) throws

    /// Returns the instance, or `nil` if there is none.
    mutating func instance(_ reference: InstanceReference, locking: Bool) throws -> Instance?
    /// Prevents other transactions from counting the live instances of the tenant, or of all tenants if `tenant` is
    /// `nil`.
    mutating func lockQuota(of tenant: TenantID?) throws
    /// Returns the number of live instances of a tenant, or of all tenants for `nil`; at most `limit`.
    mutating func countLive(of tenant: TenantID?, limit: Int) throws -> Int
    /// Inserts an instance, which is live and holds its name. Throws `nameTaken`.
    mutating func insert(_ instance: Instance) throws
    /// Makes a failed instance hold its name and count as live again. Throws `nameTaken`.
    mutating func holdName(_ instance: Instance) throws
    /// Writes the whole instance.
    mutating func update(_ instance: Instance) throws

    /// Returns the job, or `nil` if there is none.
    mutating func job(_ id: JobID, locking: Bool) throws -> Job?
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

// MARK: - Submission

extension OperationRows {
    /// Writes the job of an operation with its first event, unless the operation joins an existing job or repeats a
    /// call.
    ///
    /// Throws `StorageError`. For a new instance, it throws only before the first change of a row. After the insertion
    /// of the instance nothing can conflict: the job's id is fresh, the instance has no other job, the key is locked.
    public mutating func submit(_ submission: Submission) throws -> Submitted {
        if let repeated = try repeated(submission) { return repeated }
        guard case .existing(let reference, let tenant) = submission.target else { return try create(submission) }
        guard let instance = try instance(reference, locking: true), instance.tenant == tenant else {
            throw StorageError(.instanceNotFound, submission.notFound)
        }
        let active = try activeJobs(of: instance.id)
        var blocker: JobID?
        let wanted: Instance
        switch try submission.admit(instance, active) {
        case .accept(let admitted): wanted = admitted
        case .revive(let admitted):
            try lockQuota(submission, admitted.tenant)
            try holdName(admitted)
            try submission.checkQuota(of: admitted.tenant) { try countLive(of: $0, limit: $1) }
            wanted = admitted
        case .supersede(let admitted):
            blocker = try active.first.flatMap { try stop($0, submission) }
            wanted = admitted
        case .join(let id):
            guard let job = try job(id, locking: false) else {
                throw StorageError(.jobNotFound, "no job has the id \(id)")
            }
            try remember(submission, job: id)
            return Submitted(instance: instance, job: job, isRepetition: true)
        }
        try update(wanted)
        return try queue(submission, wanted, blockedBy: blocker)
    }

    private mutating func create(_ submission: Submission) throws -> Submitted {
        guard case .new(let instance) = submission.target else {
            throw StorageError(.corrupt, "the operation is not on a new instance")
        }
        try lockQuota(submission, instance.tenant)
        try submission.checkQuota(of: instance.tenant) { try countLive(of: $0, limit: $1) + 1 }
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

    /// Returns the result of an earlier call with the same idempotency key, or `nil` if there is none.
    private mutating func repeated(_ submission: Submission) throws -> Submitted? {
        guard let key = submission.idempotency, let call = try call(with: key) else { return nil }
        guard call.request == key.request else {
            throw StorageError(
                .idempotencyMismatch,
                "the idempotency key \(key.key) was used with other parameters: use a new key for a new request")
        }
        guard let job = try job(call.job, locking: false),
            let instance = try instance(.id(job.instance), locking: false)
        else {
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
        let job = try activeJob(request.job)
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
        let job = try activeJob(request.job)
        guard let updated = try makeDue(job.id, at: request.now) else { return job }
        events.append(
            EventDraft(
                .jobRetryRequested, of: job, "\(job.kind.rawValue) is to be tried again now", by: request.principal,
                at: request.now))
        return updated
    }

    private mutating func activeJob(_ id: JobID) throws -> Job {
        guard let job = try job(id, locking: true) else {
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
