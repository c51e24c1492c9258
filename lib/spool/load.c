/* load.c - reading a report file's footer, record and layout. All of it is checked: the file may be damaged, or made by somebody else. */
#include "base/log.h"
#include "base/text.h"
#include "spool/internal.h"
#include <stdlib.h>
#include <string.h>

void spool_report_unload(struct spool_report *report)
{
    for (size_t i = 0; i < report->attachment_count; i++)
        free(report->attachments[i].name);
    free(report->attachments);
    free(report->record);
    report->attachments = NULL;
    report->record = NULL;
    report->attachment_count = report->record_bytes = 0;
    report->dump_bytes = 0;
    report->id[0] = 0;
}

/* Whitespace-separated decimal at *cursor, which moves behind the blank that ends it. */
static bool number_take(const char **cursor, uint64_t *ret)
{
    char digits[24];
    const char *blank = strchr(*cursor, ' ');
    size_t size = blank ? (size_t)(blank - *cursor) : 0;

    if (!size || size >= sizeof digits)
        return false;
    memcpy(digits, *cursor, size);
    digits[size] = 0;
    *cursor = blank + 1;
    return text_parse_u64(digits, ret);
}

/* "<offset> <size> <name>", inside what lies between dump and record. */
static enum status attachment_parse(struct spool_report *report, const char *value, uint64_t record_offset, const char **ret_why)
{
    struct spool_attachment *made = &report->attachments[report->attachment_count];
    uint64_t offset, size;

    *ret_why = NULL;
    if (!number_take(&value, &offset) || !number_take(&value, &size))
        *ret_why = "an attachment line is not \"<offset> <size> <name>\"";
    else if (offset < report->dump_bytes || offset > record_offset || size > record_offset - offset)
        *ret_why = "an attachment lies outside its place in the file";
    else if (!path_is_plain_name(value))
        *ret_why = "an attachment's name is not a plain file name";
    if (*ret_why)
        return ST_FORMAT;
    made->name = spool_text_copy(value);
    if (!made->name)
        return ST_MEMORY;
    made->offset = offset;
    made->size_bytes = size;
    report->attachment_count++;
    return ST_OK;
}

static enum status attachments_parse(struct spool_report *report, uint64_t record_offset, const char **ret_why)
{
    struct record_line line;
    size_t cursor = 0;
    char value[SPOOL_NAME_BYTES + 64];
    enum status status = ST_OK;

    while (status == ST_OK && record_next(report->record, report->record_bytes, &cursor, &line)) {
        if (line.key_bytes != strlen(RECORD_ATTACHMENT) || memcmp(line.key, RECORD_ATTACHMENT, line.key_bytes) != 0)
            continue;
        if (report->attachment_count == SPOOL_ATTACHMENTS_MAX || record_decode_value(&line, value, sizeof value) >= sizeof value) {
            *ret_why = "it has too many attachments, or one with too long a name";
            return ST_FORMAT;
        }
        status = attachment_parse(report, value, record_offset, ret_why);
    }
    return status;
}

static enum status layout_parse(struct spool_report *report, uint64_t record_offset, const char **ret_why)
{
    char text[64];
    uint8_t uuid[16];

    if (record_get(report->record, report->record_bytes, RECORD_DUMP_BYTES, text, sizeof text) &&
        !text_parse_u64(text, &report->dump_bytes)) {
        *ret_why = "its dump size is not a number";
        return ST_FORMAT;
    }
    if (report->dump_bytes > record_offset) {
        *ret_why = "its dump is longer than the file";
        return ST_FORMAT;
    }
    report->attachments = calloc(SPOOL_ATTACHMENTS_MAX, sizeof *report->attachments);
    if (!report->attachments)
        return ST_MEMORY;
    if (record_get(report->record, report->record_bytes, RECORD_ID, text, sizeof text) && uuid_parse(uuid, text))
        uuid_format(report->id, uuid);
    return attachments_parse(report, record_offset, ret_why);
}

static enum status record_read(struct spool_report *report, const struct container_footer *footer, const char **ret_why)
{
    enum status status;

    report->record = malloc((size_t)footer->record_bytes + 1);
    if (!report->record)
        return ST_MEMORY;
    report->record_bytes = footer->record_bytes;
    report->record[footer->record_bytes] = 0;
    status = file_read_at(&report->file, footer->record_offset, report->record, footer->record_bytes);
    if (status != ST_OK)
        return status;
    if (container_crc32(report->record, report->record_bytes) != footer->record_crc32)
        return ST_CHECKSUM;
    return layout_parse(report, footer->record_offset, ret_why);
}

static enum status report_read(struct spool_report *report, const char **ret_why)
{
    uint8_t bytes[CONTAINER_FOOTER_BYTES];
    struct container_footer footer;
    struct file_info info;
    enum status status = file_info_of(&report->file, &info);

    if (status != ST_OK)
        return status;
    if (!info.is_regular) {
        *ret_why = "it is not a plain file";
        return ST_FORMAT;
    }
    if (info.size_bytes < CONTAINER_FOOTER_BYTES)
        return ST_TRUNCATED;
    status = file_read_at(&report->file, info.size_bytes - CONTAINER_FOOTER_BYTES, bytes, sizeof bytes);
    if (status != ST_OK)
        return status;
    *ret_why = container_footer_decode(bytes, info.size_bytes, &footer);
    if (*ret_why)
        return ST_FORMAT;
    return record_read(report, &footer, ret_why);
}

enum status spool_report_load(struct spool_report *report)
{
    const char *why = NULL;
    enum status status = report_read(report, &why);

    if (status != ST_OK) {
        log_warn("report-unreadable", "file=\"%s\" why=\"%s\"", report->name, why ? why : status_text(status));
        spool_report_unload(report);
    }
    return status;
}
