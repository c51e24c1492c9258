/* msf.c - superblock, directory and streams of the container. The directory is itself scattered over blocks; the superblock names the block
 * that lists them. */
#include "symbols/msf.h"
#include <stdlib.h>
#include <string.h>

#define SUPERBLOCK_BYTES  56u
#define OFFSET_BLOCK_SIZE 32u
#define OFFSET_BLOCKS     40u
#define OFFSET_DIRECTORY  44u /* bytes of it */
#define OFFSET_MAP        52u /* the block that lists its blocks */
#define MIN_BLOCK_BYTES   512u
#define MAX_BLOCK_BYTES   32768u
#define NIL_STREAM_BYTES  0xffffffffu /* a stream that was deleted */

static const char magic_7[32] = "Microsoft C/C++ MSF 7.00\r\n\x1a"
                                "DS\0\0";
static const char magic_2[] = "Microsoft C/C++ program database 2.00";

struct stream {
    uint32_t size;
    uint32_t blocks; /* where its block numbers start in the directory, as an index of 32-bit words */
};

struct msf {
    struct span file;
    uint32_t block_bytes, block_count;
    uint8_t *directory; /* count, sizes, then block numbers: 32-bit words */
    size_t directory_bytes;
    struct stream *streams;
    uint32_t stream_count;
};

static uint32_t blocks_of(const struct msf *msf, uint32_t size)
{
    return size / msf->block_bytes + (size % msf->block_bytes != 0);
}

static enum status read_superblock(struct msf *msf, const char **ret_why)
{
    if (msf->file.len >= sizeof(magic_2) - 1 && memcmp(msf->file.data, magic_2, sizeof(magic_2) - 1) == 0) {
        *ret_why = "is a PDB of the old 2.00 kind, which is not read";
        return ST_UNSUPPORTED;
    }
    if (msf->file.len < sizeof(magic_7) || memcmp(msf->file.data, magic_7, sizeof(magic_7)) != 0) {
        *ret_why = "does not start with the MSF 7.00 signature";
        return ST_FORMAT;
    }
    if (msf->file.len < SUPERBLOCK_BYTES) {
        *ret_why = "ends inside its superblock";
        return ST_TRUNCATED;
    }
    msf->block_bytes = bytes_u32(msf->file.data + OFFSET_BLOCK_SIZE);
    msf->block_count = bytes_u32(msf->file.data + OFFSET_BLOCKS);
    if (msf->block_bytes < MIN_BLOCK_BYTES || msf->block_bytes > MAX_BLOCK_BYTES || (msf->block_bytes & (msf->block_bytes - 1))) {
        *ret_why = "has a block size that no PDB has";
        return ST_FORMAT;
    }
    if ((uint64_t)msf->block_bytes * msf->block_count > msf->file.len) {
        *ret_why = "is shorter than its superblock says";
        return ST_TRUNCATED;
    }
    return ST_OK;
}

/* Puts the directory together; map lists its blocks. */
static enum status gather_directory(struct msf *msf, struct span map, const char **ret_why)
{
    msf->directory = malloc(msf->directory_bytes);
    if (!msf->directory) {
        *ret_why = "has a directory for which there is no memory";
        return ST_MEMORY;
    }
    for (size_t done = 0, i = 0; done < msf->directory_bytes; i++) {
        uint32_t block = bytes_u32(map.data + 4 * i);
        size_t size = msf->directory_bytes - done < msf->block_bytes ? msf->directory_bytes - done : msf->block_bytes;
        if (block >= msf->block_count) {
            *ret_why = "has a directory outside of the file";
            return ST_FORMAT;
        }
        memcpy(msf->directory + done, msf->file.data + (size_t)block * msf->block_bytes, size);
        done += size;
    }
    return ST_OK;
}

static enum status read_directory(struct msf *msf, const char **ret_why)
{
    uint32_t bytes = bytes_u32(msf->file.data + OFFSET_DIRECTORY), at = bytes_u32(msf->file.data + OFFSET_MAP);
    uint32_t count = blocks_of(msf, bytes);
    struct span map;

    if (bytes < 4 || count > msf->block_count || at >= msf->block_count ||
        !span_sub(msf->file, (uint64_t)at * msf->block_bytes, (uint64_t)count * 4, &map)) {
        *ret_why = "has a directory outside of the file";
        return ST_FORMAT;
    }
    msf->directory_bytes = bytes;
    return gather_directory(msf, map, ret_why);
}

/* Sizes and block lists. The blocks of all streams together can be no more than the file has. */
static enum status read_streams(struct msf *msf, const char **ret_why)
{
    uint64_t words = msf->directory_bytes / 4, next, used = 0;

    msf->stream_count = bytes_u32(msf->directory);
    if (msf->stream_count > words - 1) {
        *ret_why = "has a directory that ends inside its list of streams";
        return ST_FORMAT;
    }
    msf->streams = calloc(msf->stream_count ? msf->stream_count : 1, sizeof(*msf->streams));
    if (!msf->streams) {
        *ret_why = "has a directory for which there is no memory";
        return ST_MEMORY;
    }
    next = 1 + (uint64_t)msf->stream_count;
    for (uint32_t i = 0; i < msf->stream_count; i++) {
        uint32_t size = bytes_u32(msf->directory + 4 * (1 + (size_t)i));
        size = size == NIL_STREAM_BYTES ? 0 : size;
        uint32_t count = blocks_of(msf, size);
        used += count;
        if (count > words - next || used > msf->block_count) {
            *ret_why = "has streams larger than the file";
            return ST_FORMAT;
        }
        msf->streams[i] = (struct stream){size, (uint32_t)next};
        next += count;
    }
    return ST_OK;
}

static uint32_t block_at(const struct msf *msf, const struct stream *stream, uint32_t index)
{
    return bytes_u32(msf->directory + 4 * ((size_t)stream->blocks + index));
}

/* Once here, no read of a stream can leave the file. */
static enum status check_blocks(const struct msf *msf, const char **ret_why)
{
    for (uint32_t i = 0; i < msf->stream_count; i++)
        for (uint32_t k = 0; k < blocks_of(msf, msf->streams[i].size); k++)
            if (block_at(msf, &msf->streams[i], k) >= msf->block_count) {
                *ret_why = "has a stream outside of the file";
                return ST_FORMAT;
            }
    return ST_OK;
}

enum status msf_open(struct msf **ret, struct span bytes, const char **ret_why)
{
    struct msf *msf = calloc(1, sizeof(*msf));
    enum status status = msf ? ST_OK : ST_MEMORY;

    *ret_why = "has no memory to be read into";
    if (!status)
        msf->file = bytes;
    if (!status)
        status = read_superblock(msf, ret_why);
    if (!status)
        status = read_directory(msf, ret_why);
    if (!status)
        status = read_streams(msf, ret_why);
    if (!status)
        status = check_blocks(msf, ret_why);
    if (status)
        msf_close(msf);
    else
        *ret = msf;
    return status;
}

void msf_close(struct msf *msf)
{
    if (!msf)
        return;
    free(msf->streams);
    free(msf->directory);
    free(msf);
}

uint32_t msf_stream_count(const struct msf *msf)
{
    return msf->stream_count;
}

uint32_t msf_stream_size(const struct msf *msf, uint32_t stream)
{
    return stream < msf->stream_count ? msf->streams[stream].size : 0;
}

enum status msf_read(const struct msf *msf, uint32_t stream, uint32_t offset, void *bytes, size_t size)
{
    uint32_t whole = msf_stream_size(msf, stream);
    uint8_t *out = bytes;

    if (offset > whole || size > whole - offset)
        return ST_TRUNCATED;
    while (size > 0) {
        uint32_t inside = offset % msf->block_bytes;
        size_t part = msf->block_bytes - inside < size ? msf->block_bytes - inside : size;
        uint32_t block = block_at(msf, &msf->streams[stream], offset / msf->block_bytes);
        memcpy(out, msf->file.data + (size_t)block * msf->block_bytes + inside, part);
        out += part;
        offset += (uint32_t)part;
        size -= part;
    }
    return ST_OK;
}

static bool is_contiguous(const struct msf *msf, const struct stream *stream)
{
    uint32_t first = block_at(msf, stream, 0);

    for (uint32_t i = 1; i < blocks_of(msf, stream->size); i++)
        if (block_at(msf, stream, i) != first + i)
            return false;
    return true;
}

enum status msf_view_open(const struct msf *msf, uint32_t stream, struct msf_view *ret)
{
    uint32_t size = msf_stream_size(msf, stream);

    if (!size) {
        *ret = (struct msf_view){{msf->file.data, 0}, NULL};
        return ST_OK;
    }
    if (is_contiguous(msf, &msf->streams[stream])) {
        size_t offset = (size_t)block_at(msf, &msf->streams[stream], 0) * msf->block_bytes;
        *ret = (struct msf_view){{msf->file.data + offset, size}, NULL};
        return ST_OK;
    }
    uint8_t *copy = malloc(size);
    if (!copy)
        return ST_MEMORY;
    msf_read(msf, stream, 0, copy, size);
    *ret = (struct msf_view){{copy, size}, copy};
    return ST_OK;
}

void msf_view_done(struct msf_view *view)
{
    free(view->owned);
    *view = (struct msf_view){{NULL, 0}, NULL};
}
