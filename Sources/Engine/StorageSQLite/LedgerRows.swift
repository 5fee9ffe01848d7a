import AuraModel
import GRDB
import JSON
import Storage

/// The rows of the ledger.
enum LedgerRows {
    static func head(_ database: Database) throws -> Int64 {
        try HotStatement(database, "SELECT seq FROM event_head WHERE one = 1").rows { try $0.number(0) ?? 0 }.first ?? 0
    }

    static func bounds(_ database: any StatementSource) throws -> LedgerBounds {
        let statement = try HotStatement(database, "SELECT floor, seq FROM event_head WHERE one = 1")
        return try statement.rows { LedgerBounds(floor: try $0.number(0) ?? 0, head: try $0.number(1) ?? 0) }.first
            ?? LedgerBounds(floor: 0, head: 0)
    }

    static func setHead(_ seq: Int64, _ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE event_head SET seq = ? WHERE one = 1").execute(arguments: [seq])
    }

    /// Assigns the next `seq` to each draft, and writes the events to the table and to `ledger`.
    static func append(_ drafts: [EventDraft], _ database: Database, _ ledger: inout GroupCommit.LedgerDraft) throws {
        guard !drafts.isEmpty else { return }
        var statement = try HotStatement(
            database,
            """
            INSERT INTO event (seq, at, type, tenant, instance, job, change, phase, step, progress, message, data,
                principal)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
            statement.bind(draft.principal?.text)
            try statement.run()
            ledger.events.append(Event(seq: ledger.head, entry: draft))
        }
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

    static func fetch(_ query: EventQuery, _ database: any StatementSource) throws -> [Event] {
        try bounds(database).check(cursor: query.after)
        var conditions = ["seq > ?"]
        var values: [HotValue] = [.number(query.after)]
        if let through = query.through {
            conditions.append("seq <= ?")
            values.append(.number(through))
        }
        let filter = query.filter
        let parts = [
            ("instance = ?", filter.instance?.text), (ofJob, filter.job?.text), ("tenant = ?", filter.tenant?.text),
            (ofChange, filter.change?.text),
        ]
        for case (let condition, let value?) in parts {
            conditions.append(condition)
            values += Array(repeating: .text(value), count: condition.count { $0 == "?" })
        }
        if let tenants = filter.scope.comparison(besideFilter: filter.tenant) {
            HotValue.add(tenants, to: &conditions, &values)
        }
        if !filter.types.isEmpty {
            let marks = Array(repeating: "?", count: filter.types.count).joined(separator: ", ")
            conditions.append("type IN (\(marks))")
            values += filter.types.map(\.rawValue).sorted().map { .text($0) }
        }
        let sql = """
            SELECT seq, at, type, tenant, message, instance, job, change, phase, step, progress, data, principal
            FROM event
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY seq LIMIT ?
            """
        return try HotStatement(database, sql, values + [.number(Int64(query.limit))]).rows(event)
    }

    /// Converts a row. It accepts every row, so that an event is never omitted: a damaged time is the first moment of
    /// 1970, and a damaged progress is absent.
    private static func event(_ row: HotRow) throws -> Event {
        var draft = EventDraft(
            at: (try? row.moment(1)) ?? Timestamp(milliseconds: 0), type: EventType(rawValue: row.text(2) ?? ""),
            tenant: TenantID(row.text(3) ?? ""), message: row.text(4) ?? "")
        draft.principal = row.text(12).map { PrincipalID($0) }
        draft.instance = row.text(5).map { InstanceID($0) }
        draft.job = row.text(6).map { JobID($0) }
        draft.change = row.text(7).map { ChangeID($0) }
        draft.phase = row.text(8).map { Phase(rawValue: $0) }
        draft.step = row.text(9)
        draft.progress = try? row.double(10)
        draft.data = row.text(11).map(EventDraft.data(stored:))
        return Event(seq: try row.number(0) ?? 0, entry: draft)
    }
}
