/* db_sqlite.c - SQLite behind db_engine.h: write-ahead log, and a sync at every commit (synchronous=FULL). */
#include "base/log.h"
#include "store/db_engine.h"
#include <limits.h>
#include <sqlite3.h>
#include <string.h>

static enum status status_from_sqlite(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
        return ST_OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ST_BUSY;
    case SQLITE_FULL:
        return ST_FULL;
    case SQLITE_NOMEM:
        return ST_MEMORY;
    case SQLITE_READONLY:
        return ST_READ_ONLY;
    case SQLITE_IOERR:
        return ST_IO;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return ST_ACCESS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ST_FORMAT;
    case SQLITE_CONSTRAINT:
        return ST_EXISTS;
    case SQLITE_TOOBIG:
        return ST_TOO_LARGE;
    default:
        return ST_SYSTEM;
    }
}

/* Logs what a caller's status alone cannot say; a busy database and a constraint are everyday answers, not events. */
static enum status report(sqlite3 *connection, int code, const char *action)
{
    enum status status = status_from_sqlite(code);
    if (status && status != ST_BUSY && status != ST_EXISTS)
        log_error("db-failed", "action=%s code=%d message=\"%s\"", action, sqlite3_extended_errcode(connection),
                  sqlite3_errmsg(connection));
    return status;
}

static enum status set_up(sqlite3 *connection)
{
    static const char *const PRAGMAS[] = {
        "PRAGMA journal_mode=WAL",     "PRAGMA synchronous=FULL",  "PRAGMA foreign_keys=ON",
        "PRAGMA trusted_schema=OFF",   "PRAGMA temp_store=MEMORY", "PRAGMA journal_size_limit=67108864",
        "PRAGMA recursive_triggers=0",
    };
    sqlite3_busy_timeout(connection, DB_LOCK_WAIT_MS);
    sqlite3_extended_result_codes(connection, 1);
    for (size_t i = 0; i < sizeof PRAGMAS / sizeof *PRAGMAS; i++) {
        int code = sqlite3_exec(connection, PRAGMAS[i], NULL, NULL, NULL);
        if (code != SQLITE_OK)
            return report(connection, code, "pragma");
    }
    return ST_OK;
}

static enum status sqlite_connect(void **ret_connection, const char *where)
{
    sqlite3 *connection = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(where, &connection, flags, NULL);
    enum status status = code == SQLITE_OK ? set_up(connection) : report(connection, code, "open");
    if (status) {
        sqlite3_close(connection);
        return status;
    }
    *ret_connection = connection;
    return ST_OK;
}

static void sqlite_disconnect(void *connection)
{
    sqlite3_close(connection);
}

static enum status sqlite_begin(void *connection, enum db_mode mode)
{
    return report(connection, sqlite3_exec(connection, mode == DB_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL), "begin");
}

static enum status sqlite_commit(void *connection)
{
    return report(connection, sqlite3_exec(connection, "COMMIT", NULL, NULL, NULL), "commit");
}

static void sqlite_rollback(void *connection)
{
    /* After some failures (full disk) SQLite has rolled back by itself. */
    if (!sqlite3_get_autocommit(connection))
        report(connection, sqlite3_exec(connection, "ROLLBACK", NULL, NULL, NULL), "rollback");
}

static enum status sqlite_prepare(void *connection, const char *sql, void **ret_statement)
{
    sqlite3_stmt *statement = NULL;
    enum status status =
        report(connection, sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), "prepare");
    if (!status)
        *ret_statement = statement;
    return status;
}

static int bind_one(sqlite3_stmt *statement, int index, const struct db_value *value)
{
    if (value->size_bytes > INT_MAX)
        return SQLITE_TOOBIG;
    switch (value->type) {
    case DB_NULL:
        return sqlite3_bind_null(statement, index);
    case DB_INT:
        return sqlite3_bind_int64(statement, index, value->number);
    case DB_TEXT:
        return sqlite3_bind_text(statement, index, value->data, (int)value->size_bytes, SQLITE_TRANSIENT);
    case DB_BLOB:
        return sqlite3_bind_blob(statement, index, value->size_bytes ? value->data : "", (int)value->size_bytes, SQLITE_TRANSIENT);
    }
    return SQLITE_MISUSE;
}

static enum status sqlite_bind(void *statement, const struct db_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = bind_one(statement, (int)i + 1, &values[i]);
        if (code != SQLITE_OK)
            return report(sqlite3_db_handle(statement), code, "bind");
    }
    return ST_OK;
}

static enum status sqlite_step(void *statement)
{
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        return ST_OK;
    if (code == SQLITE_DONE)
        return ST_END;
    return report(sqlite3_db_handle(statement), code, "step");
}

static void sqlite_reset(void *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

static void sqlite_finalize(void *statement)
{
    sqlite3_finalize(statement);
}

static int64_t sqlite_changed(void *connection)
{
    return sqlite3_changes64(connection);
}

static bool sqlite_is_null(void *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL;
}

static int64_t sqlite_get_int(void *statement, int column)
{
    return sqlite3_column_int64(statement, column);
}

static const char *sqlite_get_text(void *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

static struct span sqlite_get_blob(void *statement, int column)
{
    const void *data = sqlite3_column_blob(statement, column);
    return (struct span){.data = data, .len = (size_t)sqlite3_column_bytes(statement, column)};
}

const struct db_engine db_engine_sqlite = {
    .connect = sqlite_connect,
    .disconnect = sqlite_disconnect,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .prepare = sqlite_prepare,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .finalize = sqlite_finalize,
    .changed = sqlite_changed,
    .is_null = sqlite_is_null,
    .get_int = sqlite_get_int,
    .get_text = sqlite_get_text,
    .get_blob = sqlite_get_blob,
};
