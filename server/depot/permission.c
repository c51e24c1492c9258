/* permission.c - see permission.h. */
#include "depot/permission.h"
#include "base/text.h"
#include "ingest/key.h"
#include "store/ingest_key.h"
#include "store/symbol.h"
#include <string.h>

static bool is_project(const char *wanted, int64_t id, const char *name)
{
    uint64_t number = 0;
    return !wanted || strcmp(wanted, name) == 0 || (text_parse_u64(wanted, &number) && number == (uint64_t)id);
}

bool permission_of_key(struct db *db, const struct http_request *request, const char *project, int64_t *ret_project_id,
                       struct refusal *refusal)
{
    char key[KEY_MAX_BYTES], name[PROJECT_MAX_NAME + 1];
    struct db_tx *tx = NULL;
    int64_t id = 0;
    if (!key_of_request(request, key))
        return refusal_set(refusal, 401, "The request carries no project key (header Salvor-Key).");
    enum status status = db_begin(db, DB_READ, &tx);
    if (!status)
        status = ingest_key_find(tx, key, INGEST_KEY_SYMBOLS, &id, name);
    db_rollback(tx);
    if (status == ST_NOT_FOUND)
        return refusal_set(refusal, 403, "The project key is not known here.");
    if (status == ST_REFUSED)
        return refusal_set(refusal, 403, "The project key is for reports; symbols need one of scope symbols or both.");
    if (status)
        return refusal_set_status(refusal, status);
    if (ret_project_id)
        *ret_project_id = id;
    return is_project(project, id, name) || refusal_set(refusal, 403, "The project key belongs to another project.");
}

static const char *bearer(const struct http_request *request)
{
    static const char SCHEME[] = "Bearer ";
    const char *header = http_request_header(request, "Authorization");
    return header && text_starts_nocase(header, SCHEME) ? header + strlen(SCHEME) : NULL;
}

bool permission_of_token(struct db *db, const struct http_request *request, const char *in_path, struct refusal *refusal)
{
    const char *token = in_path ? in_path : bearer(request);
    struct db_tx *tx = NULL;
    if (!token)
        return refusal_set(refusal, 401, "Symbols are read with a token: 'salvor-server symbols token' makes one.");
    enum status status = db_begin(db, DB_READ, &tx);
    if (status)
        return refusal_set_status(refusal, status);
    bool known = symbol_token_is_known(tx, token);
    db_rollback(tx);
    return known || refusal_set(refusal, 403, "The symbol token is not known here.");
}
