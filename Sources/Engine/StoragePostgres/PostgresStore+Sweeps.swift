public import AuraModel
import JSON
public import Storage

/// The observations and results of sweeps.
extension PostgresStore {
    public func observations() async throws(StorageError) -> Page<Observation> {
        try await read { connection in
            let rows = try connection.run(
                "SELECT kind, id, document FROM sighting ORDER BY kind COLLATE \"C\", id COLLATE \"C\"")
            return Page(
                rows.all.map { row in
                    UnreadableRow.catching(.observation, id: "\(row.text("kind") ?? "") \(row.text("id") ?? "")") {
                        try JSONCoder.decode(Observation.self, from: row.text("document") ?? "")
                    }
                })
        }
    }

    public func recordSweep(_ record: SweepRecord) async throws(StorageError) -> Set<InstanceID> {
        try await writer.write(mayThrowAfterWriting: true) { [decoded] connection, ledger in
            for observation in record.kept { try Self.put(observation, connection) }
            for key in record.forgotten {
                try connection.run(
                    "DELETE FROM sighting WHERE kind = $1 AND id = $2",
                    [PostgresValue(key.kind.rawValue), PostgresValue(key.id)])
            }
            var changed: Set<InstanceID> = []
            for change in record.changes where try Self.isStillTrue(change, connection, decoded) {
                try Self.write(change.instance, connection)
                ledger.append(change.events)
                changed.insert(change.instance.id)
            }
            ledger.append(record.events)
            let written = changed
            return { _ in written }
        }
    }

    private static func put(_ observation: Observation, _ connection: PostgresConnection) throws {
        try connection.run(
            """
            INSERT INTO sighting (kind, id, document) VALUES ($1, $2, $3)
            ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document
            """,
            [
                PostgresValue(observation.key.kind.rawValue), PostgresValue(observation.key.id),
                PostgresValue(try JSONCoder.encodeString(observation)),
            ])
    }

    /// Returns true if the instance has no active job and still the `updatedAt` that the sweep read. Locks the row
    /// first, so that no operation on the instance can begin before the commit.
    private static func isStillTrue(
        _ change: SweepRecord.Change, _ connection: PostgresConnection, _ decoded: DecodedInstances
    ) throws -> Bool {
        guard try find(.id(change.instance.id), in: .all, locking: true, connection, decoded)?.updatedAt == change.seen
        else { return false }
        let jobs = try connection.run(
            "SELECT 1 FROM job WHERE instance = $1 AND \(active) LIMIT 1", [PostgresValue(change.instance.id.text)])
        return jobs.first == nil
    }

    private static func write(_ instance: Instance, _ connection: PostgresConnection) throws {
        try connection.run(
            "UPDATE instance SET phase = $1, holds_name = holds_name AND $2, document = $3 WHERE id = $4",
            [
                PostgresValue(instance.phase.rawValue), PostgresValue(keepsName(instance)),
                PostgresValue(instance.document()), PostgresValue(instance.id.text),
            ])
    }
}
