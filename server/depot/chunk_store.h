/* chunk_store.h - pieces of symbol files, each by the SHA-1 of its bytes, until the file is put together or nobody comes back for a day:
 *
 *   <data>/symbols/.chunks/<project>/<SHA-1 in hex>
 *
 * They survive a restart, so an upload that was broken off goes on; they are not synced, since the whole file's sum is held against them.
 */
#ifndef SALVOR_SERVER_DEPOT_CHUNK_STORE_H
#define SALVOR_SERVER_DEPOT_CHUNK_STORE_H
#include "ingest/spill.h"
#include "proto/sha1.h"

#define CHUNK_SUM_BYTES (2 * SHA1_BYTES + 1)
#define CHUNK_MAX_BYTES (8u * 1024u * 1024u)
#define CHUNK_LIFE_MS   ((int64_t)24 * 3600 * 1000)

struct chunk_store;
/* Makes the folder, removes what is too old, counts what is left. */
enum status chunk_store_open(struct chunk_store **ret, const char *dir, uint64_t max_bytes);
void chunk_store_close(struct chunk_store *store); /* accepts NULL */
void chunk_store_sweep(struct chunk_store *store);

/* 40 hex digits; folds them to lower case. */
bool chunk_sum_read(char ret[CHUNK_SUM_BYTES], const char *text);

bool chunk_store_has(const struct chunk_store *store, int64_t project_id, const char *sum);
/* Takes over the file of a spill on the same volume; the spill stays the caller's. ST_FULL: the chunks of all together are too much. */
enum status chunk_store_put(struct chunk_store *store, int64_t project_id, const char *sum, struct spill *spill);
enum status chunk_store_get(const struct chunk_store *store, int64_t project_id, const char *sum, struct file *ret);
void chunk_store_remove(struct chunk_store *store, int64_t project_id, const char *sum);

#endif
