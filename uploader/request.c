/* request.c - the parts of a request and their order: texts, then attachments, then the dump. */
#include "uploader/request.h"
#include "base/machine.h"
#include "uploader/fields.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTACHMENT_PREFIX "attachment_"

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

static enum status part_file(struct multipart *multipart, const char *name, const struct source_part *part)
{
    return multipart_file(multipart, name, part->name, part->file, part->offset, part->size_bytes);
}

/* Names are numbers, or the files' own where the server shows the name of the part. */
static enum status attachments(struct multipart *multipart, const struct source *source, const struct format *format)
{
    size_t count = source->attachment_count;
    enum status status = ST_OK;

    if (format->max_attachments && count > format->max_attachments)
        count = format->max_attachments;
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        char name[sizeof ATTACHMENT_PREFIX + MULTIPART_FILENAME_BYTES], own[MULTIPART_FILENAME_BYTES];

        multipart_filename(own, source->attachments[i].name);
        if (format->parts & FORMAT_NAMED_ATTACHMENTS)
            snprintf(name, sizeof name, ATTACHMENT_PREFIX "%s", own);
        else
            snprintf(name, sizeof name, ATTACHMENT_PREFIX "%zu", i + 1);
        status = part_file(multipart, name, &source->attachments[i]);
    }
    return status;
}

bool request_has_attachments(const struct source *source, const struct request_options *options)
{
    return source->attachment_count && !options->without_attachments &&
           options->format->parts & (FORMAT_ATTACHMENTS | FORMAT_NAMED_ATTACHMENTS);
}

static uint64_t expected_bytes(const struct source *source, const struct request_options *options)
{
    uint64_t total = source->record.len + (options->cut ? options->cut->size_bytes : source->dump.size_bytes);

    if (!request_has_attachments(source, options))
        return total;
    for (size_t i = 0; i < source->attachment_count; i++)
        total += source->attachments[i].size_bytes;
    return total;
}

static enum status dump_write(struct multipart *multipart, const struct source_part *dump, const struct minicut *cut)
{
    static const char name[] = "upload_file_minidump";
    enum status status;

    if (!cut)
        return part_file(multipart, name, dump);
    status = multipart_file_begin(multipart, name, dump->name);
    for (size_t i = 0; status == ST_OK && i < cut->piece_count; i++) {
        const struct minicut_piece *piece = &cut->pieces[i];

        if (piece->bytes)
            status = multipart_file_bytes(multipart, piece->bytes, (size_t)piece->size_bytes);
        else
            status = multipart_file_copy(multipart, dump->file, dump->offset + piece->offset, piece->size_bytes);
    }
    return status == ST_OK ? multipart_file_end(multipart) : status;
}

/* What watches a body being written. */
struct packing {
    struct progress *progress;
    uint64_t total;
};

static void packing_tell(void *context, uint64_t in)
{
    const struct packing *packing = context;

    progress_pack(packing->progress, in, packing->total);
}

enum status request_build(const struct source *source, const struct request_options *options, struct file *body, struct request *ret)
{
    struct multipart multipart;
    struct sink *sink = NULL;
    struct request request = {.is_gzip = options->gzip && options->format->has_gzip};
    struct packing packing = {options->progress, expected_bytes(source, options)};
    enum status status = sink_create(&sink, body, request.is_gzip, packing.total);

    if (status == ST_OK && options->progress)
        sink_watch(sink, packing_tell, &packing);
    if (status == ST_OK)
        status = multipart_init(&multipart, sink);
    if (status == ST_OK)
        status = fields_write(&multipart, source, options->format, options->guid);
    if (status == ST_OK && request_has_attachments(source, options))
        status = attachments(&multipart, source, options->format);
    if (status == ST_OK && source->dump.name)
        status = dump_write(&multipart, &source->dump, options->cut);
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
