import AuraModel
import GRDB
import JSON
import Storage

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

    /// Returns the fair-share tag of a new job: after the tenant's own jobs, and not before the job that is served next
    /// (`docs/decisions/0015-fairness-limits-retention.md`).
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
        try first.forEachRow { served = $0.number(0) ?? 1 }
        try last.forEachRow { own = $0.number(0) ?? 0 }
        return max(served, own + 1)
    }

    /// The columns of a written row that only other callers set.
    struct Written {
        var cancellation: Cancellation?
    }

    /// Writes a worker's columns if the epoch is still the worker's. Returns `nil` if it is not.
    static func update(_ job: Job, releasesLease: Bool, _ database: Database) throws -> Written? {
        let goesOn = job.state == .running && job.place == nil && !releasesLease
        // This update does not match a row that has a place, another state or a cancellation. Such a row is written by `move`.
        if goesOn, try goOn(job, database) { return Written(cancellation: nil) }
        guard try move(job, releasesLease: releasesLease, database) else { return nil }
        var statement = try HotStatement(database, "SELECT cancellation FROM job WHERE id = ?")
        statement.bind(job.id.text)
        var written = Written()
        try statement.forEachRow { written.cancellation = $0.text(0).flatMap(Cancellation.init(rawValue:)) }
        return written
    }

    /// Updates a job that its worker keeps and that runs on, which is the case for most transitions.
    ///
    /// The statement sets no indexed column, since SQLite rewrites the index entry of every column that a statement names,
    /// changed or not. It has no RETURNING clause either: for that, SQLite creates a temporary table and copies every page
    /// that the statement changes.
    private static func goOn(_ job: Job, _ database: Database) throws -> Bool {
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

    /// Updates a job in all other cases. If the worker releases the job without knowing of its cancellation, the job is due
    /// at once.
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
        statement.bind(releasesLease ? nil : job.place)
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
            change: ChangeID(row.text(4) ?? ""), definitionVersion: Int(row.number(15) ?? 0),
            input: input == "null" ? .null : try JSONValue(parsing: input),
            createdAt: row.moment(19) ?? Timestamp(milliseconds: 0),
            deadline: row.moment(11) ?? Timestamp(milliseconds: 0))
        job.state = try known(5, "state") ?? .queued
        job.priority = Int(row.number(6) ?? 0)
        job.availableAt = row.moment(7) ?? job.createdAt
        job.epoch = row.number(8) ?? 0
        job.attempt = Int(row.number(9) ?? 0)
        job.progress = row.double(10)
        job.cancellation = try known(12, "cancellation")
        job.blockedBy = row.text(13).map { JobID($0) }
        job.place = row.text(14)
        job.waitingFor = row.text(17)
        job.failure = try row.text(18).map { try JSONCoder.decode(Failure.self, from: $0) }
        job.startedAt = row.moment(20)
        job.finishedAt = row.moment(21)
        job.principal = row.text(23).map { PrincipalID($0) }
        return job
    }

    static func find(_ id: JobID, _ database: Database) throws -> Job? {
        try entry(id, database)?.row()
    }

    /// Returns the row, readable or not; `nil` if there is no such job.
    static func entry(_ id: JobID, _ database: Database) throws -> Result<Job, UnreadableRow>? {
        try select("WHERE id = ?", [.text(id.text)], database, entry).first
    }

    private static func entry(_ row: HotRow) -> Result<Job, UnreadableRow> {
        UnreadableRow.catching(.job, id: row.text(0) ?? "", instance: row.text(2).map { InstanceID($0) }) {
            try job(row)
        }
    }

    static func active(of instance: InstanceID, _ database: Database) throws -> [Job] {
        try select("WHERE instance = ? AND \(active) ORDER BY id", [.text(instance.text)], database, entry)
            .map { try $0.row() }
    }

    static func fetch(_ query: JobQuery, _ database: Database) throws -> Page<Job> {
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
        _ rest: String, _ values: [HotValue], _ database: Database, _ read: (HotRow) throws -> Value
    ) throws -> [Value] {
        try HotStatement(database, "SELECT \(columns) FROM job \(rest)", values).rows(read)
    }
}
