/* permission.h - who may put symbols in, and who may read them. */
#ifndef SALVOR_SERVER_DEPOT_PERMISSION_H
#define SALVOR_SERVER_DEPOT_PERMISSION_H
#include "http/http.h"
#include "ingest/refusal.h"
#include "store/db.h"

/* The request's project key; project NULL: any project's, else this one's (name or number). ret_project_id may be NULL. False: the refusal
 * says why. */
bool permission_of_key(struct db *db, const struct http_request *request, const char *project, int64_t *ret_project_id,
                       struct refusal *refusal);
/* A symbol token, from the path or else from the Authorization header. */
bool permission_of_token(struct db *db, const struct http_request *request, const char *in_path, struct refusal *refusal);

#endif
