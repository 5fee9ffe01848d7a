import AuraModel
import GRDB
import JSON
public import Storage

/// Leasing jobs to workers.
extension SQLiteStore {
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        guard try await hasClaimable(request.now) else { return [] }
        let leased = try await writer.write { database, _ in
            try ClaimQuery(database: database, request: request).jobs().compactMap {
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

/// Which jobs one claim takes, in their order.
///
/// Three sources, each with an index of its own: started jobs that are due, new jobs by turn, jobs whose worker fell
/// silent. Every priority is asked for by itself, so that an index seek leads to its first row.
struct ClaimQuery {
    var database: Database
    var request: ClaimRequest

    private struct Candidate {
        var id: String
        var tenant: String
        var priority: Int
        var isNew: Bool

        init(_ row: Row, isNew: Bool) {
            id = row["id"]
            tenant = row["tenant"]
            priority = row["priority"]
            self.isNew = isNew
        }
    }

    func jobs() throws -> [JobID] {
        let started = try priorities(of: Self.started).flatMap { try dueStarted($0) }
        let new = try newInTurn()
        let placesForNew = request.placesForNew(startedDue: started.count, newDue: new.count)
        let chosen = started.prefix(request.limit - placesForNew) + new.prefix(placesForNew)
        // Started before new within a priority: the sort is stable.
        var ids = chosen.sorted { $0.priority < $1.priority }.map(\.id)
        if ids.count < request.limit { ids += try silent(request.limit - ids.count) }
        return ids.map { JobID($0) }
    }

    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"
    private static let started = "\(free) AND \(JobRows.active) AND state <> 'queued'"
    private static let new = "\(free) AND state = 'queued'"

    /// The priorities that occur, by one seek each.
    private func priorities(of condition: String) throws -> [Int] {
        let next = try database.cachedStatement(
            sql: "SELECT min(priority) FROM job WHERE \(condition) AND priority > ?")
        var found: [Int] = []
        while let priority = try Int.fetchOne(next, arguments: [found.last ?? Int.min]) { found.append(priority) }
        return found
    }

    private func dueStarted(_ priority: Int) throws -> [Candidate] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, tenant, priority FROM job WHERE \(Self.started) AND priority = ? AND available_at <= ?
                ORDER BY available_at, id LIMIT ?
                """)
        return try Row.fetchAll(statement, arguments: [priority, request.now.milliseconds, request.limit])
            .map { Candidate($0, isNew: false) }
    }

    /// New jobs by priority and turn, without those of tenants that have all that they may have in flight.
    private func newInTurn() throws -> [Candidate] {
        var room = try TenantRoom(database: database, limit: request.inFlightPerTenant)
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
        let statement = try database.cachedStatement(
            sql: """
                SELECT id, tenant, priority FROM job WHERE \(Self.new) AND priority = ? AND available_at <= ?
                    AND tenant NOT IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT value FROM json_each(?))
                ORDER BY turn, id LIMIT ?
                """)
        let rows = try Row.fetchAll(
            statement,
            arguments: [
                priority, request.now.milliseconds, Self.list(tenants.sorted()), Self.list(taken.map(\.id)), limit,
            ])
        return rows.map { Candidate($0, isNew: true) }
    }

    private static func list(_ texts: [String]) -> String {
        JSONValue.array(texts.map { .string($0) }).serializedString()
    }

    private func silent(_ limit: Int) throws -> [String] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT id FROM job WHERE lease_owner IS NOT NULL AND lease_until < ? AND \(JobRows.active)
                ORDER BY lease_until LIMIT ?
                """)
        return try String.fetchAll(statement, arguments: [request.now.milliseconds, limit])
    }
}

/// How many more jobs of each tenant may start.
private struct TenantRoom {
    let limit: Int?
    private var inFlight: [String: Int] = [:]
    /// Tenants that may start no more.
    private(set) var full: Set<String> = []

    /// Counts rows, so that nothing can leak; not at all where there is no limit.
    init(database: Database, limit: Int?) throws {
        self.limit = limit
        guard let limit else { return }
        let statement = try database.cachedStatement(
            sql: """
                SELECT tenant, count(*) AS jobs FROM job
                WHERE \(JobRows.active) AND state <> 'queued' AND kind <> 'destroy' GROUP BY tenant
                """)
        for row in try Row.fetchAll(statement) { inFlight[row["tenant"]] = row["jobs"] }
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
