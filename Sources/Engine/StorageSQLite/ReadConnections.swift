import GRDB
import Locking
import Storage

/// The connections for reads. A read runs on the thread of its caller.
///
/// Most reads take less time than the wake of another thread. Readers do not wait for each other or for the writer: each
/// takes an idle connection, or opens one if all are in use. A read does not suspend, so there are at most as many
/// connections as threads.
final class ReadConnections: Sendable {
    private let path: String
    private let proof: DatabaseFile.Proof
    private let idle = Locked<[DatabaseQueue]>([])

    init(path: String, proof: DatabaseFile.Proof) {
        self.path = path
        self.proof = proof
    }

    /// Runs `body` in a read transaction, which sees all commits so far and none of the later ones.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let connection = try idle.withLock { $0.popLast() } ?? open()
        defer { idle.withLock { $0.append(connection) } }
        return try connection.unsafeRead { database in
            try HotStatement(database, "BEGIN").run()
            // Also ends a transaction in which a statement failed.
            defer { _ = try? HotStatement(database, "COMMIT").run() }
            return try body(database)
        }
    }

    private func open() throws -> DatabaseQueue {
        var settings = Configuration()
        settings.label = "aura.read"
        settings.readonly = true
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -1024") }
        let connection = try DatabaseQueue(path: path, configuration: settings)
        // SQLite opened the path, and the file may have been replaced since the claim.
        try proof.check()
        return connection
    }
}
