/* spill.h - a file of an upload while it comes in: on disk in data/tmp, hashed on the way; gone unless it is kept. */
#ifndef SALVOR_SERVER_INGEST_SPILL_H
#define SALVOR_SERVER_INGEST_SPILL_H
#include "base/file.h"
#include "store/blob.h"

/* How many bytes may lie in tmp/ for all uploads together; shared by all spills of a server. */
struct spill_budget;
enum status spill_budget_create(struct spill_budget **ret, const char *dir, uint64_t max_bytes);
void spill_budget_free(struct spill_budget *budget); /* accepts NULL */

struct spill;
enum status spill_create(struct spill **ret, struct spill_budget *budget);
/* ST_FULL: no space on the disk or in the budget. */
enum status spill_write(struct spill *spill, const void *bytes, size_t size);
/* Syncs the file; from here on its name as a blob is known. */
enum status spill_finish(struct spill *spill);
void spill_free(struct spill *spill); /* removes the file if it is still there; accepts NULL */

uint64_t spill_bytes(const struct spill *spill);
const char *spill_path(const struct spill *spill);
const char *spill_blob(const struct spill *spill); /* SHA-256 in hex, after spill_finish */
struct file *spill_file(struct spill *spill);      /* for file_read_at */

#endif
