/* dump_check.c - see dump_check.h. Reads a few fixed-size records at a time; the processing child does the real work. */
#include "ingest/dump_check.h"
#include "base/bytes.h"
#include <string.h>

#define HEADER_BYTES    32
#define ENTRY_BYTES     12
#define RANGE_BYTES     16
#define VERSION         0xa793u
#define MAX_STREAMS     4096u
#define MAX_RANGES      65536u /* looked at; a dump may have more */
#define RANGES_AT_ONCE  256u
#define STREAM_UNUSED   0u
#define STREAM_MEMORY   5u
#define STREAM_MEMORY64 9u
#define MEMORY64_HEAD   16u

struct check {
    struct file *file;
    uint64_t size, needed;
};

static void need(struct check *check, uint64_t offset, uint64_t size)
{
    uint64_t end = offset > UINT64_MAX - size ? UINT64_MAX : offset + size;
    if (end > check->needed)
        check->needed = end;
}

/* MINIDUMP_MEMORY_LIST: a count, then { u64 start, u32 size, u32 rva }. */
static enum status check_memory(struct check *check, uint64_t rva, uint32_t size)
{
    uint8_t count_bytes[4], ranges[RANGES_AT_ONCE * RANGE_BYTES];
    if (size < sizeof count_bytes || check->needed > check->size)
        return ST_OK;
    enum status status = file_read_at(check->file, rva, count_bytes, sizeof count_bytes);
    uint32_t count = status ? 0 : bytes_u32(count_bytes);
    if (count > (size - 4) / RANGE_BYTES)
        return ST_OK; /* says nothing about where the file ends */
    if (count > MAX_RANGES)
        count = MAX_RANGES;
    for (uint32_t done = 0; done < count && !status; done += RANGES_AT_ONCE) {
        uint32_t part = count - done < RANGES_AT_ONCE ? count - done : RANGES_AT_ONCE;
        /* The list may be padded after its count so that the ranges end with the stream. */
        status = file_read_at(check->file, rva + size - (uint64_t)(count - done) * RANGE_BYTES, ranges, (size_t)part * RANGE_BYTES);
        for (uint32_t i = 0; i < part && !status; i++)
            need(check, bytes_u32(ranges + i * RANGE_BYTES + 12), bytes_u32(ranges + i * RANGE_BYTES + 8));
    }
    return status;
}

/* MINIDUMP_MEMORY64_LIST: u64 count, u64 rva of all the bytes, then { u64 start, u64 size }. */
static enum status check_memory64(struct check *check, uint64_t rva, uint32_t size)
{
    uint8_t head[MEMORY64_HEAD], ranges[RANGES_AT_ONCE * RANGE_BYTES];
    uint64_t sum = 0;
    if (size < sizeof head || check->needed > check->size)
        return ST_OK;
    enum status status = file_read_at(check->file, rva, head, sizeof head);
    uint64_t count = status ? 0 : bytes_u64(head);
    if (count > (size - MEMORY64_HEAD) / RANGE_BYTES)
        return ST_OK;
    for (uint64_t done = 0; done < count && done < MAX_RANGES && !status; done += RANGES_AT_ONCE) {
        uint64_t part = count - done < RANGES_AT_ONCE ? count - done : RANGES_AT_ONCE;
        status = file_read_at(check->file, rva + MEMORY64_HEAD + done * RANGE_BYTES, ranges, (size_t)part * RANGE_BYTES);
        for (uint64_t i = 0; i < part && !status; i++) {
            uint64_t bytes = bytes_u64(ranges + i * RANGE_BYTES + 8);
            sum = bytes > UINT64_MAX - sum ? UINT64_MAX : sum + bytes;
        }
    }
    if (!status)
        need(check, bytes_u64(head + 8), sum);
    return status;
}

static enum status check_stream(struct check *check, const uint8_t entry[ENTRY_BYTES])
{
    uint32_t type = bytes_u32(entry), size = bytes_u32(entry + 4), rva = bytes_u32(entry + 8);
    if (type == STREAM_UNUSED)
        return ST_OK;
    need(check, rva, size);
    if (type == STREAM_MEMORY)
        return check_memory(check, rva, size);
    if (type == STREAM_MEMORY64)
        return check_memory64(check, rva, size);
    return ST_OK;
}

enum status dump_check(struct file *file, uint64_t size_bytes, uint32_t *ret_time_unix, uint64_t *ret_needed_bytes)
{
    struct check check = {file, size_bytes, HEADER_BYTES};
    uint8_t header[HEADER_BYTES], entry[ENTRY_BYTES];
    enum status status = size_bytes < 4 ? ST_FORMAT : file_read_at(file, 0, header, 4);
    if (!status && memcmp(header, "MDMP", 4) != 0)
        status = ST_FORMAT;
    if (!status)
        status = size_bytes < HEADER_BYTES ? ST_TRUNCATED : file_read_at(file, 0, header, HEADER_BYTES);
    *ret_needed_bytes = HEADER_BYTES;
    if (status)
        return status;
    uint32_t streams = bytes_u32(header + 8), directory = bytes_u32(header + 12);
    if (bytes_u16(header + 4) != VERSION || streams == 0 || streams > MAX_STREAMS || directory < HEADER_BYTES)
        return ST_FORMAT;
    need(&check, directory, (uint64_t)streams * ENTRY_BYTES);
    bool whole_directory = check.needed <= size_bytes;
    for (uint32_t i = 0; i < streams && whole_directory && !status; i++) {
        status = file_read_at(file, directory + (uint64_t)i * ENTRY_BYTES, entry, ENTRY_BYTES);
        if (!status)
            status = check_stream(&check, entry);
    }
    if (status)
        return status;
    *ret_time_unix = bytes_u32(header + 20);
    *ret_needed_bytes = check.needed;
    return check.needed > size_bytes ? ST_TRUNCATED : ST_OK;
}
