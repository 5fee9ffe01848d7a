import AuraModel
import GRDB
import JSON
import Storage

/// The rows of instances. The columns serve look-ups; `desired` belongs to the owner's calls, the rest to the workers.
///
/// An instance holds its name until it failed or was destroyed: by the time that a failed one is being destroyed, the name
/// may be another's. Only when a failed one is tried again does it take its name again.
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

    /// Lets an instance that had failed hold its name again.
    static func takeName(_ instance: Instance, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: "UPDATE instance SET holds_name = 1 WHERE id = ?")
        do {
            try statement.execute(arguments: [instance.id.text])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw nameTaken(instance)
        }
    }

    /// The instances of a tenant that count against its quota; of all tenants for `nil`.
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

    /// What an owner's call changes.
    static func updateWhole(_ instance: Instance, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE instance SET desired = ?, phase = ?, holds_name = holds_name AND ?, document = ? WHERE id = ?")
        try statement.execute(arguments: [
            instance.desired.rawValue, instance.phase.rawValue, keepsName(instance),
            try JSONCoder.encodeString(instance),
            instance.id.text,
        ])
    }

    /// What a worker changes: all but `desired`.
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
            let statement = try database.cachedStatement(sql: "SELECT desired, document FROM instance WHERE id = ?")
            return try Row.fetchOne(statement, arguments: [id.text]).map(instance)
        case .name(let name, let tenant):
            let statement = try database.cachedStatement(
                sql: """
                    SELECT desired, document FROM instance WHERE tenant = ? AND name = ?
                    ORDER BY holds_name DESC, id DESC LIMIT 1
                    """)
            return try Row.fetchOne(statement, arguments: [tenant.text, name]).map(instance)
        }
    }

    static func fetch(_ query: InstanceQuery, _ database: Database) throws -> [Instance] {
        var conditions = ["id > ?"]
        var arguments: StatementArguments = [query.after?.text ?? ""]
        if let instance = query.instance {
            conditions.append("id = ?")
            arguments += [instance.text]
        }
        if let tenant = query.tenant {
            conditions.append("tenant = ?")
            arguments += [tenant.text]
        }
        if !query.phases.isEmpty {
            let marks = Array(repeating: "?", count: query.phases.count).joined(separator: ", ")
            conditions.append("phase IN (\(marks))")
            arguments += StatementArguments(query.phases.map(\.rawValue))
        } else if !query.includesDestroyed, query.instance == nil {
            conditions.append("phase <> 'destroyed'")
        }
        arguments += [query.limit]
        let sql =
            "SELECT desired, document FROM instance WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?"
        return try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments).map(instance)
    }

    private static func instance(_ row: Row) throws -> Instance {
        try Stored(desired: row["desired"], document: row["document"]).instance()
    }

    /// A row as it stands; reading the document takes its time, and need not be the writer's.
    struct Stored: Sendable {
        var desired: String
        var document: String

        func instance() throws -> Instance {
            var instance = try JSONCoder.decode(Instance.self, from: document)
            guard let desired = DesiredState(rawValue: desired) else {
                throw StorageError(.corrupt, "instance \(instance.id) wants a state that this version does not know")
            }
            instance.desired = desired
            return instance
        }
    }

    static func stored(_ id: InstanceID, _ database: Database) throws -> Stored? {
        var statement = try HotStatement(database, "SELECT desired, document FROM instance WHERE id = ?")
        statement.bind(id.text)
        var found: Stored?
        try statement.forEachRow { found = Stored(desired: $0.text(0) ?? "", document: $0.text(1) ?? "") }
        return found
    }
}
