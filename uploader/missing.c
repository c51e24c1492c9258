/* missing.c - the answer is JSON of one shape, so its reader knows that shape only: a list of objects whose values are texts. */
#include "uploader/missing.h"
#include "base/json.h"
#include "base/text.h"
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

struct reader {
    const char *at, *end;
};

static void blank_skip(struct reader *reader)
{
    while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    blank_skip(reader);
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

/* The four digits of \uXXXX; false for surrogates and NUL too, which no symbol's name holds. */
static bool take_unit(struct reader *reader, struct buffer *out)
{
    uint8_t pair[2], unit[2];
    char digits[5];

    if (reader->end - reader->at < 4)
        return false;
    memcpy(digits, reader->at, 4);
    digits[4] = 0;
    reader->at += 4;
    if (!text_unhex(pair, sizeof pair, digits) || (pair[0] & 0xf8) == 0xd8 || (!pair[0] && !pair[1]))
        return false;
    unit[0] = pair[1];
    unit[1] = pair[0];
    return text_from_utf16le(out, unit, sizeof unit, false) == ST_OK;
}

static bool take_escape(struct reader *reader, struct buffer *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (reader->at == reader->end || !*reader->at)
        return false;
    if (*reader->at == 'u') {
        reader->at++;
        return take_unit(reader, out);
    }
    found = strchr(from, *reader->at++);
    return found && buffer_append(out, &to[found - from], 1) == ST_OK;
}

static bool take_text(struct reader *reader, struct buffer *out)
{
    buffer_reset(out);
    if (!take(reader, '"'))
        return false;
    while (reader->at < reader->end && *reader->at != '"') {
        char c = *reader->at++;

        if ((unsigned char)c < 0x20 || (c == '\\' ? !take_escape(reader, out) : buffer_append(out, &c, 1) != ST_OK))
            return false;
    }
    return take(reader, '"');
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

static bool take_item(struct reader *reader, struct item *item)
{
    buffer_reset(&item->name);
    buffer_reset(&item->id);
    buffer_reset(&item->file);
    if (!take(reader, '{'))
        return false;
    do {
        if (!take_text(reader, &item->key) || !take(reader, ':') || !take_text(reader, item_field(item)))
            return false;
    } while (take(reader, ','));
    return take(reader, '}');
}

static bool item_is(const struct item *item, const struct symbol_entry *entry)
{
    const char *file = item->file.len ? buffer_text(&item->file) : buffer_text(&item->name);

    return text_equal_nocase(buffer_text(&item->name), entry->name) && text_equal_nocase(buffer_text(&item->id), entry->id) &&
           text_equal_nocase(file, entry->file);
}

static bool items_mark(struct symbol_list *list, size_t first, size_t next, struct reader *reader, struct item *item)
{
    if (!take(reader, '['))
        return false;
    if (take(reader, ']'))
        return true;
    do {
        if (!take_item(reader, item))
            return false;
        while (first < next && !item_is(item, &list->items[first]))
            first++;
        if (first == next)
            return false;
        list->items[first++].is_missing = true;
    } while (take(reader, ','));
    return take(reader, ']');
}

enum status missing_mark(struct symbol_list *list, size_t first, size_t next, const void *answer, size_t size)
{
    struct reader reader = {answer, (const char *)answer + size};
    struct item item;
    bool is_sound;

    buffer_init(&item.key, TEXT_BYTES);
    buffer_init(&item.name, TEXT_BYTES);
    buffer_init(&item.id, TEXT_BYTES);
    buffer_init(&item.file, TEXT_BYTES);
    buffer_init(&item.other, TEXT_BYTES);
    is_sound = size && items_mark(list, first, next, &reader, &item);
    blank_skip(&reader);
    buffer_done(&item.key);
    buffer_done(&item.name);
    buffer_done(&item.id);
    buffer_done(&item.file);
    buffer_done(&item.other);
    return is_sound && reader.at == reader.end ? ST_OK : ST_FORMAT;
}
