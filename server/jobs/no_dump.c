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

static enum status load_record(struct db *db, const char *report_id, json_t **ret)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(db, DB_READ, &tx);
    if (status)
        return status;
    status = db_select_row(tx, &query, "SELECT record FROM report_body WHERE report_id = ?1", db_text(report_id));
    if (!status && !(*ret = json_loads(db_get_text(query, 0), 0, NULL)))
        status = ST_FORMAT;
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
    write_signature(json, title);
    json_object_end(json);
    json_object_end(json);
}

enum status no_dump_result(struct db *db, const char *report_id, struct buffer *out)
{
    json_t *record = NULL;
    struct json json;
    enum status status = load_record(db, report_id, &record);
    if (status)
        return status;
    json_init(&json, out);
    write_result(&json, record);
    json_decref(record);
    return json_done(&json);
}
