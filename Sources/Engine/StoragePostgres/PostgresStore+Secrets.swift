public import AuraModel
public import Storage

/// Secrets and their versions.
extension PostgresStore {
    public func secret(_ reference: SecretReference) async throws(StorageError) -> SecretRecord? {
        try await read { try SQLSecretRows(SharedStatements($0)).secret(reference) }
    }

    public func secrets(_ query: SecretQuery) async throws(StorageError) -> Page<SecretRecord> {
        try await read { try SQLSecretRows(SharedStatements($0)).secrets(query) }
    }

    public func secretVersion(
        _ reference: SecretReference, version: Int?
    ) async throws(StorageError) -> SecretVersionRecord? {
        try await read { try SQLSecretRows(SharedStatements($0)).version(reference, version) }
    }

    public func putSecret(_ version: NewSecretVersion) async throws(StorageError) -> SecretRecord {
        try await changeSecrets(of: version.record.reference.secret.tenant) { try $0.put(version) }
    }

    public func deleteSecret(_ reference: SecretReference, audit: AuditDraft?) async throws(StorageError) -> Bool {
        try await changeSecrets(of: reference.tenant) { try $0.deleteSecret(reference, audit: audit) }
    }

    public func versionsToRewrap(
        keyID: String, after: SecretVersionReference?, limit: Int
    ) async throws(StorageError) -> Page<SecretVersionRecord> {
        try await read { try SQLSecretRows(SharedStatements($0)).versions(notUnder: keyID, after: after, limit: limit) }
    }

    public func rewrap(_ changes: [Rewrapping]) async throws(StorageError) -> Int {
        try await changeSecrets { try $0.rewrap(changes) }
    }

    public func versionCounts() async throws(StorageError) -> [String: Int] {
        try await read { try SQLSecretRows(SharedStatements($0)).versionCounts() }
    }

    public func canary(keyID: String) async throws(StorageError) -> VaultCanary? {
        try await read { try SQLSecretRows(SharedStatements($0)).canary(keyID: keyID) }
    }

    public func putCanary(_ canary: VaultCanary) async throws(StorageError) -> VaultCanary {
        try await changeSecrets { try $0.putCanary(canary) }
    }

    /// Runs a transaction. `tenant` is the one whose secrets it locks.
    private func changeSecrets<Value: Sendable>(
        of tenant: TenantID? = nil,
        _ body: @escaping @Sendable (inout SQLSecretRows<SharedStatements>) throws -> Value
    ) async throws(StorageError) -> Value {
        let locks = AdvisoryLocks(tenant.map { [SQLSecretRows<SharedStatements>.lockName(of: $0)] } ?? [])
        return try await writer.write(locks: locks, mayThrowAfterWriting: true) { connection, ledger in
            var rows = SQLSecretRows(SharedStatements(connection, locks))
            let value = try body(&rows)
            ledger.append(audit: rows.audit)
            return { _ in value }
        }
    }
}
