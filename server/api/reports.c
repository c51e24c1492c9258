/* reports.c - /projects/{p}/reports. */
#include "api/list.h"
#include "api/report_item.h"
#include "base/text.h"
#include "store/rollup.h"
#include <string.h>

#define MAX_SQL_BYTES 4096

/* ?1 project, ?2 first time, ?3 group or '' */
#define FROM_REPORTS " FROM report WHERE project_id = ?1 AND counted = 0" /* count-only reports are in the groups' counts */
#define IN_RANGE     " AND received >= ?2"
#define ANY_TIME     " AND ?2 = ?2"
#define IN_GROUP     " AND group_id = ?3"
#define ANY_GROUP    " AND ?3 = ?3"
/* ?4 pattern, ?5 id */
#define MATCHING                                                                                                                           \
    " AND ?5 = ?5 AND (group_id IN (SELECT id FROM crash_group WHERE project_id = ?1 AND title LIKE ?4 ESCAPE '\\')"                       \
    " OR app LIKE ?4 ESCAPE '\\' OR version LIKE ?4 ESCAPE '\\' OR reason LIKE ?4 ESCAPE '\\'"
#define MATCHING_IDS " OR id LIKE ?4 ESCAPE '\\' OR client_id LIKE ?4 ESCAPE '\\')"
#define NOT_IDS      ")"
#define OF_ID        " AND ?4 = ?4 AND (id = ?5 OR client_id = ?5)"
#define NO_SEARCH    " AND ?4 = ?4 AND ?5 = ?5"

static const struct list_column COLUMNS[] = {
    {"received", "received", false},
    {"crash_time", "crash_time", false},
};

struct reports_query {
    struct list list;
    const char *group; /* "" = all */
};

/* Whether the search may be a piece of an id; only then are ids looked through. */
static bool looks_like_an_id(const char *search)
{
    return search[strspn(search, "0123456789abcdefABCDEF-")] == 0;
}

static enum status append_search(const struct list *list, struct buffer *sql)
{
    if (list->search_id[0])
        return buffer_append_text(sql, OF_ID);
    if (!list->pattern[0])
        return buffer_append_text(sql, NO_SEARCH);
    return buffer_append_text(sql, looks_like_an_id(list->search) ? MATCHING MATCHING_IDS : MATCHING NOT_IDS);
}

/* Everything from FROM to the cursor. An id is looked for at any time. */
static enum status append_filter(const struct reports_query *reports, struct buffer *sql)
{
    bool any_time = reports->list.search_id[0] || reports->list.range.from == INT64_MIN;
    enum status status = buffer_append_text(sql, FROM_REPORTS);
    if (!status)
        status = buffer_append_text(sql, any_time ? ANY_TIME : IN_RANGE);
    if (!status)
        status = buffer_append_text(sql, reports->group[0] ? IN_GROUP : ANY_GROUP);
    return status ? status : append_search(&reports->list, sql);
}

static void fill_values(struct api_call *call, const struct reports_query *reports, struct db_value ret[7])
{
    const struct list *list = &reports->list;
    ret[0] = db_int(call->project_id);
    ret[1] = db_int(range_from_ms(&list->range));
    ret[2] = db_text(reports->group);
    ret[3] = db_text(list->pattern);
    ret[4] = db_text(list->search_id);
    ret[5] = list_cursor_value(list);
    ret[6] = list_cursor_id(list);
}

static enum status select_page(struct api_call *call, const struct reports_query *reports, struct db_query **ret)
{
    struct buffer sql;
    struct db_value values[7];
    fill_values(call, reports, values);
    buffer_init(&sql, MAX_SQL_BYTES);
    enum status status = buffer_append_text(&sql, "SELECT " REPORT_COLUMNS);
    if (!status)
        status = append_filter(reports, &sql);
    if (!status)
        status = list_where(&reports->list, "id", 6, &sql);
    if (!status)
        status = list_order(&reports->list, "id", &sql);
    if (!status)
        status = db_select_values(call->tx, ret, buffer_text(&sql), values, reports->list.has_cursor ? 7 : 5);
    buffer_done(&sql);
    return status;
}

/* Without a search the roll-ups know; with one the matching reports are counted. */
static enum status select_total(struct api_call *call, const struct reports_query *reports, struct db_query **ret)
{
    struct buffer sql;
    struct db_value values[7];
    const struct range *range = &reports->list.range;
    if (!reports->list.pattern[0])
        return db_select_row(call->tx, ret,
                             "SELECT coalesce(sum(reports), 0) FROM rollup WHERE project_id = ?1 AND span = ?2 AND bucket >= ?3"
                             " AND (?4 = '' OR group_id = ?4)",
                             db_int(call->project_id), db_int(range->span), db_int(range->from), db_text(reports->group));
    fill_values(call, reports, values);
    buffer_init(&sql, MAX_SQL_BYTES);
    enum status status = buffer_append_text(&sql, "SELECT count(*)");
    if (!status)
        status = append_filter(reports, &sql);
    if (!status)
        status = db_select_row_values(call->tx, ret, buffer_text(&sql), values, 5);
    buffer_done(&sql);
    return status;
}

static enum status write_total(struct api_call *call, const struct reports_query *reports)
{
    struct db_query *query = NULL;
    enum status status = select_total(call, reports, &query);
    if (status)
        return status;
    api_int_member(&call->json, "total", db_get_int(query, 0));
    db_finish(query);
    return ST_OK;
}

static enum status write_page(struct api_call *call, const struct reports_query *reports)
{
    struct db_query *query = NULL;
    char last_id[40] = "";
    int64_t last_number = 0;
    unsigned rows = 0;
    enum status status = select_page(call, reports, &query);
    json_key(&call->json, "items");
    json_array_begin(&call->json);
    while (!status && (status = db_next(query)) == ST_OK && rows < reports->list.limit) {
        json_object_begin(&call->json);
        report_write_members(&call->json, query);
        json_object_end(&call->json);
        text_copy(last_id, sizeof last_id, db_get_text(query, 0));
        last_number = db_get_int(query, reports->list.column == &COLUMNS[0] ? REPORT_COLUMN_RECEIVED : REPORT_COLUMN_CRASH_TIME);
        rows++;
    }
    json_array_end(&call->json);
    db_finish(query);
    bool more = status == ST_OK;
    if (status && status != ST_END)
        return status;
    list_write_cursor(call, &reports->list, last_number, "", more ? last_id : NULL);
    return ST_OK;
}

void api_reports(struct api_call *call)
{
    struct reports_query reports;
    if (!list_parse(call, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, "all", &reports.list))
        return;
    reports.group = api_parameter(call, "group", "");
    json_object_begin(&call->json);
    enum status status = write_page(call, &reports);
    if (!status)
        status = write_total(call, &reports);
    json_object_end(&call->json);
    api_answer(call, status);
}
