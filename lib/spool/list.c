/* list.c - what stands in a state's folder. Anything but a plain file with a report's name is passed over. */
#include "spool/internal.h"
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (1u << 20) /* the rest of a longer queue comes when these are gone */

struct list {
    struct spool_entry *entries;
    size_t count, capacity;
};

static enum status list_reserve(struct list *list)
{
    size_t capacity = list->capacity ? 2 * list->capacity : 64;
    struct spool_entry *entries;

    if (list->count < list->capacity)
        return ST_OK;
    entries = realloc(list->entries, capacity * sizeof *entries);
    if (!entries)
        return ST_MEMORY;
    list->entries = entries;
    list->capacity = capacity;
    return ST_OK;
}

/* Adds dir/name when it is a plain file; one that has just moved away is no error. */
static enum status list_add(struct list *list, const char *dir, const char *name)
{
    struct file_info info;
    struct spool_entry *entry;
    char *path;
    enum status status = list_reserve(list);

    if (status != ST_OK)
        return status;
    path = path_joined(dir, name);
    if (!path)
        return ST_MEMORY;
    status = file_stat(path, &info);
    free(path);
    if (status != ST_OK || !info.is_regular)
        return ST_OK;
    entry = &list->entries[list->count];
    entry->name = spool_text_copy(name);
    entry->size_bytes = info.size_bytes;
    entry->modified_unix_ms = info.modified_unix_ms;
    if (!entry->name)
        return ST_MEMORY;
    list->count++;
    return ST_OK;
}

static int entry_compare(const void *left, const void *right)
{
    const struct spool_entry *a = left, *b = right;

    return spool_name_compare(a->name, b->name);
}

enum status spool_list(struct spool *spool, enum spool_state state, struct spool_entry **ret, size_t *ret_count)
{
    struct list list = {NULL, 0, 0};
    struct folder *folder = NULL;
    const char *name;
    enum status status = folder_open(&folder, spool->states[state]);

    while (status == ST_OK && list.count < LIST_MAX && (status = folder_next(folder, &name)) == ST_OK)
        if (spool_name_is_report(name))
            status = list_add(&list, spool->states[state], name);
    folder_close(folder);
    if (status != ST_OK && status != ST_END) {
        spool_list_free(list.entries, list.count);
        return status;
    }
    if (list.count > 1)
        qsort(list.entries, list.count, sizeof *list.entries, entry_compare);
    *ret = list.entries;
    *ret_count = list.count;
    return ST_OK;
}

void spool_list_free(struct spool_entry *entries, size_t count)
{
    for (size_t i = 0; entries && i < count; i++)
        free(entries[i].name);
    free(entries);
}
