/* zip_entry.c - one deflated entry (APPNOTE.TXT 6.3, sections 4.3 and 4.4), whose sizes and checksum stand behind its data. */
#include "uploader/zip_entry.h"
#include "base/bytes.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES      65536u
#define LOCAL_BYTES      30u
#define DESCRIPTOR_BYTES 16u
#define CENTRAL_BYTES    46u
#define END_BYTES        22u
#define VERSION          20u     /* deflate */
#define FLAGS            0x0808u /* sizes behind the data, name in UTF-8 */
#define METHOD_DEFLATE   8u
#define DATE             0x21u /* 1 January 1980: the time of packing would make the same file another archive */

struct packing {
    zip_write_fn *write;
    void *context;
    z_stream stream;
    uint8_t in[CHUNK_BYTES], out[CHUNK_BYTES];
    uint32_t crc;
    uint64_t in_bytes, out_bytes;
};

static enum status deflate_part(struct packing *packing, size_t size, bool is_last)
{
    z_stream *stream = &packing->stream;
    enum status status = ST_OK;

    stream->next_in = packing->in;
    stream->avail_in = (uInt)size;
    do {
        size_t made;

        stream->next_out = packing->out;
        stream->avail_out = CHUNK_BYTES;
        if (deflate(stream, is_last ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR)
            return ST_SYSTEM;
        made = CHUNK_BYTES - stream->avail_out;
        packing->out_bytes += made;
        status = packing->write(packing->context, packing->out, made);
    } while (status == ST_OK && stream->avail_out == 0);
    return status;
}

static enum status data_write(struct packing *packing, struct file *file, uint64_t size_bytes, void (*watch)(void *context, uint64_t in),
                              void *watch_context)
{
    enum status status = ST_OK;

    do {
        uint64_t left = size_bytes - packing->in_bytes;
        size_t part = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;

        status = file_read_at(file, packing->in_bytes, packing->in, part);
        if (status != ST_OK)
            break;
        packing->crc = (uint32_t)crc32(packing->crc, packing->in, (uInt)part);
        packing->in_bytes += part;
        status = deflate_part(packing, part, packing->in_bytes == size_bytes);
        if (watch)
            watch(watch_context, packing->in_bytes);
    } while (status == ST_OK && packing->in_bytes < size_bytes);
    return status;
}

static enum status local_write(struct packing *packing, const char *name)
{
    uint8_t head[LOCAL_BYTES] = {'P', 'K', 3, 4};
    enum status status;

    bytes_put_u16(head + 4, VERSION);
    bytes_put_u16(head + 6, FLAGS);
    bytes_put_u16(head + 8, METHOD_DEFLATE);
    bytes_put_u16(head + 12, DATE);
    bytes_put_u16(head + 26, (uint16_t)strlen(name));
    status = packing->write(packing->context, head, sizeof head);
    return status == ST_OK ? packing->write(packing->context, name, strlen(name)) : status;
}

static void sizes_put(const struct packing *packing, uint8_t *at)
{
    bytes_put_u32(at, packing->crc);
    bytes_put_u32(at + 4, (uint32_t)packing->out_bytes);
    bytes_put_u32(at + 8, (uint32_t)packing->in_bytes);
}

/* The descriptor, the directory of one, and the end. */
static enum status tail_write(struct packing *packing, const char *name)
{
    uint8_t descriptor[DESCRIPTOR_BYTES] = {'P', 'K', 7, 8}, central[CENTRAL_BYTES] = {'P', 'K', 1, 2}, end[END_BYTES] = {'P', 'K', 5, 6};
    size_t name_bytes = strlen(name);
    uint64_t offset = LOCAL_BYTES + name_bytes + packing->out_bytes + DESCRIPTOR_BYTES;
    enum status status;

    if (offset > UINT32_MAX)
        return ST_TOO_LARGE;
    sizes_put(packing, descriptor + 4);
    bytes_put_u16(central + 4, VERSION);
    bytes_put_u16(central + 6, VERSION);
    bytes_put_u16(central + 8, FLAGS);
    bytes_put_u16(central + 10, METHOD_DEFLATE);
    bytes_put_u16(central + 14, DATE);
    sizes_put(packing, central + 16);
    bytes_put_u16(central + 28, (uint16_t)name_bytes);
    bytes_put_u16(end + 8, 1);
    bytes_put_u16(end + 10, 1);
    bytes_put_u32(end + 12, (uint32_t)(CENTRAL_BYTES + name_bytes));
    bytes_put_u32(end + 16, (uint32_t)offset);
    status = packing->write(packing->context, descriptor, sizeof descriptor);
    if (status == ST_OK)
        status = packing->write(packing->context, central, sizeof central);
    if (status == ST_OK)
        status = packing->write(packing->context, name, name_bytes);
    return status == ST_OK ? packing->write(packing->context, end, sizeof end) : status;
}

enum status zip_entry_write(const char *name, struct file *file, uint64_t size_bytes, zip_write_fn *write, void *context,
                            void (*watch)(void *context, uint64_t in), void *watch_context)
{
    struct packing *packing = NULL;
    enum status status;

    if (size_bytes > ZIP_ENTRY_MAX_BYTES || strlen(name) > UINT16_MAX)
        return ST_TOO_LARGE;
    packing = calloc(1, sizeof *packing);
    if (!packing || deflateInit2(&packing->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(packing);
        return ST_MEMORY;
    }
    packing->write = write;
    packing->context = context;
    packing->crc = (uint32_t)crc32(0, NULL, 0);
    status = local_write(packing, name);
    if (status == ST_OK)
        status = data_write(packing, file, size_bytes, watch, watch_context);
    if (status == ST_OK)
        status = tail_write(packing, name);
    deflateEnd(&packing->stream);
    free(packing);
    return status;
}
