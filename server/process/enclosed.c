/* enclosed.c - containers, records and annotations, all of them from outside. */
#include "process/enclosed.h"
#include "proto/container.h"
#include "proto/record.h"
#include <stdlib.h>
#include <string.h>

static bool record_sound(struct span record, const struct container_footer *footer)
{
    return record.len <= RECORD_MAX_BYTES && container_crc32(record.data, record.len) == footer->record_crc32;
}

const char *enclosed_split(struct span file, struct enclosed_file *ret)
{
    struct container_footer footer;
    struct span tail;
    uint64_t dump_bytes = 0;

    memset(ret, 0, sizeof(*ret));
    ret->dump = file;
    if (file.len < CONTAINER_FOOTER_BYTES || !span_sub(file, file.len - CONTAINER_FOOTER_BYTES, CONTAINER_FOOTER_BYTES, &tail) ||
        bytes_u64(tail.data) != CONTAINER_MAGIC)
        return NULL;
    if (container_footer_decode(tail.data, file.len, &footer) || !span_sub(file, footer.record_offset, footer.record_bytes, &ret->record) ||
        !record_sound(ret->record, &footer))
        return "the report file is damaged: its record does not match its footer";
    if (!record_get_u64((const char *)ret->record.data, ret->record.len, RECORD_DUMP_BYTES, &dump_bytes) || !dump_bytes)
        return "the report has no dump";
    if (dump_bytes > footer.record_offset || !span_sub(file, 0, dump_bytes, &ret->dump))
        return "the report file is damaged: its dump is longer than the file";
    return NULL;
}

static char *text_copied(const char *text, size_t size)
{
    char *copy = malloc(size + 1);

    if (!copy)
        return NULL;
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

/* Takes key and value over, also when it does not keep them. */
static enum status annotation_take(struct enclosed *enclosed, char *key, char *value)
{
    bool known = false;

    if (!key || !value) {
        free(key);
        free(value);
        return ST_MEMORY;
    }
    for (size_t i = 0; i < enclosed->annotation_count && !known; i++)
        /* Entries below the count have keys, which the analyzer loses sight of. NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
        known = strcmp(enclosed->annotations[i].key, key) == 0;
    if (known || enclosed->annotation_count == ENCLOSED_MAX_ANNOTATIONS) {
        free(key);
        free(value);
        return ST_OK;
    }
    enclosed->annotations[enclosed->annotation_count++] = (struct enclosed_annotation){key, value};
    return ST_OK;
}

/* A decoded part of a record line as a new string. */
static char *line_part(const struct record_line *line, size_t (*decode)(const struct record_line *line, char *ret, size_t ret_size))
{
    size_t size = decode(line, NULL, 0) + 1;
    char *text = size <= ENCLOSED_VALUE_BYTES ? malloc(size) : text_copied("(too long)", 10);

    if (text && size <= ENCLOSED_VALUE_BYTES)
        decode(line, text, size);
    return text;
}

static enum status record_annotations(struct enclosed *enclosed)
{
    size_t cursor = 0, prefix = strlen(RECORD_ANNOTATION);
    struct record_line line;
    enum status status = ST_OK;

    while (status == ST_OK && record_next((const char *)enclosed->record.data, enclosed->record.len, &cursor, &line)) {
        if (line.key_bytes <= prefix || memcmp(line.key, RECORD_ANNOTATION, prefix) != 0)
            continue;
        line.key += prefix;
        line.key_bytes -= prefix;
        status = annotation_take(enclosed, line_part(&line, record_decode_key), line_part(&line, record_decode_value));
    }
    return status;
}

static enum status crashpad_annotations(struct enclosed *enclosed, const struct minidump *minidump)
{
    enum status status = ST_OK;

    for (size_t i = 0; i < minidump->annotation_count && status == ST_OK; i++) {
        const struct minidump_annotation *from = &minidump->annotations[i];
        const char *key = *from->key ? from->key : from->module < minidump->module_count ? minidump->modules[from->module].name : "note";

        status = annotation_take(enclosed, text_copied(key, strlen(key)), text_copied(from->value, strlen(from->value)));
    }
    return status;
}

/* The newest part of the log, from the first whole line on. */
static struct span log_tail(struct span log)
{
    const uint8_t *line;

    if (log.len <= ENCLOSED_MAX_LOG_BYTES)
        return log;
    log.data += log.len - ENCLOSED_MAX_LOG_BYTES;
    log.len = ENCLOSED_MAX_LOG_BYTES;
    line = memchr(log.data, '\n', log.len);
    if (line) {
        log.len -= (size_t)(line + 1 - log.data);
        log.data = line + 1;
    }
    return log;
}

enum status enclosed_collect(struct enclosed *ret, const struct minidump *minidump, struct span container_record)
{
    enum status status;

    *ret = (struct enclosed){0};
    ret->record = container_record.len ? container_record : minidump->record;
    if (ret->record.len > RECORD_MAX_BYTES)
        ret->record.len = RECORD_MAX_BYTES;
    ret->log = log_tail(minidump->log);
    ret->annotations = calloc(ENCLOSED_MAX_ANNOTATIONS, sizeof(*ret->annotations));
    status = ret->annotations ? record_annotations(ret) : ST_MEMORY;
    if (status == ST_OK)
        status = crashpad_annotations(ret, minidump);
    if (status != ST_OK)
        enclosed_done(ret);
    return status;
}

void enclosed_done(struct enclosed *enclosed)
{
    for (size_t i = 0; enclosed->annotations && i < enclosed->annotation_count; i++) {
        free(enclosed->annotations[i].key);
        free(enclosed->annotations[i].value);
    }
    free(enclosed->annotations);
    memset(enclosed, 0, sizeof(*enclosed));
}

char *enclosed_get(const struct enclosed *enclosed, const char *key)
{
    size_t cursor = 0;
    struct record_line line;

    while (record_next((const char *)enclosed->record.data, enclosed->record.len, &cursor, &line))
        if (line.key_bytes == strlen(key) && memcmp(line.key, key, line.key_bytes) == 0)
            return line_part(&line, record_decode_value);
    return NULL;
}

bool enclosed_log_next(const struct enclosed *enclosed, size_t *cursor, struct span *ret)
{
    while (*cursor < enclosed->log.len) {
        const uint8_t *line = enclosed->log.data + *cursor, *end = memchr(line, '\n', enclosed->log.len - *cursor);
        size_t size = end ? (size_t)(end - line) : enclosed->log.len - *cursor;

        *cursor += size + 1;
        if (size) {
            *ret = (struct span){line, size};
            return true;
        }
    }
    return false;
}
