/* result.c - see result.h. The JSON comes from a child that has read hostile bytes: every member may be missing, of another type, or long.
 */
#include "jobs/result.h"
#include "base/text.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_TITLE  512
#define MAX_TEXT   256
#define MAX_TAGS   16
#define MAX_FOLD   256
#define MAX_TABLES 256
#define LEVEL      6
#define NO_TITLE   "EMPTY: the report has no signature"

struct result {
    struct report_result facts;
    char title[MAX_TITLE], signature[MAX_TEXT], reason[MAX_TEXT], os[MAX_TEXT], app[MAX_TEXT], version[MAX_TEXT], layer[MAX_TEXT];
    char *tags, *annotations;
    uint8_t *deflated;
    struct symbol_wanted wanted[SYMBOL_MAX_WANTED];
    char *wanted_texts[2 * SYMBOL_MAX_WANTED];
    size_t wanted_count;
    struct table_use tables[MAX_TABLES];
    size_t table_count;
};

static void copy_text(char *ret, size_t ret_size, const json_t *value)
{
    const char *text = json_string_value(value);
    size_t length = text ? text_cut(text, strlen(text), ret_size - 1) : 0;
    if (text)
        memcpy(ret, text, length);
    ret[length] = 0;
}

static enum status read_tags(struct result *result, const json_t *tags)
{
    json_t *kept = json_array();
    size_t count = json_array_size(tags);
    for (size_t i = 0; i < count && i < MAX_TAGS; i++)
        if (json_is_string(json_array_get(tags, i)))
            json_array_append(kept, json_array_get(tags, i));
    result->tags = json_dumps(kept, JSON_COMPACT);
    json_decref(kept);
    return result->tags ? ST_OK : ST_MEMORY;
}

static enum status read_annotations(struct result *result, const json_t *annotations)
{
    result->annotations = json_is_object(annotations) ? json_dumps(annotations, JSON_COMPACT) : strdup("{}");
    return result->annotations ? ST_OK : ST_MEMORY;
}

static enum status read_signature(struct result *result, const json_t *signature)
{
    copy_text(result->title, sizeof result->title, json_object_get(signature, "title"));
    copy_text(result->signature, sizeof result->signature, json_object_get(signature, "hash"));
    if (!result->title[0])
        text_copy(result->title, sizeof result->title, NO_TITLE);
    if (!result->signature[0])
        text_copy(result->signature, sizeof result->signature, result->title);
    return read_tags(result, json_object_get(signature, "tags"));
}

/* A copy in lower case, as stores keep addresses; NULL for what none can hold. */
static char *folded(const json_t *value)
{
    const char *text = json_string_value(value);
    char *copy = text && text[0] && strlen(text) < MAX_FOLD ? strdup(text) : NULL;
    for (char *c = copy; c && *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return copy;
}

static void add_wanted(struct result *result, const json_t *wanted)
{
    size_t at = result->wanted_count;
    char *name = folded(json_object_get(wanted, "name")), *id = folded(json_object_get(wanted, "id"));
    if (!name || !id || at == SYMBOL_MAX_WANTED) {
        free(name);
        free(id);
        return;
    }
    result->wanted_texts[2 * at] = name;
    result->wanted_texts[2 * at + 1] = id;
    result->wanted[at] = (struct symbol_wanted){name, id, json_is_true(json_object_get(wanted, "found"))};
    result->wanted_count++;
}

/* The files that modules on the stacks lack. */
static void read_wanted(struct result *result, const json_t *modules)
{
    for (size_t i = 0; i < json_array_size(modules); i++) {
        const json_t *wanted = json_object_get(json_object_get(json_array_get(modules, i), "symbols"), "wanted");
        for (size_t j = 0; j < json_array_size(wanted); j++)
            add_wanted(result, json_array_get(wanted, j));
    }
}

static void read_tables(struct result *result, const json_t *tables)
{
    for (size_t i = 0; i < json_array_size(tables) && result->table_count < MAX_TABLES; i++) {
        const json_t *table = json_array_get(tables, i);
        struct table_use *use = &result->tables[result->table_count];
        const char *kind = json_string_value(json_object_get(table, "kind"));
        copy_text(use->name, sizeof use->name, json_object_get(table, "name"));
        copy_text(use->id, sizeof use->id, json_object_get(table, "id"));
        use->is_cached = json_is_true(json_object_get(table, "cached"));
        result->table_count += kind && client_kind_read(kind, &use->kind);
    }
}

/* "Windows NT 10.0.19045". */
static void read_system(struct result *result, const json_t *system)
{
    const char *os = json_string_value(json_object_get(system, "os"));
    const char *version = json_string_value(json_object_get(system, "os_ver"));
    char text[2 * MAX_TEXT];
    snprintf(text, sizeof text, "%.200s%s%.200s", os ? os : "", os && version ? " " : "", version ? version : "");
    size_t length = text_cut(text, strlen(text), sizeof result->os - 1);
    memcpy(result->os, text, length);
    result->os[length] = 0;
}

/* The more frames of the crashing thread have a name, the more its stack tells. */
static int64_t score(const json_t *thread)
{
    const json_t *frames = json_object_get(thread, "frames");
    int64_t named = 0;
    for (size_t i = 0; i < json_array_size(frames); i++)
        named += json_is_string(json_object_get(json_array_get(frames, i), "function"));
    return named;
}

static enum status deflate_json(struct result *result, const char *text, size_t size)
{
    uLongf room = compressBound((uLong)size);
    result->deflated = malloc(room);
    if (!result->deflated || compress2(result->deflated, &room, (const Bytef *)text, (uLong)size, LEVEL) != Z_OK)
        return ST_MEMORY;
    result->facts.json_deflated = result->deflated;
    result->facts.json_deflated_bytes = room;
    result->facts.json_bytes = size;
    return ST_OK;
}

static enum status read_members(struct result *result, const json_t *root)
{
    const json_t *salvor = json_object_get(root, "salvor");
    const json_t *program = json_object_get(salvor, "program");
    copy_text(result->reason, sizeof result->reason, json_object_get(json_object_get(root, "crash_info"), "type"));
    copy_text(result->layer, sizeof result->layer, json_object_get(salvor, "layer"));
    copy_text(result->app, sizeof result->app, json_object_get(program, "name"));
    copy_text(result->version, sizeof result->version, json_object_get(program, "version"));
    read_system(result, json_object_get(root, "system_info"));
    result->facts.score = score(json_object_get(root, "crashing_thread"));
    read_wanted(result, json_object_get(salvor, "modules"));
    read_tables(result, json_object_get(salvor, "tables"));
    enum status status = read_annotations(result, json_object_get(salvor, "annotations"));
    return status ? status : read_signature(result, json_object_get(salvor, "signature"));
}

static void point_facts(struct result *result)
{
    struct report_result *facts = &result->facts;
    facts->app = result->app;
    facts->version = result->version;
    facts->layer = result->layer;
    facts->os = result->os;
    facts->reason = result->reason;
    facts->title = result->title;
    facts->tags = result->tags;
    facts->annotations_json = result->annotations;
    facts->signature = result->signature;
    facts->wanted = result->wanted;
    facts->wanted_count = result->wanted_count;
}

enum status result_create(struct result **ret, const char *text, size_t size)
{
    struct result *result = calloc(1, sizeof *result);
    json_t *root = result ? json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    enum status status = !result ? ST_MEMORY : json_is_object(root) ? ST_OK : ST_FORMAT;
    if (!status)
        status = read_members(result, root);
    if (!status)
        status = deflate_json(result, text, size);
    json_decref(root);
    if (status) {
        result_free(result);
        return status;
    }
    point_facts(result);
    *ret = result;
    return ST_OK;
}

void result_free(struct result *result)
{
    if (!result)
        return;
    for (size_t i = 0; i < 2 * result->wanted_count; i++)
        free(result->wanted_texts[i]);
    free(result->tags);
    free(result->annotations);
    free(result->deflated);
    free(result);
}

const struct report_result *result_facts(const struct result *result)
{
    return &result->facts;
}

const struct table_use *result_table(const struct result *result, size_t index)
{
    return index < result->table_count ? &result->tables[index] : NULL;
}
