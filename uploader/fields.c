/* fields.c - from a report's record to form fields. A fact that the record does not have is left out: an empty field would be a value. */
#include "uploader/fields.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES     1024
#define NAME_BYTES      64 /* of a field made of an annotation */
#define TAG_KEY_BYTES   32 /* Sentry's limits: longer tags make it drop the event's tags */
#define TAG_VALUE_BYTES 200

/* What every kind of field is made of. */
struct facts {
    char app[VALUE_BYTES], version[VALUE_BYTES], channel[VALUE_BYTES], environment[VALUE_BYTES];
    char process_type[VALUE_BYTES], platform[VALUE_BYTES];
};

static enum status field_text(struct multipart *multipart, const char *name, const char *value)
{
    return name && value[0] ? multipart_text(multipart, name, value, strlen(value)) : ST_OK;
}

static void record_text(const struct source *source, const char *key, const char *otherwise, char ret[VALUE_BYTES])
{
    if (!record_get(buffer_text(&source->record), source->record.len, key, ret, VALUE_BYTES) || !ret[0])
        text_copy(ret, VALUE_BYTES, otherwise);
}

/* Process type and platform are what Crashpad's clients annotate as ptype and plat; else the one process of a Windows program. */
static void facts_read(const struct source *source, struct facts *ret)
{
    record_text(source, RECORD_APP, "", ret->app);
    record_text(source, RECORD_VERSION, "", ret->version);
    record_text(source, RECORD_CHANNEL, "", ret->channel);
    record_text(source, RECORD_ENVIRONMENT, "", ret->environment);
    record_text(source, RECORD_ANNOTATION "ptype", "main", ret->process_type);
    record_text(source, RECORD_ANNOTATION "plat", "Windows", ret->platform);
}

static enum status fields_breakpad(struct multipart *multipart, const struct facts *facts, const char *guid)
{
    enum status status = field_text(multipart, "prod", facts->app);

    if (status == ST_OK)
        status = field_text(multipart, "ver", facts->version);
    if (status == ST_OK)
        status = field_text(multipart, "guid", guid);
    if (status == ST_OK)
        status = field_text(multipart, "ptype", facts->process_type);
    return status == ST_OK ? field_text(multipart, "plat", facts->platform) : status;
}

/* The facts under the names that only this format has. */
static enum status fields_own(struct multipart *multipart, const struct facts *facts, const struct format *format)
{
    enum status status = field_text(multipart, format->product, facts->app);

    if (status == ST_OK)
        status = field_text(multipart, format->version, facts->version);
    if (status == ST_OK)
        status = field_text(multipart, format->channel, facts->channel);
    return status == ST_OK ? field_text(multipart, format->environment, facts->environment) : status;
}

/* Sentry's release is `package@version`; its event id is 32 hex digits. */
static enum status fields_sentry(struct multipart *multipart, const struct source *source, const struct facts *facts)
{
    char release[2 * VALUE_BYTES + 2] = "", event_id[UUID_TEXT_BYTES];
    char *to = event_id;
    enum status status;

    if (facts->version[0]) /* without a version there is no release: a server would take the program's name for one */
        snprintf(release, sizeof release, "%s%s%s", facts->app, facts->app[0] ? "@" : "", facts->version);
    for (const char *from = source->id; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = 0;
    status = field_text(multipart, "sentry[release]", release);
    if (status == ST_OK)
        status = field_text(multipart, "sentry[environment]", facts->environment);
    return status == ST_OK ? field_text(multipart, "sentry[event_id]", event_id) : status;
}

static bool name_is_plain(const char *name, size_t max)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return name[0] && strlen(name) <= max && strspn(name, allowed) == strlen(name);
}

static enum status tag_write(struct multipart *multipart, const char *key, const char *value, size_t value_bytes)
{
    char name[TAG_KEY_BYTES + 16];

    if (!name_is_plain(key, TAG_KEY_BYTES) || !value_bytes || value_bytes > TAG_VALUE_BYTES || strlen(value) != value_bytes ||
        strpbrk(value, "\r\n"))
        return ST_OK;
    snprintf(name, sizeof name, "sentry[tags][%s]", key);
    return field_text(multipart, name, value);
}

/* Names that mean something to a server. An annotation must not pass for one of them: `uuid` would choose Antenna's crash id, and a second
 * field of a name replaces the first or makes the server refuse both. */
static bool name_is_taken(const char *name, const struct format *format)
{
    static const char *const taken[] = {"prod",           "ver",
                                        "guid",           "ptype",
                                        "plat",           "uuid",
                                        "extra",          "format",
                                        "token",          "key",
                                        "sentry",         "salvor_record",
                                        "dump_checksums", "legacy_processing",
                                        "throttle_rate",  "upload_file_minidump"};
    const char *const own[] = {format->product, format->version, format->channel, format->environment};

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i] && strcmp(name, own[i]) == 0)
            return true;
    return text_starts(name, "attachment_");
}

static enum status annotation_write(struct multipart *multipart, const struct format *format, const char *key, const char *value,
                                    size_t value_bytes)
{
    if (!name_is_plain(key, NAME_BYTES) || !value_bytes || name_is_taken(key, format))
        return ST_OK;
    return multipart_text(multipart, key, value, value_bytes);
}

static enum status line_write(struct multipart *multipart, const struct format *format, const struct record_line *line)
{
    static const char prefix[] = RECORD_ANNOTATION;
    char key[sizeof prefix + NAME_BYTES];
    size_t value_bytes;
    char *value;
    enum status status = ST_OK;

    if (record_decode_key(line, key, sizeof key) >= sizeof key || !text_starts(key, prefix))
        return ST_OK;
    value = malloc(line->value_bytes + 1); /* decoding makes nothing longer */
    if (!value)
        return ST_MEMORY;
    value_bytes = record_decode_value(line, value, line->value_bytes + 1);
    if (format->parts & FORMAT_SENTRY_FIELDS)
        status = tag_write(multipart, key + sizeof prefix - 1, value, value_bytes);
    else if (format->parts & FORMAT_ANNOTATIONS)
        status = annotation_write(multipart, format, key + sizeof prefix - 1, value, value_bytes);
    free(value);
    return status;
}

enum status fields_write(struct multipart *multipart, const struct source *source, const struct format *format, const char *guid)
{
    struct facts *facts = malloc(sizeof *facts);
    struct record_line line;
    size_t cursor = 0;
    enum status status = facts ? ST_OK : ST_MEMORY;

    if (status == ST_OK)
        facts_read(source, facts);
    if (status == ST_OK && format->parts & FORMAT_BREAKPAD_FIELDS)
        status = fields_breakpad(multipart, facts, guid);
    if (status == ST_OK)
        status = fields_own(multipart, facts, format);
    if (status == ST_OK && format->parts & FORMAT_SENTRY_FIELDS)
        status = fields_sentry(multipart, source, facts);
    while (status == ST_OK && record_next(buffer_text(&source->record), source->record.len, &cursor, &line))
        status = line_write(multipart, format, &line);
    if (status == ST_OK && format->parts & FORMAT_RECORD && source->record.len)
        status = multipart_text(multipart, "salvor_record", buffer_text(&source->record), source->record.len);
    free(facts);
    return status;
}
