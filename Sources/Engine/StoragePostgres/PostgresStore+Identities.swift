public import AuraModel
public import Storage

/// Tenants, principals, tokens, sessions and denied keys.
extension PostgresStore {
    public func identities() async throws(StorageError) -> Identities {
        try await readAsOfOneMoment { try SQLIdentityRows(SharedStatements($0)).identities() }
    }

    public func identityChanges() async throws(StorageError) -> Int64 {
        try await read { try SQLIdentityRows(SharedStatements($0)).changes() }
    }

    public func write(_ change: IdentityChange, audit: AuditDraft?) async throws(StorageError) -> Int64 {
        let locks = AdvisoryLocks([SQLIdentityRows<SharedStatements>.lockName])
        return try await writer.write(locks: locks, mayThrowAfterWriting: true) { connection, ledger in
            var rows = SQLIdentityRows(SharedStatements(connection, locks))
            var draft = audit
            let changes = try rows.write(change, audit: &draft)
            if let draft { ledger.append(audit: [draft]) }
            return { _ in changes }
        }
    }
}
