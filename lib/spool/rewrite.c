/* rewrite.c - a report of new/ with another record, and with less in it. */
#include "spool/internal.h"
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES (64u * 1024)
#define NEEDLE_MAX  512u

/* Overwrites what stands between offset and the next LF with 'x'. */
static enum status line_blank(struct file *file, uint64_t offset, uint64_t end)
{
    char text[256];
    enum status status = ST_OK;

    while (status == ST_OK && offset < end) {
        size_t part = end - offset < sizeof text ? (size_t)(end - offset) : sizeof text;
        char *lf;

        status = file_read_at(file, offset, text, part);
        if (status != ST_OK)
            return status;
        lf = memchr(text, '\n', part);
        if (lf)
            part = (size_t)(lf - text);
        memset(text, 'x', part);
        status = file_seek(file, offset);
        if (status == ST_OK && part)
            status = file_write(file, text, part);
        if (lf)
            break;
        offset += part;
    }
    return status;
}

static const char *find(const char *text, size_t size, const char *needle, size_t needle_size)
{
    for (const char *at = text, *end = text + size; (size_t)(end - at) >= needle_size; at++) {
        at = memchr(at, needle[0], (size_t)(end - at) - needle_size + 1);
        if (!at)
            return NULL;
        if (memcmp(at, needle, needle_size) == 0)
            return at;
    }
    return NULL;
}

/* The dump carries the record too: wherever `key=` stands in it, its value goes. It is looked for as bytes; nothing of a dump is parsed. */
static enum status key_blank(struct file *file, uint64_t size, const char *needle)
{
    size_t needle_size = strlen(needle);
    char *chunk = malloc(CHUNK_BYTES + NEEDLE_MAX);
    enum status status = chunk ? ST_OK : ST_MEMORY;

    for (uint64_t offset = 0; status == ST_OK && offset < size; offset += CHUNK_BYTES) {
        size_t part = size - offset < CHUNK_BYTES + needle_size ? (size_t)(size - offset) : CHUNK_BYTES + needle_size;
        const char *at = chunk;

        status = file_read_at(file, offset, chunk, part);
        while (status == ST_OK && (at = find(at, part - (size_t)(at - chunk), needle, needle_size)) != NULL) {
            at += needle_size;
            status = line_blank(file, offset + (size_t)(at - chunk), size);
        }
    }
    free(chunk);
    return status;
}

static enum status draft_fill(struct spool_draft *draft, struct spool_report *report, const char *const *blank, size_t blanks,
                              bool keep_attachments)
{
    struct spool_report none = {.attachment_count = 0};
    enum status status = spool_draft_copy(draft, report, keep_attachments ? report : &none);

    for (size_t i = 0; status == ST_OK && i < blanks; i++)
        status = strlen(blank[i]) < NEEDLE_MAX ? key_blank(spool_draft_file(draft), report->dump_bytes, blank[i]) : ST_TOO_LARGE;
    return status;
}

enum status spool_report_rewrite(struct spool_report *report, const char *record, size_t record_bytes, const char *const *blank,
                                 size_t blanks, bool keep_attachments)
{
    struct spool_draft *draft = NULL;
    enum status status = report->spool && report->state == SPOOL_NEW ? spool_draft_create(report->spool, &draft) : ST_STATE;

    if (status != ST_OK)
        return status;
    status = draft_fill(draft, report, blank, blanks, keep_attachments);
    if (status != ST_OK) {
        spool_draft_abandon(draft);
        return status;
    }
    file_close(&report->file); /* Windows replaces no file that is open */
    return spool_draft_replace(draft, record, record_bytes, SPOOL_NEW, report->name);
}
