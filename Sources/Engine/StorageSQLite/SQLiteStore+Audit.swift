public import AuraModel
public import Storage

/// The audit.
extension SQLiteStore {
    public func appendAudit(_ drafts: [AuditDraft]) async throws(StorageError) {
        try await writer.write { _, ledger in ledger.audit.append(contentsOf: drafts) }
    }

    public func appendAudit(
        _ draft: AuditDraft, after seq: Int64, unless exists: @escaping @Sendable (AuditEntry) -> Bool
    ) async throws(StorageError) -> Bool {
        try await changeAudit { rows, ledger in
            guard try !rows.has(after: seq, exists) else { return false }
            ledger.audit.append(draft)
            return true
        }
    }

    public func audit(_ query: AuditQuery) async throws(StorageError) -> AuditPage {
        try await readAside { [auditStart] in
            try SQLAuditRows(SharedStatements($0), start: auditStart).page(query)
        }
    }

    public func auditBounds() async throws(StorageError) -> AuditBounds {
        try await read { [auditStart] in try SQLAuditRows(SharedStatements($0), start: auditStart).bounds() }
    }

    public func eraseAudit(_ entries: [Int64], audit: AuditDraft?) async throws(StorageError) -> Int {
        try await changeAudit { rows, ledger in
            let count = try rows.erase(entries)
            if let audit { ledger.audit.append(audit) }
            return count
        }
    }

    public func pruneAudit(_ request: AuditPruneRequest) async throws(StorageError) -> AuditBounds {
        try await changeAudit { rows, _ in try rows.prune(request) }
    }

    public func putAuditCheckpoint(_ checkpoint: AuditCheckpoint) async throws(StorageError) {
        try await changeAudit { rows, _ in try rows.put(checkpoint) }
    }

    public func auditCheckpoints() async throws(StorageError) -> Page<AuditCheckpoint> {
        try await readAside { [auditStart] in
            try SQLAuditRows(SharedStatements($0), start: auditStart).checkpoints()
        }
    }

    private func changeAudit<Value: Sendable>(
        _ body: @escaping @Sendable (SQLAuditRows<SharedStatements>, inout GroupCommit.LedgerDraft) throws -> Value
    ) async throws(StorageError) -> Value {
        try await writer.write(mayThrowAfterWriting: true) { [auditStart] database, ledger in
            try body(SQLAuditRows(SharedStatements(database), start: auditStart), &ledger)
        }
    }
}
