/* ingest_key.c - see ingest_key.h. */
#include "store/ingest_key.h"
#include "base/text.h"
#include <string.h>

static const char *const SCOPES[] = {[INGEST_KEY_BOTH] = "both", [INGEST_KEY_REPORTS] = "reports", [INGEST_KEY_SYMBOLS] = "symbols"};
#define SCOPE_COUNT (sizeof SCOPES / sizeof *SCOPES)

const char *ingest_key_scope_name(enum ingest_key_scope scope)
{
    return (size_t)scope < SCOPE_COUNT ? SCOPES[scope] : "";
}

bool ingest_key_scope_read(const char *name, enum ingest_key_scope *ret)
{
    for (size_t i = 0; i < SCOPE_COUNT; i++) {
        if (strcmp(SCOPES[i], name) == 0) {
            *ret = (enum ingest_key_scope)i;
            return true;
        }
    }
    return false;
}

enum status ingest_key_add(struct db_tx *tx, int64_t project_id, enum ingest_key_scope scope, int64_t now_ms, char ret_key[ID_SECRET_BYTES])
{
    char key[ID_SECRET_BYTES];
    id_secret(key);
    enum status status = db_exec(tx, "INSERT INTO ingest_key (key, project_id, created, scope) VALUES (?1, ?2, ?3, ?4)", db_text(key),
                                 db_int(project_id), db_int(now_ms), db_text(ingest_key_scope_name(scope)));
    if (!status)
        memcpy(ret_key, key, sizeof key);
    return status;
}

enum status ingest_key_find(struct db_tx *tx, const char *key, enum ingest_key_scope wanted, int64_t *ret_id,
                            char ret_name[PROJECT_MAX_NAME + 1])
{
    struct db_query *query = NULL;
    enum ingest_key_scope scope = INGEST_KEY_BOTH;
    enum status status = db_select_row(
        tx, &query, "SELECT project.id, project.name, scope FROM ingest_key JOIN project ON project.id = project_id WHERE key = ?1",
        db_text(key));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    if (!ingest_key_scope_read(db_get_text(query, 2), &scope) || (scope != INGEST_KEY_BOTH && scope != wanted))
        status = ST_REFUSED;
    if (!status) {
        *ret_id = db_get_int(query, 0);
        text_copy(ret_name, PROJECT_MAX_NAME + 1, db_get_text(query, 1));
    }
    db_finish(query);
    return status;
}

enum status ingest_key_newest(struct db_tx *tx, const char *project, char ret_key[ID_SECRET_BYTES])
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query,
                                       "SELECT key FROM ingest_key JOIN project ON project.id = project_id WHERE project.name = ?1"
                                       " AND scope <> 'symbols' ORDER BY ingest_key.created DESC LIMIT 1",
                                       db_text(project));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    text_copy(ret_key, ID_SECRET_BYTES, db_get_text(query, 0));
    db_finish(query);
    return ST_OK;
}

enum status ingest_key_remove(struct db_tx *tx, const char *key)
{
    enum status status = db_exec(tx, "DELETE FROM ingest_key WHERE key = ?1", db_text(key));
    return status || db_changed(tx) ? status : ST_NOT_FOUND;
}
