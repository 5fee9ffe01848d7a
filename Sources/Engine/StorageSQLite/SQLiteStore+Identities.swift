public import AuraModel
public import Storage

/// Tenants, principals, tokens, sessions and denied keys.
extension SQLiteStore {
    public func identities() async throws(StorageError) -> Identities {
        try await readAside { try SQLIdentityRows(SharedStatements($0)).identities() }
    }

    public func identityChanges() async throws(StorageError) -> Int64 {
        try await read { try SQLIdentityRows(SharedStatements($0)).changes() }
    }

    public func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
        try await writer.write(mayThrowAfterWriting: true) { database, ledger in
            var rows = SQLIdentityRows(SharedStatements(database))
            var draft = audit
            let changes = try rows.write(change, audit: &draft)
            if let draft { ledger.audit.append(draft) }
            return changes
        }
    }
}
