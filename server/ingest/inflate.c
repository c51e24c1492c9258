/* inflate.c - see inflate.h; zlib does the work. */
#include "ingest/inflate.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define OUT_BYTES 32768

struct inflater {
    z_stream stream;
    enum inflate_kind kind;
    bool ready, ended, any; /* any: at least one whole stream was read */
    uint64_t left;
    bool (*sink)(void *context, const void *bytes, size_t size);
    void *context;
    uint8_t out[OUT_BYTES];
};

enum status inflater_create(struct inflater **ret, enum inflate_kind kind, uint64_t max_bytes,
                            bool (*sink)(void *context, const void *bytes, size_t size), void *context)
{
    struct inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater)
        return ST_MEMORY;
    inflater->kind = kind;
    inflater->left = max_bytes;
    inflater->sink = sink;
    inflater->context = context;
    *ret = inflater;
    return ST_OK;
}

void inflater_free(struct inflater *inflater)
{
    if (!inflater)
        return;
    if (inflater->ready)
        inflateEnd(&inflater->stream);
    free(inflater);
}

/* A zlib stream begins with compression method 8; no raw stream begins with a byte like that in practice, since 8 in its low bits would be
 * a stored block with the reserved bits set. */
static int window_bits(const struct inflater *inflater, uint8_t first)
{
    if (inflater->kind == INFLATE_GZIP)
        return 16 + MAX_WBITS;
    return (first & 0x0f) == 8 ? MAX_WBITS : -MAX_WBITS;
}

static enum status start(struct inflater *inflater, uint8_t first)
{
    memset(&inflater->stream, 0, sizeof inflater->stream);
    if (inflateInit2(&inflater->stream, window_bits(inflater, first)) != Z_OK)
        return ST_MEMORY;
    inflater->ready = true;
    return ST_OK;
}

static enum status give(struct inflater *inflater, size_t size)
{
    if (size > inflater->left)
        return ST_TOO_LARGE;
    inflater->left -= size;
    return !size || inflater->sink(inflater->context, inflater->out, size) ? ST_OK : ST_REFUSED;
}

/* Decodes until the input is used up or a stream has ended. */
static enum status run(struct inflater *inflater)
{
    z_stream *stream = &inflater->stream;
    int code = Z_OK;
    do {
        stream->next_out = inflater->out;
        stream->avail_out = OUT_BYTES;
        code = inflate(stream, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return code == Z_MEM_ERROR ? ST_MEMORY : ST_FORMAT;
        enum status status = give(inflater, OUT_BYTES - stream->avail_out);
        if (status)
            return status;
    } while (code != Z_STREAM_END && stream->avail_out == 0);
    if (code == Z_STREAM_END) {
        inflateEnd(stream);
        inflater->ready = false;
        inflater->any = true;
        inflater->ended = inflater->kind != INFLATE_GZIP;
    }
    return ST_OK;
}

enum status inflater_feed(struct inflater *inflater, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size && !inflater->ended) {
        if (!inflater->ready && inflater->any && *from != 0x1f) {
            inflater->ended = true; /* padding behind the last member, as gzip itself takes it */
            break;
        }
        enum status status = inflater->ready ? ST_OK : start(inflater, *from);
        if (status)
            return status;
        inflater->stream.next_in = (Bytef *)(uintptr_t)from;
        inflater->stream.avail_in = (uInt)size;
        status = run(inflater);
        if (status)
            return status;
        from += size - inflater->stream.avail_in;
        size = inflater->stream.avail_in;
    }
    return ST_OK;
}

enum status inflater_finish(struct inflater *inflater)
{
    return inflater->any && !inflater->ready ? ST_OK : ST_TRUNCATED;
}
