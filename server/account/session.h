/* session.h - who a browser is: a random token in a cookie, its hash in the database. */
#ifndef SALVOR_SERVER_ACCOUNT_SESSION_H
#define SALVOR_SERVER_ACCOUNT_SESSION_H
#include "account/account.h"

#define SESSION_COOKIE      "salvor_session"
#define SESSION_TOKEN_BYTES 65 /* 64 hex digits and a terminator */
#define SESSION_LIFE_MS     (14LL * 24 * 3600 * 1000)

enum status session_create(struct db_tx *tx, const struct account *account, int64_t now_ms, char ret_token[SESSION_TOKEN_BYTES]);
/* ST_NOT_FOUND: no such session, or it has expired. */
enum status session_find(struct db_tx *tx, const char *token, int64_t now_ms, struct account *ret);
enum status session_end(struct db_tx *tx, const char *token);
enum status session_sweep(struct db_tx *tx, int64_t now_ms); /* removes expired ones */

#endif
