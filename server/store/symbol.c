/* symbol.c - see symbol.h. */
#include "store/symbol.h"
#include "base/text.h"
#include "store/job.h"
#include <sodium.h>
#include <string.h>

#define HASH_TEXT_BYTES (2 * crypto_hash_sha256_BYTES + 1)

enum status symbol_wait(struct db_tx *tx, const char *report_id, const struct symbol_wanted *wanted, size_t count)
{
    enum status status = db_exec(tx, "DELETE FROM missing_symbol WHERE report_id = ?1", db_text(report_id));
    for (size_t i = 0; i < count && i < SYMBOL_MAX_WANTED && !status; i++)
        status = db_exec(tx, "INSERT INTO missing_symbol (name, id, report_id) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                         db_text(wanted[i].name), db_text(wanted[i].id), db_text(report_id));
    return status;
}

/* job_add for each report in one statement; work under way on one of them loses its lease. */
enum status symbol_arrived(struct db_tx *tx, const struct symbol_wanted *file, int64_t now_ms, int64_t *ret_reports)
{
    enum status status = db_exec(tx,
                                 "INSERT INTO job (report_id, due, lease, attempts, claims, error)"
                                 " SELECT report_id, ?3, NULL, 0, 0, NULL FROM missing_symbol WHERE name = ?1 AND id = ?2"
                                 " ON CONFLICT (report_id) DO UPDATE SET due = excluded.due, lease = NULL, attempts = 0, claims = 0,"
                                 " error = NULL",
                                 db_text(file->name), db_text(file->id), db_int(now_ms));
    if (status)
        return status;
    *ret_reports = db_changed(tx);
    return db_exec(tx, "DELETE FROM missing_symbol WHERE name = ?1 AND id = ?2", db_text(file->name), db_text(file->id));
}

enum status symbol_next_to_fetch(struct db_tx *tx, int64_t now_ms, char *ret_name, size_t name_size, char *ret_id, size_t id_size)
{
    struct db_query *query = NULL;
    enum status status =
        db_select_row(tx, &query,
                      "SELECT name, id FROM missing_symbol WHERE NOT EXISTS (SELECT 1 FROM symbol_fetch WHERE"
                      " symbol_fetch.name = missing_symbol.name AND symbol_fetch.id = missing_symbol.id AND holds_until > ?1)"
                      " ORDER BY report_id DESC LIMIT 1",
                      db_int(now_ms));
    if (status)
        return status;
    text_copy(ret_name, name_size, db_get_text(query, 0));
    text_copy(ret_id, id_size, db_get_text(query, 1));
    db_finish(query);
    return ST_OK;
}

enum status symbol_fetched(struct db_tx *tx, const struct symbol_wanted *file, int64_t until_ms)
{
    return db_exec(tx,
                   "INSERT INTO symbol_fetch (name, id, holds_until) VALUES (?1, ?2, ?3) ON CONFLICT (name, id)"
                   " DO UPDATE SET holds_until = excluded.holds_until",
                   db_text(file->name), db_text(file->id), db_int(until_ms));
}

enum status symbol_sum_find(struct db_tx *tx, const char *sum, char *ret_path, size_t path_size)
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query, "SELECT path FROM symbol_sum WHERE sum = ?1", db_text(sum));
    if (status)
        return status;
    status = text_copy(ret_path, path_size, db_get_text(query, 0)) ? ST_OK : ST_TOO_LARGE;
    db_finish(query);
    return status;
}

enum status symbol_sum_set(struct db_tx *tx, const char *sum, const char *path)
{
    return db_exec(tx, "INSERT INTO symbol_sum (sum, path) VALUES (?1, ?2) ON CONFLICT (sum) DO UPDATE SET path = excluded.path",
                   db_text(sum), db_text(path));
}

enum status symbol_sum_forget(struct db_tx *tx, const char *path)
{
    return db_exec(tx, "DELETE FROM symbol_sum WHERE path = ?1", db_text(path));
}

static void token_hash(const char *token, char ret[HASH_TEXT_BYTES])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
    text_hex(ret, hash, sizeof hash);
}

enum status symbol_token_add(struct db_tx *tx, int64_t now_ms, char ret[ID_SECRET_BYTES])
{
    char hash[HASH_TEXT_BYTES];
    id_secret(ret);
    token_hash(ret, hash);
    return db_exec(tx, "INSERT INTO symbol_token (token, created) VALUES (?1, ?2)", db_text(hash), db_int(now_ms));
}

bool symbol_token_is_known(struct db_tx *tx, const char *token)
{
    struct db_query *query = NULL;
    char hash[HASH_TEXT_BYTES];
    token_hash(token, hash);
    enum status status = db_select_row(tx, &query, "SELECT 1 FROM symbol_token WHERE token = ?1", db_text(hash));
    db_finish(query);
    return status == ST_OK;
}
