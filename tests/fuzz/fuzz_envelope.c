/* fuzz_envelope.c - the envelope reader: however a body is cut into pieces, the same comes out. Input: one byte for the size of the pieces,
 * then the body. */
#include "fuzz.h"
#include "ingest/envelope.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS 8

/* A hash over all that came out, and whether begin and end take turns. */
struct digest {
    uint64_t hash;
    bool is_open;
};

static void add(struct digest *digest, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        digest->hash = (digest->hash ^ at[i]) * 0x100000001b3ull;
}

static bool on_begin(void *context, const struct multipart_part *part)
{
    struct digest *digest = context;
    if (digest->is_open || !part->name[0])
        abort();
    digest->is_open = true;
    add(digest, part->name, strlen(part->name) + 1);
    add(digest, part->file_name, strlen(part->file_name) + 1);
    add(digest, part->content_type, strlen(part->content_type) + 1);
    return true;
}

static bool on_data(void *context, const void *bytes, size_t size)
{
    struct digest *digest = context;
    if (!digest->is_open || !size)
        abort();
    add(digest, bytes, size);
    return true;
}

static bool on_end(void *context)
{
    struct digest *digest = context;
    if (!digest->is_open)
        abort();
    digest->is_open = false;
    add(digest, "end", 3);
    return true;
}

static bool on_sender(void *context, const char *key)
{
    struct digest *digest = context;
    if (digest->is_open || strlen(key) >= ENVELOPE_KEY_BYTES || strpbrk(key, ":@/"))
        abort();
    add(digest, key, strlen(key) + 1);
    return true;
}

static enum status read_body(const uint8_t *data, size_t size, size_t step, struct digest *ret)
{
    static const struct multipart_events events = {on_begin, on_data, on_end};
    struct envelope *envelope = NULL;
    *ret = (struct digest){0xcbf29ce484222325ull, false};
    enum status status = envelope_create(&envelope, MAX_ITEMS, &events, ret, on_sender, ret);
    for (size_t at = 0; at < size && !status; at += step)
        status = envelope_feed(envelope, data + at, step < size - at ? step : size - at);
    if (!status)
        status = envelope_finish(envelope);
    if (!status && ret->is_open)
        abort();
    envelope_free(envelope);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct digest whole, pieces;
    if (size < 1)
        return 0;
    size_t step = (size_t)data[0] + 1;
    enum status first = read_body(data + 1, size - 1, size, &whole), second = read_body(data + 1, size - 1, step, &pieces);
    if (first != second || (!first && whole.hash != pieces.hash))
        abort();
    return 0;
}
