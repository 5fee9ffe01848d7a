public import AuraModel
public import Storage

/// The audit.
extension PostgresStore {
    public func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        try await writer.write { _, ledger in
            ledger.append(audit: drafts)
            return { _ in }
        }
    }

    public func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        let locks = AdvisoryLocks([SQLAuditRows<SharedStatements>.conditionLockName])
        return try await changeAudit(locks) { rows, ledger in
            guard try !rows.has(after: seq, exists) else { return false }
            ledger.append(audit: [draft])
            return true
        }
    }

    public func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        try await readAudit { try $0.page(query) }
    }

    public func auditBounds() async throws(StorageError) -> AuditBounds {
        try await readAudit { try $0.bounds() }
    }

    public func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int {
        try await changeAudit { rows, ledger in
            let count = try rows.erase(entries)
            if let audit { ledger.append(audit: [audit]) }
            return count
        }
    }

    public func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds {
        try await changeAudit(AdvisoryLocks([SQLAuditRows<SharedStatements>.pruneLockName])) { rows, _ in
            try rows.prune(request)
        }
    }

    public func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError) {
        try await changeAudit { rows, _ in try rows.put(checkpoint) }
    }

    public func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> {
        try await readAudit { try $0.checkpoints() }
    }

    private func readAudit<Value: Sendable>(
        _ body: @escaping @Sendable (SQLAuditRows<SharedStatements>) throws -> Value
    ) async throws(StorageError) -> Value {
        try await read { [auditStart] in try body(SQLAuditRows(SharedStatements($0), start: auditStart)) }
    }

    private func changeAudit<Value: Sendable>(
        _ locks: AdvisoryLocks = AdvisoryLocks(),
        _ body: @escaping @Sendable (SQLAuditRows<SharedStatements>, inout LedgerDraft) throws -> Value
    ) async throws(StorageError) -> Value {
        try await writer.write(locks: locks, mayThrowAfterWriting: true) { [auditStart] connection, ledger in
            let value = try body(SQLAuditRows(SharedStatements(connection, locks), start: auditStart), &ledger)
            return { _ in value }
        }
    }
}
