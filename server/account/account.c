/* account.c - see account.h. */
#include "account/account.h"
#include "account/password.h"
#include "base/text.h"
#include <sodium.h>
#include <string.h>

bool account_name_is_valid(const char *name)
{
    static const char ALLOWED[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_@";
    size_t length = strlen(name);
    return length >= 1 && length <= ACCOUNT_MAX_NAME && strspn(name, ALLOWED) == length && !strchr(".-_@", name[0]);
}

static bool role_is_valid(const char *role)
{
    return strcmp(role, ACCOUNT_ROLE_ADMIN) == 0 || strcmp(role, ACCOUNT_ROLE_MEMBER) == 0;
}

static bool password_is_valid(const char *password)
{
    size_t length = strlen(password);
    return length >= ACCOUNT_MIN_PASSWORD && length <= ACCOUNT_MAX_PASSWORD;
}

static enum status next_id(struct db_tx *tx, int64_t *ret)
{
    struct db_query *query = NULL;
    enum status status = db_select_row_values(tx, &query, "SELECT coalesce(max(id), 0) + 1 FROM account", NULL, 0);
    if (status)
        return status;
    *ret = db_get_int(query, 0);
    db_finish(query);
    return ST_OK;
}

enum status account_add(struct db_tx *tx, const char *name, const char *role, const char *password, int64_t now_ms)
{
    int64_t id = 0;
    char hash[PASSWORD_HASH_BYTES];
    if (!account_name_is_valid(name) || !role_is_valid(role) || !password_is_valid(password))
        return ST_ARGUMENT;
    enum status status = password_hash(password, hash);
    if (!status)
        status = next_id(tx, &id);
    if (status)
        return status;
    return db_exec(tx, "INSERT INTO account (id, name, role, password_hash, created) VALUES (?1, ?2, ?3, ?4, ?5)", db_int(id),
                   db_text(name), db_text(role), db_text(hash), db_int(now_ms));
}

enum status account_find(struct db_tx *tx, const char *name, struct account *ret)
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query, "SELECT id, name, role FROM account WHERE name = ?1", db_text(name));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    ret->id = db_get_int(query, 0);
    text_copy(ret->name, sizeof ret->name, db_get_text(query, 1));
    text_copy(ret->role, sizeof ret->role, db_get_text(query, 2));
    db_finish(query);
    return ST_OK;
}

enum status account_set_password(struct db_tx *tx, const char *name, const char *password)
{
    struct account account;
    char hash[PASSWORD_HASH_BYTES];
    if (!password_is_valid(password))
        return ST_ARGUMENT;
    enum status status = account_find(tx, name, &account);
    if (!status)
        status = password_hash(password, hash);
    if (!status)
        status = db_exec(tx, "UPDATE account SET password_hash = ?2 WHERE id = ?1", db_int(account.id), db_text(hash));
    return status ? status : db_exec(tx, "DELETE FROM session WHERE account_id = ?1", db_int(account.id));
}

enum status account_remove(struct db_tx *tx, const char *name)
{
    enum status status = db_exec(tx, "DELETE FROM account WHERE name = ?1", db_text(name));
    return !status && db_changed(tx) == 0 ? ST_NOT_FOUND : status;
}

enum status account_join(struct db_tx *tx, const char *name, const char *project)
{
    enum status status = db_exec(tx,
                                 "INSERT INTO member (account_id, project_id) SELECT account.id, project.id FROM account, project"
                                 " WHERE account.name = ?1 AND project.name = ?2 ON CONFLICT (account_id, project_id)"
                                 " DO UPDATE SET project_id = excluded.project_id",
                                 db_text(name), db_text(project));
    return !status && db_changed(tx) == 0 ? ST_NOT_FOUND : status;
}

bool account_may_see_id(struct db_tx *tx, const struct account *account, int64_t project_id)
{
    struct db_query *query = NULL;
    if (strcmp(account->role, ACCOUNT_ROLE_ADMIN) == 0)
        return true;
    enum status status = db_select_row(tx, &query, "SELECT 1 FROM member WHERE account_id = ?1 AND project_id = ?2", db_int(account->id),
                                       db_int(project_id));
    db_finish(query);
    return status == ST_OK;
}

bool account_may_see(struct db_tx *tx, const struct account *account, const char *project, int64_t *ret_project_id)
{
    struct db_query *query = NULL;
    if (db_select_row(tx, &query, "SELECT id FROM project WHERE name = ?1", db_text(project)))
        return false;
    int64_t id = db_get_int(query, 0);
    db_finish(query);
    if (!account_may_see_id(tx, account, id))
        return false;
    *ret_project_id = id;
    return true;
}

void account_random_password(char ret[ACCOUNT_PASSWORD_BYTES])
{
    static const char LETTERS[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* none that look alike */
    for (unsigned i = 0; i + 1 < ACCOUNT_PASSWORD_BYTES; i++)
        ret[i] = (char)(i % 5 == 4 ? '-' : LETTERS[randombytes_uniform(sizeof LETTERS - 1)]);
    ret[ACCOUNT_PASSWORD_BYTES - 1] = 0;
}

enum status account_log_in(struct db *db, const char *name, const char *password, struct account *ret)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    struct account account;
    char hash[PASSWORD_HASH_BYTES] = "";
    enum status status = db_begin(db, DB_READ, &tx);
    if (status)
        return status;
    status = account_find(tx, name, &account);
    if (!status)
        status = db_select_row(tx, &query, "SELECT password_hash FROM account WHERE id = ?1", db_int(account.id));
    if (!status)
        text_copy(hash, sizeof hash, db_get_text(query, 0));
    db_finish(query);
    db_rollback(tx);
    if (status && status != ST_NOT_FOUND)
        return status;
    enum status verdict = password_check(hash, password); /* also for an unknown name, so that time tells nothing */
    if (status || verdict)
        return verdict == ST_MEMORY ? verdict : ST_ACCESS;
    *ret = account;
    return ST_OK;
}
