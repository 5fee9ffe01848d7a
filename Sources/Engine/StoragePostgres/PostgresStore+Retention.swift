import AuraModel
public import Storage

/// Deletion of old rows.
extension PostgresStore {
    public func prune(_ request: PruneRequest) async throws(StorageError) -> Pruned {
        try await writer.write { connection, _ in
            let events = try Self.pruneEvents(request, connection)
            let jobs = try Self.pruneJobs(request, connection)
            let instances = try Self.pruneInstances(request, connection)
            let isFull = [jobs, instances, events].contains { $0 >= request.limit }
            let bounds = try Self.bounds(connection)
            return { _ in
                Pruned(jobs: jobs, events: events, instances: instances, bounds: bounds, hasMore: isFull)
            }
        }
    }

    /// Deletes ended jobs with their steps and idempotency keys. A job is kept as long as its events, because queries
    /// find them through the job's row. A job with a failed undo is kept, because its steps have the ids of resources
    /// that may be left.
    private static func pruneJobs(_ request: PruneRequest, _ connection: PostgresConnection) throws -> Int {
        let ids = try connection.run(
            """
            SELECT id FROM job
            WHERE finished_at < least($1::bigint, (SELECT at FROM event ORDER BY seq LIMIT 1))
                AND NOT EXISTS (SELECT 1 FROM step WHERE step.job = job.id AND step.state = 'undoFailed')
            ORDER BY finished_at LIMIT $2 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(request.jobsBefore), PostgresValue(request.limit)]
        ).all.map { $0.text("id") }
        for rows in ["step WHERE job", "idempotency WHERE job", "job WHERE id"] {
            try connection.run("DELETE FROM \(rows) = ANY ($1::text[])", [PostgresValue(array: ids)])
        }
        return ids.count
    }

    private static func pruneInstances(_ request: PruneRequest, _ connection: PostgresConnection) throws -> Int {
        try connection.run(
            """
            DELETE FROM instance WHERE id IN (
                SELECT id FROM instance WHERE phase = 'destroyed'
                    AND NOT EXISTS (SELECT 1 FROM job WHERE job.instance = instance.id) LIMIT $1)
            """, [PostgresValue(request.limit)]
        ).changed
    }

    /// Deletes only from the oldest event up to the first event that must be kept, so that the rest has no gap.
    private static func pruneEvents(_ request: PruneRequest, _ connection: PostgresConnection) throws -> Int {
        let bounds = try bounds(connection)
        let young = try connection.run(
            """
            SELECT min(seq) AS seq FROM (SELECT seq, at FROM event WHERE seq > $1 ORDER BY seq LIMIT $2) AS lot WHERE at >= $3
            """, [PostgresValue(bounds.floor), PostgresValue(request.limit), PostgresValue(request.eventsBefore)]
        ).first?.number("seq")
        let floor = min(young.map { $0 - 1 } ?? bounds.floor + Int64(request.limit), bounds.head)
        guard floor > bounds.floor else { return 0 }
        try connection.run("DELETE FROM event WHERE seq <= $1", [PostgresValue(floor)])
        try connection.run("UPDATE event_head SET floor = $1 WHERE one = 1", [PostgresValue(floor)])
        return Int(floor - bounds.floor)
    }
}
