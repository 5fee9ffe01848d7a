import AuraModel
import JSON
public import Storage

/// Submissions.
extension PostgresStore {
    public func submit(_ submission: Submission) async throws -> Submitted {
        guard case .new(let instance) = submission.target else {
            return try await writer.write(mayThrowAfterWriting: true) { connection, ledger in
                let submitted = try Self.operate(submission, connection, &ledger)
                return { _ in submitted }
            }
        }
        // The transaction throws, if at all, before it has changed a row, so that it needs no savepoint.
        return try await writer.write { connection, ledger in
            let submitted = try Self.make(instance, submission, connection, &ledger)
            return { _ in submitted }
        }
    }

    private static func make(
        _ instance: Instance, _ submission: Submission, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> Submitted {
        if let repeated = try repeated(submission, connection) { return repeated }
        try takeQuotaTurn(instance.tenant, submission, connection)
        try submission.checkQuota(of: instance.tenant) { try countLive(of: $0, atMost: $1, connection) + 1 }
        guard case .accept(let admitted) = try submission.admit(instance, []) else {
            throw StorageError(.corrupt, "a new instance can only be accepted")
        }
        try insert(admitted, connection)
        return try queue(submission, admitted, blockedBy: nil, connection, &ledger)
    }

    /// Submits an operation on an existing instance.
    private static func operate(
        _ submission: Submission, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> Submitted {
        if let repeated = try repeated(submission, connection) { return repeated }
        let instance = try target(submission, connection)
        let active = try active(of: instance.id, connection)
        var blocker: JobID?
        let wanted: Instance
        switch try submission.admit(instance, active) {
        case .accept(let admitted): wanted = admitted
        case .revive(let admitted):
            try takeName(admitted, submission, connection)
            wanted = admitted
        case .supersede(let admitted):
            blocker = try supersede(active.first, now: submission.now, connection, &ledger)
            wanted = admitted
        case .join(let id):
            guard let job = try find(id, connection) else {
                throw StorageError(.jobNotFound, "no job has the id \(id)")
            }
            try remember(submission, job: id, connection)
            return Submitted(instance: instance, job: job, isRepetition: true)
        }
        try update(wanted, connection)
        return try queue(submission, wanted, blockedBy: blocker, connection, &ledger)
    }

    /// Takes an advisory lock on the text until the end of this transaction.
    private static func takeTurn(_ text: String, _ connection: PostgresConnection) throws {
        try connection.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [PostgresValue(text)])
    }

    /// Returns the result of an earlier call with the same idempotency key, or `nil` if there is none.
    private static func repeated(_ submission: Submission, _ connection: PostgresConnection) throws -> Submitted? {
        guard let idempotency = submission.idempotency else { return nil }
        try takeTurn("key \(idempotency.scope) \(idempotency.key)", connection)
        let rows = try connection.run(
            "SELECT request, job FROM idempotency WHERE scope = $1 AND key = $2",
            [PostgresValue(idempotency.scope), PostgresValue(idempotency.key)])
        guard let row = rows.first else { return nil }
        guard row.text("request") == idempotency.request else {
            throw StorageError(
                .idempotencyMismatch,
                "the idempotency key \(idempotency.key) was used with other parameters: use a new key for a new request"
            )
        }
        guard let job = try find(JobID(row.text("job") ?? ""), connection),
            let instance = try find(.id(job.instance), connection)
        else { throw StorageError(.corrupt, "the job of the idempotency key \(idempotency.key) is missing") }
        return Submitted(instance: instance, job: job, isRepetition: true)
    }

    private static func target(_ submission: Submission, _ connection: PostgresConnection) throws -> Instance {
        guard case .existing(let reference, let tenant) = submission.target,
            let instance = try find(reference, locking: true, connection), instance.tenant == tenant
        else { throw StorageError(.instanceNotFound, submission.notFound) }
        return instance
    }

    private static func insert(_ instance: Instance, _ connection: PostgresConnection) throws {
        let inserted = try connection.run(
            """
            INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document)
            VALUES ($1, $2, $3, $4, $5, true, $6) ON CONFLICT DO NOTHING
            """,
            [
                PostgresValue(instance.id.text), PostgresValue(instance.tenant.text), PostgresValue(instance.name),
                PostgresValue(instance.desired.rawValue), PostgresValue(instance.phase.rawValue),
                PostgresValue(try instance.document()),
            ])
        guard inserted.changed == 1 else { throw nameTaken(instance) }
    }

    private static func nameTaken(_ instance: Instance) -> StorageError {
        StorageError(.nameTaken, "an instance named \(instance.name) exists: choose another name, or destroy it first")
    }

    /// Lets a failed instance hold its name and count against the quota again. Throws `nameTaken` or `quotaExceeded`.
    private static func takeName(
        _ instance: Instance, _ submission: Submission, _ connection: PostgresConnection
    ) throws {
        try takeQuotaTurn(instance.tenant, submission, connection)
        do {
            try connection.run("UPDATE instance SET holds_name = true WHERE id = $1", [PostgresValue(instance.id.text)])
        } catch {
            guard error.kind == .taken else { throw error }
            throw nameTaken(instance)
        }
        try submission.checkQuota(of: instance.tenant) { try countLive(of: $0, atMost: $1, connection) }
    }

    /// Serialises the counting of live instances with a lock: one lock for all tenants if there is a total quota, else
    /// one per tenant.
    private static func takeQuotaTurn(
        _ tenant: TenantID, _ submission: Submission, _ connection: PostgresConnection
    ) throws {
        if submission.totalQuota != nil {
            try takeTurn("quota", connection)
        } else if submission.quota != nil {
            try takeTurn("quota \(tenant.text)", connection)
        }
    }

    /// Returns the number of live instances of a tenant, or of all tenants for `nil`; at most `limit`.
    private static func countLive(
        of tenant: TenantID?, atMost limit: Int, _ connection: PostgresConnection
    ) throws -> Int {
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

    private static func active(of instance: InstanceID, _ connection: PostgresConnection) throws -> [Job] {
        try connection.run(
            "SELECT * FROM job WHERE instance = $1 AND \(active) ORDER BY id FOR UPDATE", [PostgresValue(instance.text)]
        ).all.map { try $0.jobEntry().row() }
    }

    /// Writes the job after the other jobs of its tenant, with its first event.
    private static func queue(
        _ submission: Submission, _ instance: Instance, blockedBy: JobID?, _ connection: PostgresConnection,
        _ ledger: inout Ledger
    ) throws -> Submitted {
        let job = submission.job(of: instance, blockedBy: blockedBy)
        try insert(job, connection)
        try remember(submission, job: job.id, connection)
        var draft = EventDraft(
            at: submission.now, type: .jobQueued, tenant: instance.tenant,
            message: "\(job.kind.rawValue) of \(instance.name) is queued")
        draft.instance = instance.id
        draft.job = job.id
        draft.change = job.change
        draft.phase = instance.phase
        draft.progress = 0
        ledger.append([draft])
        return Submitted(instance: instance, job: job, isRepetition: false)
    }

    private static func update(_ instance: Instance, _ connection: PostgresConnection) throws {
        try connection.run(
            """
            UPDATE instance SET desired = $1, phase = $2, holds_name = holds_name AND $3, document = $4 WHERE id = $5
            """,
            [
                PostgresValue(instance.desired.rawValue), PostgresValue(instance.phase.rawValue),
                PostgresValue(keepsName(instance)), PostgresValue(try instance.document()),
                PostgresValue(instance.id.text),
            ])
    }

    static func keepsName(_ instance: Instance) -> Bool {
        instance.phase != .failed && instance.phase != .destroyed
    }

    private static func insert(_ job: Job, _ connection: PostgresConnection) throws {
        let inserted = try connection.run(
            """
            INSERT INTO job (id, kind, instance, tenant, change, state, priority, turn, available_at, epoch, written, attempt,
                progress, deadline, blocked_by, definition_version, input, created_at, instance_kind)
            VALUES ($1, $2, $3, $4, $5, $6, $7,
                greatest(
                    (SELECT coalesce(min(turn), 1) FROM job
                        WHERE lease_owner IS NULL AND blocked_by IS NULL AND state = 'queued' AND priority = $7),
                    (SELECT coalesce(max(turn), 0) + 1 FROM job WHERE state = 'queued' AND tenant = $4 AND priority = $7)),
                $8, 0, 0, 0, 0, $9, $10, $11, $12, $13, $14)
            ON CONFLICT DO NOTHING
            """,
            [
                PostgresValue(job.id.text), PostgresValue(job.kind.rawValue), PostgresValue(job.instance.text),
                PostgresValue(job.tenant.text), PostgresValue(job.change.text), PostgresValue(job.state.rawValue),
                PostgresValue(job.priority), PostgresValue(job.availableAt), PostgresValue(job.deadline),
                PostgresValue(job.blockedBy?.text), PostgresValue(job.definitionVersion),
                PostgresValue(job.input.serializedString()), PostgresValue(job.createdAt),
                PostgresValue(job.instanceKind.rawValue),
            ])
        guard inserted.changed == 0 else { return }
        let rival = try active(of: job.instance, connection).first
        throw StorageError(
            .instanceBusy,
            "cannot \(job.kind.rawValue) while job \(rival?.id.text ?? "") (\(rival?.kind.rawValue ?? "another")) is at work: "
                + "wait for it", job: rival?.id)
    }

    private static func remember(_ submission: Submission, job: JobID, _ connection: PostgresConnection) throws {
        guard let idempotency = submission.idempotency else { return }
        try connection.run(
            "INSERT INTO idempotency (scope, key, request, job, created_at) VALUES ($1, $2, $3, $4, $5)",
            [
                PostgresValue(idempotency.scope), PostgresValue(idempotency.key), PostgresValue(idempotency.request),
                PostgresValue(job.text), PostgresValue(submission.now),
            ])
    }

    /// Stops the active job without an undo. A job that no worker holds ends at once. If a worker holds it, returns its id,
    /// since the worker must release it first.
    private static func supersede(
        _ job: Job?, now: Timestamp, _ connection: PostgresConnection, _ ledger: inout Ledger
    ) throws -> JobID? {
        guard let job else { return nil }
        let held = try connection.run(
            """
            UPDATE job SET cancellation = 'superseded' WHERE id = $1 RETURNING lease_owner IS NOT NULL AS is_held
            """, [PostgresValue(job.id.text)])
        if held.first?.flag("is_held") == true { return job.id }
        try connection.run(
            """
            UPDATE job SET state = 'cancelled', failure = $1, finished_at = $2, waiting_for = NULL, epoch = epoch + 1
            WHERE id = $3
            """,
            [
                PostgresValue(try JSONCoder.encodeString(Failure.superseded)), PostgresValue(now),
                PostgresValue(job.id.text),
            ])
        var draft = EventDraft(
            at: now, type: .jobCancelled, tenant: job.tenant,
            message: "\(job.kind.rawValue) stopped: a destroy took over")
        draft.instance = job.instance
        draft.job = job.id
        draft.change = job.change
        ledger.append([draft])
        return nil
    }
}
