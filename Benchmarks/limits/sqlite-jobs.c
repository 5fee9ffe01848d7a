/* The limit for bench-jobs: the same five-step jobs as raw statements through the SQLite C API. It uses one thread, prepared
 * statements, `batch` transitions per commit, and synchronous=FULL.
 *
 *     sqlite-jobs FILE JOBS BATCH        prints jobs per second
 *
 * Per job it commits the same transitions as the engine: one submission, one claim, one transition that begins the first step,
 * four that end a step and begin the next, and one that ends the last step and the job. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static sqlite3 *db;
static long transitions, batch, seq;

static void check(int code, const char *what) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
        exit(1);
    }
}

static void run(const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), sql); }

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), sql);
    return statement;
}

static void step(sqlite3_stmt *statement) {
    check(sqlite3_step(statement), "step");
    sqlite3_reset(statement);
}

/* Ends one transition; `batch` transitions share a commit. */
static void transition(void) {
    if (++transitions % batch == 0) run("COMMIT; BEGIN IMMEDIATE");
}

static const char *document =
    "{\"id\":\"00000000-0000-7000-8000-000000000001\",\"tenant\":\"default\",\"name\":\"agent-1\",\"kind\":\"agent\","
    "\"desired\":\"running\",\"phase\":\"provisioning\",\"generation\":1,\"region\":\"eu-central\",\"size\":\"small\","
    "\"change\":\"00000000-0000-7000-8000-000000000001\",\"createdAt\":\"2026-11-21T12:00:00.123Z\","
    "\"updatedAt\":\"2026-11-21T12:00:00.123Z\"}";

static sqlite3_stmt *add_event, *add_instance, *add_job, *claim, *read_job, *read_instance, *put_step, *move_job,
    *set_instance, *find_ready;

static void event(const char *id, const char *type) {
    sqlite3_bind_int64(add_event, 1, ++seq);
    sqlite3_bind_text(add_event, 2, type, -1, SQLITE_STATIC);
    sqlite3_bind_text(add_event, 3, id, -1, SQLITE_STATIC);
    step(add_event);
}

static void move(const char *id, const char *state, int ends) {
    sqlite3_bind_text(move_job, 1, state, -1, SQLITE_STATIC);
    sqlite3_bind_int(move_job, 2, ends);
    sqlite3_bind_text(move_job, 3, id, -1, SQLITE_STATIC);
    step(move_job);
}

static void put(const char *id, int number, const char *state) {
    sqlite3_bind_text(put_step, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_int(put_step, 2, number);
    sqlite3_bind_text(put_step, 3, state, -1, SQLITE_STATIC);
    step(put_step);
}

static void instance(const char *id) {
    sqlite3_bind_text(set_instance, 1, document, -1, SQLITE_STATIC);
    sqlite3_bind_text(set_instance, 2, id, -1, SQLITE_STATIC);
    step(set_instance);
}

static void with_id(sqlite3_stmt *statement, const char *id) {
    sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
    step(statement);
}

static void live(const char *id) {
    sqlite3_bind_text(add_instance, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(add_instance, 2, document, -1, SQLITE_STATIC);
    step(add_instance);
    with_id(add_job, id);
    event(id, "job.queued");
    transition();

    step(find_ready);
    with_id(claim, id);
    with_id(read_job, id);
    with_id(read_instance, id);
    transition();

    put(id, 0, "intent");
    move(id, "running", 0);
    instance(id);
    event(id, "job.started");
    event(id, "phase.changed");
    event(id, "step.started");
    transition();
    for (int number = 0; number < 5; number++) {
        put(id, number, "done");
        if (number < 4) put(id, number + 1, "intent");
        move(id, number < 4 ? "running" : "succeeded", number == 4);
        if (number == 4) instance(id);
        event(id, "step.done");
        event(id, number < 4 ? "step.started" : "phase.changed");
        if (number == 4) event(id, "job.succeeded");
        transition();
    }
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "usage: sqlite-jobs FILE JOBS BATCH\n");
        return 2;
    }
    long jobs = atol(arguments[2]);
    batch = atol(arguments[3]);
    check(sqlite3_open(arguments[1], &db), "open");
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;"
        "PRAGMA wal_autocheckpoint=8192;"
        "CREATE TABLE instance (id TEXT PRIMARY KEY, tenant TEXT, name TEXT, desired TEXT, phase TEXT, holds_name INTEGER,"
        " document TEXT) WITHOUT ROWID;"
        "CREATE UNIQUE INDEX instance_live_name ON instance (tenant, name) WHERE holds_name;"
        "CREATE TABLE job (id TEXT PRIMARY KEY, kind TEXT, instance TEXT, tenant TEXT, change TEXT, state TEXT,"
        " priority INTEGER, available_at INTEGER, epoch INTEGER, lease_owner TEXT, lease_until INTEGER, turn INTEGER,"
        " input TEXT, created_at INTEGER, finished_at INTEGER) WITHOUT ROWID;"
        "CREATE INDEX job_new ON job (priority, turn, id) WHERE lease_owner IS NULL AND state = 'queued';"
        "CREATE INDEX job_leased ON job (lease_until) WHERE lease_owner IS NOT NULL;"
        "CREATE INDEX job_instance ON job (instance, id);"
        "CREATE UNIQUE INDEX job_active ON job (instance) WHERE finished_at IS NULL;"
        "CREATE TABLE step (job TEXT, number INTEGER, name TEXT, state TEXT, attempt INTEGER, memory TEXT,"
        " started_at INTEGER, PRIMARY KEY (job, number)) WITHOUT ROWID;"
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, at INTEGER, type TEXT, tenant TEXT, instance TEXT, job TEXT,"
        " change TEXT, phase TEXT, step TEXT, progress REAL, message TEXT, data TEXT);"
        "CREATE INDEX event_instance ON event (instance, seq);");
    add_instance = prepare("INSERT INTO instance VALUES (?1,'default',?1,'running','queued',1,?2)");
    add_job = prepare("INSERT INTO job VALUES (?1,'provision',?1,'default',?1,'queued',100,1795176000123,0,NULL,NULL,1,"
                      "'null',1795176000123,NULL)");
    find_ready = prepare("SELECT id FROM job WHERE lease_owner IS NULL AND state = 'queued' AND priority = 100"
                         " ORDER BY turn, id LIMIT 1");
    claim = prepare("UPDATE job SET epoch = epoch + 1, lease_owner = 'me', lease_until = 1795176030123, state = 'running'"
                    " WHERE id = ?1");
    read_job = prepare("SELECT * FROM job WHERE id = ?1");
    read_instance = prepare("SELECT desired, document FROM instance WHERE id = ?1");
    put_step = prepare("INSERT INTO step VALUES (?1,?2,'nothing',?3,0,'null',1795176000123)"
                       " ON CONFLICT (job, number) DO UPDATE SET state = excluded.state");
    move_job = prepare("UPDATE job SET state = ?1, finished_at = CASE WHEN ?2 THEN 1795176000123 END,"
                       " lease_owner = CASE WHEN ?2 THEN NULL ELSE lease_owner END"
                       " WHERE id = ?3 AND epoch = 1 AND lease_owner IS NOT NULL");
    set_instance = prepare("UPDATE instance SET phase = 'provisioning', document = ?1 WHERE id = ?2");
    add_event = prepare("INSERT INTO event VALUES (?1,1795176000123,?2,'default',?3,?3,?3,'provisioning','nothing',0.5,"
                        "'nothing took 0.0 s','{\"milliseconds\":0}')");
    struct timespec begun, ended;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    run("BEGIN IMMEDIATE");
    for (long number = 0; number < jobs; number++) {
        char id[64];
        snprintf(id, sizeof id, "00000000-0000-7000-8000-%012ld", number);
        live(id);
    }
    run("COMMIT");
    clock_gettime(CLOCK_MONOTONIC, &ended);
    double seconds = (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9;
    printf("limit: raw SQLite, %ld transitions a commit: %ld jobs in %.2f s, %.0f jobs/s\n", batch, jobs, seconds,
           (double)jobs / seconds);
    return 0;
}
