/* ingest_key.h - the keys of a project: what each lets in. None lets anything out. */
#ifndef SALVOR_SERVER_STORE_INGEST_KEY_H
#define SALVOR_SERVER_STORE_INGEST_KEY_H
#include "store/id.h"
#include "store/project.h"

/* Crashing machines need the one, builds the other. */
enum ingest_key_scope { INGEST_KEY_BOTH, INGEST_KEY_REPORTS, INGEST_KEY_SYMBOLS };
#define INGEST_KEY_SCOPES "both, reports or symbols"

const char *ingest_key_scope_name(enum ingest_key_scope scope);
bool ingest_key_scope_read(const char *name, enum ingest_key_scope *ret);

enum status ingest_key_add(struct db_tx *tx, int64_t project_id, enum ingest_key_scope scope, int64_t now_ms,
                           char ret_key[ID_SECRET_BYTES]);
/* The project that a key lets wanted (reports or symbols) into. ST_NOT_FOUND: no such key; ST_REFUSED: it lets in the other only. */
enum status ingest_key_find(struct db_tx *tx, const char *key, enum ingest_key_scope wanted, int64_t *ret_id,
                            char ret_name[PROJECT_MAX_NAME + 1]);
/* A project's newest key that lets reports in. ST_NOT_FOUND. */
enum status ingest_key_newest(struct db_tx *tx, const char *project, char ret_key[ID_SECRET_BYTES]);
/* ST_NOT_FOUND. */
enum status ingest_key_remove(struct db_tx *tx, const char *key);

#endif
