/* db_engine.h - what a database backend implements; db.c alone calls it. One const table per backend. */
#ifndef SALVOR_SERVER_STORE_DB_ENGINE_H
#define SALVOR_SERVER_STORE_DB_ENGINE_H
#include "store/db.h"

struct db_engine {
    enum status (*connect)(void **ret_connection, const char *where);
    void (*disconnect)(void *connection);
    enum status (*begin)(void *connection, enum db_mode mode);
    enum status (*commit)(void *connection);
    void (*rollback)(void *connection);
    enum status (*prepare)(void *connection, const char *sql, void **ret_statement);
    enum status (*bind)(void *statement, const struct db_value *values, size_t count);
    enum status (*step)(void *statement); /* ST_OK: a row, ST_END: no more */
    void (*reset)(void *statement);       /* ready for another bind */
    void (*finalize)(void *statement);
    int64_t (*changed)(void *connection);
    bool (*is_null)(void *statement, int column);
    int64_t (*get_int)(void *statement, int column);
    const char *(*get_text)(void *statement, int column);
    struct span (*get_blob)(void *statement, int column);
};

extern const struct db_engine db_engine_sqlite;

#endif
