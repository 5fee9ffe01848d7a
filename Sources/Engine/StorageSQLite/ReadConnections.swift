import AuraModel
import CSQLite
import GRDB
import Locking
import Storage

/// The connections for reads. A read runs on the thread of its caller.
///
/// Most reads take less time than a switch to another thread. Readers do not wait for each other or for the writer:
/// each uses an idle connection, or opens one if all are in use. A read does not suspend, so there are at most as
/// many connections as threads that read.
final class ReadConnections: Sendable {
    private let path: String
    private let proof: DatabaseFile.Proof
    private let idle = Locked<[ReadConnection]>([])

    init(path: String, proof: DatabaseFile.Proof) {
        self.path = path
        self.proof = proof
    }

    /// Runs `body` in a read transaction, which sees all commits so far and none of the later ones. A body of one
    /// statement needs none, since SQLite gives each statement its own.
    ///
    /// Waits for a lock of another process at most `limit`; in normal operation there are no such locks. With `steps`, a
    /// read that needs more steps of SQLite fails with `SQLITE_INTERRUPT`.
    func read<Value>(
        waitingAtMost limit: Duration, steps: Int? = nil, inTransaction: Bool = true,
        _ body: (ReadConnection) throws -> Value
    ) throws -> Value {
        let connection = try idle.withLock { $0.popLast() } ?? open(waitingAtMost: limit)
        defer { idle.withLock { $0.append(connection) } }
        connection.wait(atMost: limit)
        connection.limit(steps: steps)
        guard inTransaction else { return try body(connection) }
        try HotStatement(connection, "BEGIN").run()
        // A COMMIT also ends a read transaction in which a statement failed.
        defer { _ = try? HotStatement(connection, "COMMIT").run() }
        return try body(connection)
    }

    private func open(waitingAtMost limit: Duration) throws -> ReadConnection {
        let connection = try ReadConnection(path: path, waitingAtMost: limit)
        // SQLite opened the path once more, and the file may have been replaced since the claim.
        try proof.check()
        return connection
    }
}

/// A read-only connection for one thread at a time. It keeps its prepared statements.
final class ReadConnection: StatementSource, @unchecked Sendable {
    let sqliteConnection: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]
    private var waitLimit = Duration.zero
    /// The number of times that SQLite may still report ``reportedSteps`` steps. SQLite's callback has the address.
    private let reportsLeft = UnsafeMutablePointer<Int>.allocate(capacity: 1)
    private var hasStepLimit = false

    /// The number of steps after which SQLite calls back.
    private static let reportedSteps = 500
    /// The maximum number of prepared statements, because queries with filters have many forms. A full list is emptied.
    private static let limit = 200

    /// Opens a connection and reads the schema. Waits for a lock at most `limit`.
    init(path: String, waitingAtMost limit: Duration) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened else {
            defer { sqlite3_close_v2(opened) }
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: opened.map(Self.message))
        }
        sqliteConnection = opened
        wait(atMost: limit)
        try HotStatement(self, "PRAGMA cache_size = -1024").run()
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(sqliteConnection)
        reportsLeft.deallocate()
    }

    /// Limits the steps of SQLite's virtual machine for the next read, to within ``reportedSteps``; `nil` for no limit.
    func limit(steps: Int?) {
        guard let steps else {
            if hasStepLimit { sqlite3_progress_handler(sqliteConnection, 0, nil, nil) }
            hasStepLimit = false
            return
        }
        reportsLeft.pointee = steps / Self.reportedSteps
        guard !hasStepLimit else { return }
        hasStepLimit = true
        let report: @convention(c) (UnsafeMutableRawPointer?) -> CInt = { left in
            guard let left = left?.assumingMemoryBound(to: Int.self) else { return 0 }
            left.pointee -= 1
            return left.pointee < 0 ? 1 : 0
        }
        sqlite3_progress_handler(sqliteConnection, CInt(Self.reportedSteps), report, reportsLeft)
    }

    /// Sets the longest wait for a lock.
    func wait(atMost limit: Duration) {
        guard limit != waitLimit else { return }
        waitLimit = limit
        sqlite3_busy_timeout(sqliteConnection, CInt(limit.wholeMilliseconds))
    }

    func prepared(_ sql: String) throws -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        if statements.count >= Self.limit {
            for statement in statements.values { sqlite3_finalize(statement) }
            statements = [:]
        }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(
            sqliteConnection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: sqliteConnection.map(Self.message))
        }
        statements[sql] = statement
        return statement
    }

    private static func message(_ connection: OpaquePointer) -> String {
        String(cString: sqlite3_errmsg(connection))
    }
}
