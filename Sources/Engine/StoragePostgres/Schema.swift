import AuraModel
import Storage

/// The tables, as numbered migrations. There are no down migrations.
enum Schema {
    /// One migration. It must not change after its release.
    struct Migration {
        var number: Int
        var statements: String
        /// The oldest schema whose programs still work after this migration. If none do, it is the migration's own
        /// number. For a migration that only adds tables, columns or indexes, it is the previous number. A migration
        /// that removes something that the previous release needs is released one release later.
        var usableFrom: Int
    }

    static let migrations = [
        Migration(number: 1, statements: first, usableFrom: 1), Migration(number: 2, statements: second, usableFrom: 2),
        Migration(number: 3, statements: third, usableFrom: 3), Migration(number: 4, statements: fourth, usableFrom: 4),
        Migration(number: 5, statements: fifth, usableFrom: 4), Migration(number: 6, statements: sixth, usableFrom: 4),
        Migration(number: 7, statements: seventh, usableFrom: 4),
        Migration(number: 8, statements: eighth, usableFrom: 4),
    ]

    static var newest: Int { migrations.last?.number ?? 0 }

    /// Migrates the database to the newest schema.
    ///
    /// Throws `newerSchema` if a newer version migrated it, unless that version declared that this one still works
    /// (`usableFrom`). The exception serves rolling upgrades, when an old daemon restarts and finds the new schema. A
    /// lock until the commit serialises daemons that start at the same time.
    ///
    /// A migration may conflict with a running daemon of the previous release: in a deadlock, or over a lock that is
    /// held for longer than `lockTime`. The migration is tried 10 times in all. Between two tries the other daemon gets
    /// the locks that it waits for. Throws `unavailable` if the last try conflicts as well.
    ///
    /// - Parameters:
    ///   - allowsNew: whether the tables may be created in a database that lacks them.
    ///   - lockTime: the limit of each wait for a lock.
    static func migrate(
        _ connection: PostgresConnection, allowsNew: Bool = true, lockTime: Duration = .seconds(3)
    ) throws {
        var conflict: PostgresError?
        for _ in 1...Self.tries {
            do {
                return try migrateOnce(connection, allowsNew: allowsNew, lockTime: lockTime)
            } catch let error as PostgresError where error.kind == .conflict {
                conflict = error
            }
        }
        throw StorageError(
            .unavailable,
            "cannot migrate the PostgreSQL database: other sessions hold locks on its tables "
                + "(\(conflict?.message ?? "")); end those sessions, or stop the daemons of the previous version, "
                + "and start aurad again")
    }

    private static let tries = 10

    private static func migrateOnce(
        _ connection: PostgresConnection, allowsNew: Bool, lockTime: Duration
    ) throws {
        try connection.script("BEGIN")
        do {
            try connection.script("SET LOCAL lock_timeout = \(lockTime.wholeMilliseconds)")
            try connection.run("SELECT pg_advisory_xact_lock(7166570)")
            try connection.script("CREATE TABLE IF NOT EXISTS schema_version (number integer NOT NULL)")
            let present = try connection.run("SELECT max(number) AS number FROM schema_version").first?.number("number")
            if let present, present > newest, try usableFrom(connection) > newest {
                throw StorageError(
                    .newerSchema,
                    "the database has schema \(present), this aurad knows up to \(newest): run the newer aurad, or restore a backup"
                )
            }
            try checkIsOurs(connection, isNew: present == nil)
            if present == nil, !allowsNew {
                throw StorageError(
                    .unavailable,
                    "cannot make the tables in this new PostgreSQL database: aurad holds credentials of machines that another "
                        + "database knows; name that database, restore a backup, or move the credentials directory away to begin anew"
                )
            }
            for migration in migrations where migration.number > present ?? 0 {
                try connection.migrating { try connection.script(migration.statements) }
                try connection.run(
                    "INSERT INTO schema_version (number) VALUES ($1)", [PostgresValue(migration.number)])
            }
            if present ?? 0 < newest {
                try connection.run(
                    """
                    INSERT INTO setting (name, value) VALUES ('schema.usableFrom', $1)
                    ON CONFLICT (name) DO UPDATE SET value = excluded.value
                    """, [PostgresValue(String(migrations.last?.usableFrom ?? newest))])
            }
            try connection.script("COMMIT")
        } catch {
            try? connection.script("ROLLBACK")
            throw error
        }
    }

    /// Returns the oldest schema whose programs work with this database, as the last migration stored it; `Int.max` if
    /// none is stored.
    private static func usableFrom(_ connection: PostgresConnection) throws -> Int {
        let row = try connection.run("SELECT value FROM setting WHERE name = 'schema.usableFrom'").first
        return row?.text("value").flatMap { Int($0) } ?? .max
    }

    /// Throws `unavailable` unless the database has all of Aura's five oldest tables, or none of them if it is new.
    private static func checkIsOurs(_ connection: PostgresConnection, isNew: Bool) throws {
        let names = ["setting", "instance", "job", "event", "event_head"]
        let rows = try connection.run(
            "SELECT count(*) AS count FROM pg_tables WHERE schemaname = current_schema() AND tablename = ANY ($1)",
            [PostgresValue(array: names)])
        guard rows.first?.number("count") != Int64(isNew ? 0 : names.count) else { return }
        throw StorageError(
            .unavailable,
            "cannot use this PostgreSQL database: another program's tables are in it; choose another database or schema"
        )
    }

    private static let active = "state IN ('queued', 'running', 'waiting', 'compensating')"
    private static let free = "lease_owner IS NULL AND blocked_by IS NULL"

    private static let first = """
        CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL);

        CREATE TABLE instance (
            id text PRIMARY KEY, tenant text NOT NULL, name text NOT NULL, desired text NOT NULL, phase text NOT NULL,
            holds_name boolean NOT NULL, document text NOT NULL
        ) WITH (fillfactor = 70);
        CREATE UNIQUE INDEX instance_live_name ON instance (tenant, name) WHERE holds_name;
        CREATE INDEX instance_name ON instance (tenant, name, id);
        CREATE INDEX instance_destroyed ON instance (id) WHERE phase = 'destroyed';

        CREATE TABLE job (
            id text PRIMARY KEY, kind text NOT NULL, instance text NOT NULL REFERENCES instance (id), tenant text NOT NULL,
            change text NOT NULL, state text NOT NULL, priority integer NOT NULL, turn bigint NOT NULL,
            available_at bigint NOT NULL, epoch bigint NOT NULL, written bigint NOT NULL, lease_owner text, lease_until bigint,
            place text, attempt integer NOT NULL, progress double precision NOT NULL, deadline bigint NOT NULL,
            cancellation text, blocked_by text, definition_version integer NOT NULL, input text NOT NULL, waiting_for text,
            failure text, created_at bigint NOT NULL, started_at bigint, finished_at bigint
        ) WITH (fillfactor = 70);
        CREATE INDEX job_started ON job (priority, available_at, id)
            WHERE \(free) AND state IN ('running', 'waiting', 'compensating');
        CREATE INDEX job_new ON job (priority, turn, id) WHERE \(free) AND state = 'queued';
        CREATE INDEX job_due ON job (available_at) WHERE \(free) AND \(active);
        CREATE INDEX job_queued_tenant ON job (tenant, priority, turn) WHERE state = 'queued';
        CREATE INDEX job_in_flight ON job (tenant)
            WHERE state IN ('running', 'waiting', 'compensating') AND kind <> 'destroy';
        CREATE INDEX job_leased ON job (lease_until) WHERE lease_owner IS NOT NULL;
        CREATE INDEX job_place ON job (place) WHERE place IS NOT NULL;
        CREATE INDEX job_blocked ON job (blocked_by) WHERE blocked_by IS NOT NULL;
        CREATE INDEX job_instance ON job (instance, id);
        CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
        CREATE UNIQUE INDEX job_active ON job (instance) WHERE \(active) AND kind <> 'destroy';
        CREATE UNIQUE INDEX job_destroying ON job (instance) WHERE \(active) AND kind = 'destroy';

        CREATE TABLE step (
            job text NOT NULL REFERENCES job (id), number integer NOT NULL, name text NOT NULL, state text NOT NULL,
            attempt integer NOT NULL, memory text NOT NULL, external_id text, started_at bigint, deadline bigint,
            finished_at bigint, PRIMARY KEY (job, number)
        ) WITH (fillfactor = 70);
        CREATE INDEX step_undo_failed ON step (job) WHERE state = 'undoFailed';

        CREATE TABLE event (
            seq bigint PRIMARY KEY, at bigint NOT NULL, type text NOT NULL, tenant text NOT NULL, instance text, job text,
            change text, phase text, step text, progress double precision, message text NOT NULL, data text
        );
        CREATE INDEX event_job ON event (job, seq);
        CREATE INDEX event_instance ON event (instance, seq);
        CREATE INDEX event_change ON event (change, seq);

        CREATE TABLE event_head (one integer PRIMARY KEY CHECK (one = 1), seq bigint NOT NULL, floor bigint NOT NULL)
            WITH (fillfactor = 10);
        INSERT INTO event_head (one, seq, floor) VALUES (1, 0, 0);

        CREATE TABLE idempotency (
            scope text NOT NULL, key text NOT NULL, request text NOT NULL, job text NOT NULL, created_at bigint NOT NULL,
            PRIMARY KEY (scope, key)
        );
        CREATE INDEX idempotency_job ON idempotency (job);

        CREATE TABLE duty (name text PRIMARY KEY, owner text NOT NULL, until bigint NOT NULL);
        """

    /// Adds the tables for the observations of sweeps (`docs/decisions/0014-reconciler.md`) and for the call buckets of
    /// providers.
    private static let second = """
        CREATE TABLE sighting (
            kind text NOT NULL, id text NOT NULL, document text NOT NULL, PRIMARY KEY (kind, id)
        );

        CREATE TABLE bucket (name text PRIMARY KEY, document text NOT NULL);

        -- The primary key finds a job's steps as well; an index with a condition on the state makes every change of it dear.
        DROP INDEX step_undo_failed;

        -- Room on each page, so that a row's next version stays beside it and no index has to know of it.
        ALTER TABLE job SET (fillfactor = 60);
        ALTER TABLE instance SET (fillfactor = 60);
        ALTER TABLE step SET (fillfactor = 80);
        """

    /// Reduces the indexes that find a job's events. Queries scan the events of the job's instance instead, which are
    /// few.
    private static let third = """
        DROP INDEX event_job;
        DROP INDEX event_change;
        CREATE INDEX event_change ON event (change, seq) WHERE job IS NULL;
        CREATE INDEX job_change ON job (change);

        -- Conditions that are cheap to check: an index's own is at each change of a row.
        DROP INDEX job_due;
        DROP INDEX job_active;
        DROP INDEX job_destroying;
        DROP INDEX job_started;
        DROP INDEX job_in_flight;
        CREATE INDEX job_due ON job (available_at) WHERE \(free) AND finished_at IS NULL;
        CREATE INDEX job_started ON job (priority, available_at, id)
            WHERE \(free) AND finished_at IS NULL AND state <> 'queued';
        CREATE INDEX job_in_flight ON job (tenant)
            WHERE finished_at IS NULL AND state <> 'queued' AND kind <> 'destroy';
        CREATE UNIQUE INDEX job_active ON job (instance) WHERE finished_at IS NULL AND kind <> 'destroy';
        CREATE UNIQUE INDEX job_destroying ON job (instance) WHERE finished_at IS NULL AND kind = 'destroy';
        """

    /// Adds the definition that a job follows, and identifies steps by name
    /// (`docs/decisions/0032-rolling-upgrades.md`).
    private static let fourth = """
        ALTER TABLE job ADD COLUMN instance_kind text NOT NULL DEFAULT 'agent';
        ALTER TABLE job ADD COLUMN definition text
            GENERATED ALWAYS AS (instance_kind || '/' || kind || '/' || definition_version::text) STORED;

        ALTER TABLE step DROP CONSTRAINT step_pkey;
        ALTER TABLE step ADD PRIMARY KEY (job, name);
        """

    /// Adds the principal that caused a job or an event (`docs/decisions/0034-principals-and-interceptors.md`).
    private static let fifth = """
        ALTER TABLE job ADD COLUMN principal text;
        ALTER TABLE event ADD COLUMN principal text;
        """

    /// Adds the tables of identities and secrets (`docs/decisions/0042-identity-and-secret-tables.md`). Each tenant of
    /// an instance or a job gets a row. Pages are ordered by the bytes of their keys, so the keys have the collation "C".
    private static let sixth = """
        CREATE TABLE identity_head (one integer PRIMARY KEY CHECK (one = 1), changes bigint NOT NULL);
        INSERT INTO identity_head (one, changes) VALUES (1, 0);

        CREATE TABLE tenant (
            id text COLLATE "C" PRIMARY KEY, is_enabled boolean NOT NULL, quota text NOT NULL, created_at bigint NOT NULL,
            created_by text
        );
        INSERT INTO tenant (id, is_enabled, quota, created_at)
            SELECT id, true, '{}', (extract(epoch FROM now()) * 1000)::bigint
            FROM (SELECT 'default' AS id UNION SELECT tenant FROM instance UNION SELECT tenant FROM job) AS named;

        CREATE TABLE principal (
            id text COLLATE "C" PRIMARY KEY, name text NOT NULL UNIQUE, kind text NOT NULL, scopes text NOT NULL,
            tenants text NOT NULL, is_enabled boolean NOT NULL, created_at bigint NOT NULL, created_by text
        );

        CREATE TABLE token (
            id bytea PRIMARY KEY, key_id text NOT NULL, principal text COLLATE "C" NOT NULL REFERENCES principal (id),
            name text NOT NULL, scopes text NOT NULL, tenants text NOT NULL, not_before bigint NOT NULL, expires bigint,
            revoked_at bigint, check_value bytea NOT NULL, created_at bigint NOT NULL, created_by text,
            last_used_at bigint
        ) WITH (fillfactor = 80);
        CREATE INDEX token_principal ON token (principal);

        CREATE TABLE session (
            digest bytea PRIMARY KEY, token bytea NOT NULL, created_at bigint NOT NULL, last_used_at bigint NOT NULL,
            expires bigint NOT NULL
        ) WITH (fillfactor = 80);
        CREATE INDEX session_token ON session (token);
        CREATE INDEX session_expires ON session (expires);

        CREATE TABLE denied_key (digest bytea PRIMARY KEY, denied_at bigint NOT NULL, denied_by text);

        CREATE TABLE secret (
            tenant text COLLATE "C" NOT NULL REFERENCES tenant (id), name text COLLATE "C" NOT NULL, class text NOT NULL,
            current_version integer NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL,
            PRIMARY KEY (tenant, name)
        );

        CREATE TABLE secret_version (
            tenant text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, version integer NOT NULL,
            class text NOT NULL, key_id text NOT NULL, wrap_nonce bytea NOT NULL, wrapped bytea NOT NULL,
            nonce bytea NOT NULL, ciphertext bytea NOT NULL, created_at bigint NOT NULL, created_by text, change text,
            PRIMARY KEY (tenant, name, version), FOREIGN KEY (tenant, name) REFERENCES secret (tenant, name)
        );
        CREATE INDEX secret_version_key ON secret_version (key_id);

        CREATE TABLE vault_canary (key_id text PRIMARY KEY, nonce bytea NOT NULL, ciphertext bytea NOT NULL);
        """

    /// Adds the audit (`docs/decisions/0048-audit.md`). A content that was erased is NULL. The hash of a head is NULL
    /// before the first entry.
    private static let seventh = """
        CREATE TABLE audit (
            seq bigint PRIMARY KEY, at bigint NOT NULL, body bytea, salt bytea, digest bytea NOT NULL, hash bytea NOT NULL
        );
        CREATE TABLE audit_head (
            one integer PRIMARY KEY CHECK (one = 1), seq bigint NOT NULL, hash bytea, floor_seq bigint NOT NULL,
            floor_hash bytea
        ) WITH (fillfactor = 10);
        INSERT INTO audit_head (one, seq, floor_seq) VALUES (1, 0, 0);
        CREATE TABLE audit_checkpoint (seq bigint PRIMARY KEY, at bigint NOT NULL, note text NOT NULL);
        """

    /// Adds the records of features (`docs/decisions/0055-records-of-features.md`). Pages are ordered by the bytes of the
    /// keys.
    private static let eighth = """
        CREATE TABLE record (
            collection text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL, tenant text COLLATE "C",
            parent text COLLATE "C", value text NOT NULL, due_at bigint, version bigint NOT NULL,
            created_at bigint NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (collection, key)
        ) WITH (fillfactor = 80);
        CREATE INDEX record_tenant ON record (collection, tenant, key) WHERE tenant IS NOT NULL;
        CREATE INDEX record_parent ON record (collection, parent, key) WHERE parent IS NOT NULL;
        CREATE INDEX record_due ON record (collection, due_at, key) WHERE due_at IS NOT NULL;
        """
}
