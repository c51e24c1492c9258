/* overview.c - /projects/{p}/overview: what a person on call wants to know first. */
#include "api/group_list.h"
#include "base/clock.h"
#include "base/text.h"
#include "store/job.h"
#include <string.h>

#define NEWEST_GROUPS 8
#define DAY_S         86400

static enum status write_number(struct api_call *call, const char *key, const char *sql, const struct db_value *values, size_t count)
{
    struct db_query *query = NULL;
    enum status status = db_select_row_values(call->tx, &query, sql, values, count);
    if (status)
        return status;
    api_int_member(&call->json, key, db_get_int(query, 0));
    db_finish(query);
    return ST_OK;
}

static enum status write_totals(struct api_call *call, const struct range *range)
{
    const struct db_value values[] = {db_int(call->project_id), db_int(range->from), db_int(range->span)};
    enum status status = write_number(
        call, "total", "SELECT coalesce(sum(reports + counted), 0) FROM rollup WHERE project_id = ?1 AND bucket >= ?2 AND span = ?3",
        values, 3);
    if (status)
        return status;
    /* A group whose last report is in the range is in the range. */
    return write_number(call, "groups", "SELECT count(*) FROM crash_group WHERE project_id = ?1 AND last_seen / 1000 >= ?2", values, 2);
}

/* Days of the chart, each with its versions; days without a report are there too. */
static enum status write_days(struct api_call *call, const struct range *range)
{
    struct db_query *query = NULL;
    struct json *json = &call->json;
    int64_t last_day = clock_unix_ms() / 1000 / DAY_S;
    enum status status =
        db_select(call->tx, &query,
                  "SELECT bucket / 86400 AS day, version, sum(reports + counted) FROM rollup WHERE project_id = ?1 AND span = ?2"
                  " AND bucket >= ?3 GROUP BY day, version ORDER BY day, version",
                  db_int(call->project_id), db_int(range->span), db_int(range->chart));
    if (!status)
        status = db_next(query);
    json_key(json, "days");
    json_array_begin(json);
    for (int64_t day = range->chart / DAY_S; day <= last_day; day++) {
        char name[11];
        range_day(day * DAY_S, name);
        json_object_begin(json);
        api_text_member(json, "day", name);
        json_key(json, "versions");
        json_object_begin(json);
        while (!status && db_get_int(query, 0) == day) {
            api_int_member(json, db_get_text(query, 1), db_get_int(query, 2));
            status = db_next(query);
        }
        json_object_end(json);
        json_object_end(json);
    }
    json_array_end(json);
    db_finish(query);
    return status && status != ST_END ? status : ST_OK;
}

static enum status newest_receipt(struct api_call *call, int64_t *ret)
{
    struct db_query *query = NULL;
    enum status status =
        db_select_row(call->tx, &query, "SELECT max(received) FROM report WHERE project_id = ?1", db_int(call->project_id));
    if (status)
        return status;
    *ret = db_get_int(query, 0);
    db_finish(query);
    return ST_OK;
}

static enum status write_health(struct api_call *call)
{
    struct json *json = &call->json;
    int64_t queued = 0, dead = 0, last = 0;
    enum status status = job_count(call->tx, &queued, &dead);
    if (!status)
        status = newest_receipt(call, &last);
    json_key(json, "health");
    json_object_begin(json);
    api_int_member(json, "queue", queued);
    api_int_member(json, "dead", dead);
    json_key(json, "ingest_last");
    if (last)
        json_int(json, last);
    else
        json_none(json);
    json_object_end(json);
    return status;
}

void api_overview(struct api_call *call)
{
    struct range range;
    if (!range_parse(api_parameter(call, "range", "30d"), clock_unix_ms(), &range)) {
        api_error(call, 400, "bad_range", "range is 24h, 7d, 30d, 90d or all.");
        return;
    }
    json_object_begin(&call->json);
    enum status status = write_totals(call, &range);
    if (!status)
        status = write_days(call, &range);
    json_key(&call->json, "newest");
    if (!status)
        status = group_write_newest(call, &range, NEWEST_GROUPS);
    else
        json_none(&call->json);
    if (!status)
        status = write_health(call);
    json_object_end(&call->json);
    api_answer(call, status);
}
