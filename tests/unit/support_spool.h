/* support_spool.h - queues in throw-away folders, for tests. */
#ifndef SALVOR_TESTS_SUPPORT_SPOOL_H
#define SALVOR_TESTS_SUPPORT_SPOOL_H
#include "spool/spool.h"

#define SUPPORT_ID     "0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b3c4d"
#define SUPPORT_DUMP   "MDMP and some bytes that stand for a dump"
#define SUPPORT_RECORD "format=1\nid=" SUPPORT_ID "\napp=app.exe\npid=42\ncrash_time=1700000000\nannotation.level=7\n"
#define SUPPORT_NAME   "app.exe-1700000000-42.dmp" /* what the record makes the report be called */

/* A new empty folder below the current one; the caller frees the path. Fails the test when it cannot be made. */
char *support_folder(void);
/* Removes a folder with all that is in it, and frees the path. */
void support_folder_drop(char *path);

/* Opens a queue in a folder and takes the turn of sending, which others may have beside it; fails the test when that fails. */
struct spool *support_spool(const char *dir);
/* The same with the turn of keeping, which nobody has beside it. */
struct spool *support_keeper(const char *dir);
/* Commits a report with SUPPORT_DUMP; record NULL means SUPPORT_RECORD. Returns its name, which the caller frees. */
char *support_commit(struct spool *spool, enum spool_state state, const char *record);
/* How many plain files and links stand in dir/sub. */
size_t support_count(const char *dir, const char *sub);
/* Whether dir/sub/name is there. */
bool support_has(const char *dir, const char *sub, const char *name);
/* Writes a file dir/sub/name. */
void support_put(const char *dir, const char *sub, const char *name, const void *bytes, size_t size);
/* Reads dir/sub/name; the caller calls buffer_done. */
void support_get(const char *dir, const char *sub, const char *name, struct buffer *out);
/* The history of a report as text; "" when it has none. The caller calls buffer_done. */
const char *support_history(struct spool *spool, const char *id, struct buffer *out);

#endif
