/* project.h - projects. */
#ifndef SALVOR_SERVER_STORE_PROJECT_H
#define SALVOR_SERVER_STORE_PROJECT_H
#include "base/buffer.h"
#include "store/db.h"
#include "store/id.h"

#define PROJECT_DEFAULT   "default"
#define PROJECT_MAX_NAME  64
#define PROJECT_NAME_RULE "1 to 64 lower-case letters, digits, '-' or '_', beginning with a letter or digit"

bool project_name_is_valid(const char *name);
/* Makes a project with its first key, which lets in both reports and symbols. ST_EXISTS, ST_ARGUMENT (the name). */
enum status project_add(struct db_tx *tx, const char *name, int64_t now_ms, char ret_key[ID_SECRET_BYTES]);
/* ST_NOT_FOUND. */
enum status project_find(struct db_tx *tx, const char *name, int64_t *ret_id);
enum status project_count(struct db_tx *tx, int64_t *ret);

#endif
