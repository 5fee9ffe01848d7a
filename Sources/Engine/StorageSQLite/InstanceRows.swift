import AuraModel
import GRDB
import JSON
import Storage

/// The rows of instances. The columns serve look-ups. Operations write `desired`, workers write everything else.
///
/// An instance holds its name until it fails or is destroyed. While a failed instance is being destroyed, another instance
/// may already have the name. A failed instance holds its name again only when it is retried.
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

    /// Lets a failed instance hold its name again. Throws `nameTaken` if another instance holds it.
    static func takeName(_ instance: Instance, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "UPDATE instance SET holds_name = 1 WHERE id = ?")
        do {
            try statement.execute(arguments: [instance.id.text])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw nameTaken(instance)
        }
    }

    /// Returns the number of instances that count against the quota of a tenant, or of all tenants for `nil`; at most `limit`.
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

    /// Writes an operation's changes.
    static func updateWhole(_ instance: Instance, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE instance SET desired = ?, phase = ?, holds_name = holds_name AND ?, document = ? WHERE id = ?")
        try statement.execute(arguments: [
            instance.desired.rawValue, instance.phase.rawValue, keepsName(instance),
            try instance.document(),
            instance.id.text,
        ])
    }

    /// Writes a worker's changes: everything but `desired`.
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

    static func find(_ reference: InstanceReference, _ database: Database) throws -> Instance? {
        switch reference {
        case .id(let id):
            return try select("WHERE id = ?", [.text(id.text)], database).first?.instance()
        case .name(let name, let tenant):
            return try select(
                "WHERE tenant = ? AND name = ? ORDER BY holds_name DESC, id DESC LIMIT 1",
                [.text(tenant.text), .text(name)], database
            ).first?.instance()
        }
    }

    static func fetch(_ query: InstanceQuery, _ database: Database) throws -> Page<Instance> {
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
        if !query.phases.isEmpty {
            let marks = Array(repeating: "?", count: query.phases.count).joined(separator: ", ")
            conditions.append("phase IN (\(marks))")
            values += query.phases.map { .text($0.rawValue) }
        } else if !query.includesDestroyed, query.instance == nil {
            conditions.append("phase <> 'destroyed'")
        }
        values.append(.number(Int64(query.limit)))
        let stored = try select(
            "WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?", values, database)
        return Page(stored.map(\.entry))
    }

    private static func select(_ rest: String, _ values: [HotValue], _ database: Database) throws -> [Stored] {
        try HotStatement(database, "SELECT id, desired, document FROM instance \(rest)", values).rows { row in
            Stored(id: row.text(0) ?? "", desired: row.text(1) ?? "", document: row.text(2) ?? "")
        }
    }

    /// A row as it is stored. Parsing the document takes time and does not have to run on the writer thread.
    struct Stored: Sendable {
        var id: String
        var desired: String
        var document: String

        func instance() throws -> Instance {
            guard let desired = DesiredState(rawValue: desired) else {
                throw StorageError.unknown(desired, as: "desired state", of: "instance \(id)")
            }
            return try Instance(stored: document, id: id, desired: desired)
        }

        var entry: Result<Instance, UnreadableRow> {
            UnreadableRow.catching(.instance, id: id, instance: InstanceID(id), document: document) { try instance() }
        }
    }

    static func stored(_ id: InstanceID, _ database: Database) throws -> Stored? {
        try select("WHERE id = ?", [.text(id.text)], database).first
    }
}
