public import AuraModel
import CSQLite
import GRDB
public import Storage

/// The embedded store: one SQLite file, one daemon.
///
/// Write-ahead log with `synchronous=FULL`, since an intent that a power cut may take back is a leaked machine. Writes go
/// through ``GroupCommit``; reads run beside them. A lock on the file itself keeps a second daemon out.
public final class SQLiteStore: Store {
    public let installation: String
    public let epoch: String
    let pool: DatabasePool
    let writer: GroupCommit
    /// Behind the pool, which is to be closed before it.
    let file: DatabaseFile

    /// Opens or makes the database, and brings it to the newest schema.
    ///
    /// - Parameter installation: the id of a new database; an old one keeps its own.
    public convenience init(path: String, installation: String) throws {
        try self.init(path: path, claim: DatabaseClaim(installation: installation))
    }

    /// Opens or makes the database, and brings it to the newest schema.
    public init(path: String, claim: DatabaseClaim) throws {
        let file = try DatabaseFile(path: path, allowsNew: claim.allowsNew)
        self.file = file
        _ = Self.process
        var settings = Configuration()
        settings.label = "aura"
        settings.maximumReaderCount = 4
        settings.busyMode = .timeout(5)
        settings.prepareDatabase { database in
            try database.execute(sql: "PRAGMA foreign_keys = ON")
        }
        do {
            try ApplicationID.check(path)
            pool = try DatabasePool(path: path, configuration: settings)
            // Not in prepareDatabase: the pool sets NORMAL after that, once it has turned on the write-ahead log.
            try pool.writeWithoutTransaction { try $0.execute(sql: Self.writerSettings) }
            (self.installation, self.epoch) = try pool.write { database in
                try Schema.migrate(database)
                try ApplicationID.set(database)
                return (
                    try Self.installation(database, new: claim.installation),
                    try Self.epoch(database, claim, at: "\(file.proof.identity.inode)")
                )
            }
        } catch let error as DatabaseError {
            throw StorageError(
                .unavailable,
                "cannot open the database \(path): \(error.words); "
                    + "check that its directory exists and that aurad may write there")
        }
        // SQLite opened the path by itself.
        try file.proof.check()
        writer = GroupCommit(pool: pool, proof: file.proof)
    }

    /// `FULL`, since `NORMAL` may take a committed intent back. The rest is for pace (`docs/performance.md`): no page of a
    /// group commit goes to disk and back before its end, and a checkpoint comes every 32 MiB instead of every 4.
    private static let writerSettings = """
        PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;
        PRAGMA wal_autocheckpoint = 8192
        """

    /// What holds for all databases of the process, set before the first of them is opened.
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

    public func checkIdentity() async throws {
        try file.proof.check()
    }

    public func proveWritable() async throws {
        try await writer.write { database, _ in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO setting (name, value) VALUES ('proof', '1')
                    ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)
                    """)
            try statement.execute()
        }
    }

    /// Reads beside the writer.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            throw StorageError(
                .unavailable, "cannot read the database: \(error.words)")
        } catch let error where !(error is StorageError || error is CancellationError) {
            throw StorageError(.corrupt, "the database holds a row that this version cannot read")
        }
    }
}
