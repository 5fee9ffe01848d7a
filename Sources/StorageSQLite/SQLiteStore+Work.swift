public import AuraModel
import GRDB
public import Storage

/// Claiming jobs and writing what their workers decide.
extension SQLiteStore {
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        guard try await hasClaimable(request.now) else { return [] }
        return try await writer.write { database, _ in
            try Self.claimable(request, database).compactMap { try Self.lease($0, request, database) }
        }
    }

    /// A look beside the writer, so that an idle engine costs no commit.
    private func hasClaimable(_ now: Timestamp) async throws -> Bool {
        try await read { database in
            let ready = try database.cachedStatement(
                sql: """
                    SELECT 1 FROM job WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(JobRows.active)
                        AND available_at <= ? LIMIT 1
                    """)
            if try Int.fetchOne(ready, arguments: [now.milliseconds]) != nil { return true }
            let expired = try database.cachedStatement(
                sql: "SELECT 1 FROM job WHERE lease_owner IS NOT NULL AND lease_until < ? AND \(JobRows.active) LIMIT 1"
            )
            return try Int.fetchOne(expired, arguments: [now.milliseconds]) != nil
        }
    }

    /// Jobs that are due, then jobs whose worker fell silent. Two indexed queries, not one with OR.
    private static func claimable(_ request: ClaimRequest, _ database: Database) throws -> [JobID] {
        let ready = try database.cachedStatement(
            sql: """
                SELECT id FROM job WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(JobRows.active)
                    AND available_at <= ? ORDER BY priority, available_at, id LIMIT ?
                """)
        var ids = try String.fetchAll(ready, arguments: [request.now.milliseconds, request.limit])
        if ids.count < request.limit {
            let expired = try database.cachedStatement(
                sql: """
                    SELECT id FROM job WHERE lease_owner IS NOT NULL AND lease_until < ? AND \(JobRows.active)
                    ORDER BY lease_until LIMIT ?
                    """)
            ids += try String.fetchAll(expired, arguments: [request.now.milliseconds, request.limit - ids.count])
        }
        return ids.map { JobID($0) }
    }

    private static func lease(_ id: JobID, _ request: ClaimRequest, _ database: Database) throws -> Claim? {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE job SET epoch = epoch + 1, lease_owner = ?, lease_until = ?,
                    state = CASE state WHEN 'compensating' THEN state ELSE 'running' END
                WHERE id = ?
                """)
        let until = request.now + request.lease
        try statement.execute(arguments: [request.owner, until.milliseconds, id.text])
        guard let job = try JobRows.find(id, database),
            let instance = try InstanceRows.find(.id(job.instance), database)
        else { return nil }
        return Claim(job: job, instance: instance, steps: try StepRows.fetch(of: id, database))
    }

    public func extendLeases(_ request: LeaseExtension) async throws -> [LeaseState] {
        try await writer.write { database, _ in
            let update = try database.cachedStatement(
                sql: "UPDATE job SET lease_until = ? WHERE id = ? AND epoch = ? AND lease_owner IS NOT NULL")
            let select = try database.cachedStatement(sql: "SELECT cancellation FROM job WHERE id = ?")
            let until = request.now + request.lease
            return try request.held.compactMap { held in
                try update.execute(arguments: [until.milliseconds, held.job.text, held.epoch])
                guard database.changesCount == 1 else { return nil }
                let text = try String.fetchOne(select, arguments: [held.job.text])
                return LeaseState(
                    job: held.job, epoch: held.epoch, cancellation: text.flatMap(Cancellation.init(rawValue:)))
            }
        }
    }

    public func apply(_ transition: Transition) async throws -> Applied {
        try await writer.write { database, ledger in
            let job = transition.job
            guard try JobRows.update(job, releasesLease: transition.releasesLease, database) else {
                throw StorageError(.fenced, "job \(job.id) belongs to another worker now")
            }
            for step in transition.steps { try StepRows.put(step, database) }
            if let instance = transition.instance { try InstanceRows.updateFacts(instance, database) }
            try LedgerRows.append(transition.events, database, &ledger)
            if job.state.isTerminal { try Self.unblock(after: job, database) }
            let statement = try database.cachedStatement(sql: "SELECT cancellation FROM job WHERE id = ?")
            let cancellation = try String.fetchOne(statement, arguments: [job.id.text])
            return Applied(seq: ledger.head, cancellation: cancellation.flatMap(Cancellation.init(rawValue:)))
        }
    }

    /// Lets the jobs go on that waited for this one to end.
    private static func unblock(after job: Job, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE job SET blocked_by = NULL, available_at = min(available_at, ?) WHERE blocked_by = ?")
        try statement.execute(arguments: [job.finishedAt?.milliseconds, job.id.text])
    }

    public func requestCancellation(_ request: CancellationRequest) async throws -> Job {
        try await writer.write { database, ledger in
            guard let job = try JobRows.find(request.job, database) else {
                throw StorageError(.jobNotFound, "no job has the id \(request.job)")
            }
            guard !job.state.isTerminal else {
                throw StorageError(.jobTerminal, "job \(job.id) has already \(job.state.rawValue)")
            }
            guard job.cancellation == nil else { return job }
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE job SET cancellation = 'requested',
                        available_at = CASE WHEN lease_owner IS NULL THEN min(available_at, ?) ELSE available_at END
                    WHERE id = ?
                    """)
            try statement.execute(arguments: [request.now.milliseconds, job.id.text])
            var draft = EventDraft(
                at: request.now, type: .jobCancelRequested, tenant: job.tenant,
                message: "\(job.kind.rawValue) is to be cancelled")
            draft.instance = job.instance
            draft.job = job.id
            draft.change = job.change
            try LedgerRows.append([draft], database, &ledger)
            return try JobRows.find(request.job, database) ?? job
        }
    }

    public func takeOverLeases(owner: String) async throws -> Int {
        try await writer.write { database, _ in
            try database.execute(
                sql:
                    "UPDATE job SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL AND lease_owner <> ?",
                arguments: [owner])
            return database.changesCount
        }
    }
}
