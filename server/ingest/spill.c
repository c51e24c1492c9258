/* spill.c - see spill.h. */
#include "ingest/spill.h"
#include "base/text.h"
#include "store/id.h"
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct spill_budget {
    char *dir;
    uint64_t max_bytes;
    _Atomic uint64_t used_bytes;
};

struct spill {
    struct spill_budget *budget;
    char *path;
    struct file file;
    uint64_t bytes;
    crypto_hash_sha256_state hash;
    char blob[BLOB_NAME_BYTES];
};

enum status spill_budget_create(struct spill_budget **ret, const char *dir, uint64_t max_bytes)
{
    struct spill_budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return ST_MEMORY;
    budget->max_bytes = max_bytes;
    budget->dir = strdup(dir);
    if (!budget->dir) {
        free(budget);
        return ST_MEMORY;
    }
    *ret = budget;
    return ST_OK;
}

void spill_budget_free(struct spill_budget *budget)
{
    if (!budget)
        return;
    free(budget->dir);
    free(budget);
}

enum status spill_create(struct spill **ret, struct spill_budget *budget)
{
    char name[ID_SECRET_BYTES];
    struct spill *spill = calloc(1, sizeof *spill);
    if (!spill)
        return ST_MEMORY;
    spill->budget = budget;
    spill->file.os = FILE_CLOSED;
    crypto_hash_sha256_init(&spill->hash);
    id_secret(name);
    spill->path = path_joined(budget->dir, name);
    enum status status = spill->path ? file_open(&spill->file, spill->path, FILE_MODE_CREATE) : ST_MEMORY;
    if (status) {
        spill_free(spill);
        return status;
    }
    *ret = spill;
    return ST_OK;
}

enum status spill_write(struct spill *spill, const void *bytes, size_t size)
{
    uint64_t used = atomic_fetch_add(&spill->budget->used_bytes, size) + size;
    spill->bytes += size;
    if (used > spill->budget->max_bytes)
        return ST_FULL;
    crypto_hash_sha256_update(&spill->hash, bytes, size);
    return file_write(&spill->file, bytes, size);
}

enum status spill_finish(struct spill *spill)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    enum status status = file_sync(&spill->file);
    if (status)
        return status;
    crypto_hash_sha256_final(&spill->hash, hash);
    text_hex(spill->blob, hash, sizeof hash);
    return ST_OK;
}

void spill_free(struct spill *spill)
{
    if (!spill)
        return;
    atomic_fetch_sub(&spill->budget->used_bytes, spill->bytes);
    if (spill->file.os != FILE_CLOSED) {
        file_close(&spill->file);
        file_remove(spill->path); /* not there any more when it became a blob */
    }
    free(spill->path);
    free(spill);
}

uint64_t spill_bytes(const struct spill *spill)
{
    return spill->bytes;
}

const char *spill_path(const struct spill *spill)
{
    return spill->path;
}

const char *spill_blob(const struct spill *spill)
{
    return spill->blob;
}

struct file *spill_file(struct spill *spill)
{
    return &spill->file;
}
