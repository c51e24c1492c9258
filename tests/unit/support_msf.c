/* support_msf.c - a writer of MSF containers; blocks 0 to 2 are the superblock and the two maps of free blocks. */
#include "support_msf.h"
#include "symbols/msf.h"
#include <stdlib.h>
#include <string.h>

#define MAX_STREAM_BYTES ((size_t)1 << 24)
#define FIRST_BLOCK      3u

static const char magic[32] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
                              "DS\0\0";

static void check(enum status status)
{
    if (status)
        abort();
}

void msf_streams_take(struct msf_streams *ret, struct span bytes)
{
    struct msf *msf = NULL;
    struct msf_view view;
    const char *why;

    check(msf_open(&msf, bytes, &why));
    ret->count = msf_stream_count(msf);
    if (ret->count > MSF_TEST_STREAMS)
        abort();
    for (uint32_t i = 0; i < ret->count; i++) {
        buffer_init(&ret->streams[i], MAX_STREAM_BYTES);
        check(msf_view_open(msf, i, &view));
        check(buffer_append(&ret->streams[i], view.bytes.data, view.bytes.len));
        msf_view_done(&view);
    }
    msf_close(msf);
}

void msf_streams_done(struct msf_streams *streams)
{
    for (uint32_t i = 0; i < streams->count; i++)
        buffer_done(&streams->streams[i]);
    streams->count = 0;
}

static uint32_t blocks_of(size_t size, uint32_t block_bytes)
{
    return (uint32_t)((size + block_bytes - 1) / block_bytes);
}

/* The n-th of count blocks: scattered ones go down over the odd numbers, and what is left comes from the even ones. */
static uint32_t place(uint32_t n, uint32_t count, bool is_scattered)
{
    uint32_t odd = count / 2;

    if (!is_scattered)
        return FIRST_BLOCK + n;
    return FIRST_BLOCK + (n < odd ? 2 * (odd - n) - 1 : 2 * (n - odd));
}

static void append_u32(struct buffer *out, uint32_t value)
{
    uint8_t bytes[4];

    bytes_put_u32(bytes, value);
    check(buffer_append(out, bytes, sizeof(bytes)));
}

static void copy_blocks(struct buffer *out, size_t start, struct span bytes, uint32_t *next, uint32_t count, uint32_t block_bytes,
                        bool is_scattered)
{
    for (size_t at = 0; at < bytes.len; at += block_bytes) {
        size_t size = bytes.len - at < block_bytes ? bytes.len - at : block_bytes;
        memcpy(out->data + start + (size_t)place((*next)++, count, is_scattered) * block_bytes, bytes.data + at, size);
    }
}

static void put_directory(const struct msf_streams *streams, uint32_t block_bytes, uint32_t count, bool is_scattered,
                          struct buffer *directory)
{
    uint32_t next = 0;

    append_u32(directory, streams->count);
    for (uint32_t i = 0; i < streams->count; i++)
        append_u32(directory, (uint32_t)streams->streams[i].len);
    for (uint32_t i = 0; i < streams->count; i++)
        for (uint32_t k = 0; k < blocks_of(streams->streams[i].len, block_bytes); k++)
            append_u32(directory, place(next++, count, is_scattered));
}

void msf_streams_put(const struct msf_streams *streams, uint32_t block_bytes, bool is_scattered, struct buffer *out)
{
    uint32_t data = 0, count, directory_blocks, next = 0;
    struct buffer directory;

    for (uint32_t i = 0; i < streams->count; i++)
        data += blocks_of(streams->streams[i].len, block_bytes);
    buffer_init(&directory, MAX_STREAM_BYTES);
    directory_blocks = blocks_of(4 + 4 * (size_t)streams->count + 4 * (size_t)data, block_bytes);
    count = data + directory_blocks;
    put_directory(streams, block_bytes, count, is_scattered, &directory);

    size_t start = out->len, total = (size_t)(FIRST_BLOCK + count + 1) * block_bytes;
    check(buffer_reserve(out, total));
    memset(out->data + start, 0, total + 1);
    out->len += total;
    for (uint32_t i = 0; i < streams->count; i++)
        copy_blocks(out, start, (struct span){streams->streams[i].data, streams->streams[i].len}, &next, count, block_bytes, is_scattered);
    uint8_t *map = out->data + start + (size_t)(FIRST_BLOCK + count) * block_bytes;
    for (uint32_t i = 0; i < directory_blocks; i++)
        bytes_put_u32(map + 4 * i, place(data + i, count, is_scattered));
    copy_blocks(out, start, (struct span){directory.data, directory.len}, &next, count, block_bytes, is_scattered);

    uint8_t *head = out->data + start;
    memcpy(head, magic, sizeof(magic));
    bytes_put_u32(head + 32, block_bytes);
    bytes_put_u32(head + 36, 1);
    bytes_put_u32(head + 40, FIRST_BLOCK + count + 1);
    bytes_put_u32(head + 44, (uint32_t)directory.len);
    bytes_put_u32(head + 52, FIRST_BLOCK + count);
    buffer_done(&directory);
}
