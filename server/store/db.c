/* db.c - the backend-independent half of db.h: a pool of connections, each with its prepared statements, and turns for writers. */
#include "store/db.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/db_engine.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CACHED_STATEMENTS 96

struct statement {
    char *sql;
    void *os;
    bool in_use;
};

/* A connection with its transaction: while no transaction is open it waits in db->idle. */
struct db_tx {
    struct db *db;
    struct db_tx *next;
    void *connection;
    enum db_mode mode;
    struct statement cache[CACHED_STATEMENTS];
    size_t cached;
};

struct db_query {
    struct db_tx *tx;
    void *statement;
    struct statement *cached; /* NULL: made for this query alone */
};

struct db {
    const struct db_engine *engine;
    struct mutex *pool_lock, *write_lock;
    struct db_tx *idle;
    char *path;
};

struct db_value db_null(void)
{
    return (struct db_value){.type = DB_NULL};
}

struct db_value db_int(int64_t number)
{
    return (struct db_value){.type = DB_INT, .number = number};
}

struct db_value db_text(const char *text)
{
    if (!text)
        return db_null();
    return (struct db_value){.type = DB_TEXT, .data = text, .size_bytes = strlen(text)};
}

struct db_value db_blob(const void *data, size_t size_bytes)
{
    return (struct db_value){.type = DB_BLOB, .data = data, .size_bytes = size_bytes};
}

/* -- the pool -- */

static void connection_free(struct db_tx *tx)
{
    if (!tx)
        return;
    for (size_t i = 0; i < tx->cached; i++) {
        tx->db->engine->finalize(tx->cache[i].os);
        free(tx->cache[i].sql);
    }
    if (tx->connection)
        tx->db->engine->disconnect(tx->connection);
    free(tx);
}

static enum status connection_create(struct db *db, struct db_tx **ret)
{
    struct db_tx *tx = calloc(1, sizeof *tx);
    if (!tx)
        return ST_MEMORY;
    tx->db = db;
    enum status status = db->engine->connect(&tx->connection, db->path);
    if (status) {
        connection_free(tx);
        return status;
    }
    *ret = tx;
    return ST_OK;
}

static enum status connection_take(struct db *db, struct db_tx **ret)
{
    mutex_lock(db->pool_lock);
    struct db_tx *tx = db->idle;
    if (tx)
        db->idle = tx->next;
    mutex_unlock(db->pool_lock);
    if (!tx)
        return connection_create(db, ret);
    *ret = tx;
    return ST_OK;
}

static void connection_give(struct db_tx *tx)
{
    struct db *db = tx->db;
    bool writer = tx->mode == DB_WRITE;
    mutex_lock(db->pool_lock);
    tx->next = db->idle;
    db->idle = tx;
    mutex_unlock(db->pool_lock);
    if (writer)
        mutex_unlock(db->write_lock);
}

enum status db_open(struct db **ret, const char *path)
{
    struct db *db = calloc(1, sizeof *db);
    if (!db)
        return ST_MEMORY;
    db->engine = &db_engine_sqlite;
    db->path = strdup(path);
    enum status status = db->path ? ST_OK : ST_MEMORY;
    if (!status)
        status = mutex_create(&db->pool_lock);
    if (!status)
        status = mutex_create(&db->write_lock);
    if (!status)
        status = connection_create(db, &db->idle); /* finds out at once whether the database can be opened */
    if (status) {
        db_close(db);
        return status;
    }
    *ret = db;
    return ST_OK;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    while (db->idle) {
        struct db_tx *tx = db->idle;
        db->idle = tx->next;
        connection_free(tx);
    }
    mutex_free(db->write_lock);
    mutex_free(db->pool_lock);
    free(db->path);
    free(db);
}

/* -- transactions -- */

enum status db_begin(struct db *db, enum db_mode mode, struct db_tx **ret)
{
    struct db_tx *tx = NULL;
    if (mode == DB_WRITE)
        mutex_lock(db->write_lock);
    enum status status = connection_take(db, &tx);
    if (status) {
        if (mode == DB_WRITE)
            mutex_unlock(db->write_lock);
        return status;
    }
    tx->mode = mode;
    status = db->engine->begin(tx->connection, mode);
    if (status) {
        connection_give(tx);
        return status;
    }
    *ret = tx;
    return ST_OK;
}

enum status db_commit(struct db_tx *tx)
{
    enum status status = tx->db->engine->commit(tx->connection);
    if (status)
        tx->db->engine->rollback(tx->connection);
    connection_give(tx);
    return status;
}

void db_rollback(struct db_tx *tx)
{
    if (!tx)
        return;
    tx->db->engine->rollback(tx->connection);
    connection_give(tx);
}

/* -- statements -- */

static struct statement *cache_find(struct db_tx *tx, const char *sql)
{
    for (size_t i = 0; i < tx->cached; i++)
        if (!tx->cache[i].in_use && strcmp(tx->cache[i].sql, sql) == 0)
            return &tx->cache[i];
    return NULL;
}

/* A statement for sql: from the cache, new in the cache, or, when the cache is full, for this one use (*ret_cached is NULL). */
static enum status statement_take(struct db_tx *tx, const char *sql, void **ret, struct statement **ret_cached)
{
    struct statement *cached = cache_find(tx, sql);
    if (!cached) {
        void *os = NULL;
        enum status status = tx->db->engine->prepare(tx->connection, sql, &os);
        if (status)
            return status;
        char *copy = tx->cached < CACHED_STATEMENTS ? strdup(sql) : NULL;
        if (!copy) {
            *ret = os;
            *ret_cached = NULL;
            return ST_OK;
        }
        cached = &tx->cache[tx->cached++];
        cached->sql = copy;
        cached->os = os;
    }
    cached->in_use = true;
    *ret = cached->os;
    *ret_cached = cached;
    return ST_OK;
}

static void statement_give(struct db_tx *tx, void *statement, struct statement *cached)
{
    if (!cached) {
        tx->db->engine->finalize(statement);
        return;
    }
    tx->db->engine->reset(statement);
    cached->in_use = false;
}

enum status db_exec_values(struct db_tx *tx, const char *sql, const struct db_value *values, size_t count)
{
    void *statement = NULL;
    struct statement *cached = NULL;
    enum status status = statement_take(tx, sql, &statement, &cached);
    if (status)
        return status;
    status = tx->db->engine->bind(statement, values, count);
    while (!status)
        status = tx->db->engine->step(statement);
    statement_give(tx, statement, cached);
    return status == ST_END ? ST_OK : status;
}

enum status db_exec_plain(struct db_tx *tx, const char *sql)
{
    return db_exec_values(tx, sql, NULL, 0);
}

int64_t db_changed(const struct db_tx *tx)
{
    return tx->db->engine->changed(tx->connection);
}

enum status db_select_values(struct db_tx *tx, struct db_query **ret, const char *sql, const struct db_value *values, size_t count)
{
    struct db_query *query = calloc(1, sizeof *query);
    if (!query)
        return ST_MEMORY;
    query->tx = tx;
    enum status status = statement_take(tx, sql, &query->statement, &query->cached);
    if (status) {
        free(query);
        return status;
    }
    status = tx->db->engine->bind(query->statement, values, count);
    if (status) {
        db_finish(query);
        return status;
    }
    *ret = query;
    return ST_OK;
}

enum status db_select_row_values(struct db_tx *tx, struct db_query **ret, const char *sql, const struct db_value *values, size_t count)
{
    struct db_query *query = NULL;
    *ret = NULL;
    enum status status = db_select_values(tx, &query, sql, values, count);
    if (!status)
        status = db_next(query);
    if (status) {
        db_finish(query);
        return status;
    }
    *ret = query;
    return ST_OK;
}

enum status db_next(struct db_query *query)
{
    return query->tx->db->engine->step(query->statement);
}

void db_finish(struct db_query *query)
{
    if (!query)
        return;
    statement_give(query->tx, query->statement, query->cached);
    free(query);
}

bool db_is_null(struct db_query *query, int column)
{
    return query->tx->db->engine->is_null(query->statement, column);
}

int64_t db_get_int(struct db_query *query, int column)
{
    return query->tx->db->engine->get_int(query->statement, column);
}

const char *db_get_text(struct db_query *query, int column)
{
    return query->tx->db->engine->get_text(query->statement, column);
}

struct span db_get_blob(struct db_query *query, int column)
{
    return query->tx->db->engine->get_blob(query->statement, column);
}
