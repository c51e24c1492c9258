/* facts.c - see facts.h. The names are those of Salvor's own record, Crashpad, Breakpad, Electron, Socorro and Sentry's clients. */
#include "ingest/facts.h"
#include "base/text.h"
#include "proto/record.h"
#include "proto/uuid.h"
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ID_BYTES  65536     /* the largest header that gets here, cleaned */
#define MIN_TIME_UNIX 946684800 /* 2000: earlier is a clock that was never set */
#define MAX_COUNTED   1000000000
#define MAX_TIME_UNIX 4102444800 /* 2100 */

static bool add_json_field(struct form *form, const char *key, const json_t *value)
{
    if (json_is_string(value))
        return form_add_missing(form, key, json_string_value(value));
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    bool added = text && form_add_missing(form, key, text);
    free(text);
    return added;
}

bool facts_expand(struct form *form)
{
    const struct form_field *field = form_find(form, "extra");
    json_t *root = field ? json_loadb(field->value, field->value_bytes, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *key = NULL;
    json_t *value = NULL;
    bool going = true;
    json_object_foreach(root, key, value)
    {
        going = going && add_json_field(form, key, value);
    }
    json_decref(root);
    return going;
}

static void clip(char *ret, size_t ret_size, const char *text)
{
    size_t length = text_cut(text, strlen(text), ret_size - 1);
    memcpy(ret, text, length);
    ret[length] = 0;
}

/* A record's value, made safe to show; "" when there is none. */
static void record_text(const struct form_field *record, const char *key, char *ret, size_t ret_size)
{
    char raw[FACTS_MAX_TEXT];
    struct buffer clean;
    ret[0] = 0;
    if (!record || !record_get(record->value, record->value_bytes, key, raw, sizeof raw))
        return;
    buffer_init(&clean, sizeof raw * 3);
    if (text_clean(&clean, raw, strlen(raw)) == ST_OK)
        clip(ret, ret_size, buffer_text(&clean));
    buffer_done(&clean);
}

static void first_of(const struct form *form, const char *const *names, char *ret, size_t ret_size)
{
    for (; *names && !ret[0]; names++)
        clip(ret, ret_size, form_text(form, *names));
}

/* Sentry's release is "program@version+build"; the version is what follows the '@'. */
static void read_release(const struct form *form, struct facts *facts)
{
    const char *release = form_text(form, "sentry[release]");
    const char *at = strchr(release, '@');
    if (!facts->version[0])
        clip(facts->version, sizeof facts->version, at ? at + 1 : release);
    if (!facts->app[0] && at && (size_t)(at - release) < sizeof facts->app) {
        memcpy(facts->app, release, (size_t)(at - release));
        facts->app[at - release] = 0;
    }
}

static void read_program(const struct form *form, const struct form_field *record, struct facts *facts)
{
    static const char *const APPS[] = {"prod", "ProductName", "_productName", "product", "app", NULL};
    static const char *const VERSIONS[] = {"ver", "Version", "_version", "version", NULL};
    record_text(record, RECORD_APP, facts->app, sizeof facts->app);
    record_text(record, RECORD_VERSION, facts->version, sizeof facts->version);
    record_text(record, RECORD_LAYER, facts->layer, sizeof facts->layer);
    first_of(form, APPS, facts->app, sizeof facts->app);
    first_of(form, VERSIONS, facts->version, sizeof facts->version);
    read_release(form, facts);
}

static void read_time(const struct form *form, const struct form_field *record, struct facts *facts)
{
    uint64_t seconds = 0;
    bool found = record && record_get_u64(record->value, record->value_bytes, RECORD_TIME, &seconds);
    if (!found)
        found = text_parse_u64(form_text(form, "CrashTime"), &seconds);
    if (found && seconds >= MIN_TIME_UNIX && seconds <= MAX_TIME_UNIX)
        facts->crash_time_ms = (int64_t)seconds * 1000;
}

/* What tells this id from all others: itself, or its hash where it is too long to be kept whole. */
static void set_dedupe(struct facts *facts, const char *id)
{
    uint8_t hash[crypto_hash_sha256_BYTES];
    char text[2 * sizeof hash + 1];
    if (strlen(id) < sizeof facts->client_id) {
        snprintf(facts->dedupe, sizeof facts->dedupe, "id:%s", id);
        return;
    }
    crypto_hash_sha256(hash, (const uint8_t *)id, strlen(id));
    text_hex(text, hash, sizeof hash);
    snprintf(facts->dedupe, sizeof facts->dedupe, "long-id:%s", text);
}

/* A UUID in any of its spellings is one id; other ids count as they are written. */
static void set_id(struct facts *facts, const char *text)
{
    static const uint8_t NIL[16];
    uint8_t uuid[16];
    struct buffer clean;
    if (facts->client_id[0] || !text || !text[0])
        return;
    bool is_uuid = uuid_parse(uuid, text);
    if (is_uuid && memcmp(uuid, NIL, sizeof NIL) == 0)
        return; /* from a client that has none */
    buffer_init(&clean, MAX_ID_BYTES);
    if (is_uuid) {
        uuid_format(facts->client_id, uuid);
        set_dedupe(facts, facts->client_id);
    } else if (text_clean(&clean, text, strlen(text)) == ST_OK) {
        clip(facts->client_id, sizeof facts->client_id, buffer_text(&clean));
        set_dedupe(facts, buffer_text(&clean));
    }
    buffer_done(&clean);
}

/* Clients that send one JSON document in the field `sentry` have the event's id in there. */
static void read_sentry_document(const struct form *form, struct facts *facts)
{
    const struct form_field *field = form_find(form, "sentry");
    json_t *root = field ? json_loadb(field->value, field->value_bytes, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *release = json_string_value(json_object_get(root, "release"));
    set_id(facts, json_string_value(json_object_get(root, "event_id")));
    if (release && !facts->version[0])
        clip(facts->version, sizeof facts->version, strchr(release, '@') ? strchr(release, '@') + 1 : release);
    json_decref(root);
}

/* Only a Salvor collector counts; the number is bounded, so that sums of many stay numbers. */
static void read_count(const struct form_field *record, struct facts *facts)
{
    uint8_t uuid[16];
    uint64_t counted = 0;
    if (!record || !record_get_u64(record->value, record->value_bytes, RECORD_COUNT, &counted))
        return;
    facts->counted = counted < MAX_COUNTED ? counted : MAX_COUNTED;
    record_text(record, RECORD_LIKE, facts->alike, sizeof facts->alike);
    if (uuid_parse(uuid, facts->alike))
        uuid_format(facts->alike, uuid);
}

void facts_read(const struct form *form, const char *idempotency_key, struct facts *ret)
{
    const struct form_field *record = form_find(form, FACTS_RECORD);
    char id[FACTS_MAX_TEXT];
    memset(ret, 0, sizeof *ret);
    ret->has_record = record && record->value_bytes;
    record_text(record, RECORD_KIND, ret->kind, sizeof ret->kind);
    record_text(record, RECORD_COMMENT_OF, ret->about, sizeof ret->about);
    read_program(form, record, ret);
    read_time(form, record, ret);
    set_id(ret, idempotency_key);
    set_id(ret, form_text(form, "sentry[event_id]"));
    record_text(record, RECORD_ID, id, sizeof id);
    set_id(ret, id);
    read_sentry_document(form, ret);
    read_count(record, ret);
}

/* -- as JSON -- */

static json_t *fields_object(const struct form *form)
{
    const struct form_field *fields = NULL;
    size_t count = form_fields(form, &fields);
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].name, FACTS_RECORD) != 0 && !json_object_get(object, fields[i].name))
            json_object_set_new_nocheck(object, fields[i].name, json_stringn_nocheck(fields[i].value, fields[i].value_bytes));
    return object;
}

/* Decoded and made valid UTF-8; the caller frees it. */
static char *decoded(const struct record_line *line, bool key)
{
    size_t size = key ? line->key_bytes : line->value_bytes;
    struct buffer clean;
    char *raw = malloc(size + 1);
    if (!raw)
        return NULL;
    size_t length = key ? record_decode_key(line, raw, size + 1) : record_decode_value(line, raw, size + 1);
    buffer_init(&clean, 3 * size + 1);
    enum status status = text_clean(&clean, raw, length < size ? length : size);
    free(raw);
    char *text = status || !clean.len ? NULL : buffer_take(&clean);
    buffer_done(&clean);
    return text ? text : (status ? NULL : strdup(""));
}

/* A key that comes again becomes an array. */
static void set_or_append(json_t *object, const char *key, const char *value)
{
    json_t *old = json_object_get(object, key);
    json_t *text = json_string_nocheck(value);
    if (!old) {
        json_object_set_new_nocheck(object, key, text);
        return;
    }
    if (!json_is_array(old)) {
        json_t *array = json_array();
        json_array_append(array, old);
        json_object_set_new_nocheck(object, key, array);
        old = array;
    }
    json_array_append_new(old, text);
}

static void split_record(const struct form *form, json_t *record, json_t *annotations)
{
    const struct form_field *field = form_find(form, FACTS_RECORD);
    struct record_line line;
    size_t cursor = 0;
    while (field && record_next(field->value, field->value_bytes, &cursor, &line)) {
        char *key = decoded(&line, true);
        char *value = decoded(&line, false);
        if (key && value && text_starts(key, RECORD_ANNOTATION))
            set_or_append(annotations, key + strlen(RECORD_ANNOTATION), value);
        else if (key && value)
            set_or_append(record, key, value);
        free(key);
        free(value);
    }
}

enum status facts_to_json(const struct form *form, struct facts_json *ret)
{
    json_t *fields = fields_object(form);
    json_t *record = json_object();
    json_t *annotations = json_object();
    split_record(form, record, annotations);
    ret->fields = json_dumps(fields, JSON_COMPACT);
    ret->record = json_dumps(record, JSON_COMPACT);
    ret->annotations = json_dumps(annotations, JSON_COMPACT);
    json_decref(fields);
    json_decref(record);
    json_decref(annotations);
    if (ret->fields && ret->record && ret->annotations)
        return ST_OK;
    facts_json_done(ret);
    return ST_MEMORY;
}

void facts_json_done(struct facts_json *json)
{
    free(json->fields);
    free(json->record);
    free(json->annotations);
    memset(json, 0, sizeof *json);
}
