import AuraModel
import GRDB
import JSON
import Storage

/// The rows of the ledger.
enum LedgerRows {
    static func head(_ database: Database) throws -> Int64 {
        let statement = try database.cachedStatement(sql: "SELECT seq FROM event_head WHERE one = 1")
        return try Int64.fetchOne(statement) ?? 0
    }

    static func bounds(_ database: Database) throws -> LedgerBounds {
        let statement = try database.cachedStatement(sql: "SELECT floor, seq FROM event_head WHERE one = 1")
        guard let row = try Row.fetchOne(statement) else { return LedgerBounds(floor: 0, head: 0) }
        return LedgerBounds(floor: row["floor"], head: row["seq"])
    }

    static func setHead(_ seq: Int64, _ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE event_head SET seq = ? WHERE one = 1").execute(arguments: [seq])
    }

    /// Gives each draft the next `seq` and writes it.
    static func append(_ drafts: [EventDraft], _ database: Database, _ ledger: inout GroupCommit.Ledger) throws {
        guard !drafts.isEmpty else { return }
        var statement = try HotStatement(
            database,
            """
            INSERT INTO event (seq, at, type, tenant, instance, job, change, phase, step, progress, message, data)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        for draft in drafts {
            ledger.head += 1
            statement.rewind()
            statement.bind(ledger.head)
            statement.bind(draft.at.milliseconds)
            statement.bind(draft.type.rawValue)
            statement.bind(draft.tenant.text)
            statement.bind(draft.instance?.text)
            statement.bind(draft.job?.text)
            statement.bind(draft.change?.text)
            statement.bind(draft.phase?.rawValue)
            statement.bind(draft.step)
            statement.bind(draft.progress)
            statement.bind(draft.message)
            statement.bind(draft.data?.serializedString())
            try statement.run()
            ledger.events.append(Event(seq: ledger.head, entry: draft))
        }
    }

    /// Found by way of the job's instance: an index of their own would be written with each event and read hardly ever. A job
    /// is kept for as long as its events.
    private static let ofJob = "instance = (SELECT instance FROM job WHERE id = ?) AND job = ?"
    private static let ofChange = """
        seq IN (
            SELECT seq FROM event
            WHERE instance IN (SELECT instance FROM job WHERE change = ?) AND job IS NOT NULL AND change = ?
            UNION ALL SELECT seq FROM event WHERE job IS NULL AND change = ?)
        """

    static func fetch(_ query: EventQuery, _ database: Database) throws -> [Event] {
        try bounds(database).check(cursor: query.after)
        var conditions = ["seq > ?"]
        var arguments: StatementArguments = [query.after]
        if let through = query.through {
            conditions.append("seq <= ?")
            arguments += [through]
        }
        let filter = query.filter
        let parts = [
            ("instance = ?", filter.instance?.text), (ofJob, filter.job?.text), ("tenant = ?", filter.tenant?.text),
            (ofChange, filter.change?.text),
        ]
        for case (let condition, let value?) in parts {
            conditions.append(condition)
            arguments += StatementArguments(Array(repeating: value, count: condition.count { $0 == "?" }))
        }
        if !filter.types.isEmpty {
            let marks = Array(repeating: "?", count: filter.types.count).joined(separator: ", ")
            conditions.append("type IN (\(marks))")
            arguments += StatementArguments(filter.types.map(\.rawValue).sorted())
        }
        let sql = "SELECT * FROM event WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq LIMIT ?"
        arguments += [query.limit]
        return try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments).map(event)
    }

    private static func event(_ row: Row) throws -> Event {
        guard let type = EventType(rawValue: row["type"]) else {
            throw StorageError(.corrupt, "the ledger has an event of an unknown type at seq \(row["seq"] as Int64)")
        }
        var draft = EventDraft(
            at: Timestamp(milliseconds: row["at"]), type: type, tenant: TenantID(row["tenant"]), message: row["message"]
        )
        draft.instance = (row["instance"] as String?).map { InstanceID($0) }
        draft.job = (row["job"] as String?).map { JobID($0) }
        draft.change = (row["change"] as String?).map { ChangeID($0) }
        draft.phase = (row["phase"] as String?).flatMap(Phase.init(rawValue:))
        draft.step = row["step"]
        draft.progress = row["progress"]
        draft.data = try (row["data"] as String?).map { try JSONValue(parsing: $0) }
        return Event(seq: row["seq"], entry: draft)
    }
}
