package import AuraModel
import JSON

/// The rows of records in a database with SQL.
package struct SQLRecordRows<Connection: SQLConnection>: RecordRows {
    private let connection: Connection

    /// Creates the rows of the transaction that the connection is in.
    package init(_ connection: Connection) {
        self.connection = connection
    }

    private static var columns: [String] {
        ["collection", "key", "tenant", "parent", "value", "due_at", "version", "created_at", "updated_at"]
    }

    // MARK: Reads

    package func record(_ id: RecordID) throws -> Record? {
        try rows("collection = ? AND key = ?", id.values, order: "key", limit: 1).entries.first?.row()
    }

    package func record(_ id: RecordID, in scope: TenantScope) throws -> Record? {
        // The tenant is compared before the value is decoded.
        guard case .only(let tenants) = scope else { return try record(id) }
        let owner = try connection.rows("SELECT tenant FROM record WHERE collection = ? AND key = ?", id.values).first
        guard let tenant = try owner?.optionalText("tenant"), tenants.contains(TenantID(tenant)) else { return nil }
        return try record(id)
    }

    package func records(_ query: RecordQuery) throws -> Page<Record> {
        var conditions = ["collection = ?"]
        var values: [SQLValue] = [.text(query.collection.text)]
        if let parent = query.parent {
            conditions.append("parent = ?")
            values.append(.text(parent))
        }
        if let after = query.after {
            conditions.append(query.isDescending ? "key < ?" : "key > ?")
            values.append(.text(after))
        }
        if case .only(let tenants) = query.scope {
            guard !tenants.isEmpty else { return Page() }
            conditions.append("tenant IN (\(Array(repeating: "?", count: tenants.count).joined(separator: ", ")))")
            values += tenants.map(\.text).sorted().map { .text($0) }
        }
        return try rows(
            conditions.joined(separator: " AND "), values, order: query.isDescending ? "key DESC" : "key",
            limit: query.limit)
    }

    /// Returns the records of a collection that are due, those that are due longest first.
    package func due(_ collection: RecordCollection, at now: Timestamp, limit: Int) throws -> Page<Record> {
        try rows(
            "collection = ? AND due_at <= ?", [.text(collection.text), SQLValue(now)], order: "due_at, key",
            limit: limit)
    }

    /// Returns the earliest due time in a collection.
    package func nextDue(_ collection: RecordCollection) throws -> Timestamp? {
        let sql = "SELECT due_at FROM record WHERE collection = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1"
        return try connection.rows(sql, [.text(collection.text)]).first?.moment("due_at")
    }

    private func rows(
        _ condition: String, _ values: [SQLValue], order: String, limit: Int
    ) throws -> Page<Record> {
        let columns = Self.columns.joined(separator: ", ")
        let sql = "SELECT \(columns) FROM record WHERE \(condition) ORDER BY \(order) LIMIT ?"
        return Page(
            try connection.rows(sql, values + [.number(Int64(limit))]).map { row in
                UnreadableRow.catching(.record, id: "\(row.shown("collection")) \(row.shown("key"))") {
                    try Record(row)
                }
            })
    }

    package func count(_ collection: RecordCollection, of tenant: TenantID) throws -> Int {
        try connection.count(
            "FROM record WHERE collection = ? AND tenant = ?", [.text(collection.text), .text(tenant.text)])
    }

    // MARK: Writes

    /// The name of the lock of a collection.
    package static func lockName(of collection: RecordCollection) -> String { "record \(collection.text)" }

    package func lock(_ collection: RecordCollection) throws { try connection.lock(Self.lockName(of: collection)) }

    package func insert(_ record: Record) throws {
        try connection.insert(
            record.id.values + [
                SQLValue(record.contents.tenant?.text), SQLValue(record.contents.parent),
                .text(record.value.serializedString()), SQLValue(record.contents.due),
                .number(Int64(record.version)), SQLValue(record.createdAt), SQLValue(record.updatedAt),
            ], Self.columns, into: .record)
    }

    package func update(_ record: Record) throws {
        try connection.run(
            """
            UPDATE record SET parent = ?, value = ?, due_at = ?, version = ?, updated_at = ?
            WHERE collection = ? AND key = ?
            """,
            [
                SQLValue(record.contents.parent), .text(record.value.serializedString()),
                SQLValue(record.contents.due), .number(Int64(record.version)), SQLValue(record.updatedAt),
            ] + record.id.values)
    }

    package func delete(_ id: RecordID) throws {
        try connection.run("DELETE FROM record WHERE collection = ? AND key = ?", id.values)
    }
}

extension RecordID {
    /// The values of the primary key.
    fileprivate var values: [SQLValue] { [.text(collection.text), .text(key)] }
}

extension Record {
    fileprivate init(_ row: SQLRow) throws {
        self.init(
            RecordContents(
                RecordID(RecordCollection(try row.text("collection")), try row.text("key")),
                tenant: try row.optionalText("tenant").map { TenantID($0) }, parent: try row.optionalText("parent"),
                value: try JSONValue(parsing: try row.text("value")), due: try row.optionalMoment("due_at")),
            version: Int(try row.number("version")), createdAt: try row.moment("created_at"),
            updatedAt: try row.moment("updated_at"))
    }
}
