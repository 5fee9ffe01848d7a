public import AuraModel
public import Storage

/// Records of features.
extension PostgresStore {
    public func record(_ id: RecordID, in scope: TenantScope) async throws(StorageError) -> Record? {
        try await read { try SQLRecordRows(SharedStatements($0)).record(id, in: scope) }
    }

    public func records(_ query: RecordQuery) async throws(StorageError) -> Page<Record> {
        try await read { try SQLRecordRows(SharedStatements($0)).records(query) }
    }

    public func dueRecords(
        of collection: RecordCollection, at now: Timestamp, limit: Int
    ) async throws(StorageError) -> Page<Record> {
        try await read { try SQLRecordRows(SharedStatements($0)).due(collection, at: now, limit: limit) }
    }

    public func nextDue(of collection: RecordCollection) async throws(StorageError) -> Timestamp? {
        try await read { try SQLRecordRows(SharedStatements($0)).nextDue(collection) }
    }

    public func write(_ write: RecordWrite) async throws(StorageError) -> Bool {
        let locks = AdvisoryLocks(write.collections.map { SQLRecordRows<SharedStatements>.lockName(of: $0) })
        return try await writer.write(locks: locks, mayThrowAfterWriting: true) { connection, ledger in
            var rows = SQLRecordRows(SharedStatements(connection, locks))
            let isMade = try rows.write(write)
            if isMade {
                ledger.append(write.events)
                ledger.append(audit: write.audit)
            }
            return { _ in isMade }
        }
    }
}
