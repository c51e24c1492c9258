/* request.c - the fields of a request and their order: texts, then attachments, then the dump. */
#include "uploader/request.h"
#include "base/machine.h"
#include "base/text.h"
#include "uploader/multipart.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_BYTES     1024
#define TAG_KEY_BYTES   32 /* Sentry's limits: longer tags make it drop the event's tags */
#define TAG_VALUE_BYTES 200

void request_guid(char ret[UUID_TEXT_BYTES])
{
    static const uint8_t space[16] = {0x0d, 0x92, 0x5b, 0x7e, 0xc1, 0x44, 0x4f, 0x8a, 0xb6, 0x1d, 0x3e, 0x80, 0x57, 0xe2, 0x99, 0x1c};
    uint8_t machine[16], uuid[16];

    ret[0] = 0;
    if (machine_id(machine) != ST_OK)
        return;
    uuid_v5(uuid, space, machine, sizeof machine);
    uuid_format(ret, uuid);
}

static enum status field_text(struct multipart *multipart, const char *name, const char *value)
{
    return value[0] ? multipart_text(multipart, name, value, strlen(value)) : ST_OK;
}

static void record_text(const struct source *source, const char *key, char ret[VALUE_BYTES])
{
    if (!record_get(buffer_text(&source->record), source->record.len, key, ret, VALUE_BYTES))
        ret[0] = 0;
}

/* What Breakpad's and Crashpad's servers look for, and Socorro's. */
static enum status fields_breakpad(struct multipart *multipart, const struct source *source, const struct request_options *options)
{
    char app[VALUE_BYTES], version[VALUE_BYTES], channel[VALUE_BYTES];
    enum status status;

    record_text(source, RECORD_APP, app);
    record_text(source, RECORD_VERSION, version);
    record_text(source, RECORD_CHANNEL, channel);
    status = field_text(multipart, "prod", app);
    if (status == ST_OK)
        status = field_text(multipart, "ver", version);
    if (status == ST_OK)
        status = field_text(multipart, "guid", options->guid);
    if (status == ST_OK)
        status = field_text(multipart, "ptype", "main");
    if (status == ST_OK)
        status = field_text(multipart, "plat", "Windows");
    if (status == ST_OK)
        status = field_text(multipart, "ProductName", app);
    if (status == ST_OK)
        status = field_text(multipart, "Version", version);
    return status == ST_OK ? field_text(multipart, "ReleaseChannel", channel) : status;
}

/* Sentry's release is `package@version`; its event id is 32 hex digits. */
static enum status fields_sentry(struct multipart *multipart, const struct source *source)
{
    char app[VALUE_BYTES], version[VALUE_BYTES], environment[VALUE_BYTES], release[2 * VALUE_BYTES + 2], event_id[UUID_TEXT_BYTES];
    char *to = event_id;
    enum status status;

    record_text(source, RECORD_APP, app);
    record_text(source, RECORD_VERSION, version);
    record_text(source, RECORD_ENVIRONMENT, environment);
    release[0] = 0; /* without a version there is no release: a server would take the program's name for one */
    if (version[0])
        snprintf(release, sizeof release, "%s%s%s", app, app[0] ? "@" : "", version);
    for (const char *from = source->id; *from; from++)
        if (*from != '-')
            *to++ = *from;
    *to = 0;
    status = field_text(multipart, "sentry[release]", release);
    if (status == ST_OK)
        status = field_text(multipart, "sentry[environment]", environment);
    return status == ST_OK ? field_text(multipart, "sentry[event_id]", event_id) : status;
}

static bool tag_fits(const char *key, const char *value, size_t value_bytes)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    return key[0] && strlen(key) <= TAG_KEY_BYTES && strspn(key, allowed) == strlen(key) && value_bytes && value_bytes <= TAG_VALUE_BYTES &&
           strlen(value) == value_bytes && !strpbrk(value, "\r\n");
}

/* Annotations that Sentry would take as tags; the whole of them goes in salvor_record. */
static enum status fields_tags(struct multipart *multipart, const struct source *source)
{
    static const char prefix[] = RECORD_ANNOTATION;
    struct record_line line;
    size_t cursor = 0;
    enum status status = ST_OK;

    while (status == ST_OK && record_next(buffer_text(&source->record), source->record.len, &cursor, &line)) {
        char key[sizeof prefix + TAG_KEY_BYTES], value[TAG_VALUE_BYTES + 1], name[TAG_KEY_BYTES + 16];
        size_t value_bytes;

        if (record_decode_key(&line, key, sizeof key) >= sizeof key || !text_starts(key, prefix))
            continue;
        value_bytes = record_decode_value(&line, value, sizeof value);
        if (value_bytes >= sizeof value || !tag_fits(key + sizeof prefix - 1, value, value_bytes))
            continue;
        snprintf(name, sizeof name, "sentry[tags][%s]", key + sizeof prefix - 1);
        status = field_text(multipart, name, value);
    }
    return status;
}

static enum status part_file(struct multipart *multipart, const char *name, const struct source_part *part)
{
    return multipart_file(multipart, name, part->name, part->file, part->offset, part->size_bytes);
}

static enum status files(struct multipart *multipart, const struct source *source)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < source->attachment_count; i++) {
        char name[32];

        snprintf(name, sizeof name, "attachment_%zu", i + 1);
        status = part_file(multipart, name, &source->attachments[i]);
    }
    return status == ST_OK && source->dump.name ? part_file(multipart, "upload_file_minidump", &source->dump) : status;
}

static uint64_t expected_bytes(const struct source *source)
{
    uint64_t total = source->record.len + source->dump.size_bytes;

    for (size_t i = 0; i < source->attachment_count; i++)
        total += source->attachments[i].size_bytes;
    return total;
}

enum status request_build(const struct source *source, const struct request_options *options, struct file *body, struct request *ret)
{
    struct multipart multipart;
    struct sink *sink = NULL;
    struct request request = {.is_gzip = options->gzip};
    enum status status = sink_create(&sink, body, options->gzip, expected_bytes(source));

    if (status == ST_OK)
        status = multipart_init(&multipart, sink);
    if (status == ST_OK)
        status = fields_breakpad(&multipart, source, options);
    if (status == ST_OK)
        status = fields_sentry(&multipart, source);
    if (status == ST_OK)
        status = fields_tags(&multipart, source);
    if (status == ST_OK && source->record.len)
        status = multipart_text(&multipart, "salvor_record", buffer_text(&source->record), source->record.len);
    if (status == ST_OK)
        status = files(&multipart, source);
    if (status == ST_OK)
        status = multipart_end(&multipart);
    if (status == ST_OK)
        status = sink_finish(sink, &request.plain_bytes, &request.body_bytes);
    sink_free(sink);
    if (status != ST_OK)
        return status;
    snprintf(request.content_type, sizeof request.content_type, "multipart/form-data; boundary=%s", multipart.boundary);
    *ret = request;
    return ST_OK;
}
