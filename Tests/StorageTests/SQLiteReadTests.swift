import AuraModel
import CSQLite
import GRDB
import Locking
import Storage
import TestKit
import Testing

@testable import StorageSQLite

/// Reads while another connection locks the database.
@Suite(.timeLimit(.minutes(1))) struct SQLiteReadTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try SQLiteStore(path: directory.file("aura.db"), kinds: .test, installation: "first")
    }

    /// A read meets a lock on the thread of its caller and continues on a reading thread, which waits for the lock.
    ///
    ///     other connection:  lock ──────────────────────────▶ unlock
    ///     caller's thread:        read: SQLITE_BUSY
    ///     reading thread:                   read: waits ────▶ rows
    @Test func aReadOfALockedDatabaseWaitsOnAReadingThread() async throws {
        for number in 1...3 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        // Opens a connection, which the read takes. A new connection would meet the lock before it runs the read.
        #expect(try await store.head() == 3)
        let recovery = try Recovery(directory.file("aura.db"))
        try recovery.lock()
        let tries = Locked(0)
        let count = Task { [store] in
            try await store.read { connection in
                tries.withLock { $0 += 1 }
                return try HotStatement(connection, "SELECT count(*) FROM job").rows { try $0.number(0) }
            }
        }
        while tries.withLock({ $0 }) < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        try recovery.unlock()
        #expect(try await count.value == [3])
        #expect(tries.withLock { $0 } == 2)
        #expect(try await store.jobs(JobQuery()).rows.map(\.id) == (1...3).map { Fixtures.id($0) })
    }

    /// A new connection reads the schema when it is opened, and waits for the lock then.
    @Test func aReadOnANewConnectionWaitsForALock() async throws {
        for number in 1...3 { _ = try await store.submit(Fixtures.provision(number, at: start)) }
        let recovery = try Recovery(directory.file("aura.db"))
        try recovery.lock()
        let jobs = (1...3).map { number in
            Task { [store] in try await store.job(Fixtures.id(number))?.id }
        }
        for _ in 1...2000 { await Task.yield() }
        try recovery.unlock()
        for (number, job) in zip(1...3, jobs) { #expect(try await job.value == Fixtures.id(number)) }
    }

    /// The caller's thread never waits, so that an event loop can read.
    @Test func aReadOnTheCallersThreadDoesNotWaitForALock() async throws {
        _ = try await store.submit(Fixtures.provision(1, at: start))
        let recovery = try Recovery(directory.file("aura.db"))
        try recovery.lock()
        let error = #expect(throws: DatabaseError.self) {
            try store.readers.read(waitingAtMost: .zero) { connection in
                try HotStatement(connection, "SELECT count(*) FROM job").run()
            }
        }
        #expect(error?.resultCode == .SQLITE_BUSY)
        try recovery.unlock()
        #expect(try await store.head() == 1)
    }

    /// A short list begins on the thread of its caller. If it needs too many steps there, it is read on another thread
    /// without a limit. The limit does not remain on the connection.
    @Test(arguments: [(100, 1), (1_000_000, 2)]) func aListThatNeedsManyStepsIsReadOnAReadingThread(
        rows: Int64, tries: Int
    ) async throws {
        let begun = Locked(0)
        let highest = try await store.readList(of: 1) { connection in
            begun.withLock { $0 += 1 }
            return try Self.count(to: rows, connection)
        }
        #expect(highest == [rows])
        #expect(begun.withLock { $0 } == tries)
        #expect(try await store.read { try Self.count(to: 1_000_000, $0) } == [1_000_000])
    }

    private static func count(to rows: Int64, _ connection: ReadConnection) throws -> [Int64?] {
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) FROM n"
        return try HotStatement(connection, sql, [.number(rows)]).rows { try $0.number(0) }
    }

    /// A read that would wait is not begun for a cancelled task.
    @Test func aCancelledReadIsNotBegunOnAReadingThread() async throws {
        let read = Task { [store] in
            while !Task.isCancelled { await Task.yield() }
            return try await store.jobs(JobQuery(limit: 1000))
        }
        read.cancel()
        let error = try await expectStorageError(.cancelled) { try await read.value }
        #expect(error.isCancellation)
    }
}

/// A second connection that holds the exclusive locks of a recovery of the write-ahead log, as a process does that
/// opens the database after a crash. The header of the log's index is invalid meanwhile, so that readers wait.
private final class Recovery {
    private let connection: OpaquePointer
    private let file: UnsafeMutablePointer<sqlite3_file>

    /// The indices of SQLite's locks on the shared memory, of `WAL_WRITE_LOCK` and `WAL_RECOVER_LOCK`.
    private static let locks: [Int32] = [0, 2]
    /// The bytes of both copies of the index's header.
    private static let headerBytes = 96
    private static let pageBytes: Int32 = 32_768

    init(_ path: String) throws {
        var opened: OpaquePointer?
        try #require(sqlite3_open(path, &opened) == SQLITE_OK)
        connection = try #require(opened)
        // A read opens the write-ahead log.
        try #require(sqlite3_exec(connection, "SELECT count(*) FROM job", nil, nil, nil) == SQLITE_OK)
        var pointer: UnsafeMutablePointer<sqlite3_file>?
        try #require(sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &pointer) == SQLITE_OK)
        file = try #require(pointer)
    }

    deinit {
        sqlite3_close_v2(connection)
    }

    func lock() throws {
        for lock in Self.locks { try change(lock, SQLITE_SHM_LOCK) }
        var page: UnsafeMutableRawPointer?
        let map = try #require(file.pointee.pMethods.pointee.xShmMap)
        try #require(map(file, 0, Self.pageBytes, 0, &page) == SQLITE_OK)
        try #require(page).initializeMemory(as: UInt8.self, repeating: 0, count: Self.headerBytes)
    }

    /// Ends the locks. The next reader finds the invalid header and builds the index from the log.
    func unlock() throws {
        for lock in Self.locks { try change(lock, SQLITE_SHM_UNLOCK) }
    }

    private func change(_ lock: Int32, _ action: Int32) throws {
        let change = try #require(file.pointee.pMethods.pointee.xShmLock)
        try #require(change(file, lock, 1, action | SQLITE_SHM_EXCLUSIVE) == SQLITE_OK)
    }
}
