/* groups.c - /projects/{p}/groups and /projects/{p}/groups/{id}. Counts come from the roll-ups, never from the reports. */
#include "api/group_list.h"
#include "base/text.h"
#include "store/rollup.h"
#include <string.h>

#define MAX_SQL_BYTES 4096

/* ?1 project, ?2 span, ?3 first bucket. A group whose last report is in the range is in the range. */
#define GROUPS_IN_RANGE " FROM crash_group g WHERE g.project_id = ?1 AND ?2 = ?2 AND g.last_seen / 1000 >= ?3"
#define COUNT_OF_GROUP  "(SELECT coalesce(sum(reports + counted), 0) FROM rollup WHERE group_id = g.id AND span = ?2 AND bucket >= ?3)"
/* To sort by the count in the range all groups are counted; otherwise only those of the page. */
#define COUNTED_GROUPS                                                                                                                     \
    " FROM (SELECT group_id, sum(reports + counted) AS reports FROM rollup WHERE project_id = ?1 AND span = ?2 AND bucket >= ?3 AND "      \
    "group_id <> ''"                                                                                                                       \
    " GROUP BY group_id) r JOIN crash_group g ON g.id = r.group_id WHERE 1 = 1"
/* Of all time the groups know their count themselves. */
#define COUNT_EVER "g.report_count + g.counted"

/* ?4 pattern, ?5 id */
#define SEARCHED                                                                                                                           \
    " AND (g.title LIKE ?4 ESCAPE '\\' OR g.reason LIKE ?4 ESCAPE '\\' OR g.first_version LIKE ?4 ESCAPE '\\'"                             \
    " OR g.last_version LIKE ?4 ESCAPE '\\' OR g.id = ?5 OR g.id IN (SELECT group_id FROM report WHERE id = ?5 OR client_id = ?5))"
/* Both kinds of parameter are always bound, so they are always named. */
#define NOT_SEARCHED " AND ?4 = ?4 AND ?5 = ?5"

static const struct list_column COLUMNS[] = {
    {"last_seen", "g.last_seen", false},
    {"first_seen", "g.first_seen", false},
    {"count", "reports", false},
    {"signature", "g.title", true},
};

/* -- items -- */

/* How many reports each bucket of the chart holds, oldest first. */
static enum status write_trend(struct api_call *call, const char *id, const struct range *range)
{
    int64_t counts[RANGE_MAX_BUCKETS] = {0};
    struct db_query *query = NULL;
    enum status status =
        db_select(call->tx, &query,
                  "SELECT bucket, sum(reports + counted) FROM rollup WHERE group_id = ?1 AND span = ?2 AND bucket >= ?3 GROUP BY bucket",
                  db_text(id), db_int(range->span), db_int(range->chart));
    while (!status && (status = db_next(query)) == ST_OK) {
        int64_t index = (db_get_int(query, 0) - range->chart) / range->span;
        if (index >= 0 && index < range->buckets)
            counts[index] = db_get_int(query, 1);
    }
    db_finish(query);
    json_key(&call->json, "trend");
    json_array_begin(&call->json);
    for (unsigned i = 0; i < range->buckets; i++)
        json_int(&call->json, counts[i]);
    json_array_end(&call->json);
    return status == ST_END ? ST_OK : status;
}

enum status group_write_members(struct api_call *call, struct db_query *query, const struct range *range)
{
    struct json *json = &call->json;
    const char *tags = db_get_text(query, 2);
    char id[40];
    text_copy(id, sizeof id, db_get_text(query, 0));
    api_text_member(json, "id", id);
    api_text_member(json, "title", db_get_text(query, 1));
    json_key(json, "tags");
    json_raw(json, tags, strlen(tags));
    api_text_member(json, "state", db_get_text(query, 3));
    api_int_member(json, "count", db_get_int(query, 4));
    api_int_member(json, "first_seen", db_get_int(query, 5));
    api_int_member(json, "last_seen", db_get_int(query, 6));
    api_text_member(json, "first_version", db_get_text(query, 7));
    api_text_member(json, "last_version", db_get_text(query, 8));
    api_text_member(json, "reason", db_get_text(query, 9));
    api_int_member(json, "counted", db_get_int(query, 11));
    return write_trend(call, id, range);
}

/* -- the list -- */

static const char *search_of(const struct list *list)
{
    return list->pattern[0] ? SEARCHED : NOT_SEARCHED;
}

static void fill_values(struct api_call *call, const struct list *list, struct db_value ret[7])
{
    ret[0] = db_int(call->project_id);
    ret[1] = db_int(list->range.span);
    ret[2] = db_int(list->range.from);
    ret[3] = db_text(list->pattern);
    ret[4] = db_text(list->search_id);
    ret[5] = list_cursor_value(list);
    ret[6] = list_cursor_id(list);
}

static enum status write_total(struct api_call *call, const struct list *list)
{
    struct db_query *query = NULL;
    struct db_value values[7];
    struct buffer sql;
    fill_values(call, list, values);
    buffer_init(&sql, MAX_SQL_BYTES);
    enum status status = buffer_printf(&sql, "SELECT count(*)" GROUPS_IN_RANGE "%s", search_of(list));
    if (!status)
        status = db_select_row_values(call->tx, &query, buffer_text(&sql), values, 5);
    if (!status)
        api_int_member(&call->json, "total", db_get_int(query, 0));
    db_finish(query);
    buffer_done(&sql);
    return status;
}

/* Every group is counted, then sorted. */
static enum status append_by_count(const struct list *list, struct buffer *sql)
{
    bool ever = list->range.from == INT64_MIN;
    enum status status =
        buffer_printf(sql, "SELECT * FROM (SELECT %s%s%s) g WHERE 1 = 1", ever ? GROUP_COLUMNS(COUNT_EVER) : GROUP_COLUMNS("r.reports"),
                      ever ? GROUPS_IN_RANGE : COUNTED_GROUPS, search_of(list));
    if (!status)
        status = list_where(list, "id", 6, sql);
    return status ? status : list_order(list, "id", sql);
}

/* The page's groups are found, then counted. */
static enum status append_by_column(const struct list *list, struct buffer *sql)
{
    enum status status =
        buffer_printf(sql, "SELECT %s FROM (SELECT *" GROUPS_IN_RANGE "%s",
                      list->range.from == INT64_MIN ? GROUP_COLUMNS(COUNT_EVER) : GROUP_COLUMNS(COUNT_OF_GROUP), search_of(list));
    if (!status)
        status = list_where(list, "g.id", 6, sql);
    if (!status)
        status = list_order(list, "g.id", sql);
    if (!status)
        status = buffer_append_text(sql, ") g");
    return status ? status : list_order(list, "g.id", sql);
}

static enum status select_page(struct api_call *call, const struct list *list, struct db_query **ret)
{
    struct buffer sql;
    struct db_value values[7];
    fill_values(call, list, values);
    buffer_init(&sql, MAX_SQL_BYTES);
    enum status status = strcmp(list->column->name, "count") == 0 ? append_by_count(list, &sql) : append_by_column(list, &sql);
    if (!status)
        status = db_select_values(call->tx, ret, buffer_text(&sql), values, list->has_cursor ? 7 : 5);
    buffer_done(&sql);
    return status;
}

struct last_row {
    char id[40], text[512];
    int64_t number;
};

static void remember_row(struct db_query *query, const struct list *list, struct last_row *ret)
{
    static const int COLUMN_OF[] = {6, 5, 4, 1}; /* as COLUMNS, in GROUP_COLUMNS */
    int column = COLUMN_OF[list->column - COLUMNS];
    text_copy(ret->id, sizeof ret->id, db_get_text(query, 0));
    text_copy(ret->text, sizeof ret->text, list->column->is_text ? db_get_text(query, column) : "");
    ret->number = list->column->is_text ? 0 : db_get_int(query, column);
}

static enum status write_page(struct api_call *call, const struct list *list)
{
    struct db_query *query = NULL;
    struct last_row last = {.number = 0};
    unsigned rows = 0;
    enum status status = select_page(call, list, &query);
    json_key(&call->json, "items");
    json_array_begin(&call->json);
    while (!status && (status = db_next(query)) == ST_OK && rows < list->limit) {
        json_object_begin(&call->json);
        status = group_write_members(call, query, &list->range);
        json_object_end(&call->json);
        remember_row(query, list, &last);
        rows++;
    }
    json_array_end(&call->json);
    db_finish(query);
    bool more = status == ST_OK;
    if (status && status != ST_END)
        return status;
    list_write_cursor(call, list, last.number, last.text, more ? last.id : NULL);
    return ST_OK;
}

void api_groups(struct api_call *call)
{
    struct list list;
    if (!list_parse(call, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, "all", &list))
        return;
    json_object_begin(&call->json);
    enum status status = write_page(call, &list);
    if (!status)
        status = write_total(call, &list);
    json_object_end(&call->json);
    api_answer(call, status);
}

enum status group_write_newest(struct api_call *call, const struct range *range, unsigned limit)
{
    struct db_query *query = NULL;
    enum status status = db_select(
        call->tx, &query,
        "SELECT " GROUP_COLUMNS(COUNT_OF_GROUP) " FROM (SELECT *" GROUPS_IN_RANGE
                                                " ORDER BY g.first_seen DESC, g.id DESC LIMIT ?4) g ORDER BY g.first_seen DESC, g.id DESC",
        db_int(call->project_id), db_int(range->span), db_int(range->from), db_int(limit));
    json_array_begin(&call->json);
    while (!status && (status = db_next(query)) == ST_OK) {
        json_object_begin(&call->json);
        status = group_write_members(call, query, range);
        json_object_end(&call->json);
    }
    json_array_end(&call->json);
    db_finish(query);
    return status == ST_END ? ST_OK : status;
}

/* -- one group -- */

static enum status write_facet(struct api_call *call, const char *id, const char *facet, const char *key)
{
    struct db_query *query = NULL;
    enum status status =
        db_select(call->tx, &query,
                  "SELECT value, reports FROM group_facet WHERE group_id = ?1 AND facet = ?2 ORDER BY reports DESC, value LIMIT 100",
                  db_text(id), db_text(facet));
    json_key(&call->json, key);
    json_array_begin(&call->json);
    while (!status && (status = db_next(query)) == ST_OK) {
        json_object_begin(&call->json);
        api_text_member(&call->json, "name", db_get_text(query, 0));
        api_int_member(&call->json, "count", db_get_int(query, 1));
        json_object_end(&call->json);
    }
    json_array_end(&call->json);
    db_finish(query);
    return status == ST_END ? ST_OK : status;
}

static enum status select_group(struct api_call *call, const struct range *range, struct db_query **ret)
{
    return db_select_row(call->tx, ret, "SELECT " GROUP_COLUMNS(COUNT_OF_GROUP) " FROM crash_group g WHERE g.project_id = ?1 AND g.id = ?4",
                         db_int(call->project_id), db_int(range->span), db_int(range->from), db_text(call->arguments[1]));
}

static enum status write_group(struct api_call *call, struct db_query *query, const struct range *range)
{
    const char *id = call->arguments[1];
    json_object_begin(&call->json);
    enum status status = group_write_members(call, query, range);
    json_key(&call->json, "best_report");
    json_text(&call->json, db_is_null(query, 10) ? NULL : db_get_text(query, 10));
    if (!status)
        status = write_facet(call, id, "version", "versions");
    if (!status)
        status = write_facet(call, id, "os", "os");
    if (!status)
        status = write_facet(call, id, "layer", "layers");
    json_object_end(&call->json);
    return status;
}

void api_group(struct api_call *call)
{
    struct list list; /* for its range alone */
    struct db_query *query = NULL;
    if (!list_parse(call, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, "all", &list))
        return;
    enum status status = select_group(call, &list.range, &query);
    if (status == ST_END) {
        api_not_found(call, "There is no such group.");
        return;
    }
    if (!status)
        status = write_group(call, query, &list.range);
    db_finish(query);
    api_answer(call, status);
}
