/* no_dump.c - see no_dump.h. */
#include "jobs/no_dump.h"
#include "base/json.h"
#include "base/text.h"
#include "proto/code.h"
#include "proto/record.h"
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define TAG "no dump"

static enum status load_record(struct db *db, const char *report_id, json_t **ret, bool *ret_is_count)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(db, DB_READ, &tx);
    if (status)
        return status;
    status = db_select_row(tx, &query, "SELECT record, counted FROM report_body JOIN report ON report.id = report_id WHERE report_id = ?1",
                           db_text(report_id));
    if (!status && !(*ret = json_loads(db_get_text(query, 0), 0, NULL)))
        status = ST_FORMAT;
    if (!status)
        *ret_is_count = db_get_int(query, 1) > 0;
    db_finish(query);
    db_rollback(tx);
    return status;
}

static const char *member(const json_t *record, const char *key)
{
    const char *text = json_string_value(json_object_get(record, key));
    return text ? text : "";
}

/* "0xc0000409" and its name, when it has one. */
static void describe_exit(const json_t *record, char *ret, size_t ret_size)
{
    uint64_t code = 0;
    bool known = text_parse_u64(member(record, RECORD_EXIT_CODE), &code);
    const char *name = known ? code_exception_name((uint32_t)code) : NULL;
    if (!known)
        snprintf(ret, ret_size, "unknown exit code");
    else if (name)
        snprintf(ret, ret_size, "%s", name);
    else
        snprintf(ret, ret_size, "exit code 0x%08x", (unsigned)code);
}

/* The breadcrumbs: one is a text, several are an array. */
static void write_log(struct json *json, const json_t *record)
{
    const json_t *log = json_object_get(record, RECORD_LOG), *line;
    size_t i;
    json_key(json, "log");
    json_array_begin(json);
    if (json_is_string(log))
        json_text(json, json_string_value(log));
    json_array_foreach(log, i, line) json_text(json, json_is_string(line) ? json_string_value(line) : "");
    json_array_end(json);
}

static void write_signature(struct json *json, const char *title)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char text[17];
    crypto_hash_sha256(hash, (const uint8_t *)title, strlen(title));
    text_hex(text, hash, 8);
    json_key(json, "signature");
    json_object_begin(json);
    json_key(json, "title");
    json_text(json, title);
    json_key(json, "hash");
    json_text(json, text);
    json_key(json, "tags");
    json_array_begin(json);
    json_text(json, TAG);
    json_array_end(json);
    json_object_end(json);
}

/* -- count-only reports -- */

/* The group that a count-only report belongs to: that of the report that it names. */
struct group_like {
    char title[512], signature[256];
};

/* ST_NOT_FOUND: it names none, or none that is in a group by now. When that one comes, this report is looked at again. */
static enum status find_like(struct db *db, const char *report_id, struct group_like *ret)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(db, DB_READ, &tx);
    if (status)
        return status;
    status =
        db_select_row(tx, &query,
                      "SELECT g.title, g.signature FROM report r JOIN report l ON l.client_id = r.alike AND l.project_id = r.project_id"
                      " JOIN crash_group g ON g.id = l.group_id WHERE r.id = ?1 AND r.counted > 0 AND l.counted = 0 LIMIT 1",
                      db_text(report_id));
    if (!status) {
        text_copy(ret->title, sizeof ret->title, db_get_text(query, 0));
        text_copy(ret->signature, sizeof ret->signature, db_get_text(query, 1));
    }
    db_finish(query);
    db_rollback(tx);
    return status == ST_END ? ST_NOT_FOUND : status;
}

static void write_like(struct json *json, const json_t *record, const struct group_like *like)
{
    json_object_begin(json);
    json_key(json, "status");
    json_text(json, "NO_DUMP");
    json_key(json, "salvor");
    json_object_begin(json);
    json_key(json, "reason");
    json_text(json, "Crashes were counted instead of sent.");
    json_key(json, "layer");
    json_text(json, member(record, RECORD_LAYER));
    json_key(json, "signature");
    json_object_begin(json);
    json_key(json, "title");
    json_text(json, like->title);
    json_key(json, "hash");
    json_text(json, like->signature);
    json_object_end(json);
    json_object_end(json);
    json_object_end(json);
}

/* Without a report to go by: program, code and address, as far as they are known. */
static void like_nothing(const json_t *record, struct group_like *ret)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    const char *code = member(record, RECORD_CODE), *address = member(record, RECORD_ADDRESS);
    snprintf(ret->title, sizeof ret->title, "counted | %.200s%s%.60s%s%.120s",
             member(record, RECORD_APP)[0] ? member(record, RECORD_APP) : "unknown program", code[0] ? " | " : "", code,
             address[0] ? " | " : "", address);
    crypto_hash_sha256(hash, (const uint8_t *)ret->title, strlen(ret->title));
    text_hex(ret->signature, hash, 8);
}

static void write_result(struct json *json, const json_t *record)
{
    char exit[128], title[512];
    describe_exit(record, exit, sizeof exit);
    snprintf(title, sizeof title, TAG " | %.200s | %s", member(record, RECORD_APP)[0] ? member(record, RECORD_APP) : "unknown program",
             exit);
    json_object_begin(json);
    json_key(json, "status");
    json_text(json, "NO_DUMP");
    json_key(json, "crash_info");
    json_object_begin(json);
    json_key(json, "type");
    json_text(json, exit);
    json_object_end(json);
    json_key(json, "salvor");
    json_object_begin(json);
    json_key(json, "reason");
    json_text(json, "The program ended without leaving a dump.");
    json_key(json, "layer");
    json_text(json, member(record, RECORD_LAYER));
    write_log(json, record);
    write_signature(json, title);
    json_object_end(json);
    json_object_end(json);
}

enum status no_dump_result(struct db *db, const char *report_id, struct buffer *out)
{
    json_t *record = NULL;
    struct json json;
    struct group_like like;
    bool is_count = false;
    enum status status = load_record(db, report_id, &record, &is_count);
    if (status)
        return status;
    status = is_count ? find_like(db, report_id, &like) : ST_OK;
    if (status == ST_NOT_FOUND) {
        like_nothing(record, &like);
        status = ST_OK;
    }
    json_init(&json, out);
    if (!status && is_count)
        write_like(&json, record, &like);
    else if (!status)
        write_result(&json, record);
    json_decref(record);
    return status ? status : json_done(&json);
}
