import GRDB
import Storage

/// The tables, as numbered migrations. There are no down migrations.
enum Schema {
    /// One migration, which must not change after its release.
    struct Migration {
        var number: Int
        var statements: String
    }

    static let migrations = [
        Migration(number: 1, statements: first), Migration(number: 2, statements: second),
        Migration(number: 3, statements: third), Migration(number: 4, statements: fourth),
        Migration(number: 5, statements: fifth), Migration(number: 6, statements: sixth),
        Migration(number: 7, statements: seventh), Migration(number: 8, statements: eighth),
        Migration(number: 9, statements: ninth),
    ]

    static var newest: Int { migrations.last?.number ?? 0 }

    /// Migrates the database to the newest schema. Throws `newerSchema` if a newer version created it.
    static func migrate(_ database: Database) throws {
        let present = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard present <= newest else {
            throw StorageError(
                .newerSchema,
                "the database has schema \(present), this aurad knows up to \(newest): run the newer aurad, or restore a backup"
            )
        }
        for migration in migrations where migration.number > present {
            try database.execute(sql: migration.statements)
            try database.execute(sql: "PRAGMA user_version = \(migration.number)")
        }
    }

    private static let first = """
        CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE instance (
            id TEXT PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, desired TEXT NOT NULL, phase TEXT NOT NULL,
            holds_name INTEGER NOT NULL, document TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX instance_live_name ON instance (tenant, name) WHERE holds_name;
        CREATE INDEX instance_name ON instance (tenant, name, id);

        CREATE TABLE job (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, instance TEXT NOT NULL REFERENCES instance (id), tenant TEXT NOT NULL,
            change TEXT NOT NULL, state TEXT NOT NULL, priority INTEGER NOT NULL, available_at INTEGER NOT NULL,
            epoch INTEGER NOT NULL, lease_owner TEXT, lease_until INTEGER, attempt INTEGER NOT NULL, progress REAL NOT NULL,
            deadline INTEGER NOT NULL, cancellation TEXT, blocked_by TEXT, definition_version INTEGER NOT NULL,
            input TEXT NOT NULL, waiting_for TEXT, failure TEXT, created_at INTEGER NOT NULL, started_at INTEGER,
            finished_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX job_ready ON job (priority, available_at, id)
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND state IN ('queued', 'running', 'waiting', 'compensating');
        CREATE INDEX job_due ON job (available_at)
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND state IN ('queued', 'running', 'waiting', 'compensating');
        CREATE INDEX job_leased ON job (lease_until) WHERE lease_owner IS NOT NULL;
        CREATE INDEX job_blocked ON job (blocked_by) WHERE blocked_by IS NOT NULL;
        CREATE INDEX job_instance ON job (instance, id);
        CREATE UNIQUE INDEX job_active ON job (instance)
            WHERE state IN ('queued', 'running', 'waiting', 'compensating') AND kind <> 'destroy';
        CREATE UNIQUE INDEX job_destroying ON job (instance)
            WHERE state IN ('queued', 'running', 'waiting', 'compensating') AND kind = 'destroy';

        CREATE TABLE step (
            job TEXT NOT NULL REFERENCES job (id), number INTEGER NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
            attempt INTEGER NOT NULL, memory TEXT NOT NULL, external_id TEXT, started_at INTEGER, deadline INTEGER,
            finished_at INTEGER, PRIMARY KEY (job, number)
        ) WITHOUT ROWID;

        CREATE TABLE event (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, tenant TEXT NOT NULL, instance TEXT, job TEXT,
            change TEXT, phase TEXT, step TEXT, progress REAL, message TEXT NOT NULL, data TEXT
        );
        CREATE INDEX event_job ON event (job, seq);
        CREATE INDEX event_instance ON event (instance, seq);
        CREATE INDEX event_change ON event (change, seq);

        CREATE TABLE event_head (one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL);
        INSERT INTO event_head (one, seq) VALUES (1, 0);

        CREATE TABLE idempotency (
            scope TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, job TEXT NOT NULL, created_at INTEGER NOT NULL,
            PRIMARY KEY (scope, key)
        ) WITHOUT ROWID;
        """

    /// Adds fair-share tags, concurrency slots, singleton leases and the ledger's floor
    /// (`docs/decisions/0015-fairness-limits-retention.md`).
    private static let second = """
        ALTER TABLE job ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE job ADD COLUMN place TEXT;
        DROP INDEX job_ready;
        CREATE INDEX job_started ON job (priority, available_at, id)
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND state IN ('running', 'waiting', 'compensating');
        CREATE INDEX job_new ON job (priority, turn, id)
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND state = 'queued';
        CREATE INDEX job_queued_tenant ON job (tenant, priority, turn) WHERE state = 'queued';
        CREATE INDEX job_in_flight ON job (tenant)
            WHERE state IN ('running', 'waiting', 'compensating') AND kind <> 'destroy';
        CREATE INDEX job_place ON job (place) WHERE place IS NOT NULL;
        CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
        CREATE INDEX idempotency_job ON idempotency (job);
        CREATE INDEX instance_tenant ON instance (tenant) WHERE holds_name;
        CREATE INDEX instance_destroyed ON instance (id) WHERE phase = 'destroyed';
        CREATE INDEX step_undo_failed ON step (job) WHERE state = 'undoFailed';

        ALTER TABLE event_head ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE duty (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// Adds the tables for the observations of sweeps (`docs/decisions/0014-reconciler.md`) and for the call buckets of
    /// providers.
    private static let third = """
        CREATE TABLE sighting (
            kind TEXT NOT NULL, id TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, id)
        ) WITHOUT ROWID;
        CREATE TABLE bucket (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
        -- The primary key finds a job's steps as well.
        DROP INDEX step_undo_failed;
        """

    /// Reduces the indexes that find a job's events. Queries scan the events of the job's instance instead, which are
    /// few.
    private static let fourth = """
        DROP INDEX event_job;
        DROP INDEX event_change;
        CREATE INDEX event_change ON event (change, seq) WHERE job IS NULL;
        CREATE INDEX job_change ON job (change);

        -- A condition with a list of states makes SQLite build that list at each change of a row.
        DROP INDEX job_due;
        DROP INDEX job_active;
        DROP INDEX job_destroying;
        DROP INDEX job_started;
        DROP INDEX job_in_flight;
        CREATE INDEX job_due ON job (available_at)
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND finished_at IS NULL;
        CREATE INDEX job_started ON job (priority, available_at, id)
            WHERE lease_owner IS NULL AND blocked_by IS NULL AND finished_at IS NULL AND state <> 'queued';
        CREATE INDEX job_in_flight ON job (tenant)
            WHERE finished_at IS NULL AND state <> 'queued' AND kind <> 'destroy';
        CREATE UNIQUE INDEX job_active ON job (instance) WHERE finished_at IS NULL AND kind <> 'destroy';
        CREATE UNIQUE INDEX job_destroying ON job (instance) WHERE finished_at IS NULL AND kind = 'destroy';
        """

    /// Adds the definition that a job follows, and identifies steps by name
    /// (`docs/decisions/0032-rolling-upgrades.md`).
    private static let fifth = """
        ALTER TABLE job ADD COLUMN instance_kind TEXT NOT NULL DEFAULT 'agent';
        ALTER TABLE job ADD COLUMN definition TEXT
            GENERATED ALWAYS AS (instance_kind || '/' || kind || '/' || definition_version) VIRTUAL;

        CREATE TABLE named_step (
            job TEXT NOT NULL REFERENCES job (id), name TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
            attempt INTEGER NOT NULL, memory TEXT NOT NULL, external_id TEXT, started_at INTEGER, deadline INTEGER,
            finished_at INTEGER, PRIMARY KEY (job, name)
        ) WITHOUT ROWID;
        INSERT INTO named_step (job, name, number, state, attempt, memory, external_id, started_at, deadline, finished_at)
            SELECT job, name, number, state, attempt, memory, external_id, started_at, deadline, finished_at FROM step;
        DROP TABLE step;
        ALTER TABLE named_step RENAME TO step;
        """

    /// Adds the principal that caused a job or an event (`docs/decisions/0034-principals-and-interceptors.md`).
    private static let sixth = """
        ALTER TABLE job ADD COLUMN principal TEXT;
        ALTER TABLE event ADD COLUMN principal TEXT;
        """

    /// Adds the tables of identities and secrets (`docs/decisions/0042-identity-and-secret-tables.md`). Each tenant of
    /// an instance or a job gets a row.
    private static let seventh = """
        CREATE TABLE identity_head (one INTEGER PRIMARY KEY CHECK (one = 1), changes INTEGER NOT NULL);
        INSERT INTO identity_head (one, changes) VALUES (1, 0);

        CREATE TABLE tenant (
            id TEXT PRIMARY KEY, is_enabled INTEGER NOT NULL, quota TEXT NOT NULL, created_at INTEGER NOT NULL,
            created_by TEXT
        ) WITHOUT ROWID;
        INSERT INTO tenant (id, is_enabled, quota, created_at)
            SELECT id, 1, '{}', strftime('%s', 'now') * 1000
            FROM (SELECT 'default' AS id UNION SELECT tenant FROM instance UNION SELECT tenant FROM job);

        CREATE TABLE principal (
            id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, scopes TEXT NOT NULL,
            tenants TEXT NOT NULL, is_enabled INTEGER NOT NULL, created_at INTEGER NOT NULL, created_by TEXT
        ) WITHOUT ROWID;

        CREATE TABLE token (
            id BLOB PRIMARY KEY, key_id TEXT NOT NULL, principal TEXT NOT NULL REFERENCES principal (id),
            name TEXT NOT NULL, scopes TEXT NOT NULL, tenants TEXT NOT NULL, not_before INTEGER NOT NULL,
            expires INTEGER, revoked_at INTEGER, check_value BLOB NOT NULL, created_at INTEGER NOT NULL, created_by TEXT,
            last_used_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX token_principal ON token (principal);

        CREATE TABLE session (
            digest BLOB PRIMARY KEY, token BLOB NOT NULL, created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,
            expires INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX session_token ON session (token);
        CREATE INDEX session_expires ON session (expires);

        CREATE TABLE denied_key (digest BLOB PRIMARY KEY, denied_at INTEGER NOT NULL, denied_by TEXT) WITHOUT ROWID;

        CREATE TABLE secret (
            tenant TEXT NOT NULL REFERENCES tenant (id), name TEXT NOT NULL, class TEXT NOT NULL,
            current_version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            PRIMARY KEY (tenant, name)
        ) WITHOUT ROWID;

        -- With row ids, because the rows are long.
        CREATE TABLE secret_version (
            tenant TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, class TEXT NOT NULL, key_id TEXT NOT NULL,
            wrap_nonce BLOB NOT NULL, wrapped BLOB NOT NULL, nonce BLOB NOT NULL, ciphertext BLOB NOT NULL,
            created_at INTEGER NOT NULL, created_by TEXT, change TEXT, PRIMARY KEY (tenant, name, version),
            FOREIGN KEY (tenant, name) REFERENCES secret (tenant, name)
        );
        CREATE INDEX secret_version_key ON secret_version (key_id);

        CREATE TABLE vault_canary (key_id TEXT PRIMARY KEY, nonce BLOB NOT NULL, ciphertext BLOB NOT NULL) WITHOUT ROWID;
        """

    /// Adds the audit (`docs/decisions/0048-audit.md`). A content that was erased is NULL. The hash of a head is NULL
    /// before the first entry.
    private static let eighth = """
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB, salt BLOB, digest BLOB NOT NULL, hash BLOB NOT NULL
        );
        CREATE TABLE audit_head (
            one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB, floor_seq INTEGER NOT NULL,
            floor_hash BLOB
        );
        INSERT INTO audit_head (one, seq, floor_seq) VALUES (1, 0, 0);
        CREATE TABLE audit_checkpoint (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, note TEXT NOT NULL);
        """

    /// Adds the records of features (`docs/decisions/0055-records-of-features.md`).
    private static let ninth = """
        CREATE TABLE record (
            collection TEXT NOT NULL, key TEXT NOT NULL, tenant TEXT, parent TEXT, value TEXT NOT NULL, due_at INTEGER,
            version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
            PRIMARY KEY (collection, key)
        );
        CREATE INDEX record_tenant ON record (collection, tenant, key) WHERE tenant IS NOT NULL;
        CREATE INDEX record_parent ON record (collection, parent, key) WHERE parent IS NOT NULL;
        CREATE INDEX record_due ON record (collection, due_at, key) WHERE due_at IS NOT NULL;
        """
}
