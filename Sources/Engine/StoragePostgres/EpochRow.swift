import Storage

/// The ledger's epoch in the database, shared by all daemons.
enum EpochRow {
    /// Continues the ledger's epoch or begins a new one (``LedgerEpoch``), and returns its name. Daemons that do this
    /// at the same time wait for each other at an advisory lock.
    static func settle(_ connection: PostgresConnection, mark: LedgerMark?, new: String) throws -> String {
        let place = try place(connection)
        try connection.script("BEGIN")
        do {
            try connection.run("SELECT pg_advisory_xact_lock(7166571)")
            let held = try connection.run("SELECT value FROM setting WHERE name = 'epoch'").first?.text("value")
            let head = try connection.run("SELECT seq FROM event_head WHERE one = 1").first?.number("seq") ?? 0
            var epoch = LedgerEpoch(held)
            if epoch.settle(at: place, head: head, mark: mark, new: new) {
                try connection.run(
                    """
                    INSERT INTO setting (name, value) VALUES ('epoch', $1)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """, [PostgresValue(epoch.text)])
            }
            try connection.script("COMMIT")
            return epoch.name
        } catch {
            try? connection.script("ROLLBACK")
            throw error
        }
    }

    /// Returns the location: the cluster, the database in it, and the timeline of its write-ahead log, which a restore
    /// or a failover changes. A part that the server refuses to report is `-`.
    private static func place(_ connection: PostgresConnection) throws -> String {
        let parts = [
            "SELECT system_identifier::text AS part FROM pg_control_system()",
            "SELECT oid::text AS part FROM pg_database WHERE datname = current_database()",
            "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS part",
        ]
        return try parts.map { sql in
            do {
                return try connection.run(sql).first?.text("part") ?? "-"
            } catch let error as PostgresError where error.kind == .refused {
                return "-"
            }
        }.joined(separator: "/")
    }
}
