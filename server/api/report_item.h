/* report_item.h - a report as a JSON item, shared by the list and the single report. */
#ifndef SALVOR_SERVER_API_REPORT_ITEM_H
#define SALVOR_SERVER_API_REPORT_ITEM_H
#include "base/json.h"
#include "store/db.h"

#define REPORT_COLUMNS                                                                                                                     \
    "report.id, client_id, group_id, title, tags, received, crash_time, app, version, os, reason, layer, report.state, dump_bytes"
#define REPORT_COLUMN_RECEIVED   5
#define REPORT_COLUMN_CRASH_TIME 6
#define REPORT_COLUMN_COUNT      14

/* Writes the members of an item into an open object from the query's current row. */
void report_write_members(struct json *json, struct db_query *query);

#endif
