/* tail.c - what stands at the end of a report file: the record and the container's footer. */
#include "spool/internal.h"
#include <inttypes.h>
#include <string.h>

static bool line_is(const struct record_line *line, const char *key)
{
    return line->key_bytes == strlen(key) && memcmp(line->key, key, line->key_bytes) == 0;
}

static enum status line_append(struct buffer *out, const struct record_line *line)
{
    enum status status = buffer_append(out, line->key, line->key_bytes);

    if (status == ST_OK)
        status = buffer_append_byte(out, '=');
    if (status == ST_OK)
        status = buffer_append(out, line->value, line->value_bytes);
    return status == ST_OK ? buffer_append_byte(out, '\n') : status;
}

/* Nobody but the spool knows offsets, so lines about them in the given record, whoever put them there, are left out. */
enum status spool_record_compose(const char *record, size_t record_bytes, uint64_t dump_bytes, const struct buffer *attachment_lines,
                                 struct buffer *out)
{
    struct record_line line;
    size_t cursor = 0;
    enum status status = ST_OK;

    while (status == ST_OK && record_next(record, record_bytes, &cursor, &line))
        if (!line_is(&line, RECORD_DUMP_BYTES) && !line_is(&line, RECORD_ATTACHMENT))
            status = line_append(out, &line);
    if (status == ST_OK)
        status = buffer_printf(out, RECORD_DUMP_BYTES "=%" PRIu64 "\n", dump_bytes);
    return status == ST_OK && attachment_lines->len ? buffer_append(out, attachment_lines->data, attachment_lines->len) : status;
}

enum status spool_tail_write(struct file *file, uint64_t offset, const char *record, size_t record_bytes)
{
    struct container_footer footer = {.record_offset = offset, .record_bytes = (uint32_t)record_bytes};
    uint8_t bytes[CONTAINER_FOOTER_BYTES];
    enum status status;

    if (record_bytes > RECORD_MAX_BYTES)
        return ST_TOO_LARGE;
    footer.record_crc32 = container_crc32(record, record_bytes);
    container_footer_encode(&footer, bytes);
    status = file_truncate(file, offset);
    if (status == ST_OK)
        status = file_seek(file, offset);
    if (status == ST_OK)
        status = file_write(file, record, record_bytes);
    if (status == ST_OK)
        status = file_write(file, bytes, sizeof bytes);
    return status;
}
