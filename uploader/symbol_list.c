/* symbol_list.c - a walk over folders, and one look at the contents of each file. */
#include "uploader/symbol_list.h"
#include "base/file.h"
#include "base/text.h"
#include "symbols/identify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

static char *text_copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static void entry_done(struct symbol_entry *entry)
{
    free(entry->path);
    free(entry->name);
    free(entry->id);
    free(entry->file);
}

void symbol_list_done(struct symbol_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        entry_done(&list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

size_t symbol_list_keep(struct symbol_list *list, unsigned kinds)
{
    size_t kept = 0, before = list->count;

    for (size_t i = 0; i < before; i++) {
        if (kinds & 1u << list->items[i].kind)
            list->items[kept++] = list->items[i];
        else
            entry_done(&list->items[i]);
    }
    list->count = kept;
    return before - kept;
}

static enum status entry_add(struct symbol_list *list, const char *path, const struct symbol_identity *identity)
{
    struct symbol_entry entry = {
        text_copy_of(path), text_copy_of(identity->name), text_copy_of(identity->id), text_copy_of(identity->file), false, identity->kind};
    struct symbol_entry *items = list->items;
    enum status status = entry.path && entry.name && entry.id && entry.file ? ST_OK : ST_MEMORY;

    if (status == ST_OK && list->count == SYMBOL_LIST_MAX)
        status = ST_TOO_LARGE;
    if (status == ST_OK && list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 64;

        items = realloc(items, room * sizeof *items);
        status = items ? ST_OK : ST_MEMORY;
        if (items) {
            list->items = items;
            list->room = room;
        }
    }
    if (status == ST_OK)
        list->items[list->count++] = entry;
    else
        entry_done(&entry);
    return status;
}

static void unreadable(struct symbol_list *list, const char *path, const char *why, const char *because)
{
    fprintf(stderr, "salvor-upload: \"%s\" is left out: it %s%s%s.\n", path, why, because[0] ? ": " : "", because);
    list->unreadable++;
}

static enum status file_look(struct symbol_list *list, const char *path)
{
    struct symbol_identity identity;
    const char *why;
    enum status status = symbol_identify(path, &identity, &why);

    if (status == ST_OK)
        return entry_add(list, path, &identity);
    if (status == ST_MEMORY)
        return status;
    if (status != ST_NOT_FOUND)
        unreadable(list, path, why, status == ST_FORMAT || status == ST_TRUNCATED ? "" : status_text(status));
    return ST_OK;
}

static enum status folder_walk(struct symbol_list *list, struct folder *folder, const char *path, unsigned depth);

static enum status inside_look(struct symbol_list *list, const char *path, unsigned depth)
{
    struct folder *folder;
    struct file_info info;
    enum status status = file_stat(path, &info);

    if (status == ST_OK && info.is_regular)
        return file_look(list, path);
    if (status == ST_OK && !info.is_folder)
        return ST_OK;
    if (status == ST_OK && depth == DEPTH_MAX)
        status = ST_TOO_LARGE;
    if (status == ST_OK)
        status = folder_open(&folder, path);
    if (status == ST_OK)
        return folder_walk(list, folder, path, depth + 1);
    unreadable(list, path, "cannot be read", status_text(status));
    return ST_OK;
}

/* Closes the folder. */
static enum status folder_walk(struct symbol_list *list, struct folder *folder, const char *path, unsigned depth)
{
    const char *name;
    enum status status = ST_OK, next;

    while (status == ST_OK && (next = folder_next(folder, &name)) == ST_OK) {
        char *inside = path_joined(path, name);

        status = inside ? inside_look(list, inside, depth) : ST_MEMORY;
        free(inside);
    }
    if (status == ST_OK && next != ST_END)
        unreadable(list, path, "cannot be read to its end", status_text(next));
    folder_close(folder);
    return status;
}

/* What the user named may be a link. */
static enum status path_look(struct symbol_list *list, const char *path)
{
    struct folder *folder;
    struct file_info info;
    enum status status = file_stat(path, &info);

    if (status != ST_OK) {
        unreadable(list, path, "cannot be read", status_text(status));
        return ST_OK;
    }
    if (folder_open(&folder, path) == ST_OK)
        return folder_walk(list, folder, path, 1);
    return file_look(list, path);
}

static int compare_nocase(const char *a, const char *b)
{
    for (;; a++, b++) {
        int x = *a >= 'A' && *a <= 'Z' ? *a | 0x20 : *a, y = *b >= 'A' && *b <= 'Z' ? *b | 0x20 : *b;

        if (x != y || !x)
            return x - y;
    }
}

static int entry_compare(const void *a, const void *b)
{
    const struct symbol_entry *x = a, *y = b;
    int order = compare_nocase(x->name, y->name);

    order = order ? order : compare_nocase(x->id, y->id);
    return order ? order : compare_nocase(x->file, y->file);
}

/* An address that comes twice is one file in two places. */
static void entries_unique(struct symbol_list *list)
{
    size_t kept = 0;

    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, entry_compare);
    for (size_t i = 0; i < list->count; i++) {
        if (kept && entry_compare(&list->items[kept - 1], &list->items[i]) == 0)
            entry_done(&list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

enum status symbol_list_find(struct symbol_list *ret, const struct option_list *paths)
{
    enum status status = ST_OK;

    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; status == ST_OK && i < paths->count; i++)
        status = path_look(ret, paths->items[i]);
    entries_unique(ret);
    if (status != ST_OK)
        symbol_list_done(ret);
    return status;
}
