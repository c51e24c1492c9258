/* list.c - see list.h. Nothing of a query gets into SQL but through parameters; columns come from a table. */
#include "api/list.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/id.h"
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#define MAX_CURSOR_BYTES 4096
#define BASE64           sodium_base64_VARIANT_URLSAFE_NO_PADDING

static bool refuse(struct api_call *call, const char *code, const char *message)
{
    api_error(call, 400, code, message);
    return false;
}

static bool parse_sort(struct api_call *call, const struct list_column *columns, size_t count, struct list *list)
{
    const char *name = api_parameter(call, "sort", columns[0].name);
    const char *order = api_parameter(call, "order", "desc");
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, columns[i].name) == 0)
            list->column = &columns[i];
    list->descending = strcmp(order, "desc") == 0;
    if (!list->column || (!list->descending && strcmp(order, "asc") != 0))
        return refuse(call, "bad_sort", "The list cannot be sorted like that.");
    return true;
}

static bool parse_limit(struct api_call *call, struct list *list)
{
    const char *text = api_parameter(call, "limit", NULL);
    uint64_t limit = LIST_DEFAULT_LIMIT;
    if (text && (!text_parse_u64(text, &limit) || limit < 1 || limit > LIST_MAX_LIMIT))
        return refuse(call, "bad_limit", "limit is a number from 1 to 200.");
    list->limit = (unsigned)limit;
    return true;
}

static void make_pattern(struct list *list)
{
    char *out = list->pattern;
    *out++ = '%';
    for (const char *at = list->search; *at; at++) {
        if (strchr("%_\\", *at))
            *out++ = '\\';
        *out++ = *at;
    }
    *out++ = '%';
    *out = 0;
}

static bool parse_search(struct api_call *call, struct list *list)
{
    const char *text = api_parameter(call, "q", "");
    if (strlen(text) > LIST_MAX_SEARCH || !text_is_utf8(text, strlen(text)))
        return refuse(call, "bad_search", "The search text is longer than 200 bytes or not UTF-8.");
    text_copy(list->search, sizeof list->search, text);
    if (!text[0])
        return true;
    make_pattern(list);
    id_read(list->search_id, text);
    return true;
}

/* A cursor is base64 of a JSON array: column, order, number, id, text. */
static bool read_cursor(struct list *list, const json_t *cursor)
{
    const char *column = json_string_value(json_array_get(cursor, 0)), *order = json_string_value(json_array_get(cursor, 1));
    const char *id = json_string_value(json_array_get(cursor, 3)), *text = json_string_value(json_array_get(cursor, 4));
    if (!column || !order || !id || !text || !json_is_integer(json_array_get(cursor, 2)))
        return false;
    if (strcmp(column, list->column->name) != 0 || strcmp(order, list->descending ? "desc" : "asc") != 0)
        return false;
    list->after_number = json_integer_value(json_array_get(cursor, 2));
    list->has_cursor = true;
    return text_copy(list->after_id, sizeof list->after_id, id) && text_copy(list->after_text, sizeof list->after_text, text);
}

static bool decode_cursor(struct list *list, const char *text)
{
    char plain[MAX_CURSOR_BYTES];
    size_t size = 0;
    if (sodium_base642bin((unsigned char *)plain, sizeof plain, text, strlen(text), NULL, &size, NULL, BASE64))
        return false;
    json_t *cursor = json_loadb(plain, size, JSON_REJECT_DUPLICATES, NULL);
    bool understood = read_cursor(list, cursor);
    json_decref(cursor);
    return understood;
}

static bool parse_cursor(struct api_call *call, struct list *list)
{
    const char *text = api_parameter(call, "cursor", NULL);
    if (!text || decode_cursor(list, text))
        return true;
    return refuse(call, "bad_cursor", "The cursor does not belong to this list; start again without it.");
}

bool list_parse(struct api_call *call, const struct list_column *columns, size_t count, const char *default_range, struct list *ret)
{
    memset(ret, 0, sizeof *ret);
    if (!range_parse(api_parameter(call, "range", default_range), clock_unix_ms(), &ret->range))
        return refuse(call, "bad_range", "range is 24h, 7d, 30d, 90d or all.");
    return parse_sort(call, columns, count, ret) && parse_limit(call, ret) && parse_search(call, ret) && parse_cursor(call, ret);
}

enum status list_where(const struct list *list, const char *id_sql, unsigned first_parameter, struct buffer *sql)
{
    if (!list->has_cursor)
        return ST_OK;
    return buffer_printf(sql, " AND (%s, %s) %c (?%u, ?%u)", list->column->sql, id_sql, list->descending ? '<' : '>', first_parameter,
                         first_parameter + 1);
}

enum status list_order(const struct list *list, const char *id_sql, struct buffer *sql)
{
    const char *direction = list->descending ? "DESC" : "ASC";
    return buffer_printf(sql, " ORDER BY %s %s, %s %s LIMIT %u", list->column->sql, direction, id_sql, direction, list->limit + 1);
}

struct db_value list_cursor_value(const struct list *list)
{
    if (!list->has_cursor)
        return db_null();
    return list->column->is_text ? db_text(list->after_text) : db_int(list->after_number);
}

struct db_value list_cursor_id(const struct list *list)
{
    return list->has_cursor ? db_text(list->after_id) : db_null();
}

static enum status encode_cursor(const struct list *list, int64_t number, const char *text, const char *id, struct buffer *out)
{
    struct json json;
    struct buffer plain;
    char encoded[sodium_base64_ENCODED_LEN(MAX_CURSOR_BYTES, BASE64)];
    buffer_init(&plain, MAX_CURSOR_BYTES);
    json_init(&json, &plain);
    json_array_begin(&json);
    json_text(&json, list->column->name);
    json_text(&json, list->descending ? "desc" : "asc");
    json_int(&json, number);
    json_text(&json, id);
    json_text(&json, list->column->is_text ? text : "");
    json_array_end(&json);
    enum status status = json_done(&json);
    if (!status) {
        sodium_bin2base64(encoded, sizeof encoded, plain.data, plain.len, BASE64);
        status = buffer_append_text(out, encoded);
    }
    buffer_done(&plain);
    return status;
}

void list_write_cursor(struct api_call *call, const struct list *list, int64_t number, const char *text, const char *id)
{
    struct buffer encoded;
    buffer_init(&encoded, 2 * MAX_CURSOR_BYTES);
    json_key(&call->json, "next_cursor");
    if (id && encode_cursor(list, number, text, id, &encoded) == ST_OK)
        json_text(&call->json, buffer_text(&encoded));
    else
        json_none(&call->json);
    buffer_done(&encoded);
}
