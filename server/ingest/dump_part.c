/* dump_part.c - see dump_part.h. The first bytes decide; until they do (at most HEAD_BYTES) they are kept. */
#include "ingest/dump_part.h"
#include "ingest/inflate.h"
#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES 128 /* blank lines, then "--", a boundary and CRLF */

enum mode { MODE_UNKNOWN, MODE_PLAIN, MODE_GZIP, MODE_NESTED };

struct dump_part {
    struct dump_part_target target;
    enum mode mode;
    struct inflater *inflater;
    struct multipart *nested;
    char head[HEAD_BYTES];
    size_t head_bytes;
};

enum status dump_part_create(struct dump_part **ret, const struct dump_part_target *target)
{
    struct dump_part *part = calloc(1, sizeof *part);
    if (!part)
        return ST_MEMORY;
    part->target = *target;
    *ret = part;
    return ST_OK;
}

void dump_part_free(struct dump_part *part)
{
    if (!part)
        return;
    inflater_free(part->inflater);
    multipart_free(part->nested);
    free(part);
}

static bool refuse_inflate(struct dump_part *part, enum status status)
{
    struct refusal *refusal = part->target.refusal;
    switch (status) {
    case ST_OK:
        return true;
    case ST_REFUSED:
        return false;
    case ST_TOO_LARGE:
        return refusal_set(refusal, 413, "The minidump is larger than this server takes.");
    case ST_TRUNCATED:
        return refusal_set(refusal, 400, "The compressed minidump ends early.");
    case ST_FORMAT:
        return refusal_set(refusal, 400, "The compressed minidump is damaged.");
    default:
        return refusal_set_status(refusal, status);
    }
}

static bool refuse_nested(struct dump_part *part, enum status status)
{
    if (status == ST_OK)
        return true;
    if (status == ST_REFUSED)
        return false;
    return refusal_set(part->target.refusal, 400, multipart_error(part->nested));
}

/* The boundary that the kept bytes begin with; false when they do not, or not yet. */
static bool find_boundary(const struct dump_part *part, size_t start, char ret[MULTIPART_MAX_BOUNDARY + 1])
{
    const char *line = part->head + start;
    size_t left = part->head_bytes - start;
    const char *end = memchr(line, '\n', left);
    if (!end || left < 2 || line[0] != '-' || line[1] != '-')
        return false;
    size_t length = (size_t)(end - line) - 2;
    if (length && line[2 + length - 1] == '\r')
        length--;
    if (!length || length > MULTIPART_MAX_BOUNDARY)
        return false;
    memcpy(ret, line + 2, length);
    ret[length] = 0;
    return true;
}

static bool start_gzip(struct dump_part *part)
{
    part->mode = MODE_GZIP;
    return refuse_inflate(part,
                          inflater_create(&part->inflater, INFLATE_GZIP, part->target.max_bytes, part->target.data, part->target.context));
}

static bool start_nested(struct dump_part *part, const char *boundary)
{
    enum status status = multipart_create(&part->nested, boundary, part->target.max_parts, part->target.nested, part->target.context);
    part->mode = status ? MODE_PLAIN : MODE_NESTED;
    return status == ST_MEMORY ? refusal_set_status(part->target.refusal, status) : true;
}

/* Chooses the mode from the kept bytes; it stays unknown only while more of them can tell more. */
static bool decide(struct dump_part *part, bool at_end)
{
    char boundary[MULTIPART_MAX_BOUNDARY + 1];
    const uint8_t *head = (const uint8_t *)part->head;
    size_t blank = 0;
    if (part->head_bytes >= 2 && head[0] == 0x1f && head[1] == 0x8b)
        return start_gzip(part);
    while (blank < part->head_bytes && (head[blank] == '\r' || head[blank] == '\n'))
        blank++;
    bool dashes = part->target.nested && (blank == part->head_bytes || part->head[blank] == '-');
    if (dashes && find_boundary(part, blank, boundary))
        return start_nested(part, boundary);
    bool full = at_end || part->head_bytes == HEAD_BYTES;
    if (full || (!dashes && part->head_bytes >= 2))
        part->mode = MODE_PLAIN;
    return true;
}

static bool pass_on(struct dump_part *part, const void *bytes, size_t size)
{
    switch (part->mode) {
    case MODE_UNKNOWN:
        return true;
    case MODE_PLAIN:
        return !size || part->target.data(part->target.context, bytes, size);
    case MODE_GZIP:
        return refuse_inflate(part, inflater_feed(part->inflater, bytes, size));
    case MODE_NESTED:
        return refuse_nested(part, multipart_feed(part->nested, bytes, size));
    }
    return false;
}

/* Keeps bytes until the mode is known, then passes on what was kept. */
static bool sniff(struct dump_part *part, const char **bytes, size_t *size)
{
    size_t room = HEAD_BYTES - part->head_bytes;
    size_t taken = *size < room ? *size : room;
    memcpy(part->head + part->head_bytes, *bytes, taken);
    part->head_bytes += taken;
    *bytes += taken;
    *size -= taken;
    return decide(part, false) && pass_on(part, part->head, part->head_bytes);
}

bool dump_part_feed(struct dump_part *part, const void *bytes, size_t size)
{
    const char *from = bytes;
    if (part->mode == MODE_UNKNOWN && !sniff(part, &from, &size))
        return false;
    return !size || pass_on(part, from, size);
}

bool dump_part_finish(struct dump_part *part, bool *ret_nested)
{
    if (part->mode == MODE_UNKNOWN && (!decide(part, true) || !pass_on(part, part->head, part->head_bytes)))
        return false;
    *ret_nested = part->mode == MODE_NESTED;
    if (part->mode == MODE_GZIP)
        return refuse_inflate(part, inflater_finish(part->inflater));
    if (part->mode == MODE_NESTED)
        return refuse_nested(part, multipart_finish(part->nested));
    return true;
}
