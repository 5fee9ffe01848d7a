public import AuraModel
import Locking
public import Logging
public import Storage

/// The store that several daemons share: one PostgreSQL database, version 15 or newer.
///
/// `GroupCommit` writes through two connections. Reads use ``PostgresSettings/readers`` more. `LedgerFollower` follows
/// the ledger on its own connection. Leases use the database's clock, so that daemons with different clocks agree on
/// the holder of a job.
public final class PostgresStore: Store {
    /// The clock that decides when a lease ends.
    public enum LeaseClock: Sendable {
        /// The database server's clock.
        case database
        /// The `now` of each request, for tests that control the time.
        case caller
    }

    public let installation: String
    public var epoch: String { follower.epoch }
    let writer: GroupCommit
    private let readers: [ConnectionThread]
    private let follower: LedgerFollower
    private let next = Locked(0)
    let decoded: DecodedInstances
    private let proof = SharedWrite()
    let leaseClock: LeaseClock
    /// The head of an audit without entries.
    let auditStart: AuditHead

    private init(
        installation: String, kinds: InstanceKinds, writer: GroupCommit, readers: [ConnectionThread],
        follower: LedgerFollower, clock: LeaseClock
    ) {
        self.installation = installation
        decoded = DecodedInstances(kinds)
        self.writer = writer
        self.readers = readers
        self.follower = follower
        self.leaseClock = clock
        auditStart = AuditHead.start(installation: installation)
    }

    deinit {
        follower.close()
    }

    /// Connects, and migrates the database to the newest schema.
    ///
    /// `installation` is the id for a new database; an existing database keeps its own.
    public static func open(
        _ settings: PostgresSettings, kinds: InstanceKinds, installation: String, clock: LeaseClock = .database,
        logger: Logger
    ) async throws(StorageError) -> PostgresStore {
        try await open(
            settings, kinds: kinds, claim: DatabaseClaim(installation: installation), clock: clock, logger: logger)
    }

    /// Connects, and migrates the database to the newest schema. Throws `unavailable` if the server is older than 15 or
    /// the database cannot be used, and `newerSchema` if this version cannot use the schema.
    ///
    /// `kinds` are the kinds of instances whose facts the store reads. The facts of other kinds stay unread.
    public static func open(
        _ settings: PostgresSettings, kinds: InstanceKinds, claim: DatabaseClaim, clock: LeaseClock = .database,
        logger: Logger
    ) async throws(StorageError) -> PostgresStore {
        let away = Locked(ServerAway())
        let readers = (1...max(settings.readers, 1)).map {
            ConnectionThread(settings, label: "reader.\($0)", away: away)
        }
        let (known, head, epoch): (String, Int64, String)
        do {
            (known, head, epoch) = try await readers[0].run { connection in
                guard connection.serverVersion >= 150_000 else {
                    throw StorageError(.unavailable, "cannot use this PostgreSQL server: it is older than 15")
                }
                try Schema.migrate(connection, allowsNew: claim.allowsNew)
                return (
                    try Self.installation(connection, new: claim.installation), try Self.head(connection),
                    try EpochRow.settle(connection, mark: claim.mark, new: claim.newEpoch)
                )
            }
        } catch {
            throw StorageError(postgres: error, isOpening: true)
        }
        let follower = LedgerFollower(settings, head: head, epoch: epoch, newEpoch: claim.newEpoch, logger: logger)
        let start = AuditHead.start(installation: known)
        let writer = GroupCommit(settings, away: away, auditStart: start) { follower.deliver($0) }
        follower.atEachLook { [weak writer] in writer?.startIfHeldBack() }
        return PostgresStore(
            installation: known, kinds: kinds, writer: writer, readers: readers, follower: follower, clock: clock)
    }

    private static func installation(_ connection: PostgresConnection, new: String) throws -> String {
        try connection.run(
            "INSERT INTO setting (name, value) VALUES ('installation', $1) ON CONFLICT DO NOTHING",
            [PostgresValue(new)])
        return try connection.run("SELECT value FROM setting WHERE name = 'installation'").first?.text("value") ?? new
    }

    private static func head(_ connection: PostgresConnection) throws -> Int64 {
        try connection.run("SELECT seq FROM event_head WHERE one = 1").first?.number("seq") ?? 0
    }

    public func observe(_ observer: @escaping @Sendable ([Event]) -> Void) {
        follower.observe(observer)
    }

    public func checkIdentity() async throws(StorageError) {
        try follower.checkIdentity()
    }

    public func proveWritable() async throws(StorageError) {
        try follower.checkIdentity()
        try await proof.run { () async throws(StorageError) in
            try await writer.write { connection, _ in
                try connection.run(
                    """
                    INSERT INTO setting (name, value) VALUES ('proof', '1')
                    ON CONFLICT (name) DO UPDATE SET value = (setting.value::bigint + 1)::text
                    """)
                return { _ in }
            }
        }
    }

    /// Reads concurrently with the writers. If the connection is lost, the read is repeated once on a new one.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresConnection) throws -> Value
    ) async throws(StorageError) -> Value {
        let reader = next.withLock { next in
            next = (next + 1) % readers.count
            return readers[next]
        }
        do {
            do {
                return try await reader.run(body)
            } catch let error as PostgresError where error.kind == .lost {
                return try await reader.run(body)
            }
        } catch {
            throw StorageError(postgres: error)
        }
    }

    /// Returns the present time for leases: the server's time, or `given` with ``LeaseClock/caller``.
    func leaseTime(_ given: Timestamp, _ connection: PostgresConnection) throws -> Timestamp {
        guard leaseClock == .database else { return given }
        let rows = try connection.run("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now")
        return rows.first?.moment("now") ?? given
    }
}
