public import AuraModel
import JSON
public import Storage

/// Operations: submissions, cancellations and retries.
extension PostgresStore {
    public func submit(_ submission: Submission) async throws(StorageError) -> Submitted {
        // Without records, the transaction of a new instance throws only before it changes a row and needs no savepoint.
        var mayThrowAfterWriting = true
        if case .new = submission.target { mayThrowAfterWriting = !submission.records.isEmpty }
        let locks = AdvisoryLocks.of(submission)
        return try await writer.write(locks: locks, mayThrowAfterWriting: mayThrowAfterWriting) {
            [decoded] connection, ledger in
            let submitted = try PostgresOperationRows.run(connection, decoded, locks, &ledger) {
                try $0.submit(submission)
            }
            return { _ in submitted }
        }
    }

    public func requestCancellation(_ request: CancellationRequest) async throws(StorageError) -> Job {
        try await writer.write { [decoded] connection, ledger in
            let job = try PostgresOperationRows.run(connection, decoded, AdvisoryLocks(), &ledger) {
                try $0.requestCancellation(request)
            }
            return { _ in job }
        }
    }

    public func makeDueNow(_ request: MakeDueNowRequest) async throws(StorageError) -> Job {
        try await writer.write { [decoded] connection, ledger in
            let job = try PostgresOperationRows.run(connection, decoded, AdvisoryLocks(), &ledger) {
                try $0.makeDueNow(request)
            }
            return { _ in job }
        }
    }

    static func keepsName(_ instance: Instance) -> Bool {
        instance.phase != .failed && instance.phase != .destroyed
    }
}

/// The rows of an operation's transaction. Rows are locked with `FOR UPDATE`, keys and quotas with advisory locks.
private struct PostgresOperationRows: OperationRows {
    let connection: PostgresConnection
    let decoded: DecodedInstances
    let locks: AdvisoryLocks
    var events: [EventDraft] = []
    var audit: [AuditDraft] = []

    static func run<Value>(
        _ connection: PostgresConnection, _ decoded: DecodedInstances, _ locks: AdvisoryLocks,
        _ ledger: inout LedgerDraft, _ body: (inout PostgresOperationRows) throws -> Value
    ) throws -> Value {
        var rows = PostgresOperationRows(connection: connection, decoded: decoded, locks: locks)
        let value = try body(&rows)
        ledger.append(rows.events)
        ledger.append(audit: rows.audit)
        return value
    }

    func calls(with key: Idempotency, orIn otherScope: String) throws -> [IdempotentCall] {
        try locks.require(AdvisoryLocks.key(key))
        let rows = try connection.run(
            "SELECT scope, request, job FROM idempotency WHERE scope IN ($1, $2) AND key = $3",
            [PostgresValue(key.scope), PostgresValue(otherScope), PostgresValue(key.key)])
        return rows.all.map { row in
            IdempotentCall(
                scope: row.text("scope") ?? "", request: row.text("request") ?? "", job: JobID(row.text("job") ?? ""))
        }
    }

    func remember(_ key: Idempotency, for job: JobID, at now: Timestamp) throws {
        try connection.run(
            "INSERT INTO idempotency (scope, key, request, job, created_at) VALUES ($1, $2, $3, $4, $5)",
            [
                PostgresValue(key.scope), PostgresValue(key.key), PostgresValue(key.request), PostgresValue(job.text),
                PostgresValue(now),
            ])
    }

    func instance(_ reference: InstanceReference, in scope: TenantScope, locking: Bool) throws -> Instance? {
        try PostgresStore.find(reference, in: scope, locking: locking, connection, decoded)
    }

    func lockQuota(of tenant: TenantID?) throws { try locks.require(AdvisoryLocks.quota(of: tenant)) }

    func countLive(of tenant: TenantID?, limit: Int) throws -> Int {
        let rows =
            if let tenant {
                try connection.run(
                    "SELECT count(*) AS count FROM (SELECT 1 FROM instance WHERE tenant = $1 AND holds_name LIMIT $2) AS live",
                    [PostgresValue(tenant.text), PostgresValue(limit)])
            } else {
                try connection.run(
                    "SELECT count(*) AS count FROM (SELECT 1 FROM instance WHERE holds_name LIMIT $1) AS live",
                    [PostgresValue(limit)])
            }
        return Int(rows.first?.number("count") ?? 0)
    }

    /// The conditions are those of the indexes `job_queued_tenant` and `job_in_flight`.
    func countJobs(of tenant: TenantID, limit: Int) throws -> Int {
        let rows = try connection.run(
            """
            SELECT (SELECT count(*) FROM (
                    SELECT 1 FROM job WHERE tenant = $1 AND state = 'queued' AND kind <> 'destroy' LIMIT $2) AS queued)
                + (SELECT count(*) FROM (
                    SELECT 1 FROM job
                    WHERE tenant = $1 AND finished_at IS NULL AND state <> 'queued' AND kind <> 'destroy' LIMIT $2)
                    AS begun) AS count
            """,
            [PostgresValue(tenant.text), PostgresValue(limit)])
        return Int(rows.first?.number("count") ?? 0)
    }

    func insert(_ instance: Instance) throws {
        let inserted = try connection.run(
            """
            INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document)
            VALUES ($1, $2, $3, $4, $5, true, $6) ON CONFLICT DO NOTHING
            """,
            [
                PostgresValue(instance.id.text), PostgresValue(instance.tenant.text), PostgresValue(instance.name),
                PostgresValue(instance.desired.rawValue), PostgresValue(instance.phase.rawValue),
                PostgresValue(instance.document()),
            ])
        guard inserted.changed == 1 else { throw nameTaken(instance) }
    }

    private func nameTaken(_ instance: Instance) -> StorageError {
        StorageError(.nameTaken, "an instance named \(instance.name) exists: choose another name, or destroy it first")
    }

    func holdName(_ instance: Instance) throws {
        do {
            try connection.run("UPDATE instance SET holds_name = true WHERE id = $1", [PostgresValue(instance.id.text)])
        } catch {
            guard error.kind == .taken else { throw error }
            throw nameTaken(instance)
        }
    }

    func update(_ instance: Instance) throws {
        try connection.run(
            """
            UPDATE instance SET desired = $1, phase = $2, holds_name = holds_name AND $3, document = $4 WHERE id = $5
            """,
            [
                PostgresValue(instance.desired.rawValue), PostgresValue(instance.phase.rawValue),
                PostgresValue(PostgresStore.keepsName(instance)), PostgresValue(instance.document()),
                PostgresValue(instance.id.text),
            ])
    }

    func apply(_ records: [RecordChange], in scope: TenantScope, at now: Timestamp) throws {
        var rows = SQLRecordRows(SharedStatements(connection, locks))
        try rows.apply(records, in: scope, at: now)
    }

    func job(_ id: JobID, in scope: TenantScope, locking: Bool) throws -> Job? {
        try PostgresStore.find(id, in: scope, locking: locking, connection)
    }

    func activeJobs(of instance: InstanceID) throws -> [Job] {
        try connection.run(
            "SELECT * FROM job WHERE instance = $1 AND \(PostgresStore.active) ORDER BY id FOR UPDATE",
            [PostgresValue(instance.text)]
        ).all.map { try $0.jobEntry().row() }
    }

    func insert(_ job: Job) throws {
        let inserted = try connection.run(
            """
            INSERT INTO job (id, kind, instance, tenant, change, state, priority, turn, available_at, epoch, written, attempt,
                progress, deadline, blocked_by, definition_version, input, created_at, instance_kind, principal)
            VALUES ($1, $2, $3, $4, $5, $6, $7,
                greatest(
                    (SELECT coalesce(min(turn), 1) FROM job
                        WHERE lease_owner IS NULL AND blocked_by IS NULL AND state = 'queued' AND priority = $7),
                    (SELECT coalesce(max(turn), 0) + 1 FROM job WHERE state = 'queued' AND tenant = $4 AND priority = $7)),
                $8, 0, 0, 0, 0, $9, $10, $11, $12, $13, $14, $15)
            ON CONFLICT DO NOTHING
            """,
            [
                PostgresValue(job.id.text), PostgresValue(job.kind.rawValue), PostgresValue(job.instance.text),
                PostgresValue(job.tenant.text), PostgresValue(job.change.text), PostgresValue(job.state.rawValue),
                PostgresValue(job.priority), PostgresValue(job.availableAt), PostgresValue(job.deadline),
                PostgresValue(job.blockedBy?.text), PostgresValue(job.definitionVersion),
                PostgresValue(job.input.serializedString()), PostgresValue(job.createdAt),
                PostgresValue(job.instanceKind.rawValue), PostgresValue(job.principal?.text),
            ])
        guard inserted.changed == 0 else { return }
        let rival = try activeJobs(of: job.instance).first
        throw StorageError(
            .instanceBusy,
            "cannot \(job.kind.rawValue) while job \(rival?.id.text ?? "") (\(rival?.kind.rawValue ?? "another")) is at work: "
                + "wait for it", job: rival?.id)
    }

    func supersede(_ job: JobID) throws -> Bool {
        let held = try connection.run(
            """
            UPDATE job SET cancellation = 'superseded' WHERE id = $1 RETURNING lease_owner IS NOT NULL AS is_held
            """, [PostgresValue(job.text)])
        return held.first?.flag("is_held") == true
    }

    func endSuperseded(_ job: JobID, at now: Timestamp) throws {
        try connection.run(
            """
            UPDATE job SET state = 'cancelled', failure = $1, finished_at = $2, waiting_for = NULL, epoch = epoch + 1
            WHERE id = $3
            """,
            [
                PostgresValue(try JSONCoder.encodeString(Failure.superseded)), PostgresValue(now),
                PostgresValue(job.text),
            ])
    }

    func requestCancellation(of job: JobID, at now: Timestamp) throws -> Job {
        let row = try connection.run(
            """
            UPDATE job SET cancellation = 'requested',
                available_at = CASE WHEN lease_owner IS NULL THEN least(available_at, $1) ELSE available_at END
            WHERE id = $2 RETURNING *
            """, [PostgresValue(now), PostgresValue(job.text)]
        ).first
        guard let row else { throw StorageError(.corrupt, "job \(job) is missing in its own transaction") }
        return try row.job()
    }

    func makeDue(_ job: JobID, at now: Timestamp) throws -> Job? {
        try connection.run(
            """
            UPDATE job SET available_at = $1 WHERE id = $2 AND lease_owner IS NULL AND available_at > $1 RETURNING *
            """, [PostgresValue(now), PostgresValue(job.text)]
        ).first?.job()
    }
}
