import AuraModel
import GRDB
import JSON
import Logging
import Storage
import TestKit
import Testing

@testable import StoragePostgres
@testable import StorageSQLite

/// Databases of the previous release: their rows are read, and their jobs continue.
@Suite(.timeLimit(.minutes(2))) struct MigrationTests {
    /// An instance, its job at its second step, and both steps, as schema 4 (SQLite) and 3 (PostgreSQL) hold them.
    private static func rows(_ turn: String) -> String {
        """
        INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document)
        VALUES ('i', 'default', 'ada', 'running', 'provisioning', \(turn.isEmpty ? "1" : "true"),
            '{"id":"i","tenant":"default","name":"ada","kind":"agent","desired":"running","phase":"provisioning","generation":1,"region":"eu-central","size":"small","change":"c","createdAt":"2026-11-20T12:00:00.123Z","updatedAt":"2026-11-20T12:00:00.123Z"}');
        INSERT INTO job (id, kind, instance, tenant, change, state, priority, turn, available_at, epoch, attempt, progress,
            deadline, definition_version, input, created_at, started_at\(turn.isEmpty ? "" : ", written"))
        VALUES ('j', 'provision', 'i', 'default', 'c', 'waiting', 100, 1, 1, 3, 0, 0.2, 1, 1, 'null', 1, 1\(turn));
        INSERT INTO step (job, number, name, state, attempt, memory, external_id, started_at, deadline, finished_at)
        VALUES ('j', 0, 'credentials.make', 'done', 0, 'null', NULL, 1, 2, 2),
            ('j', 1, 'key.create', 'ambiguous', 2, '{"tries":2}', '42', 2, 9, NULL);
        """
    }

    private static func expectWhole(_ store: any Store) async throws {
        let claims = try await store.claim(
            ClaimRequest(
                owner: "a", limit: 5, lease: .seconds(30),
                scope: ClaimScope(definitions: [DefinitionID(.agent, .provision, version: 1)]), now: start)
        ).claims
        let claim = try #require(claims.first)
        #expect((claim.job.epoch, claim.job.instanceKind, claim.job.definitionVersion) == (4, .agent, 1))
        #expect(claim.steps.map(\.name) == ["credentials.make", "key.create"])
        #expect(claim.steps.map(\.index) == [0, 1])
        #expect(claim.steps.map(\.state) == [.done, .ambiguous])
        let last = try #require(claim.steps.last)
        #expect((last.attempt, last.externalID, last.memory) == (2, "42", ["tries": 2]))
        #expect(
            (last.startedAt, last.deadline, last.finishedAt) == (
                Timestamp(milliseconds: 2), Timestamp(milliseconds: 9), nil
            ))
        #expect(try await store.steps(of: JobID("j")) == claim.steps)
    }

    @Test func aSQLiteDatabaseOfSchema4IsMigratedWithItsRows() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        do {
            let queue = try DatabaseQueue(path: path)
            try await queue.write { database in
                for migration in StorageSQLite.Schema.migrations where migration.number <= 4 {
                    try database.execute(sql: migration.statements)
                }
                try database.execute(sql: "PRAGMA user_version = 4")
                try database.execute(sql: Self.rows(""))
            }
            try queue.close()
        }
        try await Self.expectWhole(try SQLiteStore(path: path, kinds: .test, installation: "first"))
    }

    @Test func aPostgreSQLDatabaseOfSchema3IsMigratedWithItsRows() async throws {
        let place = try StorePlace()
        let connection = try PostgresConnection(try Self.formerDatabase(of: place))
        try await Self.expectWhole(try await PostgresServer.open(place))
        let usable = try connection.run("SELECT value FROM setting WHERE name = 'schema.usableFrom'").first?.text(
            "value")
        #expect(usable == "4")
    }

    /// Instances of other tenants, one of which has a job.
    private static func otherTenants(_ yes: String, _ turn: String) -> String {
        """
        INSERT INTO instance (id, tenant, name, desired, phase, holds_name, document)
        VALUES ('k', 'zo\u{e9} & co', 'ada', 'running', 'running', \(yes), '{'),
            ('l', 'alice', 'ada', 'running', 'running', \(yes), '{'), ('m', 'alice', 'bob', 'running', 'running', \(yes), '{');
        INSERT INTO job (id, kind, instance, tenant, change, state, priority, turn, available_at, epoch, attempt, progress,
            deadline, definition_version, input, created_at\(turn.isEmpty ? "" : ", written"))
        VALUES ('n', 'restart', 'l', 'bob', 'c', 'queued', 100, 1, 1, 0, 0, 0, 1, 1, 'null', 1\(turn));
        """
    }

    /// Each tenant that the old rows name can be used at once.
    private static func expectTenants(_ store: any Store) async throws {
        let present = try await store.identities()
        #expect(present.tenants.map(\.id.text) == ["alice", "bob", "default", "zo\u{e9} & co"])
        #expect(present.tenants.allSatisfy { $0.isEnabled && $0.quota == TenantQuota() && $0.createdBy == nil })
        #expect(present.tenants.allSatisfy { $0.createdAt.milliseconds > 1_600_000_000_000 })
        #expect(present.changes == 0 && present.unreadable.isEmpty)
        for tenant in present.tenants {
            let secret = SecretReference(tenant: tenant.id, name: "token")
            let version = SecretVersionRecord(
                reference: SecretVersionReference(secret: secret, version: 1), secretClass: .sealed, keyID: "k1",
                wrapNonce: [1], wrapped: [2], nonce: [3], ciphertext: [4], createdAt: start)
            _ = try await store.putSecret(NewSecretVersion(version))
        }
        #expect(try await store.secrets(SecretQuery(scope: .all)).count == 4)
    }

    @Test func everyTenantOfAnOldSQLiteDatabaseGetsARow() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("aura.db")
        do {
            let queue = try DatabaseQueue(path: path)
            try await queue.write { database in
                for migration in StorageSQLite.Schema.migrations where migration.number <= 6 {
                    try database.execute(sql: migration.statements)
                }
                try database.execute(sql: "PRAGMA user_version = 6")
                try database.execute(sql: Self.rows("") + Self.otherTenants("1", ""))
            }
            try queue.close()
        }
        try await Self.expectTenants(try SQLiteStore(path: path, kinds: .test, installation: "first"))
        // Opening again changes nothing.
        let again = try SQLiteStore(path: path, kinds: .test, installation: "first")
        #expect(try await again.identities().tenants.count == 4)
    }

    @Test func everyTenantOfAnOldPostgreSQLDatabaseGetsARow() async throws {
        let place = try StorePlace()
        try PostgresConnection(try Self.formerDatabase(of: place)).script(Self.otherTenants("true", ", 0"))
        try await Self.expectTenants(try await PostgresServer.open(place))
        #expect(try await PostgresServer.open(place).identities().tenants.count == 4)
    }

    /// Makes a PostgreSQL database of schema 3 with an instance, its job and the job's steps.
    fileprivate static func formerDatabase(of place: StorePlace) throws -> PostgresSettings {
        let name = PostgresServer.database(of: place)
        try PostgresServer.shared().make(name)
        let settings = PostgresSettings(url: try PostgresServer.shared().url(name))
        let connection = try PostgresConnection(settings)
        try connection.script("CREATE TABLE schema_version (number integer NOT NULL)")
        for migration in StoragePostgres.Schema.migrations where migration.number <= 3 {
            try connection.script(migration.statements)
            try connection.script("INSERT INTO schema_version (number) VALUES (\(migration.number))")
        }
        try connection.script(rows(", 0"))
        return settings
    }

    fileprivate static func expectMigrated(_ place: StorePlace) async throws {
        try await expectWhole(try await PostgresServer.open(place))
    }
}

/// A migration of a PostgreSQL database while a daemon of the previous release uses it.
@Suite(.timeLimit(.minutes(2))) struct MigrationConflictTests {
    private typealias Schema = StoragePostgres.Schema

    private let place: StorePlace
    /// The connection of the previous release's daemon, and that of the daemon that migrates.
    private let former: ConnectionThread
    private let migrating: ConnectionThread
    private let observing: ConnectionThread

    init() throws {
        place = try StorePlace()
        let settings = try MigrationTests.formerDatabase(of: place)
        former = ConnectionThread(settings, label: "former")
        migrating = ConnectionThread(settings, label: "migrating")
        observing = ConnectionThread(settings, label: "observing")
    }

    /// Begins the transaction of a prune: it holds the lock of the deleted events until its end.
    private func beginPrune() async throws {
        try await former.run { connection in
            // This session does not look for deadlocks, so the server ends the migration.
            try connection.script("BEGIN; SET LOCAL deadlock_timeout = '10min'; DELETE FROM event WHERE seq <= 0")
        }
    }

    /// Returns the time at which the migration's transaction began, once it waits for the lock of the events.
    /// Transactions that began up to `last` do not count.
    private func waitingMigration(after last: String = "") async throws -> String {
        while true {
            let found = try await observing.run { connection in
                try connection.run(
                    """
                    SELECT xact_start::text AS start FROM pg_locks JOIN pg_stat_activity USING (pid)
                    WHERE relation = 'event'::regclass AND NOT granted
                        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    """
                ).first?.text("start")
            }
            if let found, found > last { return found }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    private func schemaNumber() async throws -> Int64? {
        try await observing.run { connection in
            try connection.run("SELECT max(number) AS number FROM schema_version").first?.number("number")
        }
    }

    /// The server ends one of two transactions that wait for each other.
    ///
    ///     prune:      locks event ─────────────────────────────▶ waits for job ─▶ gets it ─▶ commits
    ///     migration:              locks job ─▶ waits for event ─▶ is ended ─▶ begins again ────────────▶ commits
    @Test func aMigrationThatDeadlocksWithAPruneIsRepeated() async throws {
        try await beginPrune()
        async let migrated: Void = migrating.run { connection in
            // Long enough for the prune to wait for the job as well when the server looks for deadlocks.
            try connection.script("SET deadlock_timeout = '2s'")
            try Schema.migrate(connection, lockTime: .seconds(10))
        }
        _ = try await waitingMigration()
        try await former.run { connection in
            try connection.run("SELECT id FROM job FOR UPDATE SKIP LOCKED")
            try connection.script("COMMIT")
        }
        try await migrated
        try await MigrationTests.expectMigrated(place)
    }

    /// The daemon of the previous release gets its locks between two tries.
    @Test func aMigrationThatWaitsTooLongForALockIsRepeated() async throws {
        try await beginPrune()
        async let migrated: Void = migrating.run { try Schema.migrate($0, lockTime: .milliseconds(500)) }
        let first = try await waitingMigration()
        _ = try await waitingMigration(after: first)
        try await former.run { try $0.script("COMMIT") }
        try await migrated
        try await MigrationTests.expectMigrated(place)
    }

    /// A statement of a migration may take longer than other statements may. Here it waits for a lock for 6 s.
    @Test func aMigrationHasItsOwnTimeLimit() async throws {
        try await beginPrune()
        let patient = try migrating(statementTimeout: .seconds(5), migrationTimeout: .seconds(60))
        async let migrated: Void = patient.run { try Schema.migrate($0, lockTime: .seconds(30)) }
        _ = try await waitingMigration()
        try await former.run { connection in
            try connection.run("SELECT pg_sleep(6)")
            try connection.script("COMMIT")
        }
        try await migrated
        try await MigrationTests.expectMigrated(place)
    }

    @Test func aMigrationThatExceedsItsTimeLimitFails() async throws {
        try await beginPrune()
        let impatient = try migrating(statementTimeout: .seconds(30), migrationTimeout: .seconds(1))
        let error = await #expect(throws: PostgresError.self) {
            try await impatient.run { try Schema.migrate($0, lockTime: .seconds(30)) }
        }
        #expect(error?.message == "the server did not answer within 1 s")
        #expect(try await schemaNumber() == 3)
        try await former.run { try $0.script("COMMIT") }
        try await MigrationTests.expectMigrated(place)
    }

    /// A connection for a migration, with these time limits.
    private func migrating(statementTimeout: Duration, migrationTimeout: Duration) throws -> ConnectionThread {
        let url = try PostgresServer.shared().url(PostgresServer.database(of: place))
        return ConnectionThread(
            PostgresSettings(url: url, statementTimeout: statementTimeout, migrationTimeout: migrationTimeout),
            label: "migrating")
    }

    @Test func aLockThatIsNeverReleasedIsReportedAndNothingIsChanged() async throws {
        try await beginPrune()
        let error = try await expectStorageError(.unavailable) {
            try await migrating.run { try Schema.migrate($0, lockTime: .milliseconds(20)) }
        }
        #expect(error.message.contains("other sessions hold locks on its tables"))
        #expect(error.message.contains("lock timeout"))
        #expect(try await schemaNumber() == 3)
        // The migration left no lock behind, so the other daemon can go on.
        try await former.run { connection in
            try connection.script("SET LOCAL lock_timeout = '1s'; LOCK TABLE job IN ACCESS EXCLUSIVE MODE; COMMIT")
        }
        try await MigrationTests.expectMigrated(place)
    }
}
