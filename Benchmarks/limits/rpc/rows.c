/* `status.get {instance: NAME}`: the row of one instance and whether it has an active job. `status.list {limit}` and `job.list
 * {limit}`: the first rows in order of their ids. */
#include "rows.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

static sqlite3 *database;
static sqlite3_stmt *instance, *active_job, *instances, *jobs;

static sqlite3_stmt *prepared(const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die("prepare %s: %s", sql, sqlite3_errmsg(database));
    return statement;
}

void rows_open(const char *path) {
    if (sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        die("open %s: %s", path, sqlite3_errmsg(database));
    instance = prepared("SELECT id, document FROM instance WHERE tenant = 'default' AND name = ? "
                        "ORDER BY holds_name DESC, id DESC LIMIT 1");
    active_job = prepared("SELECT id FROM job WHERE instance = ? AND finished_at IS NULL LIMIT 2");
    instances = prepared("SELECT document FROM instance WHERE id > '' AND phase <> 'destroyed' ORDER BY id LIMIT ?");
    jobs = prepared("SELECT id, kind, instance, tenant, change, state, attempt, created_at, started_at, finished_at, deadline "
                    "FROM job WHERE id > '' ORDER BY id LIMIT ?");
}

static void add_text(struct buffer *reply, sqlite3_stmt *statement, int column) {
    buffer_add(reply, (const char *)sqlite3_column_text(statement, column), (size_t)sqlite3_column_bytes(statement, column));
}

/* Returns the text or number of a member; its length is 0 if there is none. */
static struct span member(struct span params, const char *name) {
    struct span none = {0};
    const char *found = params.length ? memmem(params.start, params.length, name, strlen(name)) : NULL;
    if (!found) return none;
    const char *end = params.start + params.length, *start = found + strlen(name);
    if (start < end && *start == '"') start++;
    const char *stop = start;
    while (stop < end && *stop != '"' && *stop != ',' && *stop != '}') stop++;
    return (struct span){.start = start, .length = (size_t)(stop - start)};
}

static void add_instance(struct buffer *reply, struct span name) {
    sqlite3_bind_text(instance, 1, name.start, (int)name.length, SQLITE_STATIC);
    buffer_text(reply, "{\"instance\":");
    if (sqlite3_step(instance) == SQLITE_ROW) {
        add_text(reply, instance, 1);
        sqlite3_bind_text(active_job, 1, (const char *)sqlite3_column_text(instance, 0), -1, SQLITE_TRANSIENT);
        if (sqlite3_step(active_job) == SQLITE_ROW) {
            buffer_text(reply, ",\"job\":\"");
            add_text(reply, active_job, 0);
            buffer_text(reply, "\"");
        }
        sqlite3_reset(active_job);
    }
    buffer_text(reply, "}");
    sqlite3_reset(instance);
}

static void add_rows(struct buffer *reply, sqlite3_stmt *statement, struct span limit, int columns) {
    sqlite3_bind_int64(statement, 1, limit.length ? strtoll(limit.start, NULL, 10) : 100);
    buffer_text(reply, "{\"rows\":[");
    for (int count = 0; sqlite3_step(statement) == SQLITE_ROW; count++) {
        if (count) buffer_text(reply, ",");
        if (columns > 1) buffer_text(reply, "[");
        for (int column = 0; column < columns; column++) {
            if (columns > 1) buffer_text(reply, column ? ",\"" : "\"");
            add_text(reply, statement, column);
            if (columns > 1) buffer_text(reply, "\"");
        }
        if (columns > 1) buffer_text(reply, "]");
    }
    buffer_text(reply, "]}");
    sqlite3_reset(statement);
}

bool rows_answer(struct buffer *reply, struct span method, struct span params) {
    if (!database) return false;
    if (span_is(method, "\"status.get\"")) add_instance(reply, member(params, "\"instance\":"));
    else if (span_is(method, "\"status.list\"")) add_rows(reply, instances, member(params, "\"limit\":"), 1);
    else if (span_is(method, "\"job.list\"")) add_rows(reply, jobs, member(params, "\"limit\":"), 11);
    else return false;
    return true;
}
