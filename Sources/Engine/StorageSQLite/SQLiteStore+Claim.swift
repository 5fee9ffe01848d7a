import AuraModel
import GRDB
import JSON
public import Storage

/// Leasing jobs to workers.
extension SQLiteStore {
    public func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed {
        let outlook = try await outlook(request)
        guard outlook.isDue || outlook.isAhead else { return Claimed() }
        let leased = try await writer.write { database, _ in
            if outlook.isAhead { try Self.pullBack(request, database) }
            return try ClaimQuery(database: database, scope: request.scope, now: request.now).choose(request).compactMap
            {
                try Self.lease($0, request, database)
            }
        }
        var claimed = Claimed()
        var unread: [Job] = []
        for entry in leased {
            switch entry.flatMap({ $0.claim(decoded) }) {
            case .success(let claim): claimed.claims.append(claim)
            case .failure(let row):
                claimed.unreadable.append(row)
                if case .success(let lease) = entry { unread.append(lease.free) }
            }
        }
        // If the release fails, the leases of these jobs expire.
        try? await release(unread, owner: request.owner)
        return claimed
    }

    /// A leased job as the writer thread returns it. The instance's document is parsed later, on another thread.
    private struct Leased: Sendable {
        var job: Job
        /// The job's row before the lease.
        var free: Job
        var instance: InstanceRows.Stored
        var steps: [StepRecord]

        func claim(_ decoded: DecodedInstances) -> Result<Claim, UnreadableRow> {
            UnreadableRow.catching(.job, id: job.id.text, instance: job.instance) {
                Claim(job: job, instance: try instance.instance(decoded, remembers: false), steps: steps)
            }
        }
    }

    /// Releases leased jobs whose instances turned out to be unreadable. Restores the states that the jobs had before
    /// the lease.
    private func release(_ jobs: [Job], owner: String) async throws(StorageError) {
        guard !jobs.isEmpty else { return }
        try await writer.write { database, _ in
            for job in jobs {
                _ = try HotStatement(
                    database,
                    """
                    UPDATE job SET lease_owner = NULL, lease_until = NULL, state = ?
                    WHERE id = ? AND lease_owner = ? AND epoch = ?
                    """,
                    [.text(job.state.rawValue), .text(job.id.text), .text(owner), .number(job.epoch + 1)]
                ).run()
            }
        }
    }

    private func outlook(_ request: ClaimRequest) async throws(StorageError) -> ClaimRequest.Outlook {
        try await read { database in
            func exists(_ condition: String, _ moment: Timestamp, _ scope: ClaimScope = .everything) throws -> Bool {
                let scope = ScopeCondition(scope)
                let statement = try HotStatement(
                    database, "SELECT 1 FROM job WHERE \(condition) AND \(JobRows.active)\(scope.sql) LIMIT 1",
                    [.number(moment.milliseconds)] + scope.values)
                return try !statement.rows { _ in true }.isEmpty
            }
            let free = "lease_owner IS NULL AND blocked_by IS NULL AND"
            let leased = "lease_owner IS NOT NULL AND"
            return ClaimRequest.Outlook(
                isDue: try exists("\(free) available_at <= ?", request.now, request.scope)
                    || exists("\(leased) lease_until < ?", request.now, request.scope),
                isAhead: try exists("\(free) available_at > ?", request.horizon)
                    || exists("\(leased) lease_until > ?", request.horizon))
        }
    }

    /// Makes jobs due that are due only after the request's horizon, and ends leases that end only after the horizon.
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

    /// Leases one job. Returns `nil` if the job or its instance does not exist. Returns an `UnreadableRow`, and changes
    /// nothing, if the job or one of its steps cannot be read.
    private static func lease(
        _ id: JobID, _ request: ClaimRequest, _ database: Database
    ) throws -> Result<Leased, UnreadableRow>? {
        let free: Job
        switch try JobRows.entry(id, database) {
        case .success(let job): free = job
        case .failure(let row): return .failure(row)
        case nil: return nil
        }
        // A job that was never leased has no steps, and a job that a destroy superseded needs none.
        let entries = try free.needsSteps ? StepRows.entries(of: id, database) : []
        for case .failure(var row) in entries {
            row.instance = free.instance
            return .failure(row)
        }
        var job = free
        guard let instance = try InstanceRows.stored(job.instance, database) else { return nil }
        job.lease()
        var lease = try HotStatement(
            database,
            "UPDATE job SET epoch = ?, lease_owner = ?, lease_until = ?, place = NULL, state = ? WHERE id = ?")
        lease.bind(job.epoch)
        lease.bind(request.owner)
        lease.bind((request.now + request.lease).milliseconds)
        lease.bind(job.state.rawValue)
        lease.bind(id.text)
        try lease.run()
        return .success(Leased(job: job, free: free, instance: instance, steps: entries.compactMap { try? $0.get() }))
    }
}

/// The SQL condition of a scope, and its values. The text begins with `AND`, or is empty if there is no condition.
struct ScopeCondition {
    var sql: String
    var values: [HotValue] = []

    init(_ scope: ClaimScope) {
        sql = scope.definitions == nil ? "" : " AND \(scope.definitionCondition)"
        guard !scope.setAside.isEmpty else { return }
        sql += " AND id NOT IN (SELECT value FROM json_each(?))"
        values = [.list(scope.setAside.map(\.text).sorted())]
    }
}

/// The rows that a claim chooses from. Started, new and expired jobs have an index each. Each priority has its own
/// query, so that an index seek finds the first row.
private struct ClaimQuery: ClaimRows {
    private let database: Database
    private let scope: ScopeCondition
    private let now: HotValue

    init(database: Database, scope: ClaimScope, now: Timestamp) {
        self.database = database
        self.scope = ScopeCondition(scope)
        self.now = .number(now.milliseconds)
    }

    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"
    private static let started = "\(free) AND \(JobRows.active) AND state <> 'queued'"
    private static let new = "\(free) AND state = 'queued'"

    func priorities(isNew: Bool) throws -> [Int] {
        var found: [Int] = []
        while true {
            let next = try HotStatement(
                database,
                """
                SELECT min(priority) FROM job
                WHERE \(isNew ? Self.new : Self.started) AND priority > ? AND typeof(priority) = 'integer'\(scope.sql)
                """, [.number(found.last.map(Int64.init) ?? .min)] + scope.values)
            guard let priority = try next.rows({ try $0.number(0) }).first ?? nil else { return found }
            found.append(Int(priority))
        }
    }

    func dueStarted(priority: Int, limit: Int) throws -> [ClaimCandidate] {
        try candidates(
            "\(Self.started) AND priority = ? AND available_at <= ?\(scope.sql) ORDER BY available_at, id LIMIT ?",
            [.number(Int64(priority)), now] + scope.values + [.number(Int64(limit))])
    }

    func new(
        priority: Int, excluding tenants: Set<TenantID>, after taken: [JobID], limit: Int
    ) throws -> [ClaimCandidate] {
        try candidates(
            """
            \(Self.new) AND priority = ? AND available_at <= ?
                AND tenant NOT IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT value FROM json_each(?))\(scope.sql)
            ORDER BY turn, id LIMIT ?
            """,
            [
                .number(Int64(priority)), now, .list(tenants.map(\.text).sorted()), .list(taken.map(\.text)),
            ] + scope.values + [.number(Int64(limit))])
    }

    func silent(limit: Int) throws -> [JobID] {
        try candidates(
            "lease_owner IS NOT NULL AND lease_until < ? AND \(JobRows.active)\(scope.sql) ORDER BY lease_until LIMIT ?",
            [now] + scope.values + [.number(Int64(limit))]
        ).map(\.id)
    }

    func inFlight() throws -> [TenantID: Int] {
        let rows = try HotStatement(
            database,
            """
            SELECT tenant, count(*) AS jobs FROM job
            WHERE \(JobRows.active) AND state <> 'queued' AND kind <> 'destroy' GROUP BY tenant
            """
        ).rows { (TenantID($0.text(0) ?? ""), Int(try $0.number(1) ?? 0)) }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    private func candidates(_ rest: String, _ values: [HotValue]) throws -> [ClaimCandidate] {
        try HotStatement(database, "SELECT id, tenant, priority FROM job WHERE \(rest)", values).rows { row in
            ClaimCandidate(
                id: JobID(row.text(0) ?? ""), tenant: TenantID(row.text(1) ?? ""), priority: Int(try row.number(2) ?? 0)
            )
        }
    }
}
