import AuraModel
import GRDB
import JSON
import Storage

/// The rows of jobs.
enum JobRows {
    /// Which jobs may still run, as SQL.
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

    /// A job that was just queued; what it does not have yet is left null.
    private static func insert(_ job: Job, turn: Int64, _ database: Database) throws {
        var statement = try HotStatement(
            database,
            """
            INSERT INTO job (id, kind, instance, tenant, change, state, priority, available_at, epoch, attempt, deadline,
                blocked_by, definition_version, input, created_at, progress, turn)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        statement.bind(job.id.text)
        statement.bind(job.kind.rawValue)
        statement.bind(job.instance.text)
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
        try statement.run()
    }

    /// The place of a new job in the queue: behind the tenant's own, and not before what is being served
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

    /// What others own of a row that a worker wrote.
    struct Written {
        var cancellation: Cancellation?
    }

    /// Writes what a worker may change, where the epoch is still its own. None where it is not.
    static func update(_ job: Job, releasesLease: Bool, _ database: Database) throws -> Written? {
        let goesOn = job.state == .running && job.place == nil && !releasesLease
        // A row that is at a place, was in another state or is to be cancelled is not found this way, and is moved.
        if goesOn, try goOn(job, database) { return Written(cancellation: nil) }
        guard try move(job, releasesLease: releasesLease, database) else { return nil }
        var statement = try HotStatement(database, "SELECT cancellation FROM job WHERE id = ?")
        statement.bind(job.id.text)
        var written = Written()
        try statement.forEachRow { written.cancellation = $0.text(0).flatMap(Cancellation.init(rawValue:)) }
        return written
    }

    /// A job that its worker keeps, at work on its steps: most transitions are so. No column that an index holds is set, since
    /// SQLite moves the row in every index whose column a statement names, changed or not. Nor does it return
    /// anything: for RETURNING, SQLite makes a table, and copies every page that the statement touches.
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

    /// A worker that lets go without knowing what others asked of the job meanwhile leaves it due at once.
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

    /// The columns of ``job(_:)-(HotRow)``, in their order.
    static let columns = """
        id, kind, instance, tenant, change, state, priority, available_at, epoch, attempt, progress, deadline, cancellation,
        blocked_by, place, definition_version, input, waiting_for, failure, created_at, started_at, finished_at
        """

    static func job(_ row: HotRow) throws -> Job {
        let id = row.text(0) ?? ""
        guard let kind = JobKind(rawValue: row.text(1) ?? ""), let state = JobState(rawValue: row.text(5) ?? "") else {
            throw StorageError(.corrupt, "job \(id) has a kind or a state that this version does not know")
        }
        let moment = { (column: Int32) in row.number(column).map(Timestamp.init(milliseconds:)) }
        let input = row.text(16) ?? "null"
        var job = Job(
            id: JobID(id), kind: kind, instance: InstanceID(row.text(2) ?? ""), tenant: TenantID(row.text(3) ?? ""),
            change: ChangeID(row.text(4) ?? ""), definitionVersion: Int(row.number(15) ?? 0),
            input: input == "null" ? .null : try JSONValue(parsing: input),
            createdAt: Timestamp(milliseconds: row.number(19) ?? 0),
            deadline: Timestamp(milliseconds: row.number(11) ?? 0))
        job.state = state
        job.priority = Int(row.number(6) ?? 0)
        job.availableAt = Timestamp(milliseconds: row.number(7) ?? 0)
        job.epoch = row.number(8) ?? 0
        job.attempt = Int(row.number(9) ?? 0)
        job.progress = row.double(10)
        job.cancellation = row.text(12).flatMap(Cancellation.init(rawValue:))
        job.blockedBy = row.text(13).map { JobID($0) }
        job.place = row.text(14)
        job.waitingFor = row.text(17)
        job.failure = try row.text(18).map { try JSONCoder.decode(Failure.self, from: $0) }
        job.startedAt = moment(20)
        job.finishedAt = moment(21)
        return job
    }

    static func find(_ id: JobID, _ database: Database) throws -> Job? {
        let statement = try database.cachedStatement(sql: "SELECT * FROM job WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.text]).map(job)
    }

    static func active(of instance: InstanceID, _ database: Database) throws -> [Job] {
        let statement = try database.cachedStatement(
            sql: "SELECT * FROM job WHERE instance = ? AND \(active) ORDER BY id")
        return try Row.fetchAll(statement, arguments: [instance.text]).map(job)
    }

    static func fetch(_ query: JobQuery, _ database: Database) throws -> [Job] {
        var conditions = ["true"]
        var arguments: StatementArguments = []
        if let after = query.after {
            conditions.append(query.newestFirst ? "id < ?" : "id > ?")
            arguments += [after.text]
        }
        let columns = [
            ("instance", query.instance?.text), ("tenant", query.tenant?.text), ("change", query.change?.text),
        ]
        for case (let column, let value?) in columns {
            conditions.append("\(column) = ?")
            arguments += [value]
        }
        if !query.states.isEmpty {
            let marks = Array(repeating: "?", count: query.states.count).joined(separator: ", ")
            conditions.append("state IN (\(marks))")
            arguments += StatementArguments(query.states.map(\.rawValue))
        }
        arguments += [query.limit]
        let order = query.newestFirst ? "id DESC" : "id"
        let sql = "SELECT * FROM job WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT ?"
        return try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments).map(job)
    }

    static func job(_ row: Row) throws -> Job {
        let id: String = row["id"]
        guard let kind = JobKind(rawValue: row["kind"]), let state = JobState(rawValue: row["state"]) else {
            throw StorageError(.corrupt, "job \(id) has a kind or a state that this version does not know")
        }
        var job = Job(
            id: JobID(id), kind: kind, instance: InstanceID(row["instance"]), tenant: TenantID(row["tenant"]),
            change: ChangeID(row["change"]), definitionVersion: row["definition_version"],
            input: try JSONValue(parsing: row["input"] as String),
            createdAt: Timestamp(milliseconds: row["created_at"]),
            deadline: Timestamp(milliseconds: row["deadline"]))
        job.state = state
        job.priority = row["priority"]
        job.availableAt = Timestamp(milliseconds: row["available_at"])
        job.epoch = row["epoch"]
        job.attempt = row["attempt"]
        job.progress = row["progress"]
        job.cancellation = (row["cancellation"] as String?).flatMap(Cancellation.init(rawValue:))
        job.blockedBy = (row["blocked_by"] as String?).map { JobID($0) }
        job.place = row["place"]
        job.waitingFor = row["waiting_for"]
        job.failure = try (row["failure"] as String?).map { try JSONCoder.decode(Failure.self, from: $0) }
        job.startedAt = (row["started_at"] as Int64?).map(Timestamp.init(milliseconds:))
        job.finishedAt = (row["finished_at"] as Int64?).map(Timestamp.init(milliseconds:))
        return job
    }
}
