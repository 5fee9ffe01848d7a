public import AuraModel
import GRDB
import JSON
public import Storage

/// The observations and results of sweeps.
extension SQLiteStore {
    public func observations() async throws(StorageError) -> Page<Observation> {
        try await readAside { database in
            let statement = try HotStatement(database, "SELECT kind, id, document FROM sighting ORDER BY kind, id")
            return Page(
                try statement.rows { row in
                    UnreadableRow.catching(.observation, id: "\(row.text(0) ?? "") \(row.text(1) ?? "")") {
                        try JSONCoder.decode(Observation.self, from: row.text(2) ?? "")
                    }
                })
        }
    }

    public func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
        try await writer.write(mayThrowAfterWriting: true) { [decoded] database, ledger in
            for observation in record.kept { try Self.put(observation, database) }
            let delete = try database.cachedStatement(sql: "DELETE FROM sighting WHERE kind = ? AND id = ?")
            for key in record.forgotten { try delete.execute(arguments: [key.kind.rawValue, key.id]) }
            var changed: Set<InstanceID> = []
            for change in record.changes where try Self.isStillTrue(change, database, decoded) {
                let document = change.instance.document()
                try InstanceRows.updateFacts(change.instance, document: document, database)
                try LedgerRows.append(change.events, database, &ledger)
                changed.insert(change.instance.id)
            }
            try LedgerRows.append(record.events, database, &ledger)
            return changed
        }
    }

    private static func put(_ observation: Observation, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO sighting (kind, id, document) VALUES (?, ?, ?)
                ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document
                """)
        try statement.execute(arguments: [
            observation.key.kind.rawValue, observation.key.id, try JSONCoder.encodeString(observation),
        ])
    }

    private static func isStillTrue(
        _ change: SweepRecord.Change, _ database: Database, _ decoded: DecodedInstances
    ) throws -> Bool {
        let active = try HotStatement(
            database, "SELECT 1 FROM job WHERE instance = ? AND \(JobRows.active) LIMIT 1",
            [.text(change.instance.id.text)])
        guard try active.rows({ _ in true }).isEmpty else { return false }
        let instance = try InstanceRows.find(.id(change.instance.id), in: .all, database, decoded, remembers: false)
        return instance?.updatedAt == change.seen
    }
}
