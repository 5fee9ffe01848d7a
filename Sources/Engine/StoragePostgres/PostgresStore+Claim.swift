import AuraModel
public import Storage

/// Leasing jobs to workers.
extension PostgresStore {
    public func claim(_ request: ClaimRequest) async throws(StorageError) -> Claimed {
        let outlook = try await outlook(request)
        guard outlook.isDue || outlook.isAhead else { return Claimed() }
        let locks = request.inFlightPerTenant.map { _ in AdvisoryLocks([AdvisoryLocks.claims]) }
        return try await writer.write(locks: locks) { connection, _ in
            var request = request
            request.now = try self.leaseTime(request.now, connection)
            if outlook.isAhead { try Self.pullBack(request, connection) }
            let query = ClaimQuery(
                connection: connection, locks: locks ?? AdvisoryLocks(), scope: request.scope, now: request.now)
            let ids = try query.choose(request).map(\.text)
            let claimed = try ids.isEmpty ? Claimed() : Self.lease(ids, request, connection, self.decoded)
            return { _ in claimed }
        }
    }

    private func outlook(_ request: ClaimRequest) async throws(StorageError) -> ClaimRequest.Outlook {
        try await read { connection in
            let now = try self.leaseTime(request.now, connection)
            let free = "lease_owner IS NULL AND blocked_by IS NULL AND \(Self.active)"
            let leased = "lease_owner IS NOT NULL AND \(Self.active)"
            let scope = ScopeCondition(request.scope, after: 2)
            let row = try connection.run(
                """
                SELECT (EXISTS (SELECT 1 FROM job WHERE \(free) AND available_at <= $1\(scope.sql))
                    OR EXISTS (SELECT 1 FROM job WHERE \(leased) AND lease_until < $1\(scope.sql))) AS due,
                    (EXISTS (SELECT 1 FROM job WHERE \(free) AND available_at > $2)
                    OR EXISTS (SELECT 1 FROM job WHERE \(leased) AND lease_until > $2)) AS ahead
                """, [PostgresValue(now), PostgresValue(now + ClaimRequest.mostAhead)] + scope.values
            ).first
            return ClaimRequest.Outlook(isDue: row?.flag("due") ?? false, isAhead: row?.flag("ahead") ?? false)
        }
    }

    /// Makes jobs due that are due only after the request's horizon, and ends leases that end only after the horizon.
    private static func pullBack(_ request: ClaimRequest, _ connection: PostgresConnection) throws {
        let horizon = PostgresValue(request.horizon)
        _ = try connection.run(
            """
            UPDATE job SET available_at = $1
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(active) AND available_at > $2
            """, [PostgresValue(request.now), horizon])
        _ = try connection.run(
            "UPDATE job SET lease_until = $1 WHERE lease_owner IS NOT NULL AND \(active) AND lease_until > $2",
            [PostgresValue(request.now + .milliseconds(-1)), horizon])
    }

    /// Reads these jobs with their instances and steps, and leases the readable ones. Runs at most three statements for
    /// any number of jobs.
    private static func lease(
        _ ids: [String], _ request: ClaimRequest, _ connection: PostgresConnection, _ decoded: DecodedInstances
    ) throws -> Claimed {
        let rows = try connection.run(
            """
            SELECT job.*, instance.desired, instance.document FROM unnest($1::text[]) AS wanted (job)
            JOIN job ON job.id = wanted.job JOIN instance ON instance.id = job.instance
            """, [PostgresValue(array: ids)])
        let steps = try begunSteps(of: rows.all.filter { $0.number("epoch") ?? 0 > 0 }, connection)
        var found: [String: Result<Claim, UnreadableRow>] = [:]
        for row in rows.all {
            let id = row.text("id") ?? ""
            found[id] = row.jobEntry().flatMap { job in
                UnreadableRow.catching(.job, id: id, instance: job.instance) {
                    var job = job
                    job.lease()
                    let instance = try row.instance(of: job, decoded)
                    return Claim(
                        job: job, instance: instance,
                        steps: try job.cancellation == .superseded ? [] : steps[id, default: []].map { try $0.step() })
                }
            }
        }
        var claimed = Claimed()
        for entry in ids.compactMap({ found[$0] }) {
            switch entry {
            case .success(let claim): claimed.claims.append(claim)
            case .failure(let row): claimed.unreadable.append(row)
            }
        }
        try connection.run(
            """
            UPDATE job SET epoch = epoch + 1, written = 0, lease_owner = $1, lease_until = $2, place = NULL,
                state = CASE state WHEN 'compensating' THEN state ELSE 'running' END
            WHERE id = ANY ($3::text[])
            """,
            [
                PostgresValue(request.owner), PostgresValue(request.now + request.lease),
                PostgresValue(array: claimed.claims.map(\.job.id.text)),
            ])
        return claimed
    }

    /// Returns the rows of the steps of these jobs, by job id. Only jobs that were leased before have steps.
    private static func begunSteps(
        of jobs: [PostgresRow], _ connection: PostgresConnection
    ) throws -> [String: [PostgresRow]] {
        guard !jobs.isEmpty else { return [:] }
        let steps = try connection.run(
            """
            SELECT step.* FROM unnest($1::text[]) AS wanted (job) JOIN step ON step.job = wanted.job
            ORDER BY step.job, number, name
            """, [PostgresValue(array: jobs.map { $0.text("id") })])
        return Dictionary(grouping: steps.all) { $0.text("job") ?? "" }
    }
}

/// The SQL condition of a scope, and its values. The text begins with `AND`, or is empty if there is no condition.
struct ScopeCondition {
    var sql: String
    var values: [PostgresValue] = []

    /// - Parameter count: the number of the statement's other values. The scope's placeholders begin at `$count + 1`.
    init(_ scope: ClaimScope, after count: Int) {
        sql = scope.definitions == nil ? "" : " AND \(scope.definitionCondition)"
        guard !scope.setAside.isEmpty else { return }
        sql += " AND NOT (id = ANY ($\(count + 1)::text[]))"
        values = [PostgresValue(array: scope.setAside.map(\.text).sorted())]
    }
}

/// The rows that a claim chooses from. Candidates are locked, so that claims of other daemons skip them. Started, new
/// and expired jobs have an index each. Each priority has its own query, so that an index seek finds the first row.
private struct ClaimQuery: ClaimRows {
    var connection: PostgresConnection
    var locks: AdvisoryLocks
    var scope: ClaimScope
    var now: Timestamp

    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"
    private static let started = "\(free) AND \(PostgresStore.active) AND state <> 'queued'"
    private static let new = "\(free) AND state = 'queued'"

    func priorities(isNew: Bool) throws -> [Int] {
        let scope = ScopeCondition(scope, after: 1)
        var found: [Int] = []
        while let priority = try connection.run(
            "SELECT min(priority) AS priority FROM job WHERE \(isNew ? Self.new : Self.started) AND priority > $1\(scope.sql)",
            [PostgresValue(found.last ?? -1)] + scope.values
        ).first?.number("priority") { found.append(Int(priority)) }
        return found
    }

    func dueStarted(priority: Int, limit: Int) throws -> [ClaimCandidate] {
        let scope = ScopeCondition(scope, after: 3)
        return try connection.run(
            """
            SELECT id, tenant, priority FROM job WHERE \(Self.started) AND priority = $1 AND available_at <= $2\(scope.sql)
            ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(priority), PostgresValue(now), PostgresValue(limit)] + scope.values
        ).all.map(Self.candidate)
    }

    func new(
        priority: Int, excluding tenants: Set<TenantID>, after taken: [JobID], limit: Int
    ) throws -> [ClaimCandidate] {
        let scope = ScopeCondition(scope, after: 5)
        return try connection.run(
            """
            SELECT id, tenant, priority FROM job WHERE \(Self.new) AND priority = $1 AND available_at <= $2
                AND NOT (tenant = ANY ($3::text[])) AND NOT (id = ANY ($4::text[]))\(scope.sql)
            ORDER BY turn, id LIMIT $5 FOR UPDATE SKIP LOCKED
            """,
            [
                PostgresValue(priority), PostgresValue(now), PostgresValue(array: tenants.map(\.text).sorted()),
                PostgresValue(array: taken.map(\.text)), PostgresValue(limit),
            ] + scope.values
        ).all.map(Self.candidate)
    }

    func silent(limit: Int) throws -> [JobID] {
        let scope = ScopeCondition(scope, after: 2)
        return try connection.run(
            """
            SELECT id FROM job WHERE lease_owner IS NOT NULL AND lease_until < $1 AND \(PostgresStore.active)\(scope.sql)
            ORDER BY lease_until LIMIT $2 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(now), PostgresValue(limit)] + scope.values
        ).all.compactMap { $0.text("id").map { JobID($0) } }
    }

    /// The transaction has the lock of claims, so that claims with a limit per tenant run one at a time. Without the
    /// lock, two concurrent claims could together exceed a tenant's limit.
    func inFlight() throws -> [TenantID: Int] {
        try locks.require(AdvisoryLocks.claims)
        let rows = try connection.run(
            """
            SELECT tenant, count(*) AS jobs FROM job
            WHERE \(PostgresStore.active) AND state <> 'queued' AND kind <> 'destroy' GROUP BY tenant
            """)
        return Dictionary(
            uniqueKeysWithValues: rows.all.map { (TenantID($0.text("tenant") ?? ""), Int($0.number("jobs") ?? 0)) })
    }

    private static func candidate(_ row: PostgresRow) -> ClaimCandidate {
        ClaimCandidate(
            id: JobID(row.text("id") ?? ""), tenant: TenantID(row.text("tenant") ?? ""),
            priority: Int(row.number("priority") ?? 0))
    }
}
