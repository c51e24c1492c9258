/* report.c - see report.h. Group counts and roll-ups change with the report's row, in the caller's transaction. */
#include "store/report.h"
#include "base/text.h"
#include "store/group.h"
#include "store/rollup.h"
#include <string.h>

#define MAX_FACET_BYTES 512

/* What is there of a report before it changes. */
struct present {
    char id[UUID_TEXT_BYTES], group_id[UUID_TEXT_BYTES];
    char client_id[MAX_FACET_BYTES], version[MAX_FACET_BYTES], os[MAX_FACET_BYTES], layer[MAX_FACET_BYTES];
    char dump_blob[BLOB_NAME_BYTES];
    int64_t project_id, received_ms, dump_bytes, counted;
};

#define PRESENT_COLUMNS                                                                                                                    \
    "SELECT id, group_id, version, dump_blob, project_id, received, dump_bytes, os, layer, counted, client_id FROM report "

static void read_present(struct db_query *query, struct present *ret)
{
    text_copy(ret->id, sizeof ret->id, db_get_text(query, 0));
    text_copy(ret->group_id, sizeof ret->group_id, db_get_text(query, 1));
    text_copy(ret->version, sizeof ret->version, db_get_text(query, 2));
    text_copy(ret->dump_blob, sizeof ret->dump_blob, db_get_text(query, 3));
    ret->project_id = db_get_int(query, 4);
    ret->received_ms = db_get_int(query, 5);
    ret->dump_bytes = db_get_int(query, 6);
    text_copy(ret->os, sizeof ret->os, db_get_text(query, 7));
    text_copy(ret->layer, sizeof ret->layer, db_get_text(query, 8));
    ret->counted = db_get_int(query, 9);
    text_copy(ret->client_id, sizeof ret->client_id, db_is_null(query, 10) ? "" : db_get_text(query, 10));
    db_finish(query);
}

static enum status find_delivered(struct db_tx *tx, const struct report_delivery *delivery, struct present *ret)
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query, PRESENT_COLUMNS "WHERE project_id = ?1 AND dedupe = ?2", db_int(delivery->project_id),
                                       db_text(delivery->dedupe));
    if (!status)
        read_present(query, ret);
    return status == ST_END ? ST_NOT_FOUND : status;
}

static enum status find_by_id(struct db_tx *tx, const char *id, struct present *ret)
{
    struct db_query *query = NULL;
    enum status status = db_select_row(tx, &query, PRESENT_COLUMNS "WHERE id = ?1", db_text(id));
    if (!status)
        read_present(query, ret);
    return status == ST_END ? ST_NOT_FOUND : status;
}

/* Moves the report's count from where it is to another group and version. */
static enum status recount(struct db_tx *tx, const struct present *present, const char *group_id, const char *version)
{
    struct rollup_key from = {present->project_id, present->group_id, present->version, present->received_ms};
    struct rollup_key to = {present->project_id, group_id, version, present->received_ms};
    enum status status = rollup_add(tx, &from, -(int64_t)!present->counted, -present->counted);
    return status ? status : rollup_add(tx, &to, !present->counted, present->counted);
}

/* The row must already have another group_id. */
static enum status leave_group(struct db_tx *tx, const struct present *present)
{
    struct group_entry entry = {
        .report_id = present->id, .version = present->version, .os = present->os, .layer = present->layer, .counted = present->counted};
    return present->group_id[0] ? group_leave(tx, present->group_id, &entry) : ST_OK;
}

/* -- deliveries -- */

static enum status insert_report(struct db_tx *tx, const struct report_delivery *delivery, const char *id)
{
    const char *blob = delivery->dump_blob[0] ? delivery->dump_blob : NULL;
    return db_exec(tx,
                   "INSERT INTO report (id, project_id, dedupe, client_id, group_id, state, received, crash_time, app, version, os, reason,"
                   " layer, title, tags, error, dump_blob, dump_bytes, dump_name, counted, alike)"
                   " VALUES (?1, ?2, ?3, ?4, NULL, 'waiting', ?5, ?6, ?7, ?8, '', '', ?9, '', '[]', NULL, ?10, ?11, ?12, ?13, ?14)",
                   db_text(id), db_int(delivery->project_id), db_text(delivery->dedupe), db_text(delivery->client_id),
                   db_int(delivery->received_ms), db_int(delivery->crash_time_ms), db_text(delivery->app), db_text(delivery->version),
                   db_text(delivery->layer), db_text(blob), db_int((int64_t)delivery->dump_bytes), db_text(delivery->dump_name),
                   db_int((int64_t)delivery->counted), db_text(delivery->alike && delivery->alike[0] ? delivery->alike : NULL));
}

static enum status insert_body(struct db_tx *tx, const struct report_delivery *delivery, const char *id)
{
    return db_exec(tx,
                   "INSERT INTO report_body (report_id, fields, record, annotations) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (report_id)"
                   " DO UPDATE SET fields = excluded.fields, record = excluded.record, annotations = excluded.annotations",
                   db_text(id), db_text(delivery->fields_json), db_text(delivery->record_json), db_text(delivery->annotations_json));
}

static enum status insert_attachments(struct db_tx *tx, const struct report_delivery *delivery, const char *id)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < delivery->attachment_count && !status; i++) {
        const struct report_attachment *attachment = &delivery->attachments[i];
        status =
            db_exec(tx, "INSERT INTO attachment (report_id, position, name, size_bytes, blob) VALUES (?1, ?2, ?3, ?4, ?5)", db_text(id),
                    db_int((int64_t)i), db_text(attachment->name), db_int((int64_t)attachment->size_bytes), db_text(attachment->blob));
    }
    return status;
}

static enum status deliver_new(struct db_tx *tx, const struct report_delivery *delivery, char ret_id[UUID_TEXT_BYTES])
{
    struct rollup_key key = {delivery->project_id, ROLLUP_NO_GROUP, delivery->version, delivery->received_ms};
    id_new(ret_id);
    enum status status = insert_report(tx, delivery, ret_id);
    if (!status)
        status = insert_body(tx, delivery, ret_id);
    if (!status)
        status = insert_attachments(tx, delivery, ret_id);
    if (!status)
        status = rollup_add(tx, &key, !delivery->counted, (int64_t)delivery->counted);
    return status ? status : job_add(tx, ret_id, delivery->received_ms);
}

static void leave_over(struct report_leftovers *leftovers, const char *blob)
{
    if (blob[0] && leftovers->count < REPORT_MAX_BLOBS)
        text_copy(leftovers->blobs[leftovers->count++], BLOB_NAME_BYTES, blob);
}

/* Attachments of the richer delivery take the place of the old ones; a delivery without any leaves them. */
static enum status replace_attachments(struct db_tx *tx, const struct report_delivery *delivery, const char *id,
                                       struct report_leftovers *leftovers)
{
    struct db_query *query = NULL;
    if (!delivery->attachment_count)
        return ST_OK;
    enum status status = db_select(tx, &query, "SELECT blob FROM attachment WHERE report_id = ?1", db_text(id));
    while (!status && (status = db_next(query)) == ST_OK)
        leave_over(leftovers, db_get_text(query, 0));
    db_finish(query);
    if (status != ST_END)
        return status;
    status = db_exec(tx, "DELETE FROM attachment WHERE report_id = ?1", db_text(id));
    return status ? status : insert_attachments(tx, delivery, id);
}

static enum status update_report(struct db_tx *tx, const struct report_delivery *delivery, const struct present *present)
{
    return db_exec(tx,
                   "UPDATE report SET group_id = NULL, state = 'waiting', crash_time = ?2, app = ?3, version = ?4, os = '', reason = '',"
                   " layer = ?5, title = '', tags = '[]', error = NULL, dump_blob = ?6, dump_bytes = ?7, dump_name = ?8 WHERE id = ?1",
                   db_text(present->id), db_int(delivery->crash_time_ms), db_text(delivery->app), db_text(delivery->version),
                   db_text(delivery->layer), db_text(delivery->dump_blob), db_int((int64_t)delivery->dump_bytes),
                   db_text(delivery->dump_name));
}

static enum status deliver_richer(struct db_tx *tx, const struct report_delivery *delivery, const struct present *present,
                                  struct report_leftovers *leftovers)
{
    leave_over(leftovers, present->dump_blob);
    enum status status = recount(tx, present, ROLLUP_NO_GROUP, delivery->version);
    if (!status)
        status = update_report(tx, delivery, present);
    if (!status)
        status = leave_group(tx, present);
    if (!status)
        status = insert_body(tx, delivery, present->id);
    if (!status)
        status = replace_attachments(tx, delivery, present->id, leftovers);
    if (!status)
        status = db_exec(tx, "DELETE FROM report_result WHERE report_id = ?1", db_text(present->id));
    if (!status)
        status = symbol_wait(tx, present->id, NULL, 0);
    return status ? status : job_add(tx, present->id, delivery->received_ms);
}

static bool is_richer(const struct report_delivery *delivery, const struct present *present)
{
    return !present->counted && delivery->dump_blob[0] && (!present->dump_blob[0] || (int64_t)delivery->dump_bytes > present->dump_bytes);
}

enum status report_deliver(struct db_tx *tx, const struct report_delivery *delivery, char ret_id[UUID_TEXT_BYTES],
                           enum report_outcome *ret_outcome, struct report_leftovers *ret_leftovers)
{
    struct present present;
    ret_leftovers->count = 0;
    enum status status = find_delivered(tx, delivery, &present);
    if (status == ST_NOT_FOUND) {
        *ret_outcome = REPORT_NEW;
        return deliver_new(tx, delivery, ret_id);
    }
    if (status)
        return status;
    memcpy(ret_id, present.id, sizeof present.id);
    if (!is_richer(delivery, &present)) {
        *ret_outcome = REPORT_REPEATED;
        return ST_OK;
    }
    *ret_outcome = REPORT_REPLACED;
    return deliver_richer(tx, delivery, &present, ret_leftovers);
}

/* -- results -- */

static const char *either(const char *said, const char *found)
{
    return said[0] ? said : found;
}

/* Symbols have renamed a crash: the last report that leaves its group leaves the group's signature, and what led there, to the new one. */
static enum status keep_old_signature(struct db_tx *tx, const struct present *present, const char *group_id)
{
    bool renamed = !present->counted && present->group_id[0] && strcmp(present->group_id, group_id) != 0;
    return renamed ? group_inherit(tx, present->group_id, group_id) : ST_OK;
}

/* Count-only reports follow the report that they name into its group. */
static enum status recall_counts(struct db_tx *tx, const struct present *present, const char *group_id)
{
    struct db_query *query = NULL;
    if (present->counted || !present->client_id[0])
        return ST_OK;
    enum status status =
        db_select(tx, &query, "SELECT id FROM report WHERE project_id = ?1 AND alike = ?2 AND (group_id IS NULL OR group_id <> ?3)",
                  db_int(present->project_id), db_text(present->client_id), db_text(group_id));
    while (!status && (status = db_next(query)) == ST_OK) {
        char id[UUID_TEXT_BYTES];
        text_copy(id, sizeof id, db_get_text(query, 0));
        status = job_add(tx, id, present->received_ms);
    }
    db_finish(query);
    return status == ST_END ? ST_OK : status;
}

static enum status enter_group(struct db_tx *tx, const struct present *present, const struct report_result *result)
{
    char group_id[UUID_TEXT_BYTES];
    struct group_entry entry = {
        .project_id = present->project_id,
        .report_id = present->id,
        .signature = result->signature,
        .title = result->title,
        .tags = result->tags,
        .reason = result->reason,
        .version = either(present->version, result->version),
        .os = result->os,
        .layer = either(present->layer, result->layer),
        .received_ms = present->received_ms,
        .counted = present->counted,
        .score = result->score,
    };
    enum status status = group_enter(tx, &entry, group_id);
    if (!status)
        status = recount(tx, present, group_id, entry.version);
    if (!status)
        status = db_exec(tx, "UPDATE report SET group_id = ?2, version = ?3, layer = ?4 WHERE id = ?1", db_text(present->id),
                         db_text(group_id), db_text(entry.version), db_text(entry.layer));
    if (!status)
        status = keep_old_signature(tx, present, group_id);
    if (!status)
        status = leave_group(tx, present);
    return status ? status : recall_counts(tx, present, group_id);
}

static enum status update_facts(struct db_tx *tx, const char *id, const struct report_result *result)
{
    return db_exec(
        tx,
        "UPDATE report SET state = 'processed', error = NULL, os = ?2, reason = ?3, title = ?4, tags = ?5,"
        " app = CASE WHEN app = '' THEN ?6 ELSE app END, crash_time = CASE WHEN ?7 = 0 THEN crash_time ELSE ?7 END WHERE id = ?1",
        db_text(id), db_text(result->os), db_text(result->reason), db_text(result->title), db_text(result->tags), db_text(result->app),
        db_int(result->crash_time_ms));
}

static enum status update_json(struct db_tx *tx, const char *id, const struct report_result *result)
{
    return db_exec(tx,
                   "INSERT INTO report_result (report_id, annotations, json_bytes, json_deflated) VALUES (?1, ?2, ?3, ?4)"
                   " ON CONFLICT (report_id) DO UPDATE SET annotations = excluded.annotations, json_bytes = excluded.json_bytes,"
                   " json_deflated = excluded.json_deflated",
                   db_text(id), db_text(result->annotations_json), db_int((int64_t)result->json_bytes),
                   db_blob(result->json_deflated, result->json_deflated_bytes));
}

enum status report_store_result(struct db_tx *tx, const struct job *job, const struct report_result *result)
{
    struct present present;
    enum status status = job_done(tx, job);
    if (!status)
        status = find_by_id(tx, job->report_id, &present);
    if (!status)
        status = update_facts(tx, job->report_id, result);
    if (!status)
        status = update_json(tx, job->report_id, result);
    if (!status)
        status = symbol_wait(tx, job->report_id, result->wanted, result->wanted_count);
    if (!status)
        status = enter_group(tx, &present, result);
    return status;
}

enum status report_store_failure(struct db_tx *tx, const struct job *job, const char *error)
{
    enum status status = job_fail(tx, job, JOB_NEVER, error);
    if (!status)
        status = db_exec(tx, "UPDATE report SET state = 'failed', error = ?2 WHERE id = ?1", db_text(job->report_id), db_text(error));
    return status;
}
