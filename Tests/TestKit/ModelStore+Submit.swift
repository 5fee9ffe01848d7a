public import AuraModel
public import Storage

/// Operations: submissions, cancellations and retries.
extension ModelStore {
    public func submit(_ submission: Submission) async throws(StorageError) -> Submitted {
        try operate { try $0.submit(submission) }
    }

    public func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job {
        try operate { try $0.requestCancellation(request) }
    }

    public func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job {
        try operate { try $0.makeDueNow(request) }
    }

    private func operate<Value>(
        _ body: (inout ModelOperationRows) throws -> Value
    ) throws(StorageError) -> Value {
        try write { rows throws(StorageError) in
            var operation = ModelOperationRows(rows: rows)
            do {
                let value = try body(&operation)
                rows = operation.rows
                rows.append(operation.events)
                rows.audit.append(operation.audit)
                return value
            } catch {
                throw error as? StorageError ?? StorageError(.corrupt, "the operation failed: \(error)")
            }
        }
    }
}

/// The rows of an operation's transaction, in memory.
private struct ModelOperationRows: OperationRows {
    var rows: ModelRows
    var events: [EventDraft] = []
    var audit: [AuditDraft] = []

    func calls(with key: Idempotency, orIn otherScope: String) -> [IdempotentCall] {
        [key.scope, otherScope].compactMap { scope in
            rows.calls[ModelRows.Key(scope: scope, key: key.key)].map {
                IdempotentCall(scope: scope, request: $0.request, job: $0.job)
            }
        }
    }

    mutating func remember(_ key: Idempotency, for job: JobID, at now: Timestamp) {
        rows.calls[ModelRows.Key(scope: key.scope, key: key.key)] = ModelRows.Call(request: key.request, job: job)
    }

    func instance(_ reference: InstanceReference, in scope: TenantScope, locking: Bool) -> Instance? {
        rows.find(reference, in: scope)
    }

    func lockQuota(of tenant: TenantID?) {}

    mutating func apply(_ records: [RecordChange], in scope: TenantScope, at now: Timestamp) throws {
        var changed = ModelRecordRows(records: rows.records)
        try changed.apply(records, in: scope, at: now)
        rows.records = changed.records
    }

    func countLive(of tenant: TenantID?, limit: Int) -> Int { min(rows.countLive(of: tenant), limit) }

    func countJobs(of tenant: TenantID, limit: Int) -> Int {
        rows.jobs.values.count { $0.job.tenant == tenant && !$0.job.state.isTerminal && $0.job.kind != .destroy }
    }

    mutating func insert(_ instance: Instance) throws {
        try checkName(instance)
        rows.put(instance)
    }

    mutating func holdName(_ instance: Instance) throws {
        try checkName(instance)
        rows.instances[instance.id]?.holdsName = true
    }

    private func checkName(_ instance: Instance) throws {
        let isTaken = rows.instances.values.contains {
            $0.holdsName && $0.instance.name == instance.name && $0.instance.tenant == instance.tenant
                && $0.instance.id != instance.id
        }
        if isTaken { throw StorageError(.nameTaken, "an instance named \(instance.name) exists") }
    }

    mutating func update(_ instance: Instance) { rows.put(instance) }

    func job(_ id: JobID, in scope: TenantScope, locking: Bool) -> Job? { rows.job(id, in: scope) }

    func activeJobs(of instance: InstanceID) -> [Job] { rows.active(of: instance) }

    mutating func insert(_ job: Job) throws {
        let rival = rows.active(of: job.instance).first { ($0.kind == .destroy) == (job.kind == .destroy) }
        if let rival { throw StorageError(.instanceBusy, "job \(rival.id) is at work on it", job: rival.id) }
        rows.queue(job)
    }

    mutating func supersede(_ job: JobID) -> Bool {
        rows.jobs[job]?.job.cancellation = .superseded
        return rows.jobs[job]?.owner != nil
    }

    mutating func endSuperseded(_ job: JobID, at now: Timestamp) {
        rows.jobs[job]?.job.state = .cancelled
        rows.jobs[job]?.job.failure = .superseded
        rows.jobs[job]?.job.finishedAt = now
        rows.jobs[job]?.job.waitingFor = nil
        rows.jobs[job]?.job.epoch += 1
    }

    mutating func requestCancellation(of job: JobID, at now: Timestamp) throws -> Job {
        guard var row = rows.jobs[job] else { throw StorageError(.corrupt, "job \(job) is missing") }
        row.job.cancellation = .requested
        if row.owner == nil { row.job.availableAt = min(row.job.availableAt, now) }
        rows.jobs[job] = row
        return row.job
    }

    mutating func makeDue(_ job: JobID, at now: Timestamp) -> Job? {
        guard let row = rows.jobs[job], row.owner == nil, row.job.availableAt > now else { return nil }
        rows.jobs[job]?.job.availableAt = now
        return rows.jobs[job]?.job
    }
}
