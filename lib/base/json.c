/* json.c - the JSON writer. depth and two flags are all the state that commas need: a value is followed by a comma unless it opens. */
#include "base/json.h"
#include "base/text.h"
#include <inttypes.h>
#include <string.h>

void json_init(struct json *json, struct buffer *out)
{
    *json = (struct json){.out = out};
}

enum status json_done(struct json *json)
{
    if (!json->status && (json->depth || json->keyed))
        json->status = ST_STATE;
    return json->status;
}

static void append(struct json *json, const void *bytes, size_t size)
{
    if (!json->status)
        json->status = buffer_append(json->out, bytes, size);
}

/* Comes before every value and key. */
static void separate(struct json *json)
{
    if (json->comma && !json->keyed)
        append(json, ",", 1);
    json->comma = true;
    json->keyed = false;
}

static void begin(struct json *json, const char *bracket)
{
    separate(json);
    append(json, bracket, 1);
    json->depth++;
    json->comma = false;
}

static void end(struct json *json, const char *bracket)
{
    if (!json->status && (!json->depth || json->keyed))
        json->status = ST_STATE;
    if (json->status)
        return;
    append(json, bracket, 1);
    json->depth--;
    json->comma = true;
}

void json_object_begin(struct json *json)
{
    begin(json, "{");
}

void json_object_end(struct json *json)
{
    end(json, "}");
}

void json_array_begin(struct json *json)
{
    begin(json, "[");
}

void json_array_end(struct json *json)
{
    end(json, "]");
}

static void escape(struct json *json, uint8_t byte)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: byte, letter behind the backslash */
    for (size_t i = 0; i + 1 < sizeof letters; i += 2) {
        if ((uint8_t)letters[i] == byte) {
            append(json, (const char[]){'\\', letters[i + 1]}, 2);
            return;
        }
    }
    char hex[7] = "\\u00";
    text_hex(hex + 4, &byte, 1);
    append(json, hex, 6);
}

/* Writes text that is known to be clean. */
static void quote(struct json *json, const uint8_t *text, size_t size)
{
    size_t start = 0;
    append(json, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (text[i] >= 0x20 && text[i] != '"' && text[i] != '\\')
            continue;
        append(json, text + start, i - start);
        escape(json, text[i]);
        start = i + 1;
    }
    append(json, text + start, size - start);
    append(json, "\"", 1);
}

static void quote_any(struct json *json, const char *text, size_t size)
{
    if (text_is_utf8(text, size) && !memchr(text, 0, size)) {
        quote(json, (const uint8_t *)text, size);
        return;
    }
    struct buffer clean;
    buffer_init(&clean, SIZE_MAX);
    enum status status = text_clean(&clean, text, size);
    if (status && !json->status)
        json->status = status;
    quote(json, (const uint8_t *)buffer_text(&clean), clean.len);
    buffer_done(&clean);
}

void json_key(struct json *json, const char *key)
{
    if (!json->status && (json->keyed || !json->depth))
        json->status = ST_STATE;
    separate(json);
    quote_any(json, key, strlen(key));
    append(json, ":", 1);
    json->keyed = true;
}

void json_text(struct json *json, const char *value)
{
    if (value)
        json_text_sized(json, value, strlen(value));
    else
        json_none(json);
}

void json_text_sized(struct json *json, const char *value, size_t size)
{
    separate(json);
    quote_any(json, value ? value : "", size);
}

static void BASE_PRINTF(2, 3) print(struct json *json, const char *format, ...)
{
    va_list args;
    separate(json);
    if (json->status)
        return;
    va_start(args, format);
    json->status = buffer_vprintf(json->out, format, args);
    va_end(args);
}

void json_int(struct json *json, int64_t value)
{
    print(json, "%" PRId64, value);
}

void json_uint(struct json *json, uint64_t value)
{
    print(json, "%" PRIu64, value);
}

void json_bool(struct json *json, bool value)
{
    print(json, "%s", value ? "true" : "false");
}

void json_none(struct json *json)
{
    print(json, "null");
}

void json_hex(struct json *json, uint64_t value)
{
    print(json, "\"0x%" PRIx64 "\"", value);
}

void json_raw(struct json *json, const char *value, size_t size)
{
    separate(json);
    append(json, value, size);
}
