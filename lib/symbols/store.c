/* store.c - the way from a module's id to its table. A compiled table carries its file's size and time, so that a symbol file that was
 * replaced, say a complete one after a truncated one, is compiled again; without its file a cached table is still good. */
#include "symbols/store.h"
#include "base/file.h"
#include "base/text.h"
#include "symbols/builder.h"
#include "symbols/list.h"
#include "symbols/origin.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TABLE_BYTES ((size_t)2 << 30)
#define STAMP_PROPERTY  "stamp"
#define STAMP_BYTES     48u

struct remembered {
    enum locate_kind kind;
    char *name, *id, *file; /* file may be NULL */
    struct symbol_table *table;
    struct symbol_answer answer; /* points at file and table */
};

struct symbol_store {
    char *cache;
    struct list folders; /* char * */
    struct list answers; /* struct remembered */
    void (*begins)(void *context, const char *file);
    void *context;
    enum status (*unpack)(const char *archive, const char *file, const char **ret_why);
};

/* One search: the file accepted, or the first one that was not and why. */
struct search {
    const struct symbol_store *store;
    enum locate_kind kind;
    const char *name, *id;
    char *file;
    enum status status;
    const char *why;
};

static char *copied(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

enum status symbol_store_create(struct symbol_store **ret, const char *cache)
{
    struct symbol_store *store = calloc(1, sizeof *store);
    struct file_info info;
    enum status status = ST_OK;

    if (!store)
        return ST_MEMORY;
    if (cache) {
        status = file_stat(cache, &info) == ST_OK && info.is_folder ? ST_OK : folder_create(cache);
        store->cache = copied(cache);
        if (!status && !store->cache)
            status = ST_MEMORY;
    }
    if (status)
        symbol_store_free(store);
    else
        *ret = store;
    return status;
}

static void remembered_done(struct remembered *answer)
{
    symbols_close(answer->table);
    free(answer->file);
    free(answer->name);
    free(answer->id);
}

void symbol_store_free(struct symbol_store *store)
{
    if (!store)
        return;
    for (uint32_t i = 0; i < store->answers.count; i++)
        remembered_done((struct remembered *)store->answers.items + i);
    for (uint32_t i = 0; i < store->folders.count; i++)
        free(((char **)store->folders.items)[i]);
    list_done(&store->answers);
    list_done(&store->folders);
    free(store->cache);
    free(store);
}

void symbol_store_watch(struct symbol_store *store, void (*begins)(void *context, const char *file), void *context)
{
    store->begins = begins;
    store->context = context;
}

void symbol_store_unpack(struct symbol_store *store, enum status (*unpack)(const char *archive, const char *file, const char **ret_why))
{
    store->unpack = unpack;
}

enum status symbol_store_add(struct symbol_store *store, const char *folder)
{
    char *copy = copied(folder), **item;
    enum status status = ST_MEMORY;

    item = copy ? list_add(&store->folders, sizeof *item, STORE_MAX_ANSWERS, &status) : NULL;
    if (!item) {
        free(copy);
        return status;
    }
    *item = copy;
    return ST_OK;
}

/* Takes the first file that is the one wanted; of the others the first is kept for the report. */
static bool visit(void *context, const char *path)
{
    struct search *search = context;
    const char *why = "";
    enum status status = origin_check(path, search->kind, search->id, &why);

    if (status == ST_OK || !search->file) {
        free(search->file);
        search->file = copied(path);
        search->status = search->file ? status : ST_MEMORY;
        search->why = status ? why : "";
    }
    return status == ST_OK;
}

/* CACHE/KIND-NAME-ID and an ending, in lower case; NULL without memory, or when the names are too long for a file. */
static char *cache_path(const char *cache, enum locate_kind kind, const char *name, const char *id, const char *ending)
{
    static const char *const kinds[] = {[LOCATE_SYM] = "sym", [LOCATE_PDB] = "pdb", [LOCATE_PE] = "pe"};
    char file[256];
    int size = snprintf(file, sizeof file, "%s-%s-%s%s", kinds[kind], path_base(name), id, ending);

    if (size < 0 || (size_t)size >= sizeof file)
        return NULL;
    for (char *c = file; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return path_is_plain_name(file) ? path_joined(cache, file) : NULL;
}

char *symbol_store_table_path(const char *cache, enum locate_kind kind, const char *name, const char *id)
{
    return cache_path(cache, kind, name, id, ".table");
}

/* An archive is unpacked into the cache once. What stands there counts only with the right id, as any file. */
static bool visit_archive(void *context, const char *archive)
{
    struct search *search = context;
    const char *why = "";
    char *path = cache_path(search->store->cache, search->kind, search->name, search->id, ".unpacked");
    struct file_info info;
    enum status status = path ? ST_OK : ST_REFUSED;
    bool taken = false;

    if (!status && (file_stat(path, &info) || origin_check(path, search->kind, search->id, &why)))
        status = search->store->unpack(archive, path, &why);
    if (!status)
        taken = visit(search, path);
    else if (!search->file) {
        search->file = copied(archive);
        search->status = status;
        search->why = path ? why : "has a name that is too long to unpack it under";
    }
    free(path);
    return taken;
}

static void explain_nothing(const struct symbol_store *store, enum locate_result result, struct search *search)
{
    if (result == LOCATE_ARCHIVE) {
        search->status = ST_UNSUPPORTED;
        search->why = store->unpack ? "is only there as a CAB archive, and there is no cache folder to unpack it into"
                                    : "is only there as a CAB archive, which is not read: expand it";
    } else if (result == LOCATE_OUTSIDE) {
        search->status = ST_REFUSED;
        search->why = "is only there as a file.ptr that points out of its store";
    }
}

static void search_folders(const struct symbol_store *store, struct search *search)
{
    const struct locate_request request = {
        search->kind, search->name, search->id, visit, store->unpack && store->cache ? visit_archive : NULL, search};

    search->store = store;
    search->status = ST_NOT_FOUND;
    search->why = "";
    for (uint32_t i = 0; i < store->folders.count; i++) {
        enum locate_result result = locate_in(((char **)store->folders.items)[i], &request);

        if (result == LOCATE_ACCEPTED)
            return;
        if (!search->file && search->status == ST_NOT_FOUND)
            explain_nothing(store, result, search);
    }
}

static void stamp_of(const char *path, char ret[STAMP_BYTES])
{
    struct file_info info;

    ret[0] = 0;
    if (file_stat(path, &info) == ST_OK)
        snprintf(ret, STAMP_BYTES, "%" PRIu64 " %" PRId64, info.size_bytes, info.modified_unix_ms);
}

/* A table from the cache, if it is of this file; file NULL: of whatever file it was. Its time becomes that of this use, for who trims the
 * cache; a worker may not write, and its server does it. */
static struct symbol_table *cached(const char *path, const char *file)
{
    struct symbol_table *table = NULL;
    char stamp[STAMP_BYTES];

    if (!path || symbols_open_file(&table, path))
        return NULL;
    if (file) {
        stamp_of(file, stamp);
        if (strcmp(symbols_property(table, STAMP_PROPERTY), stamp) != 0) {
            symbols_close(table);
            return NULL;
        }
    }
    (void)file_touch(path);
    return table;
}

static enum status open_in_memory(struct symbol_builder *builder, struct symbol_table **ret)
{
    struct buffer bytes;
    enum status status;

    buffer_init(&bytes, MAX_TABLE_BYTES);
    status = symbol_builder_append(builder, &bytes);
    if (!status)
        status = symbols_open_owned(ret, bytes.data, bytes.len);
    if (status)
        buffer_done(&bytes);
    return status;
}

/* Reads all of a file into a new builder, which the caller frees also after a failure. */
static enum status read_into(struct symbol_builder **ret, const char *file, enum locate_kind kind, const char **ret_why)
{
    char stamp[STAMP_BYTES];
    enum status status = symbol_builder_create(ret);

    *ret_why = "could not be compiled for lack of memory";
    if (status)
        return status;
    stamp_of(file, stamp); /* before reading: a file that changes meanwhile is compiled again next time */
    status = origin_compile(file, kind, *ret, ret_why);
    if (!status)
        symbol_builder_property(*ret, STAMP_PROPERTY, stamp, strlen(stamp));
    return status;
}

enum status symbol_store_compile(const char *file, enum locate_kind kind, const char *id, struct buffer *out, const char **ret_why)
{
    struct symbol_builder *builder = NULL;
    enum status status = origin_check(file, kind, id, ret_why);

    if (!status)
        status = read_into(&builder, file, kind, ret_why);
    if (!status) {
        *ret_why = "has more in it than the limits allow";
        status = symbol_builder_append(builder, out);
    }
    symbol_builder_free(builder);
    return status;
}

/* Compiles a file into the cache, or into memory when there is none or it cannot be written. */
static enum status compile(const char *file, enum locate_kind kind, const char *path, bool to_memory, struct symbol_table **ret,
                           const char **ret_why)
{
    struct symbol_builder *builder = NULL;
    enum status status = read_into(&builder, file, kind, ret_why);

    if (!status) {
        *ret_why = "was read, but its table could not be written";
        status = to_memory ? open_in_memory(builder, ret) : symbol_builder_save(builder, path);
        if (!status && !to_memory)
            status = symbols_open_file(ret, path);
    }
    symbol_builder_free(builder);
    return status;
}

static bool is_of_reading(enum status status)
{
    return status == ST_FORMAT || status == ST_VERSION || status == ST_TRUNCATED || status == ST_TOO_LARGE || status == ST_MEMORY ||
           status == ST_UNSUPPORTED || status == ST_CHECKSUM;
}

static void compile_found(const char *file, enum locate_kind kind, const char *path, struct remembered *ret)
{
    enum status status = path ? compile(file, kind, path, false, &ret->table, &ret->answer.why) : ST_IO;

    if (status && !is_of_reading(status)) /* the cache folder is full or read-only: do without it */
        status = compile(file, kind, NULL, true, &ret->table, &ret->answer.why);
    ret->answer.status = status;
    if (!status)
        ret->answer.why = "";
}

enum status symbol_store_find(const struct symbol_store *store, enum locate_kind kind, const char *name, const char *id, char **ret)
{
    struct search search = {.kind = kind, .name = path_base(name), .id = id};

    search_folders(store, &search);
    if (search.status)
        free(search.file);
    else
        *ret = search.file;
    return search.status;
}

static void find(const struct symbol_store *store, struct remembered *ret)
{
    struct search search = {.kind = ret->kind, .name = ret->name, .id = ret->id};
    char *path = store->cache ? symbol_store_table_path(store->cache, ret->kind, ret->name, ret->id) : NULL;

    search_folders(store, &search);
    ret->file = search.file;
    ret->answer = (struct symbol_answer){NULL, search.status, ret->file ? ret->file : "", search.why, false};
    if (search.status == ST_OK || search.status == ST_NOT_FOUND)
        ret->table = cached(path, search.status == ST_OK ? ret->file : NULL);
    if (ret->table) {
        ret->answer.status = ST_OK;
        ret->answer.is_cached = true;
    } else if (search.status == ST_OK) {
        if (store->begins)
            store->begins(store->context, ret->file);
        compile_found(ret->file, ret->kind, path, ret);
    }
    ret->answer.table = ret->table;
    free(path);
}

static struct remembered *recall(const struct symbol_store *store, enum locate_kind kind, const char *name, const char *id)
{
    struct remembered *item = store->answers.items;

    for (uint32_t i = 0; i < store->answers.count; i++) {
        if (item[i].kind == kind && text_equal_nocase(item[i].id, id) && text_equal_nocase(item[i].name, name))
            return &item[i];
    }
    return NULL;
}

enum status symbol_store_get(struct symbol_store *store, enum locate_kind kind, const char *name, const char *id, struct symbol_answer *ret)
{
    struct remembered *known = recall(store, kind, path_base(name), id), fresh = {.kind = kind};
    enum status status = ST_OK;

    if (known) {
        *ret = known->answer;
        return ST_OK;
    }
    fresh.name = copied(path_base(name));
    fresh.id = copied(id);
    status = fresh.name && fresh.id ? ST_OK : ST_MEMORY;
    if (!status) {
        find(store, &fresh);
        known = list_add(&store->answers, sizeof *known, STORE_MAX_ANSWERS, &status);
    }
    if (status) {
        remembered_done(&fresh);
        return status;
    }
    *known = fresh;
    *ret = fresh.answer;
    return ST_OK;
}

bool symbol_store_use(const struct symbol_store *store, size_t index, struct symbol_use *ret)
{
    const struct remembered *item = store->answers.items;

    if (index >= store->answers.count)
        return false;
    *ret = (struct symbol_use){item[index].kind, item[index].name, item[index].id, &item[index].answer};
    return true;
}
