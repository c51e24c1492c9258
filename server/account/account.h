/* account.h - people who may look at reports: names, roles, passwords (Argon2id, kept as libsodium's string), project membership. */
#ifndef SALVOR_SERVER_ACCOUNT_ACCOUNT_H
#define SALVOR_SERVER_ACCOUNT_ACCOUNT_H
#include "base/buffer.h"
#include "store/db.h"

#define ACCOUNT_MAX_NAME     64
#define ACCOUNT_MIN_PASSWORD 8
#define ACCOUNT_MAX_PASSWORD 256
#define ACCOUNT_NAME_RULE    "1 to 64 letters, digits, '.', '-', '_' or '@', beginning with a letter or digit"
#define ACCOUNT_ROLE_ADMIN   "admin"  /* sees every project */
#define ACCOUNT_ROLE_MEMBER  "member" /* sees the projects it is a member of */

struct account {
    int64_t id;
    char name[ACCOUNT_MAX_NAME + 1];
    char role[16];
};

bool account_name_is_valid(const char *name);
/* ST_ARGUMENT (name, role or password), ST_EXISTS. */
enum status account_add(struct db_tx *tx, const char *name, const char *role, const char *password, int64_t now_ms);
/* ST_NOT_FOUND for the ones below. Setting a password ends the account's sessions. */
enum status account_find(struct db_tx *tx, const char *name, struct account *ret);
enum status account_set_password(struct db_tx *tx, const char *name, const char *password);
enum status account_remove(struct db_tx *tx, const char *name);
enum status account_join(struct db_tx *tx, const char *name, const char *project);
/* Whether the account may see the project; *ret_project_id is written only when it may. */
bool account_may_see(struct db_tx *tx, const struct account *account, const char *project, int64_t *ret_project_id);
bool account_may_see_id(struct db_tx *tx, const struct account *account, int64_t project_id);

/* A random password that is easy to read out: five groups of four. */
#define ACCOUNT_PASSWORD_BYTES 25
void account_random_password(char ret[ACCOUNT_PASSWORD_BYTES]);

/* Checks a password; ST_ACCESS when the name or the password is wrong, which takes the same time. Costs 64 MB of memory, one at a time. */
enum status account_log_in(struct db *db, const char *name, const char *password, struct account *ret);

#endif
