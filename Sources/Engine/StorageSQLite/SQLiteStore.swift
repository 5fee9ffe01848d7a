public import AuraModel
import CSQLite
import Dispatch
import GRDB
import Locking
public import Storage

/// The embedded store: one SQLite file for one daemon.
///
/// The database has a write-ahead log with `synchronous=FULL`: if a power failure undid a committed intent, a machine
/// without a record could remain. Writes go through `GroupCommit`; reads run concurrently, on their own connections. A
/// lock on the file itself excludes a second daemon.
public final class SQLiteStore: Store {
    public let installation: String
    public let epoch: String
    let pool: DatabasePool
    let readers: ReadConnections
    let decoded: DecodedInstances
    private let proof = SharedWrite()
    /// The threads for ``readAside(_:)``.
    private let aside = (1...4).map { DispatchQueue(label: "aura.sqlite.read.\($0)") }
    private let nextAside = Locked(0)
    /// The head of an audit without entries.
    let auditStart: AuditHead
    let writer: GroupCommit
    /// Declared after the connections, because properties are released in order and the file must be closed last.
    let file: DatabaseFile

    /// Opens or creates the database, and migrates it to the newest schema.
    ///
    /// `installation` is the id for a new database; an existing database keeps its own.
    public convenience init(path: String, kinds: InstanceKinds, installation: String) throws(StorageError) {
        try self.init(path: path, kinds: kinds, claim: DatabaseClaim(installation: installation))
    }

    /// Opens or creates the database, and migrates it to the newest schema.
    ///
    /// `kinds` are the kinds of instances whose facts the store reads. The facts of other kinds stay unread.
    public init(path: String, kinds: InstanceKinds, claim: DatabaseClaim) throws(StorageError) {
        decoded = DecodedInstances(kinds)
        let file = try DatabaseFile(path: path, allowsNew: claim.allowsNew)
        self.file = file
        _ = Self.process
        var settings = Configuration()
        settings.label = "aura"
        settings.maximumReaderCount = 1
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { database in
            try database.execute(sql: "PRAGMA foreign_keys = ON")
        }
        do {
            try ApplicationID.check(path)
            pool = try DatabasePool(path: path, configuration: settings)
            // Not in prepareDatabase: the pool sets `synchronous = NORMAL` later, when it turns on the write-ahead log.
            try pool.writeWithoutTransaction { try $0.execute(sql: Self.writerSettings) }
            (self.installation, self.epoch) = try pool.write { database in
                try Schema.migrate(database)
                try ApplicationID.set(database)
                return (
                    try Self.installation(database, new: claim.installation),
                    try Self.epoch(database, claim, at: "\(file.proof.identity.inode)")
                )
            }
        } catch {
            throw StorageError(sqlite: error, while: .opening(path: path))
        }
        // SQLite opened the path once more, and the file may have been replaced since the claim.
        try file.proof.check()
        readers = ReadConnections(path: path, proof: file.proof)
        auditStart = AuditHead.start(installation: installation)
        writer = GroupCommit(pool: pool, proof: file.proof, auditStart: auditStart)
    }

    /// `FULL`, since `NORMAL` may lose a committed intent. The other settings are for speed (`docs/performance.md`).
    /// The cache of 16 MiB holds all pages of a group commit. A checkpoint runs after 32 MiB of log instead of 4 MiB.
    private static let writerSettings = """
        PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 8192
        """

    /// Turns off SQLite's memory statistics, once for the process. Must run before the first database is opened.
    private static let process: Int32 = aura_sqlite_stop_counting_memory()

    public func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        writer.observe(observer)
    }

    private static func installation(_ database: Database, new: String) throws -> String {
        try database.execute(
            sql: "INSERT INTO setting (name, value) VALUES ('installation', ?) ON CONFLICT DO NOTHING", arguments: [new]
        )
        return try String.fetchOne(database, sql: "SELECT value FROM setting WHERE name = 'installation'") ?? new
    }

    private static func epoch(_ database: Database, _ claim: DatabaseClaim, at place: String) throws -> String {
        var epoch = LedgerEpoch(try String.fetchOne(database, sql: "SELECT value FROM setting WHERE name = 'epoch'"))
        let head = try LedgerRows.head(database)
        guard epoch.settle(at: place, head: head, mark: claim.mark, new: claim.newEpoch) else { return epoch.name }
        try database.execute(
            sql: "INSERT OR REPLACE INTO setting (name, value) VALUES ('epoch', ?)", arguments: [epoch.text])
        return epoch.name
    }

    public func checkIdentity() async throws(StorageError) {
        try file.proof.check()
    }

    public func proveWritable() async throws(StorageError) {
        try await proof.run { () async throws(StorageError) in
            try await writer.write { database, _ in
                let statement = try database.cachedStatement(
                    sql: """
                        INSERT INTO setting (name, value) VALUES ('proof', '1')
                        ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)
                        """)
                try statement.execute()
            }
        }
    }

    /// Reads a few rows through an index, on the caller's thread. A read that would wait for a lock is repeated with
    /// ``readAside(_:)``.
    func read<Value: Sendable>(
        inTransaction: Bool = true, _ body: @escaping @Sendable (ReadConnection) throws -> Value
    ) async throws(StorageError) -> Value {
        switch try readAtOnce(inTransaction: inTransaction, body) {
        case .read(let value): value
        case .mustWait: try await readAside(body)
        }
    }

    /// Reads on the caller's thread, unless the read would wait for a lock or need more than `steps` steps of SQLite.
    func readAtOnce<Value: Sendable>(
        steps: Int? = nil, inTransaction: Bool = true, _ body: (ReadConnection) throws -> Value
    ) throws(StorageError) -> ReadAtOnce<Value> {
        do {
            return .read(
                try readers.read(waitingAtMost: .zero, steps: steps, inTransaction: inTransaction, body))
        } catch let error as DatabaseError where Self.mustWait(error) {
            return .mustWait
        } catch {
            throw StorageError(sqlite: error, while: .reading)
        }
    }

    private static func mustWait(_ error: DatabaseError) -> Bool {
        [.SQLITE_BUSY, .SQLITE_INTERRUPT].contains(error.resultCode.primaryResultCode)
    }

    /// Reads a list of at most `count` rows with one statement. A short list is read on the caller's thread, since a
    /// change of threads costs as much as the read. If its filter makes SQLite look at many other rows, the read is
    /// repeated with ``readAside(_:)``.
    func readList<Value: Sendable>(
        of count: Int, _ body: @escaping @Sendable (ReadConnection) throws -> Value
    ) async throws(StorageError) -> Value {
        if count <= Self.shortList,
            case .read(let value) = try readAtOnce(steps: Self.shortListSteps, inTransaction: false, body)
        {
            return value
        }
        return try await readAside(body)
    }

    /// The usual page, and the row after it that shows whether there is a next page.
    private static let shortList = 101
    /// The steps for a short list. A row takes at most 40. 10,000 steps take less than a millisecond.
    private static let shortListSteps = 10_000

    /// Runs a read that may scan a table or wait for a lock on one of four threads, so that it blocks neither an event
    /// loop nor Swift's shared threads. It waits for a lock at most 5 s. Throws `cancelled` if the task is already
    /// cancelled.
    func readAside<Value: Sendable>(
        _ body: @escaping @Sendable (ReadConnection) throws -> Value
    ) async throws(StorageError) -> Value {
        if Task.isCancelled { throw StorageError(.cancelled, "the read was cancelled") }
        let thread = nextAside.withLock { next in
            next = (next + 1) % aside.count
            return aside[next]
        }
        let result = await withCheckedContinuation { (continuation: StorageContinuation<Value>) in
            thread.async { [readers] in
                let result = Result { try readers.read(waitingAtMost: .seconds(5), body) }
                continuation.resume(returning: result.mapError { StorageError(sqlite: $0, while: .reading) })
            }
        }
        return try result.get()
    }
}
