package import AuraModel

/// The rows of secrets in a database with SQL.
package struct SQLSecretRows<Connection: SQLConnection>: SecretRows {
    private let connection: Connection
    package var audit: [AuditDraft] = []

    /// Creates the rows of the transaction that the connection is in.
    package init(_ connection: Connection) {
        self.connection = connection
    }

    private static var secretColumns: [String] {
        ["tenant", "name", "class", "current_version", "created_at", "updated_at"]
    }

    private static var versionColumns: [String] {
        [
            "tenant", "name", "version", "class", "key_id", "wrap_nonce", "wrapped", "nonce", "ciphertext",
            "created_at", "created_by", "change",
        ]
    }

    // MARK: Reads

    package func secret(_ reference: SecretReference) throws -> SecretRecord? {
        try secrets("tenant = ? AND name = ?", reference.key, limit: 1).entries.first?.row()
    }

    /// Returns a page of secrets, ordered by tenant and name.
    package func secrets(_ query: SecretQuery) throws -> Page<SecretRecord> {
        let after = query.after ?? SecretReference(tenant: TenantID(""), name: "")
        guard case .only(let tenants) = query.scope else {
            return try secrets("(tenant, name) > (?, ?)", after.key, limit: query.limit)
        }
        var page = Page<SecretRecord>()
        // One query per tenant, each through the primary key.
        for tenant in tenants.map(\.text).sorted(by: precedes) where page.count < query.limit {
            guard !precedes(tenant, after.tenant.text) else { continue }
            let name = tenant == after.tenant.text ? after.name : ""
            page.entries += try secrets(
                "tenant = ? AND name > ?", [.text(tenant), .text(name)], limit: query.limit - page.count
            ).entries
        }
        return page
    }

    private func secrets(_ condition: String, _ values: [SQLValue], limit: Int) throws -> Page<SecretRecord> {
        let columns = Self.secretColumns.joined(separator: ", ")
        let sql = "SELECT \(columns) FROM secret WHERE \(condition) ORDER BY tenant, name LIMIT ?"
        return Page(
            try connection.rows(sql, values + [.number(Int64(limit))]).map { row in
                UnreadableRow.catching(.secret, id: "\(row.shown("tenant")) \(row.shown("name"))") {
                    try SecretRecord(row)
                }
            })
    }

    /// Returns a version, the current one for `nil`.
    package func version(_ reference: SecretReference, _ version: Int?) throws -> SecretVersionRecord? {
        guard let version = try version ?? secret(reference)?.currentVersion else { return nil }
        return try self.version(SecretVersionReference(secret: reference, version: version))
    }

    package func version(_ reference: SecretVersionReference) throws -> SecretVersionRecord? {
        try versions("tenant = ? AND name = ? AND version = ?", reference.key, limit: 1).entries.first?.row()
    }

    /// Returns versions that are wrapped under another key than `keyID`.
    package func versions(
        notUnder keyID: String, after: SecretVersionReference?, limit: Int
    ) throws -> Page<SecretVersionRecord> {
        let first = SecretVersionReference(secret: SecretReference(tenant: TenantID(""), name: ""), version: 0)
        return try versions(
            "key_id <> ? AND (tenant, name, version) > (?, ?, ?)", [.text(keyID)] + (after ?? first).key, limit: limit)
    }

    private func versions(_ condition: String, _ values: [SQLValue], limit: Int) throws -> Page<SecretVersionRecord> {
        let columns = Self.versionColumns.joined(separator: ", ")
        let sql = "SELECT \(columns) FROM secret_version WHERE \(condition) ORDER BY tenant, name, version LIMIT ?"
        return Page(
            try connection.rows(sql, values + [.number(Int64(limit))]).map { row in
                let id = "\(row.shown("tenant")) \(row.shown("name")) \(row.shown("version"))"
                return UnreadableRow.catching(.secretVersion, id: id) { try SecretVersionRecord(row) }
            })
    }

    /// Returns the number of versions by the name of their key.
    package func versionCounts() throws -> [String: Int] {
        let sql = "SELECT key_id, count(*) AS count FROM secret_version GROUP BY key_id"
        let counts = try connection.rows(sql, []).map { (try $0.text("key_id"), Int(try $0.number("count"))) }
        return Dictionary(counts) { $0 + $1 }
    }

    package func countSecrets(of tenant: TenantID) throws -> Int {
        try connection.count("FROM secret WHERE tenant = ?", [.text(tenant.text)])
    }

    package func tenant(_ id: TenantID) throws -> TenantRecord? { try SQLIdentityRows(connection).tenant(id) }

    package func putInstallation(_ row: TenantRecord) throws { try SQLIdentityRows(connection).put(row) }

    // MARK: Writes

    /// The lock that each change of a tenant's secrets takes.
    package static func lockName(of tenant: TenantID) -> String { "secrets \(tenant.text)" }

    package func lockSecrets(of tenant: TenantID) throws { try connection.lock(Self.lockName(of: tenant)) }

    package func put(_ secret: SecretRecord) throws {
        try connection.insert(
            secret.reference.key + [
                .text(secret.secretClass.rawValue), .number(Int64(secret.currentVersion)), SQLValue(secret.createdAt),
                SQLValue(secret.updatedAt),
            ], Self.secretColumns, into: .secret,
            """
            ON CONFLICT (tenant, name) DO UPDATE SET class = excluded.class,
                current_version = excluded.current_version, updated_at = excluded.updated_at
            """)
    }

    package func insert(_ version: SecretVersionRecord) throws {
        try connection.insert(
            version.reference.key + [
                .text(version.secretClass.rawValue), .text(version.keyID), .bytes(version.wrapNonce),
                .bytes(version.wrapped), .bytes(version.nonce), .bytes(version.ciphertext),
                SQLValue(version.createdAt), SQLValue(version.createdBy?.text), SQLValue(version.change?.text),
            ], Self.versionColumns, into: .secretVersion)
    }

    package func deleteVersions(before version: SecretVersionReference) throws {
        try connection.run("DELETE FROM secret_version WHERE tenant = ? AND name = ? AND version < ?", version.key)
    }

    package func delete(_ reference: SecretReference) throws -> Bool {
        try connection.run("DELETE FROM secret_version WHERE tenant = ? AND name = ?", reference.key)
        return try connection.run("DELETE FROM secret WHERE tenant = ? AND name = ?", reference.key) > 0
    }

    package func rewrap(_ change: Rewrapping) throws -> Bool {
        let sql = """
            UPDATE secret_version SET key_id = ?, wrap_nonce = ?, wrapped = ?
            WHERE tenant = ? AND name = ? AND version = ? AND wrapped = ?
            """
        let values: [SQLValue] = [.text(change.keyID), .bytes(change.wrapNonce), .bytes(change.wrapped)]
        return try connection.run(sql, values + change.reference.key + [.bytes(change.oldWrapped)]) > 0
    }

    // MARK: Canaries

    package func canary(keyID: String) throws -> VaultCanary? {
        let sql = "SELECT nonce, ciphertext FROM vault_canary WHERE key_id = ?"
        return try connection.rows(sql, [.text(keyID)]).first.map { row in
            do {
                return VaultCanary(
                    keyID: keyID, nonce: try row.bytes("nonce"), ciphertext: try row.bytes("ciphertext"))
            } catch {
                throw StorageError(.corrupt, "the canary of the key \(keyID) is damaged: \(error); restore a backup")
            }
        }
    }

    package func insert(_ canary: VaultCanary) throws {
        try connection.run(
            "INSERT INTO vault_canary (key_id, nonce, ciphertext) VALUES (?, ?, ?) ON CONFLICT (key_id) DO NOTHING",
            [.text(canary.keyID), .bytes(canary.nonce), .bytes(canary.ciphertext)])
    }
}

/// The order of texts in both databases: by their bytes.
private func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

// MARK: - The rows as records

extension SecretReference {
    /// The values of the primary key.
    fileprivate var key: [SQLValue] { [.text(tenant.text), .text(name)] }

    fileprivate init(_ row: SQLRow) throws {
        self.init(tenant: TenantID(try row.text("tenant")), name: try row.text("name"))
    }
}

extension SecretVersionReference {
    /// The values of the primary key.
    fileprivate var key: [SQLValue] { secret.key + [.number(Int64(version))] }
}

extension SecretRecord {
    fileprivate init(_ row: SQLRow) throws {
        let reference = try SecretReference(row)
        self.init(
            reference: reference, secretClass: try SecretClass(row, "secret \(reference.name)"),
            currentVersion: Int(try row.number("current_version")), createdAt: try row.moment("created_at"),
            updatedAt: try row.moment("updated_at"))
    }
}

extension SecretVersionRecord {
    fileprivate init(_ row: SQLRow) throws {
        let secret = try SecretReference(row)
        self.init(
            reference: SecretVersionReference(secret: secret, version: Int(try row.number("version"))),
            secretClass: try SecretClass(row, "secret \(secret.name)"), keyID: try row.text("key_id"),
            wrapNonce: try row.bytes("wrap_nonce"), wrapped: try row.bytes("wrapped"), nonce: try row.bytes("nonce"),
            ciphertext: try row.bytes("ciphertext"), createdAt: try row.moment("created_at"),
            createdBy: try row.optionalText("created_by").map { PrincipalID($0) },
            change: try row.optionalText("change").map { ChangeID($0) })
    }
}

extension SecretClass {
    /// Reads the column `class`.
    fileprivate init(_ row: SQLRow, _ subject: String) throws {
        let text = try row.text("class")
        guard let known = SecretClass(rawValue: text) else {
            throw StorageError.unknown(text, as: "class", of: subject)
        }
        self = known
    }
}
