/* sink.c - deflate between the request's writer and its file. */
#include "uploader/sink.h"
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#define OUT_BYTES   (64 * 1024)
#define COPY_BYTES  (64 * 1024)
#define GZIP_WINDOW (15 + 16) /* the largest window, with gzip's header and trailer */
#define MEMORY      8

struct sink {
    struct file *file;
    bool gzip;
    z_stream stream;
    uint64_t in, out;
    void (*watch)(void *context, uint64_t in);
    void *watch_context;
    uint8_t chunk[OUT_BYTES];
};

enum status sink_create(struct sink **ret, struct file *file, bool gzip, uint64_t expected_bytes)
{
    struct sink *sink = calloc(1, sizeof *sink);
    int level = expected_bytes > SINK_FAST_ABOVE_BYTES ? 1 : 6;

    if (!sink)
        return ST_MEMORY;
    sink->file = file;
    sink->gzip = gzip;
    if (gzip && deflateInit2(&sink->stream, level, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(sink);
        return ST_MEMORY;
    }
    sink->stream.next_out = sink->chunk;
    sink->stream.avail_out = OUT_BYTES;
    *ret = sink;
    return ST_OK;
}

static enum status chunk_flush(struct sink *sink)
{
    size_t size = OUT_BYTES - sink->stream.avail_out;
    enum status status = file_write(sink->file, sink->chunk, size);

    sink->out += size;
    sink->stream.next_out = sink->chunk;
    sink->stream.avail_out = OUT_BYTES;
    return status;
}

/* Text comes in small pieces: they are gathered, so that the file sees whole chunks here too. */
static enum status plain_write(struct sink *sink, const uint8_t *bytes, size_t size)
{
    enum status status = ST_OK;

    while (status == ST_OK && size) {
        size_t part = size < sink->stream.avail_out ? size : sink->stream.avail_out;

        memcpy(sink->stream.next_out, bytes, part);
        sink->stream.next_out += part;
        sink->stream.avail_out -= (unsigned)part;
        bytes += part;
        size -= part;
        if (!sink->stream.avail_out)
            status = chunk_flush(sink);
    }
    return status;
}

static enum status gzip_write(struct sink *sink, const uint8_t *bytes, size_t size, int flush)
{
    enum status status = ST_OK;
    int outcome;

    do {
        unsigned part = size < OUT_BYTES ? (unsigned)size : OUT_BYTES;

        sink->stream.next_in = bytes;
        sink->stream.avail_in = part;
        do {
            outcome = deflate(&sink->stream, flush);
            if (!sink->stream.avail_out)
                status = chunk_flush(sink);
        } while (status == ST_OK && (sink->stream.avail_in || (flush == Z_FINISH && outcome == Z_OK)));
        bytes += part;
        size -= part;
    } while (status == ST_OK && size);
    return status;
}

void sink_watch(struct sink *sink, void (*watch)(void *context, uint64_t in), void *context)
{
    sink->watch = watch;
    sink->watch_context = context;
}

enum status sink_write(struct sink *sink, const void *bytes, size_t size)
{
    enum status status;

    if (!size)
        return ST_OK;
    status = sink->gzip ? gzip_write(sink, bytes, size, Z_NO_FLUSH) : plain_write(sink, bytes, size);
    sink->in += size;
    if (sink->watch)
        sink->watch(sink->watch_context, sink->in);
    return status;
}

enum status sink_write_file(struct sink *sink, struct file *from, uint64_t offset, uint64_t size_bytes)
{
    uint8_t *chunk = malloc(COPY_BYTES);
    enum status status = chunk ? ST_OK : ST_MEMORY;

    while (status == ST_OK && size_bytes) {
        size_t part = size_bytes < COPY_BYTES ? (size_t)size_bytes : COPY_BYTES;

        status = file_read_at(from, offset, chunk, part);
        if (status == ST_OK)
            status = sink_write(sink, chunk, part);
        offset += part;
        size_bytes -= part;
    }
    free(chunk);
    return status;
}

enum status sink_finish(struct sink *sink, uint64_t *ret_in, uint64_t *ret_out)
{
    enum status status = sink->gzip ? gzip_write(sink, NULL, 0, Z_FINISH) : ST_OK;

    if (status == ST_OK && sink->stream.avail_out < OUT_BYTES)
        status = chunk_flush(sink);
    if (status != ST_OK)
        return status;
    *ret_in = sink->in;
    *ret_out = sink->out;
    return ST_OK;
}

void sink_free(struct sink *sink)
{
    if (!sink)
        return;
    if (sink->gzip)
        deflateEnd(&sink->stream);
    free(sink);
}
