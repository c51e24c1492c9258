/* source.c - what goes into a request, from a queued report or from a file on a command line. */
#include "uploader/source.h"
#include "base/bytes.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MDMP_MAGIC        0x504d444du /* "MDMP" */
#define MDMP_HEADER_BYTES 32u
#define MDMP_TIME_OFFSET  20u
#define IDENTITY_BYTES    (64 * 1024)
#define ATTACHMENTS_MAX   64

static char *text_copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static void source_clear(struct source *source)
{
    memset(source, 0, sizeof *source);
    source->dump_file.os = FILE_CLOSED;
    buffer_init(&source->record, RECORD_MAX_BYTES);
}

void source_done(struct source *source)
{
    for (size_t i = 0; i < source->attachment_count; i++)
        free(source->attachments[i].name);
    free(source->attachments);
    for (size_t i = 0; i < source->attachment_file_count; i++)
        file_close(&source->attachment_files[i]);
    free(source->attachment_files);
    free(source->dump.name);
    file_close(&source->dump_file);
    spool_report_close(source->report);
    buffer_done(&source->record);
    source_clear(source);
}

static enum status attachment_add(struct source *source, const char *name, struct file *file, uint64_t offset, uint64_t size_bytes)
{
    struct source_part *parts = realloc(source->attachments, (source->attachment_count + 1) * sizeof *parts);
    struct source_part *part;

    if (!parts)
        return ST_MEMORY;
    source->attachments = parts;
    part = &parts[source->attachment_count];
    *part = (struct source_part){text_copy_of(name), file, offset, size_bytes};
    if (!part->name)
        return ST_MEMORY;
    source->attachment_count++;
    return ST_OK;
}

static enum status dump_set(struct source *source, const char *name, struct file *file, uint64_t size_bytes)
{
    source->dump = (struct source_part){text_copy_of(name), file, 0, size_bytes};
    return source->dump.name ? ST_OK : ST_MEMORY;
}

/* crc and adler over the whole file, beside its first bytes and its size, in one name. */
static enum status content_digest(struct file *file, uint64_t size_bytes, uint8_t *head, size_t *ret_head, uint32_t sums[2])
{
    uint8_t *chunk = malloc(IDENTITY_BYTES);
    enum status status = chunk ? ST_OK : ST_MEMORY;

    sums[0] = (uint32_t)crc32(0, NULL, 0);
    sums[1] = (uint32_t)adler32(0, NULL, 0);
    for (uint64_t offset = 0; status == ST_OK && offset < size_bytes; offset += IDENTITY_BYTES) {
        size_t part = size_bytes - offset < IDENTITY_BYTES ? (size_t)(size_bytes - offset) : IDENTITY_BYTES;

        status = file_read_at(file, offset, chunk, part);
        if (status != ST_OK)
            break;
        sums[0] = (uint32_t)crc32(sums[0], chunk, (uInt)part);
        sums[1] = (uint32_t)adler32(sums[1], chunk, (uInt)part);
        if (offset == 0) {
            memcpy(head, chunk, part);
            *ret_head = part;
        }
    }
    free(chunk);
    return status;
}

/* An id for contents that have none: the same file gets the same id however often it is sent. */
static enum status identity_from_content(struct source *source, struct file *file, uint64_t size_bytes)
{
    static const uint8_t space[16] = {0x5a, 0x1e, 0x9c, 0x0b, 0x33, 0x7d, 0x4a, 0x52, 0x8e, 0x40, 0xd1, 0x76, 0x0c, 0xa9, 0x2f, 0x64};
    uint8_t *name = malloc(16 + IDENTITY_BYTES), uuid[16];
    uint32_t sums[2];
    size_t head = 0;
    enum status status = name ? content_digest(file, size_bytes, name + 16, &head, sums) : ST_MEMORY;

    if (status == ST_OK) {
        bytes_put_u64(name, size_bytes);
        bytes_put_u32(name + 8, sums[0]);
        bytes_put_u32(name + 12, sums[1]);
        uuid_v5(uuid, space, name, 16 + head);
        uuid_format(source->id, uuid);
    }
    free(name);
    return status;
}

/* The parts of an open report, whoever owns it. */
static enum status report_describe(struct source *source, struct spool_report *report)
{
    const struct spool_attachment *attachments;
    size_t count = spool_report_attachments(report, &attachments), record_bytes;
    const char *record = spool_report_record(report, &record_bytes);
    struct file *file = spool_report_file(report);
    struct file_info info;
    enum status status = buffer_append(&source->record, record, record_bytes);

    if (status == ST_OK && spool_report_dump_bytes(report))
        status = dump_set(source, spool_report_name(report), file, spool_report_dump_bytes(report));
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = attachment_add(source, attachments[i].name, file, attachments[i].offset, attachments[i].size_bytes);
    snprintf(source->id, sizeof source->id, "%s", spool_report_id(report));
    if (status == ST_OK && !source->id[0]) {
        status = file_info_of(file, &info);
        if (status == ST_OK)
            status = identity_from_content(source, file, info.size_bytes);
    }
    return status;
}

enum status source_from_report(struct source *ret, struct spool_report *report)
{
    enum status status;

    source_clear(ret);
    status = report_describe(ret, report);
    if (status != ST_OK)
        source_done(ret);
    return status;
}

/* Appends one line to the record in its escaped form. */
static enum status record_add(struct source *source, const char *prefix, const char *key, size_t key_bytes, const char *value)
{
    struct record_writer writer;
    size_t room = strlen(prefix) + 3 * key_bytes + 2 * strlen(value) + 8;
    enum status status = buffer_reserve(&source->record, room);

    if (status != ST_OK)
        return status;
    record_writer_init(&writer, (char *)source->record.data + source->record.len, room);
    record_put_sized(&writer, prefix, key, key_bytes, value, strlen(value));
    if (writer.overflow)
        return ST_TOO_LARGE;
    source->record.len += writer.len;
    source->record.data[source->record.len] = 0;
    return ST_OK;
}

static enum status record_add_text(struct source *source, const char *key, const char *value)
{
    return value && value[0] ? record_add(source, "", key, strlen(key), value) : ST_OK;
}

static enum status annotations_add(struct source *source, const struct option_list *annotations, struct buffer *message)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < annotations->count; i++) {
        const char *item = annotations->items[i], *equals = strchr(item, '=');

        if (!equals || equals == item) {
            buffer_printf(message, "The annotation \"%s\" is not of the form key=value.", item);
            return ST_ARGUMENT;
        }
        status = record_add(source, RECORD_ANNOTATION, item, (size_t)(equals - item), equals + 1);
    }
    if (status != ST_OK)
        buffer_printf(message, "The annotations do not fit into a report: %s.", status_text(status));
    return status;
}

static enum status attachments_open(struct source *source, const struct option_list *paths, struct buffer *message)
{
    enum status status = ST_OK;

    if (!paths->count)
        return ST_OK;
    if (paths->count > ATTACHMENTS_MAX) {
        buffer_printf(message, "There are %zu attachments; %d is the most.", paths->count, ATTACHMENTS_MAX);
        return ST_TOO_LARGE;
    }
    source->attachment_files = calloc(paths->count, sizeof *source->attachment_files);
    if (!source->attachment_files)
        return ST_MEMORY;
    for (size_t i = 0; status == ST_OK && i < paths->count; i++) {
        struct file *file = &source->attachment_files[i];
        struct file_info info;

        file->os = FILE_CLOSED;
        status = file_open(file, paths->items[i], FILE_MODE_READ);
        if (status == ST_OK) {
            source->attachment_file_count++;
            status = file_info_of(file, &info);
        }
        if (status == ST_OK)
            status = attachment_add(source, path_base(paths->items[i]), file, 0, info.size_bytes);
        if (status != ST_OK)
            buffer_printf(message, "The attachment \"%s\" cannot be read: %s.", paths->items[i], status_text(status));
    }
    return status;
}

/* Whether a file ends as a queued report does, sound or not. */
static bool ends_as_container(struct file *file, uint64_t size_bytes)
{
    uint8_t magic[8];

    return size_bytes >= CONTAINER_FOOTER_BYTES && file_read_at(file, size_bytes - CONTAINER_FOOTER_BYTES, magic, sizeof magic) == ST_OK &&
           bytes_u64(magic) == CONTAINER_MAGIC;
}

/* A record for a minidump that comes without one. */
static enum status record_make(struct source *source, const uint8_t *header, const struct source_extras *extras)
{
    char time[16];
    enum status status = record_add_text(source, RECORD_FORMAT, "1");

    snprintf(time, sizeof time, "%" PRIu32, bytes_u32(header + MDMP_TIME_OFFSET));
    if (status == ST_OK)
        status = record_add_text(source, RECORD_ID, source->id);
    if (status == ST_OK)
        status = record_add_text(source, RECORD_APP, extras->app);
    if (status == ST_OK)
        status = record_add_text(source, RECORD_VERSION, extras->version);
    if (status == ST_OK)
        status = record_add_text(source, RECORD_ENVIRONMENT, extras->environment);
    if (status == ST_OK)
        status = record_add_text(source, RECORD_CHANNEL, extras->channel);
    if (status == ST_OK)
        status = record_add_text(source, RECORD_TIME, time);
    return status == ST_OK ? record_add_text(source, RECORD_LAYER, LAYER_INGEST) : status;
}

static enum status dump_describe(struct source *source, const char *path, uint64_t size_bytes, const struct source_extras *extras,
                                 struct buffer *message)
{
    uint8_t header[MDMP_HEADER_BYTES];
    enum status status = ST_FORMAT;

    if (size_bytes == 0)
        buffer_printf(message, "\"%s\" is empty: no minidump was written into it.", path);
    else if (size_bytes < sizeof header || file_read_at(&source->dump_file, 0, header, sizeof header) != ST_OK)
        buffer_printf(message, "\"%s\" is no minidump: it is shorter than a minidump's header.", path);
    else if (bytes_u32(header) != MDMP_MAGIC)
        buffer_printf(message, "\"%s\" is no minidump: it does not begin with MDMP.", path);
    else
        status = dump_set(source, path_base(path), &source->dump_file, size_bytes);
    if (status == ST_OK)
        status = identity_from_content(source, &source->dump_file, size_bytes);
    return status == ST_OK ? record_make(source, header, extras) : status;
}

static enum status file_describe(struct source *source, const char *path, const struct source_extras *extras, struct buffer *message)
{
    struct file_info info;
    enum status status = file_open(&source->dump_file, path, FILE_MODE_READ);

    if (status == ST_OK)
        status = file_info_of(&source->dump_file, &info);
    if (status == ST_OK && !info.is_regular)
        status = ST_FORMAT;
    if (status != ST_OK)
        return status;
    if (!ends_as_container(&source->dump_file, info.size_bytes))
        return dump_describe(source, path, info.size_bytes, extras, message);
    status = spool_report_open_file(path, &source->report);
    return status == ST_OK ? report_describe(source, source->report) : status;
}

enum status source_from_file(struct source *ret, const char *path, const struct source_extras *extras, struct buffer *message)
{
    enum status status;

    source_clear(ret);
    status = file_describe(ret, path, extras, message);
    if (status == ST_OK)
        status = annotations_add(ret, &extras->annotations, message);
    if (status == ST_OK)
        status = attachments_open(ret, &extras->attachments, message);
    if (status == ST_OK)
        return ST_OK;
    if (!message->len)
        buffer_printf(message, "\"%s\" cannot be read: %s.", path, status_text(status));
    source_done(ret);
    return status;
}
