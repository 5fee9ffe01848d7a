import AuraModel
import GRDB
import JSON
public import Storage

/// Lease extensions, transitions and the takeover of leases.
extension SQLiteStore {
    public func extendLeases(_ request: LeaseExtension) async throws(StorageError) -> [LeaseState] {
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

    /// Encodes the document before the transaction, since the writer thread limits the throughput of all jobs.
    public func apply(_ transition: Transition) async throws(StorageError) -> Applied {
        let document = transition.instance.map { $0.document() }
        return try await writer.write { database, ledger in
            let job = transition.job
            guard let written = try JobRows.update(job, releasesLease: transition.releasesLease, database) else {
                throw StorageError(.fenced, "job \(job.id) belongs to another worker now")
            }
            for step in transition.steps { try StepRows.put(step, database) }
            if let instance = transition.instance, let document {
                try InstanceRows.updateFacts(instance, document: document, database)
            }
            try LedgerRows.append(transition.events, database, &ledger)
            if job.state.isTerminal { try Self.unblock(after: job, database) }
            return Applied(seq: ledger.head, cancellation: written.cancellation)
        }
    }

    /// Unblocks the jobs that waited for the end of this job.
    private static func unblock(after job: Job, _ database: Database) throws {
        // Blocked jobs are rare. The SELECT saves an UPDATE, which would create a temporary table before it searches.
        var waiting = try HotStatement(database, "SELECT 1 FROM job WHERE blocked_by = ? LIMIT 1")
        waiting.bind(job.id.text)
        var isAwaited = false
        try waiting.forEachRow { _ in isAwaited = true }
        guard isAwaited else { return }
        let statement = try database.cachedStatement(
            sql: "UPDATE job SET blocked_by = NULL, available_at = min(available_at, ?) WHERE blocked_by = ?")
        try statement.execute(arguments: [job.finishedAt?.milliseconds, job.id.text])
    }

    public func takeOverLeases(owner: String, singletonLeases: [String]) async throws(StorageError) -> Int {
        try await writer.write { database, _ in
            for name in singletonLeases {
                try database.execute(sql: "DELETE FROM duty WHERE name = ? AND owner <> ?", arguments: [name, owner])
            }
            try database.execute(
                sql:
                    "UPDATE job SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL AND lease_owner <> ?",
                arguments: [owner])
            return database.changesCount
        }
    }
}
