/* project.c - see project.h. */
#include "store/project.h"
#include "base/text.h"
#include <string.h>

bool project_name_is_valid(const char *name)
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t length = strlen(name);
    return length >= 1 && length <= PROJECT_MAX_NAME && strspn(name, ALLOWED) == length && name[0] != '-' && name[0] != '_';
}

static enum status next_id(struct db_tx *tx, int64_t *ret)
{
    struct db_query *query = NULL;
    enum status status = db_select_row_values(tx, &query, "SELECT coalesce(max(id), 0) + 1 FROM project", NULL, 0);
    if (status)
        return status;
    *ret = db_get_int(query, 0);
    db_finish(query);
    return ST_OK;
}

enum status project_add(struct db_tx *tx, const char *name, int64_t now_ms, char ret_key[ID_SECRET_BYTES])
{
    int64_t id = 0;
    char key[ID_SECRET_BYTES];
    if (!project_name_is_valid(name))
        return ST_ARGUMENT;
    enum status status = next_id(tx, &id);
    if (!status)
        status = db_exec(tx, "INSERT INTO project (id, name, created) VALUES (?1, ?2, ?3)", db_int(id), db_text(name), db_int(now_ms));
    if (status)
        return status;
    id_secret(key);
    status = db_exec(tx, "INSERT INTO ingest_key (key, project_id, created) VALUES (?1, ?2, ?3)", db_text(key), db_int(id), db_int(now_ms));
    if (!status)
        memcpy(ret_key, key, sizeof key);
    return status;
}

enum status project_find(struct db_tx *tx, const char *name, int64_t *ret_id)
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query, "SELECT id FROM project WHERE name = ?1", db_text(name));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    *ret_id = db_get_int(query, 0);
    db_finish(query);
    return ST_OK;
}

enum status project_find_by_key(struct db_tx *tx, const char *key, int64_t *ret_id, char ret_name[PROJECT_MAX_NAME + 1])
{
    struct db_query *query = NULL;
    enum status status = db_select_row(
        tx, &query, "SELECT project.id, project.name FROM ingest_key JOIN project ON project.id = project_id WHERE key = ?1", db_text(key));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    *ret_id = db_get_int(query, 0);
    text_copy(ret_name, PROJECT_MAX_NAME + 1, db_get_text(query, 1));
    db_finish(query);
    return ST_OK;
}

enum status project_key(struct db_tx *tx, const char *name, char ret_key[ID_SECRET_BYTES])
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query,
                                       "SELECT key FROM ingest_key JOIN project ON project.id = project_id WHERE project.name = ?1"
                                       " ORDER BY ingest_key.created DESC LIMIT 1",
                                       db_text(name));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    text_copy(ret_key, ID_SECRET_BYTES, db_get_text(query, 0));
    db_finish(query);
    return ST_OK;
}

enum status project_count(struct db_tx *tx, int64_t *ret)
{
    struct db_query *query = NULL;
    enum status status = db_select_row_values(tx, &query, "SELECT count(*) FROM project", NULL, 0);
    if (status)
        return status;
    *ret = db_get_int(query, 0);
    db_finish(query);
    return ST_OK;
}
