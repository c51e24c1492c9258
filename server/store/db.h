/* db.h - the database seam: transactions and queries in the SQL that SQLite (3.35 and later) and PostgreSQL share.
 *
 * Parameters are written ?1, ?2 ... LIKE takes ASCII letters of either case for the same. Numbers are 64-bit, text is valid UTF-8, times
 * are Unix milliseconds in UTC. Any thread may begin a transaction; it belongs to that thread until it is over. Writers of this process
 * take turns; a writer in another process is waited for (DB_LOCK_WAIT_MS), then ST_BUSY. A committed transaction survives a power cut. */
#ifndef SALVOR_SERVER_STORE_DB_H
#define SALVOR_SERVER_STORE_DB_H
#include "base/bytes.h"
#include "base/status.h"

#define DB_LOCK_WAIT_MS 3000

struct db;
struct db_tx;
struct db_query;

enum db_mode { DB_READ, DB_WRITE };
enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

struct db_value {
    enum db_type type;
    int64_t number;
    const void *data;
    size_t size_bytes;
};
struct db_value db_null(void);
struct db_value db_int(int64_t number);
struct db_value db_text(const char *text); /* NULL is null */
struct db_value db_blob(const void *data, size_t size_bytes);

/* Opens (makes) the database file. */
enum status db_open(struct db **ret, const char *path);
void db_close(struct db *db); /* accepts NULL; no transaction may be open */

/* Errors: ST_BUSY (locked by another process), ST_FULL, ST_IO, ST_MEMORY, ST_EXISTS (a UNIQUE or other constraint), ST_SYSTEM. */
enum status db_begin(struct db *db, enum db_mode mode, struct db_tx **ret);
enum status db_commit(struct db_tx *tx); /* tx is over either way; on an error nothing of it remains */
void db_rollback(struct db_tx *tx);      /* accepts NULL */

/* db_exec(tx, sql, values...) runs one statement. */
#define db_exec(tx, sql, ...)                                                                                                              \
    db_exec_values(tx, sql, (const struct db_value[]){__VA_ARGS__}, sizeof((struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value))
enum status db_exec_values(struct db_tx *tx, const char *sql, const struct db_value *values, size_t count);
enum status db_exec_plain(struct db_tx *tx, const char *sql); /* without parameters */
int64_t db_changed(const struct db_tx *tx);                   /* rows changed by the last db_exec */

/* db_select(tx, &query, sql, values...) starts a query; then db_next until ST_END, then db_finish. */
#define db_select(tx, ret, sql, ...)                                                                                                       \
    db_select_values(tx, ret, sql, (const struct db_value[]){__VA_ARGS__},                                                                 \
                     sizeof((struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value))
enum status db_select_values(struct db_tx *tx, struct db_query **ret, const char *sql, const struct db_value *values, size_t count);
/* The same, and steps to its first row: ST_END when there is none (then *ret is NULL). */
#define db_select_row(tx, ret, sql, ...)                                                                                                   \
    db_select_row_values(tx, ret, sql, (const struct db_value[]){__VA_ARGS__},                                                             \
                         sizeof((struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value))
enum status db_select_row_values(struct db_tx *tx, struct db_query **ret, const char *sql, const struct db_value *values, size_t count);
enum status db_next(struct db_query *query);
void db_finish(struct db_query *query); /* accepts NULL */

/* Columns of the current row, from 0. Text and blobs live until the next db_next or db_finish; null is 0, "" or an empty span. */
bool db_is_null(struct db_query *query, int column);
int64_t db_get_int(struct db_query *query, int column);
const char *db_get_text(struct db_query *query, int column);
struct span db_get_blob(struct db_query *query, int column);

#endif
