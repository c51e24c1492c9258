/* group.c - see group.h. */
#include "store/group.h"
#include "base/text.h"

static enum status find(struct db_tx *tx, const struct group_entry *entry, char ret_id[UUID_TEXT_BYTES])
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query, "SELECT id FROM crash_group WHERE project_id = ?1 AND signature = ?2",
                                       db_int(entry->project_id), db_text(entry->signature));
    if (status == ST_END)
        status = db_select_row(tx, &query, "SELECT group_id FROM group_alias WHERE project_id = ?1 AND signature = ?2",
                               db_int(entry->project_id), db_text(entry->signature));
    if (status)
        return status == ST_END ? ST_NOT_FOUND : status;
    text_copy(ret_id, UUID_TEXT_BYTES, db_get_text(query, 0));
    db_finish(query);
    return ST_OK;
}

/* A count-only report has nothing to show. */
static struct db_value best_of(const struct group_entry *entry)
{
    return entry->counted ? db_text(NULL) : db_text(entry->report_id);
}

static enum status create(struct db_tx *tx, const struct group_entry *entry, char ret_id[UUID_TEXT_BYTES])
{
    id_new(ret_id);
    return db_exec(tx,
                   "INSERT INTO crash_group (id, project_id, signature, title, tags, reason, state, report_count, first_seen, last_seen,"
                   " first_version, last_version, best_report, best_score, counted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'new', ?11, ?7, ?7, "
                   "?8, ?8, ?9, ?10,"
                   " ?12)",
                   db_text(ret_id), db_int(entry->project_id), db_text(entry->signature), db_text(entry->title), db_text(entry->tags),
                   db_text(entry->reason), db_int(entry->received_ms), db_text(entry->version), best_of(entry), db_int(entry->score),
                   db_int(!entry->counted), db_int(entry->counted));
}

static enum status count_in(struct db_tx *tx, const struct group_entry *entry, const char *id)
{
    return db_exec(
        tx,
        "UPDATE crash_group SET report_count = report_count + ?6, counted = counted + ?7,"
        " first_version = CASE WHEN ?2 < first_seen THEN ?3 ELSE first_version END,"
        " last_version = CASE WHEN ?2 >= last_seen THEN ?3 ELSE last_version END,"
        " first_seen = CASE WHEN ?2 < first_seen THEN ?2 ELSE first_seen END,"
        " last_seen = CASE WHEN ?2 > last_seen THEN ?2 ELSE last_seen END,"
        " best_report = CASE WHEN ?4 IS NOT NULL AND (best_report IS NULL OR ?5 >= best_score) THEN ?4 ELSE best_report END,"
        " best_score = CASE WHEN ?4 IS NOT NULL AND (best_report IS NULL OR ?5 >= best_score) THEN ?5 ELSE best_score END WHERE id = ?1",
        db_text(id), db_int(entry->received_ms), db_text(entry->version), best_of(entry), db_int(entry->score), db_int(!entry->counted),
        db_int(entry->counted));
}

static enum status count_facet(struct db_tx *tx, const char *id, const char *facet, const char *value, int64_t delta)
{
    enum status status = db_exec(tx,
                                 "INSERT INTO group_facet (group_id, facet, value, reports) VALUES (?1, ?2, ?3, ?4)"
                                 " ON CONFLICT (group_id, facet, value) DO UPDATE SET reports = group_facet.reports + excluded.reports",
                                 db_text(id), db_text(facet), db_text(value), db_int(delta));
    if (status || delta > 0)
        return status;
    return db_exec(tx, "DELETE FROM group_facet WHERE group_id = ?1 AND facet = ?2 AND value = ?3 AND reports <= 0", db_text(id),
                   db_text(facet), db_text(value));
}

static enum status count_facets(struct db_tx *tx, const char *id, const struct group_entry *entry, int64_t delta)
{
    enum status status = count_facet(tx, id, "version", entry->version, delta);
    if (!status)
        status = count_facet(tx, id, "os", entry->os, delta);
    return status ? status : count_facet(tx, id, "layer", entry->layer, delta);
}

enum status group_enter(struct db_tx *tx, const struct group_entry *entry, char ret_id[UUID_TEXT_BYTES])
{
    enum status status = find(tx, entry, ret_id);
    if (status == ST_NOT_FOUND)
        status = create(tx, entry, ret_id);
    else if (!status)
        status = count_in(tx, entry, ret_id);
    return status ? status : count_facets(tx, ret_id, entry, entry->counted ? entry->counted : 1);
}

/* The reports that are left say what was first and last, and the newest of them stands in for a lost best one. */
static enum status look_again(struct db_tx *tx, const char *group_id, const char *report_id)
{
    enum status status =
        db_exec(tx,
                "UPDATE crash_group SET"
                " first_seen = (SELECT received FROM report WHERE group_id = ?1 ORDER BY received, id LIMIT 1),"
                " first_version = (SELECT version FROM report WHERE group_id = ?1 ORDER BY received, id LIMIT 1),"
                " last_seen = (SELECT received FROM report WHERE group_id = ?1 ORDER BY received DESC, id DESC LIMIT 1),"
                " last_version = (SELECT version FROM report WHERE group_id = ?1 ORDER BY received DESC, id DESC LIMIT 1) WHERE id = ?1",
                db_text(group_id));
    if (status)
        return status;
    return db_exec(tx,
                   "UPDATE crash_group SET best_score = 0,"
                   " best_report = (SELECT id FROM report WHERE group_id = ?1 AND counted = 0 ORDER BY received DESC, id DESC LIMIT 1)"
                   " WHERE id = ?1 AND best_report = ?2 AND NOT EXISTS (SELECT 1 FROM report WHERE id = ?2 AND group_id = ?1)",
                   db_text(group_id), db_text(report_id));
}

enum status group_inherit(struct db_tx *tx, const char *group_id, const char *heir)
{
    enum status status =
        db_exec(tx,
                "INSERT INTO group_alias (project_id, signature, group_id) SELECT project_id, signature, ?2 FROM crash_group"
                " WHERE id = ?1 AND report_count <= 1 ON CONFLICT (project_id, signature) DO UPDATE SET"
                " group_id = excluded.group_id",
                db_text(group_id), db_text(heir));
    if (status)
        return status;
    return db_exec(tx,
                   "UPDATE group_alias SET group_id = ?2 WHERE group_id = ?1 AND EXISTS"
                   " (SELECT 1 FROM crash_group WHERE id = ?1 AND report_count <= 1)",
                   db_text(group_id), db_text(heir));
}

enum status group_leave(struct db_tx *tx, const char *group_id, const struct group_entry *entry)
{
    enum status status = count_facets(tx, group_id, entry, entry->counted ? -entry->counted : -1);
    if (!status)
        status = db_exec(tx, "UPDATE crash_group SET report_count = report_count - ?2, counted = counted - ?3 WHERE id = ?1",
                         db_text(group_id), db_int(!entry->counted), db_int(entry->counted));
    if (!status)
        status = db_exec(tx, "DELETE FROM crash_group WHERE id = ?1 AND report_count <= 0 AND counted <= 0", db_text(group_id));
    return status ? status : look_again(tx, group_id, entry->report_id);
}
