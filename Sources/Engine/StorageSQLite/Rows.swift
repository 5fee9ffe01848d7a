import AuraModel
import GRDB
import JSON
import Storage

/// The rows of instances. The columns repeat members of the document, for queries. Only operations write `desired`:
/// workers and sweeps may have an old value of it. The document's `desired` is never read.
///
/// An instance holds its name until it fails or is destroyed. While a failed instance is being destroyed, another
/// instance may already have the name. A failed instance holds its name again only when it is retried.
enum InstanceRows {
    static func insert(_ instance: Instance, document: String, _ database: Database) throws {
        var statement = try HotStatement(
            database,
            "INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document) VALUES (?, ?, ?, ?, ?, 1, ?)"
        )
        statement.bind(instance.id.text)
        statement.bind(instance.tenant.text)
        statement.bind(instance.name)
        statement.bind(instance.desired.rawValue)
        statement.bind(instance.phase.rawValue)
        statement.bind(document)
        do {
            try statement.run()
        } catch let error as DatabaseError where error.resultCode.primaryResultCode == .SQLITE_CONSTRAINT {
            throw nameTaken(instance)
        }
    }

    private static func nameTaken(_ instance: Instance) -> StorageError {
        StorageError(.nameTaken, "an instance named \(instance.name) exists: choose another name, or destroy it first")
    }

    /// Makes a failed instance hold its name again. Throws `nameTaken` if another instance holds the name.
    static func takeName(_ instance: Instance, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "UPDATE instance SET holds_name = 1 WHERE id = ?")
        do {
            try statement.execute(arguments: [instance.id.text])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw nameTaken(instance)
        }
    }

    /// Returns the number of instances that count against the quota of a tenant, or of all tenants for `nil`; at most
    /// `limit`.
    static func countLive(of tenant: TenantID?, atMost limit: Int, _ database: Database) throws -> Int {
        guard let tenant else {
            let statement = try database.cachedStatement(
                sql: "SELECT count(*) FROM (SELECT 1 FROM instance WHERE holds_name LIMIT ?)")
            return try Int.fetchOne(statement, arguments: [limit]) ?? 0
        }
        let statement = try database.cachedStatement(
            sql: "SELECT count(*) FROM (SELECT 1 FROM instance WHERE tenant = ? AND holds_name LIMIT ?)")
        return try Int.fetchOne(statement, arguments: [tenant.text, limit]) ?? 0
    }

    /// Writes an operation's changes, which may include `desired`.
    static func updateWhole(_ instance: Instance, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE instance SET desired = ?, phase = ?, holds_name = holds_name AND ?, document = ? WHERE id = ?")
        try statement.execute(arguments: [
            instance.desired.rawValue, instance.phase.rawValue, keepsName(instance),
            instance.document(),
            instance.id.text,
        ])
    }

    /// Writes the changes of a worker or a sweep: everything but `desired`.
    static func updateFacts(_ instance: Instance, document: String, _ database: Database) throws {
        var statement = try HotStatement(
            database, "UPDATE instance SET phase = ?, holds_name = holds_name AND ?, document = ? WHERE id = ?")
        statement.bind(instance.phase.rawValue)
        statement.bind(keepsName(instance))
        statement.bind(document)
        statement.bind(instance.id.text)
        try statement.run()
    }

    private static func keepsName(_ instance: Instance) -> Bool {
        instance.phase != .failed && instance.phase != .destroyed
    }

    /// - Parameter remembers: whether to cache the decoded instance.
    static func find(
        _ reference: InstanceReference, in scope: TenantScope, _ database: any StatementSource,
        _ decoded: DecodedInstances, remembers: Bool = true
    ) throws -> Instance? {
        let statement =
            switch (reference, scope) {
            case (.id(let id), .all): try HotStatement(database, byID, [.text(id.text)])
            case (.id(let id), .only(let tenants)):
                try HotStatement(database, byIDInScope.text(for: tenants), [.text(id.text), .tenants(tenants)])
            case (.name(let name, let tenant), .all):
                try HotStatement(database, byName, [.text(tenant.text), .text(name)])
            case (.name(let name, let tenant), .only(let tenants)):
                try HotStatement(
                    database, byNameInScope.text(for: tenants), [.text(tenant.text), .text(name), .tenants(tenants)])
            }
        return try statement.rows { row in
            try (remembers ? known(row, decoded) : nil) ?? Stored(row).instance(decoded, remembers: remembers)
        }.first
    }

    /// Returns the cached instance if its document has the bytes of this row, otherwise `nil`. The document is not copied
    /// into a `String`.
    private static func known(_ row: HotRow, _ decoded: DecodedInstances) -> Instance? {
        guard let id = row.text(0), let desired = row.text(1).flatMap(DesiredState.init(rawValue:)) else { return nil }
        return row.withBytes(2) { decoded.known($0, id: id, desired: desired) }
    }

    // The SQL of `status.get`, concatenated once and not at each call.
    private static let columns = "SELECT id, desired, document FROM instance"
    private static let byID = "\(columns) WHERE id = ?"
    private static let byName = "\(columns) WHERE tenant = ? AND name = ? \(newest)"
    private static let byIDInScope = ScopedSQL { "\(byID) AND \($0)" }
    private static let byNameInScope = ScopedSQL { "\(columns) WHERE tenant = ? AND name = ? AND \($0) \(newest)" }
    private static let newest = "ORDER BY holds_name DESC, id DESC LIMIT 1"

    static func fetch(
        _ query: InstanceQuery, _ database: any StatementSource, _ decoded: DecodedInstances
    ) throws -> Page<Instance> {
        var conditions = ["id > ?"]
        var values: [HotValue] = [.text(query.after?.text ?? "")]
        if let instance = query.instance {
            conditions.append("id = ?")
            values.append(.text(instance.text))
        }
        if let tenant = query.tenant {
            conditions.append("tenant = ?")
            values.append(.text(tenant.text))
        }
        if let tenants = query.scope.comparison(besideFilter: query.tenant) {
            HotValue.add(tenants, to: &conditions, &values)
        }
        if !query.phases.isEmpty {
            let marks = Array(repeating: "?", count: query.phases.count).joined(separator: ", ")
            conditions.append("phase IN (\(marks))")
            values += query.phases.map { .text($0.rawValue) }
        } else if !query.includesDestroyed, query.instance == nil {
            conditions.append("phase <> 'destroyed'")
        }
        values.append(.number(Int64(query.limit)))
        let sql = "\(columns) WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?"
        return Page(
            try HotStatement(database, sql, values).rows { row in
                known(row, decoded).map { .success($0) } ?? Stored(row).entry(decoded)
            })
    }

    /// A row whose document is not parsed yet, so that the writer thread does not spend time on that.
    struct Stored: Sendable {
        var id: String
        var desired: String
        var document: String

        init(_ row: HotRow) {
            id = row.text(0) ?? ""
            desired = row.text(1) ?? ""
            document = row.text(2) ?? ""
        }

        func instance(_ decoded: DecodedInstances, remembers: Bool = true) throws -> Instance {
            guard let desired = DesiredState(rawValue: desired) else {
                throw StorageError.unknown(desired, as: "desired state", of: "instance \(id)")
            }
            return remembers
                ? try decoded.instance(stored: document, id: id, desired: desired)
                : try decoded.decode(document, id: id, desired: desired)
        }

        func entry(_ decoded: DecodedInstances) -> Result<Instance, UnreadableRow> {
            UnreadableRow.catching(.instance, id: id, instance: InstanceID(id), document: document) {
                try instance(decoded)
            }
        }
    }

    static func stored(_ id: InstanceID, _ database: any StatementSource) throws -> Stored? {
        try HotStatement(database, byID, [.text(id.text)]).rows(Stored.init).first
    }
}

/// The rows of jobs.
enum JobRows {
    /// The condition for jobs that have not ended, as SQL.
    static let active = "finished_at IS NULL"

    static func insert(_ job: Job, _ database: Database) throws {
        let turn = try turn(job, database)
        do {
            try insert(job, turn: turn, database)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            guard let rival = try active(of: job.instance, database).first else { throw error }
            throw StorageError(
                .instanceBusy,
                "cannot \(job.kind.rawValue) while job \(rival.id) (\(rival.kind.rawValue)) is at work: wait for it",
                job: rival.id)
        }
    }

    /// Inserts a queued job. Columns without a value yet stay null.
    private static func insert(_ job: Job, turn: Int64, _ database: Database) throws {
        var statement = try HotStatement(
            database,
            """
            INSERT INTO job (id, kind, instance, instance_kind, tenant, change, state, priority, available_at, epoch, attempt,
                deadline, blocked_by, definition_version, input, created_at, progress, turn, principal)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        statement.bind(job.id.text)
        statement.bind(job.kind.rawValue)
        statement.bind(job.instance.text)
        statement.bind(job.instanceKind.rawValue)
        statement.bind(job.tenant.text)
        statement.bind(job.change.text)
        statement.bind(job.state.rawValue)
        statement.bind(job.priority)
        statement.bind(job.availableAt.milliseconds)
        statement.bind(job.epoch)
        statement.bind(job.attempt)
        statement.bind(job.deadline.milliseconds)
        statement.bind(job.blockedBy?.text)
        statement.bind(job.definitionVersion)
        statement.bind(job.input.serializedString())
        statement.bind(job.createdAt.milliseconds)
        statement.bind(job.progress)
        statement.bind(turn)
        statement.bind(job.principal?.text)
        try statement.run()
    }

    /// Returns the fair-share tag of a new job. Among the queued jobs of its priority, it is one more than the tenant's
    /// highest tag, and at least the lowest tag of all tenants (`docs/decisions/0015-fairness-limits-retention.md`).
    private static func turn(_ job: Job, _ database: Database) throws -> Int64 {
        var first = try HotStatement(
            database,
            """
            SELECT min(turn) FROM job
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND state = 'queued' AND priority = ?
            """)
        first.bind(job.priority)
        var last = try HotStatement(
            database, "SELECT max(turn) FROM job WHERE state = 'queued' AND tenant = ? AND priority = ?")
        last.bind(job.tenant.text)
        last.bind(job.priority)
        var (served, own): (Int64, Int64) = (1, 0)
        // The damaged fair-share tag of another job is ignored.
        try first.forEachRow { served = (try? $0.number(0)) ?? 1 }
        try last.forEachRow { own = (try? $0.number(0)) ?? 0 }
        return max(served, own + 1)
    }

    /// The columns of the row that the worker does not write.
    struct Written {
        var cancellation: Cancellation?
    }

    /// Writes a worker's columns if the job is still leased with the worker's epoch. Returns `nil` if it is not.
    static func update(_ job: Job, releasesLease: Bool, _ database: Database) throws -> Written? {
        let isRunning = job.state == .running && job.slot == nil && !releasesLease
        // `updateRunning` does not match a row that has a concurrency slot, a cancellation or another state. `move`
        // writes such a row.
        if isRunning, try updateRunning(job, database) { return Written(cancellation: nil) }
        guard try move(job, releasesLease: releasesLease, database) else { return nil }
        var statement = try HotStatement(database, "SELECT cancellation FROM job WHERE id = ?")
        statement.bind(job.id.text)
        var written = Written()
        try statement.forEachRow { written.cancellation = $0.text(0).flatMap(Cancellation.init(rawValue:)) }
        return written
    }

    /// Updates a job that stays leased and in the state `running`, as in most transitions. Returns false if the row
    /// does not match.
    ///
    /// The statement sets no indexed column, since SQLite rewrites the index entry of every column that a statement
    /// names, changed or not. It has no RETURNING clause either: for that, SQLite creates a temporary table and copies
    /// every page that the statement changes.
    private static func updateRunning(_ job: Job, _ database: Database) throws -> Bool {
        var statement = try HotStatement(
            database,
            """
            UPDATE job SET attempt = ?, waiting_for = ?, failure = ?, started_at = ?, progress = ?
            WHERE available_at = ? AND id = ? AND epoch = ? AND lease_owner IS NOT NULL AND state = 'running'
                AND place IS NULL AND cancellation IS NULL
            """)
        statement.bind(job.attempt)
        statement.bind(job.waitingFor)
        statement.bind(try job.failure.map(JSONCoder.encodeString))
        statement.bind(job.startedAt?.milliseconds)
        statement.bind(job.progress)
        statement.bind(job.availableAt.milliseconds)
        statement.bind(job.id.text)
        statement.bind(job.epoch)
        return try statement.run() == 1
    }

    /// Updates a job in all other cases. If the worker releases a job without knowing its cancellation, the job is due
    /// at once. Returns false if the job is not leased with this epoch.
    private static func move(_ job: Job, releasesLease: Bool, _ database: Database) throws -> Bool {
        let release = releasesLease ? ", lease_owner = NULL, lease_until = NULL" : ""
        var statement = try HotStatement(
            database,
            """
            UPDATE job SET state = ?,
                available_at = CASE WHEN ? OR cancellation IS ? THEN ? ELSE min(?, created_at) END,
                attempt = ?, waiting_for = ?, failure = ?, started_at = ?, finished_at = ?, progress = ?,
                place = ?\(release)
            WHERE id = ? AND epoch = ? AND lease_owner IS NOT NULL
            """)
        statement.bind(job.state.rawValue)
        statement.bind(!releasesLease)
        statement.bind(job.cancellation?.rawValue)
        statement.bind(job.availableAt.milliseconds)
        statement.bind(job.availableAt.milliseconds)
        statement.bind(job.attempt)
        statement.bind(job.waitingFor)
        statement.bind(try job.failure.map(JSONCoder.encodeString))
        statement.bind(job.startedAt?.milliseconds)
        statement.bind(job.finishedAt?.milliseconds)
        statement.bind(job.progress)
        statement.bind(releasesLease ? nil : job.slot)
        statement.bind(job.id.text)
        statement.bind(job.epoch)
        return try statement.run() == 1
    }

    /// The columns that ``job(_:)`` reads, in their order.
    static let columns = """
        id, kind, instance, tenant, change, state, priority, available_at, epoch, attempt, progress, deadline, cancellation,
        blocked_by, place, definition_version, input, waiting_for, failure, created_at, started_at, finished_at, instance_kind,
        principal
        """

    static func job(_ row: HotRow) throws -> Job {
        let id = row.text(0) ?? ""
        func known<Value: RawRepresentable<String>>(_ column: Int32, _ name: String) throws -> Value? {
            guard let text = row.text(column) else { return nil }
            guard let value = Value(rawValue: text) else { throw StorageError.unknown(text, as: name, of: "job \(id)") }
            return value
        }
        let input = row.text(16) ?? "null"
        var job = Job(
            id: JobID(id), kind: JobKind(rawValue: row.text(1) ?? ""), instance: InstanceID(row.text(2) ?? ""),
            instanceKind: InstanceKind(rawValue: row.text(22) ?? ""), tenant: TenantID(row.text(3) ?? ""),
            change: ChangeID(row.text(4) ?? ""), definitionVersion: Int(try row.number(15) ?? 0),
            input: input == "null" ? .null : try JSONValue(parsing: input),
            createdAt: try row.moment(19) ?? Timestamp(milliseconds: 0),
            deadline: try row.moment(11) ?? Timestamp(milliseconds: 0))
        job.state = try known(5, "state") ?? .queued
        job.priority = Int(try row.number(6) ?? 0)
        job.availableAt = try row.moment(7) ?? job.createdAt
        job.epoch = try row.number(8) ?? 0
        job.attempt = Int(try row.number(9) ?? 0)
        job.progress = try row.double(10) ?? 0
        job.cancellation = try known(12, "cancellation")
        job.blockedBy = row.text(13).map { JobID($0) }
        // The column `place` has the former name of a slot.
        job.slot = row.text(14)
        job.waitingFor = row.text(17)
        job.failure = try row.text(18).map { try JSONCoder.decode(Failure.self, from: $0) }
        job.startedAt = try row.moment(20)
        job.finishedAt = try row.moment(21)
        job.principal = row.text(23).map { PrincipalID($0) }
        return job
    }

    static func find(_ id: JobID, in scope: TenantScope, _ database: any StatementSource) throws -> Job? {
        guard case .only(let tenants) = scope else { return try entry(id, database)?.row() }
        return try HotStatement(database, byIDInScope.text(for: tenants), [.text(id.text), .tenants(tenants)])
            .rows(entry).first?.row()
    }

    /// Returns the row, readable or not; `nil` if there is no such job.
    static func entry(_ id: JobID, _ database: any StatementSource) throws -> Result<Job, UnreadableRow>? {
        try HotStatement(database, byID, [.text(id.text)]).rows(entry).first
    }

    private static func entry(_ row: HotRow) -> Result<Job, UnreadableRow> {
        UnreadableRow.catching(.job, id: row.text(0) ?? "", instance: row.text(2).map { InstanceID($0) }) {
            try job(row)
        }
    }

    static func active(of instance: InstanceID, _ database: any StatementSource) throws -> [Job] {
        try HotStatement(database, activeOfInstance, [.text(instance.text), .number(.max)]).rows(entry)
            .map { try $0.row() }
    }

    /// Returns the active jobs of an instance, oldest first, at most `limit`.
    static func active(of instance: InstanceID, limit: Int, _ database: any StatementSource) throws -> Page<Job> {
        Page(
            try HotStatement(database, activeOfInstance, [.text(instance.text), .number(Int64(limit))]).rows(entry))
    }

    // The SQL of `status.get` and `job.get`, concatenated once and not at each call.
    private static let byID = "SELECT \(columns) FROM job WHERE id = ?"
    private static let byIDInScope = ScopedSQL { "\(byID) AND \($0)" }
    private static let activeOfInstance =
        "SELECT \(columns) FROM job WHERE instance = ? AND \(active) ORDER BY id LIMIT ?"

    static func fetch(_ query: JobQuery, _ database: any StatementSource) throws -> Page<Job> {
        var conditions = ["true"]
        var values: [HotValue] = []
        if let after = query.after {
            conditions.append(query.newestFirst ? "id < ?" : "id > ?")
            values.append(.text(after.text))
        }
        let columns = [
            ("instance", query.instance?.text), ("tenant", query.tenant?.text), ("change", query.change?.text),
        ]
        for case (let column, let value?) in columns {
            conditions.append("\(column) = ?")
            values.append(.text(value))
        }
        if let tenants = query.scope.comparison(besideFilter: query.tenant) {
            HotValue.add(tenants, to: &conditions, &values)
        }
        if query.isActive { conditions.append(active) }
        if !query.states.isEmpty {
            let marks = Array(repeating: "?", count: query.states.count).joined(separator: ", ")
            conditions.append("state IN (\(marks))")
            values += query.states.map { .text($0.rawValue) }
        }
        let order = query.newestFirst ? "id DESC" : "id"
        return Page(
            try select(
                "WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT ?",
                values + [.number(Int64(query.limit))], database, entry))
    }

    private static func select<Value>(
        _ rest: String, _ values: [HotValue], _ database: any StatementSource, _ read: (HotRow) throws -> Value
    ) throws -> [Value] {
        try HotStatement(database, "SELECT \(columns) FROM job \(rest)", values).rows(read)
    }
}
