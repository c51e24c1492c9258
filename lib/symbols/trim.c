/* trim.c - keeps a cache folder small: the tables written longest ago go first. */
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
    int64_t modified_unix_ms;
    uint64_t size_bytes;
    char *path;
};

static int compare(const void *a, const void *b)
{
    const struct cached_file *x = a, *y = b;

    if (x->modified_unix_ms != y->modified_unix_ms)
        return x->modified_unix_ms < y->modified_unix_ms ? -1 : 1;
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
    file.modified_unix_ms = info.modified_unix_ms;
    *item = file;
    return ST_OK;
out:
    free(file.path);
    return status;
}

enum status symbol_store_trim(const char *cache, uint64_t max_bytes)
{
    struct list files = {NULL, 0, 0};
    struct folder *folder = NULL;
    struct cached_file *file;
    uint64_t total = 0;
    const char *name;
    enum status status = folder_open(&folder, cache);

    if (status)
        return status;
    while (!status && (status = folder_next(folder, &name)) == ST_OK)
        status = file_add(&files, cache, name);
    folder_close(folder);
    status = status == ST_END ? ST_OK : status;
    list_sort(&files, sizeof *file, compare);
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
