import AuraModel
public import Storage

/// Leasing jobs to workers.
extension PostgresStore {
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        let outlook = try await outlook(request.now)
        guard outlook.isDue || outlook.isAhead else { return [] }
        return try await writer.write { connection, _ in
            var request = request
            request.now = try self.leaseTime(request.now, connection)
            if outlook.isAhead { try Self.pullBack(request, connection) }
            let ids = try ClaimQuery(connection: connection, now: request.now).choose(request).map(\.text)
            let claims = try ids.isEmpty ? [] : Self.lease(ids, request, connection)
            return { _ in claims }
        }
    }

    private func outlook(_ given: Timestamp) async throws -> ClaimRequest.Outlook {
        try await read { connection in
            let now = try self.leaseTime(given, connection)
            let free = "lease_owner IS NULL AND blocked_by IS NULL AND \(Self.active)"
            let leased = "lease_owner IS NOT NULL AND \(Self.active)"
            let row = try connection.run(
                """
                SELECT (EXISTS (SELECT 1 FROM job WHERE \(free) AND available_at <= $1)
                    OR EXISTS (SELECT 1 FROM job WHERE \(leased) AND lease_until < $1)) AS due,
                    (EXISTS (SELECT 1 FROM job WHERE \(free) AND available_at > $2)
                    OR EXISTS (SELECT 1 FROM job WHERE \(leased) AND lease_until > $2)) AS ahead
                """, [PostgresValue(now), PostgresValue(now + ClaimRequest.mostAhead)]
            ).first
            return ClaimRequest.Outlook(isDue: row?.flag("due") ?? false, isAhead: row?.flag("ahead") ?? false)
        }
    }

    /// Makes jobs due that are too far ahead, and ends such leases.
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

    /// Leases these jobs, and reads what belongs to them: three statements, however many they are.
    private static func lease(
        _ ids: [String], _ request: ClaimRequest, _ connection: PostgresConnection
    ) throws -> [Claim] {
        let jobs = try connection.run(
            """
            UPDATE job SET epoch = epoch + 1, written = 0, lease_owner = $1, lease_until = $2, place = NULL,
                state = CASE state WHEN 'compensating' THEN state ELSE 'running' END
            FROM unnest($3::text[]) AS wanted (job) WHERE id = wanted.job RETURNING job.*
            """,
            [
                PostgresValue(request.owner), PostgresValue(request.now + request.lease),
                PostgresValue(array: ids),
            ]
        ).all.map { try $0.job() }
        let instances = try connection.run(
            "SELECT desired, document FROM unnest($1::text[]) AS wanted (instance) JOIN instance ON id = wanted.instance",
            [PostgresValue(array: jobs.map(\.instance.text))]
        ).all.map { try $0.instance() }
        let steps = try begunSteps(of: jobs.filter { $0.epoch > 1 }, connection)
        let owners = Dictionary(instances.map { ($0.id, $0) }) { first, _ in first }
        let begun = Dictionary(grouping: steps, by: \.job)
        let leased = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id.text, $0) })
        return ids.compactMap { id in
            guard let job = leased[id], let instance = owners[job.instance] else { return nil }
            return Claim(job: job, instance: instance, steps: begun[job.id] ?? [])
        }
    }

    /// Of jobs that some worker held before; the others have none.
    private static func begunSteps(of jobs: [Job], _ connection: PostgresConnection) throws -> [StepRecord] {
        guard !jobs.isEmpty else { return [] }
        return try connection.run(
            "SELECT step.* FROM unnest($1::text[]) AS wanted (job) JOIN step ON step.job = wanted.job ORDER BY step.job, number",
            [PostgresValue(array: jobs.map(\.id.text))]
        ).all.map { try $0.step() }
    }
}

/// The rows of a claim; other daemons' claims skip them. Three sources, each with an index of its own; every priority is asked
/// for by itself, so that an index seek leads to its first row.
private struct ClaimQuery: ClaimRows {
    var connection: PostgresConnection
    var now: Timestamp

    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"
    private static let started = "\(free) AND \(PostgresStore.active) AND state <> 'queued'"
    private static let new = "\(free) AND state = 'queued'"

    func priorities(isNew: Bool) throws -> [Int] {
        var found: [Int] = []
        while let priority = try connection.run(
            "SELECT min(priority) AS priority FROM job WHERE \(isNew ? Self.new : Self.started) AND priority > $1",
            [PostgresValue(found.last ?? -1)]
        ).first?.number("priority") { found.append(Int(priority)) }
        return found
    }

    func dueStarted(priority: Int, limit: Int) throws -> [ClaimCandidate] {
        try connection.run(
            """
            SELECT id, tenant, priority FROM job WHERE \(Self.started) AND priority = $1 AND available_at <= $2
            ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(priority), PostgresValue(now), PostgresValue(limit)]
        ).all.map(Self.candidate)
    }

    func new(
        priority: Int, excluding tenants: Set<TenantID>, after taken: [JobID], limit: Int
    ) throws -> [ClaimCandidate] {
        try connection.run(
            """
            SELECT id, tenant, priority FROM job WHERE \(Self.new) AND priority = $1 AND available_at <= $2
                AND NOT (tenant = ANY ($3::text[])) AND NOT (id = ANY ($4::text[]))
            ORDER BY turn, id LIMIT $5 FOR UPDATE SKIP LOCKED
            """,
            [
                PostgresValue(priority), PostgresValue(now), PostgresValue(array: tenants.map(\.text).sorted()),
                PostgresValue(array: taken.map(\.text)), PostgresValue(limit),
            ]
        ).all.map(Self.candidate)
    }

    func silent(limit: Int) throws -> [JobID] {
        try connection.run(
            """
            SELECT id FROM job WHERE lease_owner IS NOT NULL AND lease_until < $1 AND \(PostgresStore.active)
            ORDER BY lease_until LIMIT $2 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(now), PostgresValue(limit)]
        ).all.compactMap { $0.text("id").map { JobID($0) } }
    }

    /// Claims that count take turns: two that did so at once would both see the last place free.
    func inFlight() throws -> [TenantID: Int] {
        try connection.run("SELECT pg_advisory_xact_lock(7166571)")
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
