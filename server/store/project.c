/* project.c - see project.h. */
#include "store/project.h"
#include "store/ingest_key.h"
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
    if (!project_name_is_valid(name))
        return ST_ARGUMENT;
    enum status status = next_id(tx, &id);
    if (!status)
        status = db_exec(tx, "INSERT INTO project (id, name, created) VALUES (?1, ?2, ?3)", db_int(id), db_text(name), db_int(now_ms));
    return status ? status : ingest_key_add(tx, id, INGEST_KEY_BOTH, now_ms, ret_key);
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
