public import AuraModel
import JSON
import Locking
public import Storage

/// The rows to which the accepted entries of the audit lead. Rows that differ from them were changed without an entry,
/// or have an entry without a change.
///
/// It replays the entries that ``draft(_:_:mark:at:)`` describes. Each change is recognised in its rows by its mark: the
/// scopes of a principal, the limit of live instances of a tenant, and the change id of a secret's version.
public struct AuditReplay: Sendable {
    private struct SecretState: Equatable {
        var version: Int
        var mark: Int64
    }

    /// True for the tokens that were revoked, by their ids.
    private var tokens: [String: Bool] = [:]
    private var principals: [String: Int64] = [:]
    private var tenants: [String: Int64] = [:]
    private var secrets: [String: SecretState] = [:]
    private var faults: [String] = []

    /// Returns the entry of a change. `object` is the id of the token, principal or tenant, or the name of the secret.
    public static func draft(_ method: String, _ object: String, mark: Int, at now: Timestamp) -> AuditDraft {
        AuditDraft(
            at: now, principal: PrincipalID("client"), proof: "peer", peer: "client", method: method,
            parameters: ["object": .string(object), "mark": .integer(Int64(mark))],
            salt: Array(repeating: UInt8(truncatingIfNeeded: mark), count: AuditDraft.saltBytes))
    }

    /// Replays entries, which must be all of them in their order.
    public init(_ entries: [AuditEntry]) {
        for entry in entries {
            guard let content = entry.content,
                let members = try? JSONValue(parsing: content.body).objectValue,
                members["outcome"] == .string(AuditDraft.Outcome.accepted),
                let method = members["method"]?.stringValue,
                let parameters = members["parameters"]?.objectValue,
                let object = parameters["object"]?.stringValue, let mark = parameters["mark"]?.integerValue
            else { continue }
            replay(method, object, mark)
        }
    }

    private mutating func replay(_ method: String, _ object: String, _ mark: Int64) {
        switch method {
        case "token.create":
            if tokens.updateValue(false, forKey: object) != nil { faults.append("token \(object) was created again") }
        case "token.revoke":
            if tokens.updateValue(true, forKey: object) != false { faults.append("token \(object) was revoked again") }
        case "principal.set": principals[object] = mark
        case "tenant.set": tenants[object] = mark
        case "secret.set":
            secrets[object] = SecretState(version: (secrets[object]?.version ?? 0) + 1, mark: mark)
        case "secret.delete":
            if secrets.removeValue(forKey: object) == nil { faults.append("secret \(object) was deleted again") }
        default: break
        }
    }

    /// Returns the differences between the entries and the rows.
    ///
    /// - Parameter versions: the current version of each secret; a secret whose version is missing is not in it.
    public func differences(
        from identities: Identities, _ records: [SecretRecord], _ versions: [SecretVersionRecord]
    ) -> [String] {
        var found = faults
        func compare<Value: Equatable>(_ noun: String, _ entries: [String: Value], _ rows: [String: Value]) {
            for key in Set(entries.keys).union(rows.keys).sorted() where entries[key] != rows[key] {
                found.append(
                    "\(noun) \(key): the audit has \(entries[key].map { "\($0)" } ?? "none"), the row "
                        + "\(rows[key].map { "\($0)" } ?? "does not exist")")
            }
        }
        compare(
            "token", tokens,
            Dictionary(uniqueKeysWithValues: identities.tokens.map { (Self.name($0.id), $0.revokedAt != nil) }))
        compare(
            "principal", principals,
            Dictionary(
                uniqueKeysWithValues: identities.principals.compactMap { row in
                    row.scopes.first.flatMap(Self.mark).map { (row.id.text, $0) }
                }))
        compare(
            "tenant", tenants,
            Dictionary(
                uniqueKeysWithValues: identities.tenants.compactMap { row in
                    row.quota.liveInstances.map { (row.id.text, Int64($0)) }
                }))
        let current = Dictionary(uniqueKeysWithValues: versions.map { ($0.reference.secret.name, $0) })
        compare(
            "secret", secrets,
            Dictionary(
                uniqueKeysWithValues: records.map { record in
                    let mark = current[record.reference.name]?.change.flatMap { Self.mark($0.text) }
                    return (
                        record.reference.name, SecretState(version: record.currentVersion, mark: mark ?? -1)
                    )
                }))
        return found
    }

    /// Returns the text of a mark, for a scope or a change id.
    public static func text(ofMark mark: Int) -> String { "mark:\(mark)" }

    private static func mark(_ text: String) -> Int64? {
        text.hasPrefix("mark:") ? Int64(text.dropFirst("mark:".count)) : nil
    }

    /// Returns the name of a token in an entry.
    public static func name(_ id: [UInt8]) -> String { id.map { String($0) }.joined(separator: ".") }
}

extension Store {
    /// Returns the differences between the audit and the rows of identities and secrets.
    public func auditDifferences() async throws -> [String] {
        let entries = try await audit(AuditQuery(scope: .all, after: 0, limit: 100_000)).entries.rows
        let records = try await secrets(SecretQuery(scope: .all, limit: 10_000)).rows
        var versions: [SecretVersionRecord] = []
        for record in records {
            if let version = try await secretVersion(record.reference, version: nil) { versions.append(version) }
        }
        return AuditReplay(entries).differences(from: try await identities(), Array(records), versions)
    }
}

extension ModelStore.Disk {
    /// The differences between the audit and the rows of identities and secrets.
    public var auditDifferences: [String] {
        rows.withLock { rows in
            let records = Array(rows.secrets.secrets.values)
            let versions = records.compactMap { record in
                rows.secrets.versions[
                    SecretVersionReference(secret: record.reference, version: record.currentVersion)]
            }
            return AuditReplay(rows.audit.rows.map(\.entry)).differences(from: rows.identities.all, records, versions)
        }
    }

    /// Returns true if the token exists and was revoked.
    public func isRevoked(_ token: [UInt8]) -> Bool {
        rows.withLock { $0.identities.tokens[token]?.revokedAt != nil }
    }

    /// Removes the newest entry of the audit, as a database would that loses a row.
    public func loseAuditEntry() {
        rows.withLock { rows in if !rows.audit.rows.isEmpty { rows.audit.rows.removeLast() } }
    }
}
