import AuraModel
public import Storage

/// Leasing jobs to workers.
extension PostgresStore {
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        guard try await hasClaimable(request.now) else { return [] }
        return try await writer.write { connection, _ in
            var request = request
            request.now = try self.leaseTime(request.now, connection)
            let ids = try ClaimQuery(connection: connection, request: request).jobs()
            let claims = try ids.isEmpty ? [] : Self.lease(ids, request, connection)
            return { _ in claims }
        }
    }

    /// A look beside the writer, so that an idle engine costs no commit.
    private func hasClaimable(_ given: Timestamp) async throws -> Bool {
        try await read { connection in
            let now = PostgresValue(try self.leaseTime(given, connection))
            return try connection.run(
                """
                SELECT (EXISTS (SELECT 1 FROM job WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(Self.active)
                        AND available_at <= $1)
                    OR EXISTS (SELECT 1 FROM job WHERE lease_owner IS NOT NULL AND lease_until < $1 AND \(Self.active)))
                    AS any
                """, [now]
            ).first?.flag("any") ?? false
        }
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

/// Which jobs one claim takes, in their order; other daemons' claims skip them.
///
/// Three sources, each with an index of its own: started jobs that are due, new jobs by turn, jobs whose worker fell
/// silent. Every priority is asked for by itself, so that an index seek leads to its first row.
struct ClaimQuery {
    var connection: PostgresConnection
    var request: ClaimRequest

    private struct Candidate {
        var id: String
        var tenant: String
        var priority: Int

        init(_ row: PostgresRow) {
            id = row.text("id") ?? ""
            tenant = row.text("tenant") ?? ""
            priority = Int(row.number("priority") ?? 0)
        }
    }

    func jobs() throws -> [String] {
        let started = try priorities(of: Self.started).flatMap { try dueStarted($0) }
        let new = try newInTurn()
        let placesForNew = request.placesForNew(startedDue: started.count, newDue: new.count)
        let chosen = started.prefix(request.limit - placesForNew) + new.prefix(placesForNew)
        var ids = chosen.sorted { $0.priority < $1.priority }.map(\.id)
        if ids.count < request.limit { ids += try silent(request.limit - ids.count) }
        return ids
    }

    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"
    private static let started = "\(free) AND \(PostgresStore.active) AND state <> 'queued'"
    private static let new = "\(free) AND state = 'queued'"

    /// The priorities that occur, by one seek each.
    private func priorities(of condition: String) throws -> [Int] {
        var found: [Int] = []
        while let priority = try connection.run(
            "SELECT min(priority) AS priority FROM job WHERE \(condition) AND priority > $1",
            [PostgresValue(found.last ?? -1)]
        ).first?.number("priority") { found.append(Int(priority)) }
        return found
    }

    private func dueStarted(_ priority: Int) throws -> [Candidate] {
        try connection.run(
            """
            SELECT id, tenant, priority FROM job WHERE \(Self.started) AND priority = $1 AND available_at <= $2
            ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(priority), PostgresValue(request.now), PostgresValue(request.limit)]
        ).all.map(Candidate.init)
    }

    /// New jobs by priority and turn, without those of tenants that have all that they may have in flight.
    ///
    /// With such a limit, claims take turns: two that counted at once would both see the last place free.
    private func newInTurn() throws -> [Candidate] {
        if request.inFlightPerTenant != nil {
            try connection.run("SELECT pg_advisory_xact_lock(7166571)")
        }
        var room = try TenantRoom(connection: connection, limit: request.inFlightPerTenant)
        var found: [Candidate] = []
        for priority in try priorities(of: Self.new) where found.count < request.limit {
            let isLimited = priority > JobKind.destroy.priority
            var excluded = isLimited ? room.full : []
            while true {
                let missing = request.limit - found.count
                let candidates = try queued(priority, excluding: excluded, after: found, limit: missing)
                found += candidates.filter { !isLimited || room.take($0.tenant) }
                let full = isLimited ? room.full : []
                if candidates.count < missing || full == excluded { break }
                excluded = full
            }
        }
        return found
    }

    private func queued(
        _ priority: Int, excluding tenants: Set<String>, after taken: [Candidate], limit: Int
    ) throws -> [Candidate] {
        guard limit > 0 else { return [] }
        return try connection.run(
            """
            SELECT id, tenant, priority FROM job WHERE \(Self.new) AND priority = $1 AND available_at <= $2
                AND NOT (tenant = ANY ($3::text[])) AND NOT (id = ANY ($4::text[]))
            ORDER BY turn, id LIMIT $5 FOR UPDATE SKIP LOCKED
            """,
            [
                PostgresValue(priority), PostgresValue(request.now), PostgresValue(array: tenants.sorted()),
                PostgresValue(array: taken.map(\.id)), PostgresValue(limit),
            ]
        ).all.map(Candidate.init)
    }

    private func silent(_ limit: Int) throws -> [String] {
        try connection.run(
            """
            SELECT id FROM job WHERE lease_owner IS NOT NULL AND lease_until < $1 AND \(PostgresStore.active)
            ORDER BY lease_until LIMIT $2 FOR UPDATE SKIP LOCKED
            """, [PostgresValue(request.now), PostgresValue(limit)]
        ).all.compactMap { $0.text("id") }
    }
}

/// How many more jobs of each tenant may start.
private struct TenantRoom {
    let limit: Int?
    private var inFlight: [String: Int] = [:]
    /// Tenants that may start no more.
    private(set) var full: Set<String> = []

    /// Counts rows, so that nothing can leak; not at all where there is no limit.
    init(connection: PostgresConnection, limit: Int?) throws {
        self.limit = limit
        guard let limit else { return }
        let rows = try connection.run(
            """
            SELECT tenant, count(*) AS jobs FROM job
            WHERE \(PostgresStore.active) AND state <> 'queued' AND kind <> 'destroy' GROUP BY tenant
            """)
        for row in rows.all { inFlight[row.text("tenant") ?? ""] = Int(row.number("jobs") ?? 0) }
        full = Set(inFlight.filter { $0.value >= limit }.keys)
    }

    /// Takes a place for one more job of the tenant; false where there is none.
    mutating func take(_ tenant: String) -> Bool {
        guard let limit else { return true }
        let count = inFlight[tenant, default: 0]
        guard count < limit else { return false }
        inFlight[tenant] = count + 1
        if count + 1 >= limit { full.insert(tenant) }
        return true
    }
}
