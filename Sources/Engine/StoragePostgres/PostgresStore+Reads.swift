public import AuraModel
public import Storage

/// Queries.
extension PostgresStore {
    public func instance(
        _ reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> Instance? {
        try await read { [decoded] in try Self.find(reference, in: scope, $0, decoded) }
    }

    /// - Parameter locking: true in a transaction that will change the row. The decoded instance is then not cached.
    static func find(
        _ reference: InstanceReference, in scope: TenantScope, locking: Bool = false,
        _ connection: PostgresConnection, _ decoded: DecodedInstances
    ) throws -> Instance? {
        let lock = locking ? " FOR UPDATE" : ""
        switch reference {
        case .id(let id):
            var values = [PostgresValue(id.text)]
            let inScope = condition(for: scope, &values)
            return try connection.run(
                "SELECT id, desired, document FROM instance WHERE id = $1\(inScope)\(lock)", values
            ).first?.instance(decoded, remembers: !locking)
        case .name(let name, let tenant):
            var values = [PostgresValue(tenant.text), PostgresValue(name)]
            let inScope = condition(for: scope, &values)
            return try connection.run(
                """
                SELECT id, desired, document FROM instance WHERE tenant = $1 AND name = $2\(inScope)
                ORDER BY holds_name DESC, id DESC LIMIT 1\(lock)
                """, values
            ).first?.instance(decoded, remembers: !locking)
        }
    }

    /// Returns the condition that a row belongs to a tenant of the scope, as the end of a WHERE clause, and adds its
    /// value. The condition is empty if the scope has all tenants.
    private static func condition(for scope: TenantScope, _ values: inout [PostgresValue]) -> String {
        guard case .only(let tenants) = scope else { return "" }
        values.append(PostgresValue(array: tenants.map(\.text).sorted()))
        return " AND tenant = ANY ($\(values.count)::text[])"
    }

    public func instances(_ query: InstanceQuery) async throws(StorageError) -> Page<Instance> {
        let (sql, values) = Self.select(query)
        return try await read { [decoded] connection in
            Page(try connection.run(sql, values).all.map { $0.instanceEntry(decoded) })
        }
    }

    public func snapshot(_ query: InstanceQuery) async throws(StorageError) -> InstancePage {
        let (sql, values) = Self.select(query)
        return try await readAsOfOneMoment { [decoded] connection in
            let head = try Self.bounds(connection).head
            let page = Page(try connection.run(sql, values).all.map { $0.instanceEntry(decoded) })
            return InstancePage(instances: page, head: head)
        }
    }

    private static func select(_ query: InstanceQuery) -> (sql: String, values: [PostgresValue]) {
        var conditions = Conditions()
        conditions.add("id > ?", query.after?.text ?? "")
        if let instance = query.instance { conditions.add("id = ?", instance.text) }
        if let tenant = query.tenant { conditions.add("tenant = ?", tenant.text) }
        conditions.add(query.scope, besideFilter: query.tenant)
        if !query.phases.isEmpty {
            conditions.add("phase", among: query.phases.map(\.rawValue))
        } else if !query.includesDestroyed, query.instance == nil {
            conditions.add("phase <> ?", "destroyed")
        }
        return conditions.select("id, desired, document", from: "instance", orderBy: "id", limit: query.limit)
    }

    public func job(_ id: JobID, in scope: TenantScope) async throws(StorageError) -> Job? {
        try await read { try Self.find(id, in: scope, $0) }
    }

    static func find(
        _ id: JobID, in scope: TenantScope, locking: Bool = false, _ connection: PostgresConnection
    ) throws -> Job? {
        var values = [PostgresValue(id.text)]
        let inScope = condition(for: scope, &values)
        return try connection.run(
            "SELECT * FROM job WHERE id = $1\(inScope)\(locking ? " FOR UPDATE" : "")", values
        ).first?.jobEntry().row()
    }

    public func activity(
        of reference: InstanceReference, in scope: TenantScope
    ) async throws(StorageError) -> InstanceActivity? {
        try await read { [decoded] connection in
            guard let instance = try Self.find(reference, in: scope, connection, decoded) else { return nil }
            let (sql, values) = Self.select(InstanceActivity.jobs(of: instance))
            let jobs = Page(try connection.run(sql, values).all.map { $0.jobEntry() })
            return InstanceActivity(instance: instance, jobs: jobs)
        }
    }

    public func jobs(_ query: JobQuery) async throws(StorageError) -> Page<Job> {
        let (sql, values) = Self.select(query)
        return try await read { Page(try $0.run(sql, values).all.map { $0.jobEntry() }) }
    }

    private static func select(_ query: JobQuery) -> (sql: String, values: [PostgresValue]) {
        var conditions = Conditions()
        if let after = query.after { conditions.add(query.newestFirst ? "id < ?" : "id > ?", after.text) }
        if let instance = query.instance { conditions.add("instance = ?", instance.text) }
        if let tenant = query.tenant { conditions.add("tenant = ?", tenant.text) }
        conditions.add(query.scope, besideFilter: query.tenant)
        if let change = query.change { conditions.add("change = ?", change.text) }
        if query.isActive { conditions.add(active) }
        if !query.states.isEmpty { conditions.add("state", among: query.states.map(\.rawValue)) }
        return conditions.select(
            "*", from: "job", orderBy: query.newestFirst ? "id DESC" : "id", limit: query.limit)
    }

    public func steps(of job: JobID, in scope: TenantScope) async throws(StorageError) -> [StepRecord] {
        try await read { try Self.steps(of: job, in: scope, $0) }
    }

    /// A step has no tenant of its own. Its tenant is that of its job.
    private static func steps(
        of job: JobID, in scope: TenantScope, _ connection: PostgresConnection
    ) throws -> [StepRecord] {
        var values = [PostgresValue(job.text)]
        let inScope = condition(for: scope, &values)
        let ofScope = inScope.isEmpty ? "" : " AND EXISTS (SELECT 1 FROM job WHERE id = $1\(inScope))"
        return try connection.run("SELECT * FROM step WHERE job = $1\(ofScope) ORDER BY number, name", values)
            .all.map { try $0.step() }
    }

    /// Matches a job's events through the index on the instance: an index on the job would cost a write per event, and
    /// would rarely be used. The job's row always exists, because a job is kept as long as its events.
    private static let ofJob = "instance = (SELECT instance FROM job WHERE id = ?) AND job = ?"
    private static let ofChange = """
        seq IN (
            SELECT seq FROM event
            WHERE instance IN (SELECT instance FROM job WHERE change = ?) AND job IS NOT NULL AND change = ?
            UNION ALL SELECT seq FROM event WHERE job IS NULL AND change = ?)
        """

    /// Reads the bounds and the events in one snapshot, so that a concurrent prune cannot cause an undetected gap.
    public func events(_ query: EventQuery) async throws(StorageError) -> [Event] {
        var conditions = Conditions()
        conditions.add("seq > ?", query.after)
        if let through = query.through { conditions.add("seq <= ?", through) }
        let filter = query.filter
        if let instance = filter.instance { conditions.add("instance = ?", instance.text) }
        if let job = filter.job { conditions.add(Self.ofJob, job.text) }
        if let tenant = filter.tenant { conditions.add("tenant = ?", tenant.text) }
        conditions.add(filter.scope, besideFilter: filter.tenant)
        if let change = filter.change { conditions.add(Self.ofChange, change.text) }
        if !filter.types.isEmpty { conditions.add("type", among: filter.types.map(\.rawValue).sorted()) }
        let (sql, values) = conditions.select(EventColumn.list, from: "event", orderBy: "seq", limit: query.limit)
        return try await readAsOfOneMoment { connection in
            try Self.bounds(connection).check(cursor: query.after)
            return try connection.run(sql, values).all.map { $0.event() }
        }
    }

    /// Runs `body` in a transaction that sees one snapshot.
    func readAsOfOneMoment<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StorageError) -> Value {
        try await read { connection in
            try connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            do {
                let value = try body(connection)
                try connection.script("COMMIT")
                return value
            } catch {
                try? connection.script("ROLLBACK")
                throw error
            }
        }
    }

    public func bounds() async throws(StorageError) -> LedgerBounds {
        try await read { try Self.bounds($0) }
    }

    static func bounds(_ connection: PostgresConnection) throws -> LedgerBounds {
        let row = try connection.run("SELECT floor, seq FROM event_head WHERE one = 1").first
        return LedgerBounds(floor: row?.number("floor") ?? 0, head: row?.number("seq") ?? 0)
    }

    public func nextDue(_ scope: ClaimScope) async throws(StorageError) -> Timestamp? {
        try await read { connection in
            let scope = ScopeCondition(scope, after: 0)
            return try connection.run(
                """
                SELECT min(available_at) AS due FROM job
                WHERE lease_owner IS NULL AND blocked_by IS NULL AND \(Self.active)\(scope.sql)
                """, scope.values
            ).first?.moment("due")
        }
    }

    /// The condition for jobs that have not ended, as SQL.
    static let active = "finished_at IS NULL"
    /// The condition that a worker holds a job, for statements that know the job's id. In this form the planner cannot
    /// choose the index on leases instead of the primary key.
    static let isLeased = "coalesce(job.lease_owner, '') <> ''"
}

/// The conditions of a query, with their values.
struct Conditions {
    private var parts: [String] = []
    private var values: [PostgresValue] = []

    /// Adds a condition without a value.
    mutating func add(_ condition: String) { parts.append(condition) }

    /// Adds a condition. Each `?` in it stands for the value.
    mutating func add(_ condition: String, _ text: String) { add(condition, PostgresValue(text)) }

    mutating func add(_ condition: String, _ number: Int64) { add(condition, PostgresValue(number)) }

    private mutating func add(_ condition: String, _ value: PostgresValue) {
        values.append(value)
        parts.append(condition.replacing("?", with: "$\(values.count)"))
    }

    mutating func add(_ column: String, among texts: [String]) {
        values.append(PostgresValue(array: texts))
        parts.append("\(column) = ANY ($\(values.count)::text[])")
    }

    /// Adds the condition that a row belongs to a tenant of the scope, if the query needs one beside its own filter.
    /// One tenant is compared without an array, so that an index on the tenant keeps the order of its rows.
    mutating func add(_ scope: TenantScope, besideFilter tenant: TenantID?) {
        guard let tenants = scope.comparison(besideFilter: tenant) else { return }
        if tenants.count == 1 { add("tenant = ?", tenants[0]) } else { add("tenant", among: tenants) }
    }

    func select(_ columns: String, from table: String, orderBy order: String, limit: Int) -> (String, [PostgresValue]) {
        (
            "SELECT \(columns) FROM \(table) WHERE \(parts.isEmpty ? "true" : parts.joined(separator: " AND ")) ORDER BY \(order) LIMIT \(limit)",
            values
        )
    }
}
