/* trim.c - keeps a cache folder small: what was not used for longest goes first. Using a table sets its time (store.c), so the time of its
 * last change is that of its last use. A file that another process has mapped stays readable to that process when it goes; Windows refuses
 * to remove it, and then it stays. */
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "symbols/list.h"
#include "symbols/store.h"
#include <stdlib.h>
#include <string.h>

#define MAX_FILES         (1u << 20)
#define DEAD_TEMPORARY_MS (60 * 60 * 1000) /* nobody compiles one table for an hour */

struct cached_file {
    int64_t used_unix_ms;
    uint64_t size_bytes;
    char *path;
    size_t stem_bytes; /* of path, without the ending: a table and the archive's file that it was made of have the same */
};

static int compare_stems(const void *a, const void *b)
{
    const struct cached_file *x = a, *y = b;

    return strcmp(x->path, y->path);
}

static int compare_uses(const void *a, const void *b)
{
    const struct cached_file *x = a, *y = b;

    if (x->used_unix_ms != y->used_unix_ms)
        return x->used_unix_ms < y->used_unix_ms ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* Adds a table to the list, or removes what a dead writer left. */
static enum status file_add(struct list *files, const char *folder, const char *name)
{
    struct cached_file *item, file = {.path = path_joined(folder, name)};
    struct file_info info;
    enum status status = ST_OK;

    if (!file.path)
        return ST_MEMORY;
    if (file_stat(file.path, &info) || !info.is_regular)
        goto out;
    if (text_ends_nocase(name, ".tmp") && info.modified_unix_ms < clock_unix_ms() - DEAD_TEMPORARY_MS)
        file_remove(file.path);
    if (!text_ends_nocase(name, ".table") && !text_ends_nocase(name, ".unpacked"))
        goto out;
    item = list_add(files, sizeof *item, MAX_FILES, &status);
    if (!item)
        goto out;
    file.size_bytes = info.size_bytes;
    file.used_unix_ms = info.modified_unix_ms;
    file.stem_bytes = (size_t)(strrchr(file.path, '.') - file.path);
    *item = file;
    return ST_OK;
out:
    free(file.path);
    return status;
}

static bool same_stem(const struct cached_file *a, const struct cached_file *b)
{
    return a->stem_bytes == b->stem_bytes && memcmp(a->path, b->path, a->stem_bytes) == 0;
}

/* A table is no use without the file it was made of, nor that without the table: they go together. */
static void join_uses(struct list *files)
{
    struct cached_file *file = files->items;

    if (!file)
        return;
    list_sort(files, sizeof *file, compare_stems);
    for (uint32_t i = 1; i < files->count; i++) {
        if (!same_stem(&file[i - 1], &file[i]))
            continue;
        if (file[i].used_unix_ms > file[i - 1].used_unix_ms)
            file[i - 1].used_unix_ms = file[i].used_unix_ms;
        else
            file[i].used_unix_ms = file[i - 1].used_unix_ms;
    }
    list_sort(files, sizeof *file, compare_uses);
}

static enum status files_list(const char *cache, struct list *files)
{
    struct folder *folder = NULL;
    const char *name;
    enum status status = folder_open(&folder, cache);

    while (!status && (status = folder_next(folder, &name)) == ST_OK)
        status = file_add(files, cache, name);
    folder_close(folder);
    return status == ST_END ? ST_OK : status;
}

enum status symbol_store_trim(const char *cache, uint64_t max_bytes)
{
    struct list files = {NULL, 0, 0};
    struct cached_file *file;
    uint64_t total = 0;
    enum status status = files_list(cache, &files);

    join_uses(&files);
    file = files.items;
    for (uint32_t i = 0; i < files.count; i++)
        total += file[i].size_bytes;
    for (uint32_t i = 0; i < files.count; i++) {
        if (!status && total > max_bytes && file_remove(file[i].path) == ST_OK)
            total -= file[i].size_bytes;
        free(file[i].path);
    }
    list_done(&files);
    return status;
}
