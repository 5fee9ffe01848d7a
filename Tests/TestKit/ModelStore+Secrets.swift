public import AuraModel
public import Storage

/// Secrets and their versions.
extension ModelStore {
    public func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord? {
        read { $0.secrets.secrets[reference] }
    }

    public func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord> {
        let found = read { $0.secrets.secrets.values }.filter { secret in
            query.scope.contains(secret.reference.tenant) && query.after.map { $0 < secret.reference } ?? true
        }
        return Page(rows: found.sorted { $0.reference < $1.reference }.prefix(query.limit))
    }

    public func secretVersion(
        _ reference: SecretReference, version: Int?
    ) async throws(StorageError) -> SecretVersionRecord? {
        read { rows in
            guard let number = version ?? rows.secrets.secrets[reference]?.currentVersion else { return nil }
            return rows.secrets.versions[SecretVersionReference(secret: reference, version: number)]
        }
    }

    public func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord {
        try change { try $0.put(version) }
    }

    public func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool {
        try change { try $0.deleteSecret(reference, audit: audit) }
    }

    public func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> {
        let found = read { $0.secrets.versions.values }.filter { version in
            version.keyID != keyID && after.map { $0 < version.reference } ?? true
        }
        return Page(rows: found.sorted { $0.reference < $1.reference }.prefix(limit))
    }

    public func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int {
        try change { try $0.rewrap(changes) }
    }

    public func versionCounts() async throws(StorageError) -> [String: Int] {
        read { $0.secrets.versions.values.reduce(into: [:]) { $0[$1.keyID, default: 0] += 1 } }
    }

    public func canary(keyID: String) async throws(StorageError) -> VaultCanary? {
        read { $0.secrets.canaries[keyID] }
    }

    public func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary {
        try change { try $0.putCanary(canary) }
    }

    private func change<Value>(
        _ body: (inout ModelSecretRows) throws -> Value
    ) throws(StorageError) -> Value {
        try write { rows throws(StorageError) in
            var changed = ModelSecretRows(secrets: rows.secrets, tenants: rows.identities.tenants)
            let value = try converted { try body(&changed) }
            rows.secrets = changed.secrets
            rows.audit.append(changed.audit)
            return value
        }
    }
}

/// The rows of secrets, in memory.
struct ModelSecrets: Sendable {
    var secrets: [SecretReference: SecretRecord] = [:]
    var versions: [SecretVersionReference: SecretVersionRecord] = [:]
    var canaries: [String: VaultCanary] = [:]
}

private struct ModelSecretRows: SecretRows {
    var audit: [AuditDraft] = []
    var secrets: ModelSecrets
    let tenants: [TenantID: TenantRecord]

    func lockSecrets(of tenant: TenantID) {}
    func tenant(_ id: TenantID) -> TenantRecord? { tenants[id] }
    func putInstallation(_ row: TenantRecord) {}
    func secret(_ reference: SecretReference) -> SecretRecord? { secrets.secrets[reference] }
    func version(_ reference: SecretVersionReference) -> SecretVersionRecord? { secrets.versions[reference] }
    func countSecrets(of tenant: TenantID) -> Int { secrets.secrets.keys.count { $0.tenant == tenant } }
    mutating func put(_ secret: SecretRecord) { secrets.secrets[secret.reference] = secret }
    mutating func insert(_ version: SecretVersionRecord) { secrets.versions[version.reference] = version }

    mutating func deleteVersions(before version: SecretVersionReference) {
        secrets.versions = secrets.versions.filter { key, _ in
            key.secret != version.secret || key.version >= version.version
        }
    }

    mutating func delete(_ reference: SecretReference) -> Bool {
        secrets.versions = secrets.versions.filter { $0.key.secret != reference }
        return secrets.secrets.removeValue(forKey: reference) != nil
    }

    mutating func rewrap(_ change: Rewrapping) -> Bool {
        guard secrets.versions[change.reference]?.wrapped == change.oldWrapped else { return false }
        secrets.versions[change.reference]?.keyID = change.keyID
        secrets.versions[change.reference]?.wrapNonce = change.wrapNonce
        secrets.versions[change.reference]?.wrapped = change.wrapped
        return true
    }

    func canary(keyID: String) -> VaultCanary? { secrets.canaries[keyID] }

    mutating func insert(_ canary: VaultCanary) {
        if secrets.canaries[canary.keyID] == nil { secrets.canaries[canary.keyID] = canary }
    }
}

private func < (left: SecretReference, right: SecretReference) -> Bool {
    (left.tenant.text, left.name) < (right.tenant.text, right.name)
}

private func < (left: SecretVersionReference, right: SecretVersionReference) -> Bool {
    left.secret == right.secret ? left.version < right.version : left.secret < right.secret
}
