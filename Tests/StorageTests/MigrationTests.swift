import AuraModel
import GRDB
import JSON
import Logging
import Storage
import TestKit
import Testing

@testable import StoragePostgres
@testable import StorageSQLite

/// Databases of the release before: their rows are read, and their jobs continue.
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
        try await Self.expectWhole(try SQLiteStore(path: path, installation: "first"))
    }

    @Test func aPostgreSQLDatabaseOfSchema3IsMigratedWithItsRows() async throws {
        let place = try StorePlace()
        let name = PostgresServer.database(of: place)
        try PostgresServer.shared().make(name)
        let connection = try PostgresConnection(PostgresSettings(url: try PostgresServer.shared().url(name)))
        try connection.script("CREATE TABLE schema_version (number integer NOT NULL)")
        for migration in StoragePostgres.Schema.migrations where migration.number <= 3 {
            try connection.script(migration.statements)
            try connection.script("INSERT INTO schema_version (number) VALUES (\(migration.number))")
        }
        try connection.script(Self.rows(", 0"))
        try await Self.expectWhole(try await PostgresServer.open(place))
        let usable = try connection.run("SELECT value FROM setting WHERE name = 'schema.usableFrom'").first?.text(
            "value")
        #expect(usable == "4")
    }
}
