/* session.c - see session.h. The database holds only hashes: who reads it cannot take over a session. */
#include "account/session.h"
#include "base/text.h"
#include <sodium.h>
#include <string.h>

static void hash_token(const char *token, char ret[2 * crypto_hash_sha256_BYTES + 1])
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, (const uint8_t *)token, strlen(token));
    text_hex(ret, hash, sizeof hash);
}

enum status session_create(struct db_tx *tx, const struct account *account, int64_t now_ms, char ret_token[SESSION_TOKEN_BYTES])
{
    uint8_t secret[(SESSION_TOKEN_BYTES - 1) / 2];
    char hash[2 * crypto_hash_sha256_BYTES + 1];
    randombytes_buf(secret, sizeof secret);
    text_hex(ret_token, secret, sizeof secret);
    hash_token(ret_token, hash);
    return db_exec(tx, "INSERT INTO session (token, account_id, created, expires) VALUES (?1, ?2, ?3, ?4)", db_text(hash),
                   db_int(account->id), db_int(now_ms), db_int(now_ms + SESSION_LIFE_MS));
}

enum status session_find(struct db_tx *tx, const char *token, int64_t now_ms, struct account *ret)
{
    struct db_query *query = NULL;
    char hash[2 * crypto_hash_sha256_BYTES + 1];
    hash_token(token, hash);
    enum status status = db_select_row(tx, &query,
                                       "SELECT account.id, account.name, account.role FROM session"
                                       " JOIN account ON account.id = session.account_id WHERE token = ?1 AND expires > ?2",
                                       db_text(hash), db_int(now_ms));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    ret->id = db_get_int(query, 0);
    text_copy(ret->name, sizeof ret->name, db_get_text(query, 1));
    text_copy(ret->role, sizeof ret->role, db_get_text(query, 2));
    db_finish(query);
    return ST_OK;
}

enum status session_end(struct db_tx *tx, const char *token)
{
    char hash[2 * crypto_hash_sha256_BYTES + 1];
    hash_token(token, hash);
    return db_exec(tx, "DELETE FROM session WHERE token = ?1", db_text(hash));
}

enum status session_sweep(struct db_tx *tx, int64_t now_ms)
{
    return db_exec(tx, "DELETE FROM session WHERE expires <= ?1", db_int(now_ms));
}
