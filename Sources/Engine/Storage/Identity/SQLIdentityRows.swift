package import AuraModel
import JSON

/// The rows of identities in a database with SQL.
package struct SQLIdentityRows<Connection: SQLConnection>: IdentityRows {
    private let connection: Connection

    /// Creates the rows of the transaction that the connection is in.
    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Reads all rows. The transaction must see one snapshot.
    package func identities() throws -> Identities {
        let tenants = try all(TenantRecord.self)
        let principals = try all(PrincipalRecord.self)
        let tokens = try all(TokenRecord.self)
        let sessions = try all(SessionRecord.self)
        let keys = try all(DeniedKey.self)
        return Identities(
            tenants: tenants.rows.filter { $0.id != Tenant.installation }, principals: principals.rows,
            tokens: tokens.rows, sessions: sessions.rows,
            deniedKeys: keys.rows, changes: try changes(),
            unreadable: tenants.unreadable + principals.unreadable + tokens.unreadable + sessions.unreadable
                + keys.unreadable)
    }

    /// The lock that each change of identities takes.
    package static var lockName: String { "identities" }

    package func lockChanges() throws -> Int64 {
        try connection.lock(Self.lockName)
        return try changes()
    }

    /// Returns the counter of changes.
    package func changes() throws -> Int64 {
        guard let row = try connection.rows("SELECT changes FROM identity_head WHERE one = 1", []).first else {
            throw StorageError(.corrupt, "the counter of identity changes is missing: restore a backup")
        }
        return try row.number("changes")
    }

    package func setChanges(_ changes: Int64) throws {
        try connection.run("UPDATE identity_head SET changes = ? WHERE one = 1", [.number(changes)])
    }

    // MARK: Tenants and principals

    /// Returns `nil` for the installation, whose row only its secrets refer to.
    package func tenant(_ id: TenantID) throws -> TenantRecord? {
        id == Tenant.installation ? nil : try find(.text(id.text))
    }

    package func countTenants() throws -> Int {
        try connection.count("FROM tenant WHERE id <> ?", [.text(Tenant.installation.text)])
    }

    package func tenantsWithoutRow() throws -> [TenantID] {
        let sql = "SELECT DISTINCT tenant FROM instance WHERE tenant NOT IN (SELECT id FROM tenant) ORDER BY tenant"
        return try connection.rows(sql, []).map { TenantID(try $0.text("tenant")) }
    }

    package func put(_ tenant: TenantRecord) throws {
        try insert(
            tenant, "ON CONFLICT (id) DO UPDATE SET is_enabled = excluded.is_enabled, quota = excluded.quota")
    }

    package func principal(_ id: PrincipalID) throws -> PrincipalRecord? { try find(.text(id.text)) }

    package func principal(named name: String) throws -> PrincipalID? {
        let row = try connection.rows("SELECT id FROM principal WHERE name = ?", [.text(name)]).first
        return try row.map { PrincipalID(try $0.text("id")) }
    }

    package func countPrincipals() throws -> Int { try connection.count("FROM principal", []) }

    package func put(_ principal: PrincipalRecord) throws {
        try insert(
            principal,
            """
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, scopes = excluded.scopes, tenants = excluded.tenants,
                is_enabled = excluded.is_enabled
            """)
    }

    // MARK: Tokens

    package func token(_ id: [UInt8]) throws -> TokenRecord? { try find(.bytes(id)) }

    package func countTokens(at now: Timestamp) throws -> Int {
        try connection.count(
            "FROM token WHERE revoked_at IS NULL AND (expires IS NULL OR expires > ?)", [SQLValue(now)])
    }

    package func validTokens(at now: Timestamp) throws -> [TokenRecord] {
        let sql =
            "SELECT \(TokenRecord.columnList) FROM token WHERE revoked_at IS NULL AND (expires IS NULL OR expires > ?)"
        return Page(try connection.rows(sql, [SQLValue(now)]).map(TokenRecord.entry)).rows
    }

    package func insert(_ token: TokenRecord) throws { try insert(token, "") }

    package func revoke(_ token: [UInt8], at now: Timestamp) throws {
        try connection.run("UPDATE token SET revoked_at = ? WHERE id = ?", [SQLValue(now), .bytes(token)])
    }

    package func setLastUse(ofToken id: [UInt8], to moment: Timestamp) throws {
        try connection.run(
            "UPDATE token SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)",
            [SQLValue(moment), .bytes(id), SQLValue(moment)])
    }

    // MARK: Sessions and denied keys

    package func session(_ digest: [UInt8]) throws -> SessionRecord? { try find(.bytes(digest)) }

    package func countSessions(at now: Timestamp) throws -> Int {
        try connection.count("FROM session WHERE expires > ?", [SQLValue(now)])
    }

    package func countSessions(ofToken id: [UInt8], at now: Timestamp, usedAfter moment: Timestamp) throws -> Int {
        try connection.count(
            "FROM session WHERE token = ? AND expires > ? AND last_used_at > ?",
            [.bytes(id), SQLValue(now), SQLValue(moment)])
    }

    package func insert(_ session: SessionRecord) throws { try insert(session, "") }

    package func setLastUse(ofSession digest: [UInt8], to moment: Timestamp) throws -> Bool {
        let sql = "UPDATE session SET last_used_at = ? WHERE digest = ? AND last_used_at < ?"
        return try connection.run(sql, [SQLValue(moment), .bytes(digest), SQLValue(moment)]) > 0
    }

    package func deleteSession(_ digest: [UInt8]) throws -> Bool {
        try connection.run("DELETE FROM session WHERE digest = ?", [.bytes(digest)]) > 0
    }

    package func deleteSessions(ofToken id: [UInt8]) throws {
        try connection.run("DELETE FROM session WHERE token = ?", [.bytes(id)])
    }

    package func prune(before moment: Timestamp) throws -> Int {
        let limit = SQLValue(moment)
        let isOver = "(revoked_at < ? OR expires < ?)"
        let sessions = try connection.run(
            "DELETE FROM session WHERE expires < ? OR token IN (SELECT id FROM token WHERE \(isOver))",
            [limit, limit, limit])
        return try sessions + connection.run("DELETE FROM token WHERE \(isOver)", [limit, limit])
    }

    package func insert(_ key: DeniedKey) throws -> Bool { try insert(key, "ON CONFLICT (digest) DO NOTHING") > 0 }

    // MARK: Any table

    private func all<Row: StoredIdentity>(_: Row.Type) throws -> Page<Row> {
        let sql = "SELECT \(Row.columnList) FROM \(Row.table.rawValue) ORDER BY \(Row.columns[0])"
        return Page(try connection.rows(sql, []).map(Row.entry))
    }

    private func find<Row: StoredIdentity>(_ key: SQLValue) throws -> Row? {
        let sql = "SELECT \(Row.columnList) FROM \(Row.table.rawValue) WHERE \(Row.columns[0]) = ?"
        return try connection.rows(sql, [key]).first.map { try Row.entry($0).row() }
    }

    @discardableResult
    private func insert<Row: StoredIdentity>(_ row: Row, _ conflict: String) throws -> Int {
        try connection.insert(row.values, Row.columns, into: Row.table, conflict)
    }
}

extension SQLConnection {
    /// Returns the number of rows of a query without its `SELECT`.
    func count(_ rows: String, _ values: [SQLValue]) throws -> Int {
        Int(try self.rows("SELECT count(*) AS count \(rows)", values).first?.number("count") ?? 0)
    }

    /// Inserts a row. `conflict` is an `ON CONFLICT` clause, or empty. Returns the number of rows that were changed.
    @discardableResult
    func insert(
        _ values: [SQLValue], _ columns: [String], into table: UnreadableRow.Table, _ conflict: String = ""
    ) throws -> Int {
        let marks = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        let list = columns.joined(separator: ", ")
        return try run("INSERT INTO \(table.rawValue) (\(list)) VALUES (\(marks)) \(conflict)", values)
    }
}

// MARK: - The rows as records

/// A record of an ``IdentityStore`` as a row. The first column is the primary key.
private protocol StoredIdentity: Sendable {
    static var table: UnreadableRow.Table { get }
    static var columns: [String] { get }
    /// The values of the columns, in their order.
    var values: [SQLValue] { get }
    init(_ row: SQLRow) throws
}

extension StoredIdentity {
    fileprivate static var columnList: String { columns.joined(separator: ", ") }

    fileprivate static func entry(_ row: SQLRow) -> Result<Self, UnreadableRow> {
        UnreadableRow.catching(table, id: row.shown(columns[0])) { try Self(row) }
    }
}

extension TenantRecord: StoredIdentity {
    fileprivate static let table = UnreadableRow.Table.tenant
    fileprivate static let columns = ["id", "is_enabled", "quota", "created_at", "created_by"]

    fileprivate var values: [SQLValue] {
        [.text(id.text), .flag(isEnabled), .text(quota.document), SQLValue(createdAt), SQLValue(createdBy?.text)]
    }

    fileprivate init(_ row: SQLRow) throws {
        self.init(
            id: TenantID(try row.text("id")), isEnabled: try row.flag("is_enabled"),
            quota: try TenantQuota(document: row.text("quota")), createdAt: try row.moment("created_at"),
            createdBy: try row.optionalText("created_by").map { PrincipalID($0) })
    }
}

extension PrincipalRecord: StoredIdentity {
    fileprivate static let table = UnreadableRow.Table.principal
    fileprivate static let columns = [
        "id", "name", "kind", "scopes", "tenants", "is_enabled", "created_at", "created_by",
    ]

    fileprivate var values: [SQLValue] {
        [
            .text(id.text), .text(name), .text(kind.rawValue), .text(StoredList.text(scopes)), .text(tenants.stored),
            .flag(isEnabled), SQLValue(createdAt), SQLValue(createdBy?.text),
        ]
    }

    fileprivate init(_ row: SQLRow) throws {
        let kind = PrincipalKind(rawValue: try row.text("kind"))
        guard PrincipalKind.allCases.contains(kind) else {
            throw StorageError.unknown(kind.rawValue, as: "kind", of: "principal \(row.shown("id"))")
        }
        self.init(
            id: PrincipalID(try row.text("id")), name: try row.text("name"), kind: kind,
            scopes: try StoredList.read(row.text("scopes"), "scopes"), tenants: try TenantScope(row),
            isEnabled: try row.flag("is_enabled"), createdAt: try row.moment("created_at"),
            createdBy: try row.optionalText("created_by").map { PrincipalID($0) })
    }
}

extension TokenRecord: StoredIdentity {
    fileprivate static let table = UnreadableRow.Table.token
    fileprivate static let columns = [
        "id", "key_id", "principal", "name", "scopes", "tenants", "not_before", "expires", "revoked_at", "check_value",
        "created_at", "created_by", "last_used_at",
    ]

    /// The text of ``scopes`` if they are those of the principal. A missing text does not mean the same.
    private static let scopesOfPrincipal = "null"

    fileprivate var values: [SQLValue] {
        [
            .bytes(id), .text(keyID), .text(principal.text), .text(name),
            .text(scopes.map(StoredList.text) ?? Self.scopesOfPrincipal), .text(tenants.stored), SQLValue(notBefore),
            SQLValue(expires), SQLValue(revokedAt), .bytes(check), SQLValue(createdAt), SQLValue(createdBy?.text),
            SQLValue(lastUsedAt),
        ]
    }

    fileprivate init(_ row: SQLRow) throws {
        let scopes = try row.text("scopes")
        self.init(
            id: try row.bytes("id", count: Self.idBytes), keyID: try row.text("key_id"),
            principal: PrincipalID(try row.text("principal")), name: try row.text("name"),
            scopes: scopes == Self.scopesOfPrincipal ? nil : try StoredList.read(scopes, "scopes"),
            tenants: try TenantScope(row), notBefore: try row.moment("not_before"),
            expires: try row.optionalMoment("expires"), check: try row.bytes("check_value", count: Self.checkBytes),
            createdAt: try row.moment("created_at"),
            createdBy: try row.optionalText("created_by").map { PrincipalID($0) })
        revokedAt = try row.optionalMoment("revoked_at")
        lastUsedAt = try row.optionalMoment("last_used_at")
    }
}

extension SessionRecord: StoredIdentity {
    fileprivate static let table = UnreadableRow.Table.session
    fileprivate static let columns = ["digest", "token", "created_at", "last_used_at", "expires"]

    fileprivate var values: [SQLValue] {
        [.bytes(digest), .bytes(token), SQLValue(createdAt), SQLValue(lastUsedAt), SQLValue(expires)]
    }

    fileprivate init(_ row: SQLRow) throws {
        self.init(
            digest: try row.bytes("digest", count: Self.digestBytes), token: try row.bytes("token"),
            createdAt: try row.moment("created_at"), expires: try row.moment("expires"))
        lastUsedAt = try row.moment("last_used_at")
    }
}

extension DeniedKey: StoredIdentity {
    fileprivate static let table = UnreadableRow.Table.deniedKey
    fileprivate static let columns = ["digest", "denied_at", "denied_by"]

    fileprivate var values: [SQLValue] { [.bytes(digest), SQLValue(at), SQLValue(by?.text)] }

    /// A damaged time or principal does not make the row unreadable, since the key would then be accepted again.
    fileprivate init(_ row: SQLRow) throws {
        self.init(
            digest: try row.bytes("digest", count: Self.digestBytes),
            at: (try? row.moment("denied_at")) ?? Timestamp(milliseconds: 0),
            by: (try? row.optionalText("denied_by")).flatMap { $0 }.map { PrincipalID($0) })
    }
}

/// A list of texts as JSON.
private enum StoredList {
    static func text(_ list: [String]) -> String { JSONValue.array(list.map { .string($0) }).serializedString() }

    static func read(_ text: String, _ column: String) throws -> [String] {
        guard let list = try? [String](json: JSONValue(parsing: text)) else {
            throw SQLRow.Damage(column: column, expected: "list")
        }
        return list
    }
}

extension TenantScope {
    /// The text for all tenants. A list of tenants is a JSON array instead.
    private static let allTenants = "\"all\""

    /// The stored form.
    fileprivate var stored: String {
        switch self {
        case .all: Self.allTenants
        case .only(let tenants): StoredList.text(tenants.map(\.text).sorted())
        }
    }

    /// Reads the column `tenants`.
    fileprivate init(_ row: SQLRow) throws {
        let text = try row.text("tenants")
        self = text == Self.allTenants ? .all : .only(Set(try StoredList.read(text, "tenants").map { TenantID($0) }))
    }
}

extension TenantQuota {
    private static let names = [
        "liveInstances", "jobsInFlight", "callsPerMinute", "mutationsPerMinute", "tokens", "secrets",
    ]

    /// The stored form, a JSON object with the members that are not `nil`.
    var document: String {
        var json = JSONText(capacity: 128)
        json.object { json in
            json.member("liveInstances", liveInstances)
            json.member("jobsInFlight", jobsInFlight)
            json.member("callsPerMinute", callsPerMinute)
            json.member("mutationsPerMinute", mutationsPerMinute)
            json.member("tokens", tokens)
            json.member("secrets", secrets)
            json.members(otherMembers)
        }
        return String(decoding: json.bytes, as: UTF8.self)
    }

    /// Reads the stored form. Throws if a limit is no number.
    init(document: String) throws {
        let members = try JSONMembers(try JSONValue(parsing: document))
        self.init(
            liveInstances: try members.optional("liveInstances"), jobsInFlight: try members.optional("jobsInFlight"),
            callsPerMinute: try members.optional("callsPerMinute"),
            mutationsPerMinute: try members.optional("mutationsPerMinute"), tokens: try members.optional("tokens"),
            secrets: try members.optional("secrets"))
        otherMembers = members.all.filter { !Self.names.contains($0.key) }
    }
}
