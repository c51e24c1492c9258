/* project.h - projects and the keys that let reports into them. */
#ifndef SALVOR_SERVER_STORE_PROJECT_H
#define SALVOR_SERVER_STORE_PROJECT_H
#include "base/buffer.h"
#include "store/db.h"
#include "store/id.h"

#define PROJECT_DEFAULT   "default"
#define PROJECT_MAX_NAME  64
#define PROJECT_NAME_RULE "1 to 64 lower-case letters, digits, '-' or '_', beginning with a letter or digit"

bool project_name_is_valid(const char *name);
/* Makes a project with its first key. ST_EXISTS, ST_ARGUMENT (the name). */
enum status project_add(struct db_tx *tx, const char *name, int64_t now_ms, char ret_key[ID_SECRET_BYTES]);
/* ST_NOT_FOUND for each of these. */
enum status project_find(struct db_tx *tx, const char *name, int64_t *ret_id);
enum status project_find_by_key(struct db_tx *tx, const char *key, int64_t *ret_id, char ret_name[PROJECT_MAX_NAME + 1]);
/* The project's newest key. */
enum status project_key(struct db_tx *tx, const char *name, char ret_key[ID_SECRET_BYTES]);
enum status project_count(struct db_tx *tx, int64_t *ret);

#endif
