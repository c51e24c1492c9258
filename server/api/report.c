/* report.c - /reports/{id}, by the server's id or the client's, and the files that belong to it. */
#include "api/api.h"
#include "api/report_item.h"
#include "base/text.h"
#include "proto/record.h"
#include "store/id.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_RESULT_BYTES (64u * 1024u * 1024u)
#define MAX_NAME_BYTES   120

void report_write_members(struct json *json, struct db_query *query)
{
    static const char *const NAMES[REPORT_COLUMN_COUNT] = {"id",  "client_id", "group_id", "title",  "tags",  "received", "crash_time",
                                                           "app", "version",   "os",       "reason", "layer", "state",    "dump_bytes"};
    for (int i = 0; i < REPORT_COLUMN_COUNT; i++) {
        json_key(json, NAMES[i]);
        if (i == REPORT_COLUMN_RECEIVED || i == REPORT_COLUMN_CRASH_TIME || i == 13)
            json_int(json, db_get_int(query, i));
        else if (i == 4)
            json_raw(json, db_get_text(query, i), strlen(db_get_text(query, i)));
        else if (i == 2 && db_is_null(query, i))
            json_none(json);
        else
            json_text(json, db_get_text(query, i));
    }
}

/* -- finding it -- */

/* Columns behind those of an item. */
enum { COLUMN_PROJECT_ID = REPORT_COLUMN_COUNT, COLUMN_PROJECT, COLUMN_ERROR, COLUMN_BLOB, COLUMN_DUMP_NAME };

#define SELECT_REPORT                                                                                                                      \
    "SELECT " REPORT_COLUMNS ", project_id, project.name, error, dump_blob, dump_name FROM report"                                         \
    " JOIN project ON project.id = project_id WHERE "

/* The newest row that the account may see: a client's id may be in several projects. ST_END when there is none. */
static enum status next_visible(struct api_call *call, struct db_query *query)
{
    enum status status = ST_OK;
    while ((status = db_next(query)) == ST_OK)
        if (account_may_see_id(call->tx, &call->account, db_get_int(query, COLUMN_PROJECT_ID)))
            return ST_OK;
    return status;
}

/* The row of the report that the first argument names, if the account may see it; otherwise the call has its error. */
static bool find_report(struct api_call *call, struct db_query **ret)
{
    char id[API_MAX_ARGUMENT];
    struct db_query *query = NULL;
    if (!id_read(id, call->arguments[0]))
        text_copy(id, sizeof id, call->arguments[0]);
    enum status status = db_select(call->tx, &query, SELECT_REPORT "report.id = ?1 OR client_id = ?1 ORDER BY report.id DESC", db_text(id));
    if (!status)
        status = next_visible(call, query);
    if (!status) {
        *ret = query;
        return true;
    }
    db_finish(query);
    if (status == ST_END)
        api_not_found(call, "There is no such report.");
    else
        api_failed(call, status);
    return false;
}

/* -- the report as JSON -- */

static enum status write_attachments(struct api_call *call, const char *id)
{
    struct db_query *query = NULL;
    struct json *json = &call->json;
    enum status status = db_select(call->tx, &query,
                                   "SELECT name, size_bytes, position FROM attachment WHERE report_id = ?1 ORDER BY position", db_text(id));
    json_key(json, "attachments");
    json_array_begin(json);
    while (!status && (status = db_next(query)) == ST_OK) {
        json_object_begin(json);
        api_text_member(json, "name", db_get_text(query, 0));
        api_int_member(json, "bytes", db_get_int(query, 1));
        api_int_member(json, "index", db_get_int(query, 2));
        json_object_end(json);
    }
    json_array_end(json);
    db_finish(query);
    return status == ST_END ? ST_OK : status;
}

/* What came with the upload counts before what the dump holds. */
static enum status write_annotations(struct api_call *call, const char *uploaded, const char *found)
{
    json_t *merged = json_loads(found, 0, NULL), *first = json_loads(uploaded, 0, NULL);
    if (!merged)
        merged = json_object();
    json_object_update(merged, first);
    char *text = json_dumps(merged, JSON_COMPACT);
    json_decref(first);
    json_decref(merged);
    if (!text)
        return ST_MEMORY;
    json_key(&call->json, "annotations");
    json_raw(&call->json, text, strlen(text));
    free(text);
    return ST_OK;
}

/* Of a report without a dump the breadcrumbs stand in what was made of it (jobs/no_dump.c). */
static enum status write_record(struct api_call *call, const char *record, bool has_no_dump)
{
    json_t *shown = json_loads(record, 0, NULL);
    if (has_no_dump)
        json_object_del(shown, RECORD_LOG);
    char *text = shown ? json_dumps(shown, JSON_COMPACT) : NULL;
    json_decref(shown);
    if (!text)
        return ST_MEMORY;
    json_key(&call->json, "record");
    json_raw(&call->json, text, strlen(text));
    free(text);
    return ST_OK;
}

static enum status write_body(struct api_call *call, const char *id)
{
    struct db_query *query = NULL;
    enum status status =
        db_select_row(call->tx, &query,
                      "SELECT fields, record, report_body.annotations, report_result.annotations, dump_bytes FROM report_body"
                      " JOIN report ON report.id = report_body.report_id"
                      " LEFT JOIN report_result ON report_result.report_id = report_body.report_id"
                      " WHERE report_body.report_id = ?1",
                      db_text(id));
    if (status)
        return status;
    json_key(&call->json, "fields");
    json_raw(&call->json, db_get_text(query, 0), strlen(db_get_text(query, 0)));
    status = write_record(call, db_get_text(query, 1), db_get_int(query, 4) == 0);
    if (!status)
        status = write_annotations(call, db_get_text(query, 2), db_get_text(query, 3));
    db_finish(query);
    return status;
}

/* Inflates the stored JSON; the caller frees it. ST_END: there is none. */
static enum status load_result(struct api_call *call, const char *id, char **ret, size_t *ret_size)
{
    struct db_query *query = NULL;
    char *text = NULL;
    enum status status =
        db_select_row(call->tx, &query, "SELECT json_bytes, json_deflated FROM report_result WHERE report_id = ?1", db_text(id));
    if (status)
        return status;
    struct span deflated = db_get_blob(query, 1);
    uLongf size = (uLongf)db_get_int(query, 0);
    if (size == 0 || size > MAX_RESULT_BYTES)
        status = ST_FORMAT;
    if (!status && !(text = malloc(size)))
        status = ST_MEMORY;
    if (!status && uncompress((Bytef *)text, &size, deflated.data, (uLong)deflated.len) != Z_OK)
        status = ST_CHECKSUM;
    db_finish(query);
    if (status) {
        free(text);
        return status;
    }
    *ret = text;
    *ret_size = size;
    return ST_OK;
}

static enum status write_processed(struct api_call *call, const char *id)
{
    char *text = NULL;
    size_t size = 0;
    enum status status = load_result(call, id, &text, &size);
    json_key(&call->json, "processed");
    if (status)
        json_none(&call->json);
    else
        json_raw(&call->json, text, size);
    free(text);
    return status == ST_END ? ST_OK : status;
}

void api_report(struct api_call *call)
{
    struct db_query *query = NULL;
    if (!find_report(call, &query))
        return;
    const char *id = db_get_text(query, 0);
    json_object_begin(&call->json);
    report_write_members(&call->json, query);
    api_text_member(&call->json, "project", db_get_text(query, COLUMN_PROJECT));
    json_key(&call->json, "error");
    json_text(&call->json, db_is_null(query, COLUMN_ERROR) ? NULL : db_get_text(query, COLUMN_ERROR));
    enum status status = write_attachments(call, id);
    if (!status)
        status = write_body(call, id);
    if (!status)
        status = write_processed(call, id);
    json_object_end(&call->json);
    db_finish(query);
    api_answer(call, status);
}

void api_report_raw(struct api_call *call)
{
    struct db_query *query = NULL;
    char *text = NULL;
    size_t size = 0;
    if (!find_report(call, &query))
        return;
    enum status status = load_result(call, db_get_text(query, 0), &text, &size);
    db_finish(query);
    if (status == ST_END) {
        api_not_found(call, "The report has not been processed.");
        return;
    }
    if (!status)
        json_raw(&call->json, text, size);
    free(text);
    api_answer(call, status);
}

/* -- files -- */

/* A name that is safe in a header and on the reader's disk: letters, digits and "._-", the rest becomes '_'. */
static void safe_name(const char *name, const char *fallback, char ret[MAX_NAME_BYTES + 1])
{
    size_t length = 0;
    for (const char *at = path_base(name); *at && length < MAX_NAME_BYTES; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9') || strchr("._-", *at);
        ret[length++] = (char)(plain ? *at : '_');
    }
    ret[length] = 0;
    if (!path_is_plain_name(ret))
        snprintf(ret, MAX_NAME_BYTES + 1, "%s", fallback);
}

static void send_blob(struct api_call *call, const char *blob, const char *name, const char *fallback)
{
    char plain[MAX_NAME_BYTES + 1], disposition[MAX_NAME_BYTES + 64];
    struct http_response *response = call->response;
    enum status status = blob_stat(call->api->store->blobs, blob, &response->file_bytes);
    if (!status)
        status = blob_get(call->api->store->blobs, blob, &response->file);
    if (status) {
        api_failed(call, status);
        return;
    }
    safe_name(name, fallback, plain);
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", plain);
    response->status = 200;
    response->content_type = "application/octet-stream";
    http_response_header(response, "Content-Disposition", disposition);
    http_response_header(response, "Content-Security-Policy", "sandbox; default-src 'none'");
    http_response_header(response, "Cache-Control", "private, no-store");
}

void api_report_dump(struct api_call *call)
{
    struct db_query *query = NULL;
    char fallback[64];
    if (!find_report(call, &query))
        return;
    snprintf(fallback, sizeof fallback, "%.40s.dmp", db_get_text(query, 0));
    if (db_is_null(query, COLUMN_BLOB))
        api_not_found(call, "The report has no minidump.");
    else
        send_blob(call, db_get_text(query, COLUMN_BLOB), db_get_text(query, COLUMN_DUMP_NAME), fallback);
    db_finish(query);
}

void api_report_attachment(struct api_call *call)
{
    struct db_query *query = NULL, *attachment = NULL;
    uint64_t position = 0;
    if (!find_report(call, &query))
        return;
    bool found = text_parse_u64(call->arguments[1], &position) && position < INT64_MAX &&
                 db_select_row(call->tx, &attachment, "SELECT blob, name FROM attachment WHERE report_id = ?1 AND position = ?2",
                               db_text(db_get_text(query, 0)), db_int((int64_t)position)) == ST_OK;
    if (found)
        send_blob(call, db_get_text(attachment, 0), db_get_text(attachment, 1), "attachment.bin");
    else
        api_not_found(call, "The report has no such attachment.");
    db_finish(attachment);
    db_finish(query);
}
