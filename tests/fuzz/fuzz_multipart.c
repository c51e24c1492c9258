/* fuzz_multipart.c - the multipart reader and the unpacking of dump parts: however a body is cut into pieces, the same comes out.
 *
 * Input: one byte for the size of the pieces, one for the boundary, then the body. */
#include "fuzz.h"
#include "ingest/dump_part.h"
#include "ingest/multipart.h"
#include <stdlib.h>
#include <string.h>

#define MAX_PARTS 8
#define MAX_OUT   65536

/* A hash over all that came out, parts and bytes, whatever the pieces were. */
struct digest {
    uint64_t hash, bytes;
};

static void add(struct digest *digest, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        digest->hash = (digest->hash ^ at[i]) * 0x100000001b3ull;
    digest->bytes += size;
}

static bool on_begin(void *context, const struct multipart_part *part)
{
    add(context, part->name, strlen(part->name) + 1);
    add(context, part->file_name, strlen(part->file_name) + 1);
    add(context, part->content_type, strlen(part->content_type) + 1);
    return true;
}

static bool on_data(void *context, const void *bytes, size_t size)
{
    add(context, bytes, size);
    return true;
}

static bool on_end(void *context)
{
    add(context, "end", 3);
    return true;
}

static const struct multipart_events EVENTS = {on_begin, on_data, on_end};

static enum status read_body(const char *boundary, const uint8_t *data, size_t size, size_t step, struct digest *ret)
{
    struct multipart *multipart = NULL;
    *ret = (struct digest){0xcbf29ce484222325ull, 0};
    enum status status = multipart_create(&multipart, boundary, MAX_PARTS, &EVENTS, ret);
    for (size_t at = 0; at < size && !status; at += step)
        status = multipart_feed(multipart, data + at, step < size - at ? step : size - at);
    if (!status)
        status = multipart_finish(multipart);
    multipart_free(multipart);
    return status;
}

static bool read_part(const uint8_t *data, size_t size, size_t step, struct digest *ret)
{
    struct dump_part *part = NULL;
    struct refusal refusal = {0, NULL};
    struct dump_part_target target = {on_data, &EVENTS, ret, &refusal, MAX_OUT, MAX_PARTS};
    bool going = true, nested = false;
    *ret = (struct digest){0xcbf29ce484222325ull, 0};
    if (dump_part_create(&part, &target))
        abort();
    for (size_t at = 0; at < size && going; at += step)
        going = dump_part_feed(part, data + at, step < size - at ? step : size - at);
    going = going && dump_part_finish(part, &nested);
    dump_part_free(part);
    if (!going && !refusal.status)
        abort(); /* nobody but the part itself says no here */
    return going;
}

/* After a failure the last bytes may or may not have come out before it was noticed. */
static void compare(bool whole, bool pieces, const struct digest *a, const struct digest *b)
{
    if (whole != pieces || (whole && (a->hash != b->hash || a->bytes != b->bytes)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const BOUNDARIES[] = {"b", "boundary", "----salvor-fuzz-boundary"};
    struct digest whole, pieces;
    if (size < 2)
        return 0;
    size_t step = (size_t)data[0] + 1;
    const char *boundary = BOUNDARIES[data[1] % 3];
    data += 2;
    size -= 2;
    enum status at_once = read_body(boundary, data, size, size + 1, &whole);
    enum status in_pieces = read_body(boundary, data, size, step, &pieces);
    if (at_once != in_pieces)
        abort();
    compare(!at_once, !in_pieces, &whole, &pieces);
    bool read_at_once = read_part(data, size, size + 1, &whole);
    bool read_in_pieces = read_part(data, size, step, &pieces);
    compare(read_at_once, read_in_pieces, &whole, &pieces);
    return 0;
}
