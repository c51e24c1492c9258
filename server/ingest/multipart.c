/* multipart.c - see multipart.h.
 *
 * Bytes pass through a window. While a part's data is read, everything that cannot be the beginning of a delimiter goes on to the events
 * and the rest (at most CRLF, the delimiter and the blanks behind it) waits for more. */
#include "ingest/multipart.h"
#include "base/text.h"
#include "ingest/disposition.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES 16384
#define MAX_BLANKS   64 /* behind a boundary */
/* A boundary this long cannot be in a file by chance, so it is believed without the CRLF before it. */
#define LENIENT_BOUNDARY 16

enum state { STATE_PREAMBLE, STATE_HEADERS, STATE_DATA, STATE_EPILOGUE, STATE_FAILED };

struct multipart {
    const struct multipart_events *events;
    void *context;
    enum state state;
    enum status failure;
    const char *error;
    unsigned parts, max_parts, headers;
    size_t preamble_bytes;
    bool at_start; /* of the body or of a part's data: a delimiter needs no CRLF here */
    char delimiter[2 + MULTIPART_MAX_BOUNDARY + 1];
    size_t delimiter_bytes;
    struct multipart_part part;
    char header[MULTIPART_MAX_HEADER_BYTES + 1]; /* the header line that may still be folded */
    size_t header_bytes;
    size_t begin, end; /* what of the window is not worked off */
    char window[WINDOW_BYTES];
};

static enum status fail(struct multipart *multipart, enum status status, const char *error)
{
    multipart->state = STATE_FAILED;
    multipart->failure = status;
    multipart->error = error;
    return status;
}

static bool boundary_is_valid(const char *boundary)
{
    size_t length = strlen(boundary);
    if (length == 0 || length > MULTIPART_MAX_BOUNDARY)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)boundary[i] < 0x20 || (unsigned char)boundary[i] > 0x7e)
            return false;
    return true;
}

enum status multipart_create(struct multipart **ret, const char *boundary, unsigned max_parts, const struct multipart_events *events,
                             void *context)
{
    if (!boundary_is_valid(boundary))
        return ST_FORMAT;
    struct multipart *multipart = calloc(1, sizeof *multipart);
    if (!multipart)
        return ST_MEMORY;
    multipart->events = events;
    multipart->context = context;
    multipart->max_parts = max_parts;
    multipart->at_start = true;
    multipart->error = "";
    snprintf(multipart->delimiter, sizeof multipart->delimiter, "--%s", boundary);
    multipart->delimiter_bytes = strlen(multipart->delimiter);
    *ret = multipart;
    return ST_OK;
}

void multipart_free(struct multipart *multipart)
{
    free(multipart);
}

const char *multipart_error(const struct multipart *multipart)
{
    return multipart->error;
}

/* -- headers of a part -- */

static void read_disposition(struct multipart *multipart, const char *value)
{
    struct multipart_part *part = &multipart->part;
    if (!disposition_parameter(value, "name", part->name, sizeof part->name))
        part->name[0] = 0;
    disposition_unescape(part->name);
    part->has_file_name = disposition_parameter(value, "filename", part->file_name, sizeof part->file_name);
    if (!part->has_file_name)
        part->file_name[0] = 0;
    disposition_unescape(part->file_name);
}

static void read_header(struct multipart *multipart)
{
    multipart->header[multipart->header_bytes] = 0;
    char *colon = strchr(multipart->header, ':');
    if (!colon)
        return; /* not a header; a tolerant reader passes over it */
    *colon = 0;
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    if (text_equal_nocase(multipart->header, "Content-Disposition"))
        read_disposition(multipart, value);
    else if (text_equal_nocase(multipart->header, "Content-Type"))
        text_copy(multipart->part.content_type, sizeof multipart->part.content_type, value);
    else if (text_equal_nocase(multipart->header, "Content-Encoding"))
        multipart->part.is_gzip = disposition_is(value, "gzip") || disposition_is(value, "x-gzip");
}

static enum status begin_data(struct multipart *multipart)
{
    if (multipart->header_bytes)
        read_header(multipart);
    if (!multipart->part.name[0])
        return fail(multipart, ST_FORMAT, "A part of the body has no name of 1 to 256 bytes.");
    multipart->state = STATE_DATA;
    multipart->at_start = true;
    if (!multipart->events->begin(multipart->context, &multipart->part))
        return fail(multipart, ST_REFUSED, "");
    return ST_OK;
}

static enum status take_header_line(struct multipart *multipart, const char *line, size_t length)
{
    bool folded = length && (line[0] == ' ' || line[0] == '\t') && multipart->header_bytes;
    if (!length)
        return begin_data(multipart);
    if (!folded) {
        if (multipart->header_bytes)
            read_header(multipart);
        multipart->header_bytes = 0;
        if (++multipart->headers > MULTIPART_MAX_HEADERS)
            return fail(multipart, ST_TOO_LARGE, "A part of the body has too many headers.");
    }
    if (length > MULTIPART_MAX_HEADER_BYTES - multipart->header_bytes)
        return fail(multipart, ST_TOO_LARGE, "A header line in the body is too long.");
    memcpy(multipart->header + multipart->header_bytes, line, length);
    multipart->header_bytes += length;
    return ST_OK;
}

/* Works off one header line; *ret_more when the window holds no whole one. */
static enum status step_headers(struct multipart *multipart, bool *ret_more)
{
    const char *start = multipart->window + multipart->begin;
    size_t left = multipart->end - multipart->begin;
    const char *newline = memchr(start, '\n', left);
    if (!newline) {
        *ret_more = true;
        return left > MULTIPART_MAX_HEADER_BYTES ? fail(multipart, ST_TOO_LARGE, "A header line in the body is too long.") : ST_OK;
    }
    size_t length = (size_t)(newline - start);
    multipart->begin += length + 1;
    if (length && start[length - 1] == '\r')
        length--;
    return take_header_line(multipart, start, length);
}

/* -- delimiters -- */

enum match { MATCH_NONE, MATCH_MORE, MATCH_NEXT, MATCH_CLOSE };

/* What the bytes behind a delimiter make of it; *ret_length is how many of them belong to it. */
static enum match behind_delimiter(const char *at, size_t left, size_t *ret_length)
{
    size_t blanks = 0;
    if (left >= 2 && at[0] == '-' && at[1] == '-') {
        *ret_length = 2;
        return MATCH_CLOSE;
    }
    if (left < 2 && (left == 0 || at[0] == '-'))
        return MATCH_MORE;
    while (blanks < left && blanks < MAX_BLANKS && (at[blanks] == ' ' || at[blanks] == '\t'))
        blanks++;
    if (blanks == left)
        return MATCH_MORE;
    if (at[blanks] == '\n') {
        *ret_length = blanks + 1;
        return MATCH_NEXT;
    }
    if (at[blanks] != '\r')
        return MATCH_NONE;
    if (blanks + 1 == left)
        return MATCH_MORE;
    *ret_length = blanks + 2;
    return at[blanks + 1] == '\n' ? MATCH_NEXT : MATCH_NONE;
}

/* Bytes before the delimiter at offset that are its line break: 2, or 0 where it needs none, or -1: not a delimiter. */
static int line_break_before(const struct multipart *multipart, size_t offset)
{
    const char *at = multipart->window + offset;
    if (offset - multipart->begin >= 2 && at[-2] == '\r' && at[-1] == '\n')
        return 2;
    if (multipart->at_start && offset == multipart->begin)
        return 0;
    return multipart->delimiter_bytes - 2 >= LENIENT_BOUNDARY ? 0 : -1;
}

static enum status emit(struct multipart *multipart, size_t size)
{
    const char *bytes = multipart->window + multipart->begin;
    if (!size)
        return ST_OK;
    multipart->begin += size;
    multipart->at_start = false;
    if (multipart->state == STATE_DATA)
        return multipart->events->data(multipart->context, bytes, size) ? ST_OK : fail(multipart, ST_REFUSED, "");
    multipart->preamble_bytes += size;
    if (multipart->preamble_bytes > MULTIPART_MAX_PREAMBLE)
        return fail(multipart, ST_FORMAT, "The body does not begin with its boundary.");
    return ST_OK;
}

static enum status end_part(struct multipart *multipart)
{
    if (multipart->state == STATE_DATA && !multipart->events->end(multipart->context))
        return fail(multipart, ST_REFUSED, "");
    return ST_OK;
}

static enum status begin_part(struct multipart *multipart)
{
    if (++multipart->parts > multipart->max_parts)
        return fail(multipart, ST_TOO_LARGE, "The body has too many parts.");
    memset(&multipart->part, 0, sizeof multipart->part);
    multipart->header_bytes = 0;
    multipart->headers = 0;
    multipart->state = STATE_HEADERS;
    return ST_OK;
}

/* Passes the delimiter whose first byte is at offset and which ends tail bytes behind its own text. */
static enum status pass_delimiter(struct multipart *multipart, size_t offset, int line_break, enum match match, size_t tail)
{
    enum status status = emit(multipart, offset - (size_t)line_break - multipart->begin);
    if (!status)
        status = end_part(multipart);
    if (status)
        return status;
    multipart->begin = offset + multipart->delimiter_bytes + tail;
    if (match == MATCH_NEXT)
        return begin_part(multipart);
    multipart->state = STATE_EPILOGUE;
    return ST_OK;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Works off data up to the next delimiter; *ret_more when what is left may be the beginning of one. */
static enum status step_data(struct multipart *multipart, bool *ret_more)
{
    size_t left = multipart->end - multipart->begin;
    const char *found = memmem(multipart->window + multipart->begin, left, multipart->delimiter, multipart->delimiter_bytes);
    if (!found) {
        *ret_more = true;
        return emit(multipart, left - smaller(left, multipart->delimiter_bytes + 1));
    }
    size_t offset = (size_t)(found - multipart->window);
    size_t tail = 0;
    enum match match = behind_delimiter(found + multipart->delimiter_bytes, multipart->end - offset - multipart->delimiter_bytes, &tail);
    int line_break = line_break_before(multipart, offset);
    if (match == MATCH_NONE || line_break < 0)
        return emit(multipart, offset + 1 - multipart->begin);
    if (match == MATCH_MORE) {
        *ret_more = true;
        return emit(multipart, offset - multipart->begin - smaller(offset - multipart->begin, 2));
    }
    return pass_delimiter(multipart, offset, line_break, match, tail);
}

static enum status work_off(struct multipart *multipart)
{
    enum status status = ST_OK;
    bool more = false;
    while (!status && !more && multipart->begin < multipart->end) {
        switch (multipart->state) {
        case STATE_HEADERS:
            status = step_headers(multipart, &more);
            break;
        case STATE_PREAMBLE:
        case STATE_DATA:
            status = step_data(multipart, &more);
            break;
        case STATE_EPILOGUE:
            multipart->begin = multipart->end;
            break;
        case STATE_FAILED:
            status = multipart->failure;
            break;
        }
    }
    return status;
}

enum status multipart_feed(struct multipart *multipart, const void *bytes, size_t size)
{
    const char *from = bytes;
    if (multipart->state == STATE_FAILED)
        return multipart->failure;
    while (size) {
        memmove(multipart->window, multipart->window + multipart->begin, multipart->end - multipart->begin);
        multipart->end -= multipart->begin;
        multipart->begin = 0;
        size_t part = smaller(size, WINDOW_BYTES - multipart->end);
        memcpy(multipart->window + multipart->end, from, part);
        multipart->end += part;
        from += part;
        size -= part;
        enum status status = work_off(multipart);
        if (status)
            return status;
    }
    return ST_OK;
}

enum status multipart_finish(struct multipart *multipart)
{
    if (multipart->state == STATE_FAILED)
        return multipart->failure;
    if (multipart->state == STATE_PREAMBLE)
        return fail(multipart, ST_TRUNCATED, "The body does not hold the boundary that its header names.");
    if (multipart->state != STATE_EPILOGUE)
        return fail(multipart, ST_TRUNCATED, "The body ends before its closing boundary.");
    return ST_OK;
}
