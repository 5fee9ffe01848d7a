import AuraModel
import GRDB
public import Storage

/// Deletion of old rows.
extension SQLiteStore {
    public func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned {
        try await writer.write { database, _ in
            let events = try Self.pruneEvents(request, database)
            let jobs = try Self.pruneJobs(request, database)
            let instances = try Self.pruneInstances(request, database)
            let isFull = [jobs, instances, events].contains { $0 >= request.limit }
            return Pruned(
                jobs: jobs, events: events, instances: instances, bounds: try LedgerRows.bounds(database),
                hasMore: isFull)
        }
    }

    /// Deletes ended jobs with their steps and idempotency keys. A job is kept as long as its events, because queries
    /// find them through the job's row. A job with a failed undo is kept, because its steps have the ids of resources
    /// that may be left.
    private static func pruneJobs(_ request: PruneRequest, _ database: Database) throws -> Int {
        let select = try database.cachedStatement(
            sql: """
                SELECT id FROM job WHERE finished_at < ?
                    AND NOT EXISTS (SELECT 1 FROM step WHERE step.job = job.id AND step.state = 'undoFailed')
                ORDER BY finished_at LIMIT ?
                """)
        let oldestEvent = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT at FROM event ORDER BY seq LIMIT 1"))
        let before = min(request.jobsBefore.milliseconds, oldestEvent ?? Int64.max)
        let ids = try String.fetchAll(select, arguments: [before, request.limit])
        for rows in ["step WHERE job = ?", "idempotency WHERE job = ?", "job WHERE id = ?"] {
            let delete = try database.cachedStatement(sql: "DELETE FROM \(rows)")
            for id in ids { try delete.execute(arguments: [id]) }
        }
        return ids.count
    }

    private static func pruneInstances(_ request: PruneRequest, _ database: Database) throws -> Int {
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM instance WHERE id IN (
                    SELECT id FROM instance WHERE phase = 'destroyed'
                        AND NOT EXISTS (SELECT 1 FROM job WHERE job.instance = instance.id) LIMIT ?)
                """)
        try statement.execute(arguments: [request.limit])
        return database.changesCount
    }

    /// Deletes only from the oldest event up to the first event that must be kept, so that the rest has no gap.
    private static func pruneEvents(_ request: PruneRequest, _ database: Database) throws -> Int {
        let bounds = try LedgerRows.bounds(database)
        let lot = try database.cachedStatement(
            sql: """
                SELECT min(seq) FROM (SELECT seq, at FROM event WHERE seq > ? ORDER BY seq LIMIT ?) WHERE at >= ?
                """)
        let young = try Int64.fetchOne(
            lot, arguments: [bounds.floor, request.limit, request.eventsBefore.milliseconds])
        let floor = min(young.map { $0 - 1 } ?? bounds.floor + Int64(request.limit), bounds.head)
        guard floor > bounds.floor else { return 0 }
        try database.cachedStatement(sql: "DELETE FROM event WHERE seq <= ?").execute(arguments: [floor])
        try database.cachedStatement(sql: "UPDATE event_head SET floor = ? WHERE one = 1").execute(arguments: [floor])
        return Int(floor - bounds.floor)
    }
}
