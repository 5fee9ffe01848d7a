import AuraModel
import GRDB
import JSON
public import Storage

/// Submissions.
extension SQLiteStore {
    public func submit(_ submission: Submission) async throws -> Submitted {
        guard case .new(let instance) = submission.target else { return try await operate(submission) }
        // Encoded before the transaction, to keep the writer thread free. The transaction throws, if at all, before it has
        // changed a row, so that it needs no savepoint.
        let document = try instance.document()
        return try await writer.write { database, ledger in
            if let repeated = try Self.repeated(submission, database) { return repeated }
            try submission.checkQuota(of: instance.tenant) {
                try InstanceRows.countLive(of: $0, atMost: $1, database) + 1
            }
            guard case .accept(let admitted) = try submission.admit(instance, []) else {
                throw StorageError(.corrupt, "a new instance can only be accepted")
            }
            let isSame = admitted == instance
            try InstanceRows.insert(
                admitted, document: isSame ? document : try admitted.document(), database)
            return try Self.queue(submission, admitted, blockedBy: nil, database, &ledger)
        }
    }

    /// Submits an operation on an existing instance.
    private func operate(_ submission: Submission) async throws -> Submitted {
        try await writer.write(mayThrowAfterWriting: true) { database, ledger in
            if let repeated = try Self.repeated(submission, database) { return repeated }
            let instance = try Self.target(submission, database)
            let active = try JobRows.active(of: instance.id, database)
            var blocker: JobID?
            let wanted: Instance
            switch try submission.admit(instance, active) {
            case .accept(let admitted): wanted = admitted
            case .revive(let admitted):
                try InstanceRows.takeName(admitted, database)
                try submission.checkQuota(of: admitted.tenant) {
                    try InstanceRows.countLive(of: $0, atMost: $1, database)
                }
                wanted = admitted
            case .supersede(let admitted):
                blocker = try Self.supersede(active, now: submission.now, database, &ledger)
                wanted = admitted
            case .join(let id):
                guard let job = try JobRows.find(id, database) else {
                    throw StorageError(.jobNotFound, "no job has the id \(id)")
                }
                try Self.remember(submission, job: id, database)
                return Submitted(instance: instance, job: job, isRepetition: true)
            }
            try InstanceRows.updateWhole(wanted, database)
            return try Self.queue(submission, wanted, blockedBy: blocker, database, &ledger)
        }
    }

    /// Returns the result of an earlier call with the same idempotency key, or `nil` if there is none.
    private static func repeated(_ submission: Submission, _ database: Database) throws -> Submitted? {
        guard let idempotency = submission.idempotency else { return nil }
        let statement = try database.cachedStatement(
            sql: "SELECT request, job FROM idempotency WHERE scope = ? AND key = ?")
        guard let row = try Row.fetchOne(statement, arguments: [idempotency.scope, idempotency.key]) else { return nil }
        guard row["request"] == idempotency.request else {
            throw StorageError(
                .idempotencyMismatch,
                "the idempotency key \(idempotency.key) was used with other parameters: use a new key for a new request"
            )
        }
        guard let job = try JobRows.find(JobID(row["job"]), database),
            let instance = try InstanceRows.find(.id(job.instance), database)
        else { throw StorageError(.corrupt, "the job of the idempotency key \(idempotency.key) is missing") }
        return Submitted(instance: instance, job: job, isRepetition: true)
    }

    private static func target(_ submission: Submission, _ database: Database) throws -> Instance {
        guard case .existing(let reference, let tenant) = submission.target,
            let instance = try InstanceRows.find(reference, database), instance.tenant == tenant
        else { throw StorageError(.instanceNotFound, submission.notFound) }
        return instance
    }

    /// Writes the job after the other jobs of its tenant, with its first event.
    private static func queue(
        _ submission: Submission, _ instance: Instance, blockedBy: JobID?, _ database: Database,
        _ ledger: inout GroupCommit.Ledger
    ) throws -> Submitted {
        let job = submission.job(of: instance, blockedBy: blockedBy)
        try JobRows.insert(job, database)
        try remember(submission, job: job.id, database)
        var draft = EventDraft(
            at: submission.now, type: .jobQueued, tenant: instance.tenant,
            message: "\(job.kind.rawValue) of \(instance.name) is queued")
        draft.instance = instance.id
        draft.job = job.id
        draft.change = job.change
        draft.phase = instance.phase
        draft.progress = 0
        try LedgerRows.append([draft], database, &ledger)
        return Submitted(instance: instance, job: job, isRepetition: false)
    }

    private static func remember(_ submission: Submission, job: JobID, _ database: Database) throws {
        guard let idempotency = submission.idempotency else { return }
        let statement = try database.cachedStatement(
            sql: "INSERT INTO idempotency (scope, key, request, job, created_at) VALUES (?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            idempotency.scope, idempotency.key, idempotency.request, job.text, submission.now.milliseconds,
        ])
    }

    /// Stops the active job without an undo. A job that no worker holds ends at once. If a worker holds it, returns its id,
    /// since the worker must release it first.
    private static func supersede(
        _ active: [Job], now: Timestamp, _ database: Database, _ ledger: inout GroupCommit.Ledger
    ) throws -> JobID? {
        guard let job = active.first else { return nil }
        let isHeld = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT lease_owner IS NOT NULL FROM job WHERE id = ?"),
            arguments: [job.id.text])
        guard isHeld == true else {
            try end(superseded: job, now: now, database, &ledger)
            return nil
        }
        let statement = try database.cachedStatement(sql: "UPDATE job SET cancellation = 'superseded' WHERE id = ?")
        try statement.execute(arguments: [job.id.text])
        return job.id
    }

    private static func end(
        superseded job: Job, now: Timestamp, _ database: Database, _ ledger: inout GroupCommit.Ledger
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE job SET state = 'cancelled', cancellation = 'superseded', failure = ?, finished_at = ?,
                    waiting_for = NULL, epoch = epoch + 1 WHERE id = ?
                """)
        try statement.execute(arguments: [
            try JSONCoder.encodeString(Failure.superseded), now.milliseconds, job.id.text,
        ])
        var draft = EventDraft(
            at: now, type: .jobCancelled, tenant: job.tenant,
            message: "\(job.kind.rawValue) stopped: a destroy took over")
        draft.instance = job.instance
        draft.job = job.id
        draft.change = job.change
        try LedgerRows.append([draft], database, &ledger)
    }
}
