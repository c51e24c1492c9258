/* group_list.h - groups as JSON items, shared by the list, the single group and the overview. */
#ifndef SALVOR_SERVER_API_GROUP_LIST_H
#define SALVOR_SERVER_API_GROUP_LIST_H
#include "api/list.h"

/* The columns of an item, for a query over crash_group g; count is the SQL of its count in the range. */
#define GROUP_COLUMNS(count)                                                                                                               \
    "g.id, g.title, g.tags, g.state, " count " AS reports, g.first_seen, g.last_seen, g.first_version, g.last_version, g.reason,"          \
    " g.best_report, g.counted"

/* Writes the members of an item into an open object from the query's current row. */
enum status group_write_members(struct api_call *call, struct db_query *query, const struct range *range);
/* Writes the array of the newest groups, at most limit. */
enum status group_write_newest(struct api_call *call, const struct range *range, unsigned limit);

#endif
