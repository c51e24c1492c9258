/* chunk_store.c - see chunk_store.h. */
#include "depot/chunk_store.h"
#include "base/clock.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATH_BYTES 8192

struct chunk_store {
    char *dir;
    uint64_t max_bytes;
    _Atomic uint64_t used_bytes;
};

bool chunk_sum_read(char ret[CHUNK_SUM_BYTES], const char *text)
{
    uint8_t sum[SHA1_BYTES];
    if (!text_unhex(sum, sizeof sum, text))
        return false;
    text_hex(ret, sum, sizeof sum);
    return true;
}

static enum status folder_path(const struct chunk_store *store, int64_t project_id, struct buffer *out)
{
    return buffer_printf(out, "%s/%" PRId64, store->dir, project_id);
}

static enum status chunk_path(const struct chunk_store *store, int64_t project_id, const char *sum, struct buffer *out)
{
    return buffer_printf(out, "%s/%" PRId64 "/%s", store->dir, project_id, sum);
}

/* -- what is there -- */

/* Counts a chunk, or removes one that nobody came back for. */
static void look_at_chunk(struct chunk_store *store, const char *path, bool is_counting)
{
    struct file_info info;
    if (file_stat(path, &info) != ST_OK || !info.is_regular)
        return;
    bool is_old = info.modified_unix_ms + CHUNK_LIFE_MS < clock_unix_ms();
    if (is_old && file_remove(path) == ST_OK) {
        if (!is_counting)
            atomic_fetch_sub(&store->used_bytes, info.size_bytes);
    } else if (is_counting) {
        atomic_fetch_add(&store->used_bytes, info.size_bytes);
    }
}

static enum status look_at_folder(struct chunk_store *store, const char *path, bool is_counting)
{
    struct folder *folder = NULL;
    const char *name = NULL;
    enum status status = folder_open(&folder, path);
    while (!status && (status = folder_next(folder, &name)) == ST_OK) {
        char *chunk = path_joined(path, name);
        if (chunk)
            look_at_chunk(store, chunk, is_counting);
        status = chunk ? ST_OK : ST_MEMORY;
        free(chunk);
    }
    folder_close(folder);
    return status == ST_END ? ST_OK : status;
}

static enum status look_at_all(struct chunk_store *store, bool is_counting)
{
    struct folder *folder = NULL;
    const char *name = NULL;
    enum status status = folder_open(&folder, store->dir);
    while (!status && (status = folder_next(folder, &name)) == ST_OK) {
        char *project = path_joined(store->dir, name);
        status = project ? look_at_folder(store, project, is_counting) : ST_MEMORY;
        free(project);
    }
    folder_close(folder);
    return status == ST_END ? ST_OK : status;
}

enum status chunk_store_open(struct chunk_store **ret, const char *dir, uint64_t max_bytes)
{
    struct chunk_store *store = calloc(1, sizeof *store);
    if (!store)
        return ST_MEMORY;
    store->max_bytes = max_bytes;
    store->dir = strdup(dir);
    enum status status = store->dir ? folder_create(store->dir) : ST_MEMORY;
    if (!status)
        status = look_at_all(store, true);
    if (status) {
        chunk_store_close(store);
        return status;
    }
    *ret = store;
    return ST_OK;
}

void chunk_store_close(struct chunk_store *store)
{
    if (!store)
        return;
    free(store->dir);
    free(store);
}

void chunk_store_sweep(struct chunk_store *store)
{
    look_at_all(store, false); /* what cannot be looked at now is looked at the next time */
}

/* -- single chunks -- */

bool chunk_store_has(const struct chunk_store *store, int64_t project_id, const char *sum)
{
    struct buffer path;
    struct file_info info;
    buffer_init(&path, MAX_PATH_BYTES);
    bool has = chunk_path(store, project_id, sum, &path) == ST_OK && file_stat(buffer_text(&path), &info) == ST_OK && info.is_regular;
    buffer_done(&path);
    return has;
}

static enum status move_in(struct chunk_store *store, int64_t project_id, const char *sum, const char *from)
{
    struct buffer folder, path;
    buffer_init(&folder, MAX_PATH_BYTES);
    buffer_init(&path, MAX_PATH_BYTES);
    enum status status = folder_path(store, project_id, &folder);
    if (!status)
        status = folder_create(buffer_text(&folder));
    if (!status)
        status = chunk_path(store, project_id, sum, &path);
    if (!status)
        status = file_rename(from, buffer_text(&path), false);
    buffer_done(&path);
    buffer_done(&folder);
    return status;
}

enum status chunk_store_put(struct chunk_store *store, int64_t project_id, const char *sum, struct spill *spill)
{
    uint64_t size = spill_bytes(spill);
    enum status status = atomic_fetch_add(&store->used_bytes, size) + size > store->max_bytes ? ST_FULL : ST_OK;
    if (!status)
        status = move_in(store, project_id, sum, spill_path(spill));
    if (status)
        atomic_fetch_sub(&store->used_bytes, size);
    return status == ST_EXISTS ? ST_OK : status; /* the same bytes came before */
}

enum status chunk_store_get(const struct chunk_store *store, int64_t project_id, const char *sum, struct file *ret)
{
    struct buffer path;
    buffer_init(&path, MAX_PATH_BYTES);
    enum status status = chunk_path(store, project_id, sum, &path);
    if (!status)
        status = file_open(ret, buffer_text(&path), FILE_MODE_READ);
    buffer_done(&path);
    return status;
}

void chunk_store_remove(struct chunk_store *store, int64_t project_id, const char *sum)
{
    struct buffer path;
    struct file_info info;
    buffer_init(&path, MAX_PATH_BYTES);
    if (chunk_path(store, project_id, sum, &path) == ST_OK && file_stat(buffer_text(&path), &info) == ST_OK &&
        file_remove(buffer_text(&path)) == ST_OK)
        atomic_fetch_sub(&store->used_bytes, info.size_bytes);
    buffer_done(&path);
}
