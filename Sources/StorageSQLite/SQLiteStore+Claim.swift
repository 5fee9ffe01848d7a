import AuraModel
import GRDB
import JSON
public import Storage

/// Leasing jobs to workers.
extension SQLiteStore {
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        let outlook = try await outlook(request)
        guard outlook.isDue || outlook.isAhead else { return [] }
        let leased = try await writer.write { database, _ in
            if outlook.isAhead { try Self.pullBack(request, database) }
            return try ClaimQuery(database: database, now: request.now).choose(request).compactMap {
                try Self.lease($0, request, database)
            }
        }
        return try leased.map { Claim(job: $0.job, instance: try $0.instance.instance(), steps: $0.steps) }
    }

    /// A claim as the writer reads it.
    private struct Leased: Sendable {
        var job: Job
        var instance: InstanceRows.Stored
        var steps: [StepRecord]
    }

    private func outlook(_ request: ClaimRequest) async throws -> ClaimRequest.Outlook {
        try await read { database in
            func exists(_ condition: String, _ moment: Timestamp) throws -> Bool {
                let statement = try database.cachedStatement(
                    sql: "SELECT 1 FROM job WHERE \(condition) AND \(JobRows.active) LIMIT 1")
                return try Int.fetchOne(statement, arguments: [moment.milliseconds]) != nil
            }
            let free = "lease_owner IS NULL AND blocked_by IS NULL AND"
            let leased = "lease_owner IS NOT NULL AND"
            return ClaimRequest.Outlook(
                isDue: try exists("\(free) available_at <= ?", request.now)
                    || exists("\(leased) lease_until < ?", request.now),
                isAhead: try exists("\(free) available_at > ?", request.horizon)
                    || exists("\(leased) lease_until > ?", request.horizon))
        }
    }

    /// Makes jobs due that are too far ahead, and ends such leases.
    private static func pullBack(_ request: ClaimRequest, _ database: Database) throws {
        let (now, horizon) = (request.now.milliseconds, request.horizon.milliseconds)
        try database.execute(
            sql: """
                UPDATE job SET available_at = ?
                WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(JobRows.active) AND available_at > ?
                """, arguments: [now, horizon])
        try database.execute(
            sql:
                "UPDATE job SET lease_until = ? WHERE lease_owner IS NOT NULL AND \(JobRows.active) AND lease_until > ?",
            arguments: [now - 1, horizon])
    }

    private static func lease(_ id: JobID, _ request: ClaimRequest, _ database: Database) throws -> Leased? {
        var lease = try HotStatement(
            database,
            """
            UPDATE job SET epoch = epoch + 1, lease_owner = ?, lease_until = ?, place = NULL,
                state = CASE state WHEN 'compensating' THEN state ELSE 'running' END
            WHERE id = ?
            """)
        lease.bind(request.owner)
        lease.bind((request.now + request.lease).milliseconds)
        lease.bind(id.text)
        try lease.run()
        var read = try HotStatement(database, "SELECT \(JobRows.columns) FROM job WHERE id = ?")
        read.bind(id.text)
        var found: Job?
        try read.forEachRow { found = try JobRows.job($0) }
        guard let job = found, let instance = try InstanceRows.stored(job.instance, database) else { return nil }
        // A job that nobody held before has no steps.
        let steps = try job.epoch > 1 ? StepRows.fetch(of: id, database) : []
        return Leased(job: job, instance: instance, steps: steps)
    }
}

/// The rows of a claim. Three sources, each with an index of its own; every priority is asked for by itself, so that an index
/// seek leads to its first row.
private struct ClaimQuery: ClaimRows {
    var database: Database
    var now: Timestamp

    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"
    private static let started = "\(free) AND \(JobRows.active) AND state <> 'queued'"
    private static let new = "\(free) AND state = 'queued'"

    func priorities(isNew: Bool) throws -> [Int] {
        let next = try database.cachedStatement(
            sql: "SELECT min(priority) FROM job WHERE \(isNew ? Self.new : Self.started) AND priority > ?")
        var found: [Int] = []
        while let priority = try Int.fetchOne(next, arguments: [found.last ?? Int.min]) { found.append(priority) }
        return found
    }

    func dueStarted(priority: Int, limit: Int) throws -> [ClaimCandidate] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, tenant, priority FROM job WHERE \(Self.started) AND priority = ? AND available_at <= ?
                ORDER BY available_at, id LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [priority, now.milliseconds, limit]).map(Self.candidate)
    }

    func new(
        priority: Int, excluding tenants: Set<TenantID>, after taken: [JobID], limit: Int
    ) throws -> [ClaimCandidate] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, tenant, priority FROM job WHERE \(Self.new) AND priority = ? AND available_at <= ?
                    AND tenant NOT IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT value FROM json_each(?))
                ORDER BY turn, id LIMIT ?
                """)
        let rows = try Row.fetchAll(
            statement,
            arguments: [
                priority, now.milliseconds, Self.list(tenants.map(\.text).sorted()), Self.list(taken.map(\.text)),
                limit,
            ])
        return rows.map(Self.candidate)
    }

    func silent(limit: Int) throws -> [JobID] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id FROM job WHERE lease_owner IS NOT NULL AND lease_until < ? AND \(JobRows.active)
                ORDER BY lease_until LIMIT ?
                """)
        return try String.fetchAll(statement, arguments: [now.milliseconds, limit]).map { JobID($0) }
    }

    func inFlight() throws -> [TenantID: Int] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT tenant, count(*) AS jobs FROM job
                WHERE \(JobRows.active) AND state <> 'queued' AND kind <> 'destroy' GROUP BY tenant
                """)
        let rows = try Row.fetchAll(statement)
        return Dictionary(uniqueKeysWithValues: rows.map { (TenantID($0["tenant"]), $0["jobs"]) })
    }

    private static func candidate(_ row: Row) -> ClaimCandidate {
        ClaimCandidate(id: JobID(row["id"]), tenant: TenantID(row["tenant"]), priority: row["priority"])
    }

    private static func list(_ texts: [String]) -> String {
        JSONValue.array(texts.map { .string($0) }).serializedString()
    }
}
