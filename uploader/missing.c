/* missing.c - see missing.h. Of the answer one shape is taken: a list of objects whose values are texts. */
#include "uploader/missing.h"
#include "base/json.h"
#include "base/text.h"
#include "uploader/json_reader.h"
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES 1024 /* longer ones are none of ours */

static enum status entry_ask(struct json *json, const struct symbol_entry *entry)
{
    json_object_begin(json);
    json_key(json, "name");
    json_text(json, entry->name);
    json_key(json, "id");
    json_text(json, entry->id);
    if (strcmp(entry->file, entry->name) != 0) {
        json_key(json, "file");
        json_text(json, entry->file);
    }
    json_object_end(json);
    return json->status;
}

enum status missing_ask(const struct symbol_list *list, size_t first, struct buffer *out, size_t *ret_next)
{
    struct json json;
    enum status status = ST_OK;
    size_t i = first;

    json_init(&json, out);
    json_array_begin(&json);
    /* An entry's three texts grow sixfold at worst. */
    while (status == ST_OK && i < list->count && i - first < MISSING_MAX_ENTRIES && out->len + 3 * 6 * 256 + 64 < MISSING_MAX_BYTES)
        status = entry_ask(&json, &list->items[i++]);
    json_array_end(&json);
    status = json_done(&json);
    if (status == ST_OK)
        *ret_next = i;
    return status;
}

/* One entry of the answer. */
struct item {
    struct buffer key, name, id, file, other;
};

static struct buffer *item_field(struct item *item)
{
    const char *key = buffer_text(&item->key);

    if (strcmp(key, "name") == 0)
        return &item->name;
    if (strcmp(key, "id") == 0)
        return &item->id;
    return strcmp(key, "file") == 0 ? &item->file : &item->other;
}

static bool take_item(struct json_reader *reader, struct item *item)
{
    buffer_reset(&item->name);
    buffer_reset(&item->id);
    buffer_reset(&item->file);
    if (!json_take(reader, '{'))
        return false;
    do {
        if (!json_take_text(reader, &item->key) || !json_take(reader, ':') || !json_take_text(reader, item_field(item)))
            return false;
    } while (json_take(reader, ','));
    return json_take(reader, '}');
}

static bool item_is(const struct item *item, const struct symbol_entry *entry)
{
    const char *file = item->file.len ? buffer_text(&item->file) : buffer_text(&item->name);

    return text_equal_nocase(buffer_text(&item->name), entry->name) && text_equal_nocase(buffer_text(&item->id), entry->id) &&
           text_equal_nocase(file, entry->file);
}

static bool items_mark(struct symbol_list *list, size_t first, size_t next, struct json_reader *reader, struct item *item)
{
    if (!json_take(reader, '['))
        return false;
    if (json_take(reader, ']'))
        return true;
    do {
        if (!take_item(reader, item))
            return false;
        while (first < next && !item_is(item, &list->items[first]))
            first++;
        if (first == next)
            return false;
        list->items[first++].is_missing = true;
    } while (json_take(reader, ','));
    return json_take(reader, ']');
}

enum status missing_mark(struct symbol_list *list, size_t first, size_t next, const void *answer, size_t size)
{
    struct json_reader reader = {answer, (const char *)answer + size};
    struct item item;
    bool is_sound;

    buffer_init(&item.key, TEXT_BYTES);
    buffer_init(&item.name, TEXT_BYTES);
    buffer_init(&item.id, TEXT_BYTES);
    buffer_init(&item.file, TEXT_BYTES);
    buffer_init(&item.other, TEXT_BYTES);
    is_sound = size && items_mark(list, first, next, &reader, &item);
    buffer_done(&item.key);
    buffer_done(&item.name);
    buffer_done(&item.id);
    buffer_done(&item.file);
    buffer_done(&item.other);
    return is_sound && json_at_end(&reader) ? ST_OK : ST_FORMAT;
}
