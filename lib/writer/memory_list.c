/* memory_list.c - see memory_list.h. */
#include "writer/memory_list.h"
#include "base/bytes.h"
#include "base/win/error.h"

#define CHUNK_BYTES (64u * 1024)

/* Where the next piece that no entry covers begins, from at on, and where it ends; false when there is none before limit. */
static bool next_gap(const struct buffer *entries, uint64_t at, uint64_t limit, uint64_t *ret_start, uint64_t *ret_end)
{
    uint64_t end = limit;

    for (size_t i = 0; i + MEMORY_LIST_ENTRY_BYTES <= entries->len;) {
        uint64_t first = bytes_u64(entries->data + i), size = bytes_u32(entries->data + i + 8);
        i += MEMORY_LIST_ENTRY_BYTES;
        if (first <= at && at - first < size) {
            at = first + size;
            i = 0; /* from there on anew: the entries stand in no order */
        }
    }
    for (size_t i = 0; i + MEMORY_LIST_ENTRY_BYTES <= entries->len; i += MEMORY_LIST_ENTRY_BYTES) {
        uint64_t first = bytes_u64(entries->data + i);
        if (first > at && first < end && bytes_u32(entries->data + i + 8))
            end = first;
    }
    *ret_start = at;
    *ret_end = end;
    return at < limit;
}

static enum status write_chunk(HANDLE file, uint64_t offset, const uint8_t *bytes, DWORD size)
{
    OVERLAPPED where = {0};
    DWORD put = 0;

    where.Offset = (DWORD)offset;
    where.OffsetHigh = (DWORD)(offset >> 32);
    if (!WriteFile(file, bytes, size, &put, &where))
        return error_last();
    return put == size ? ST_OK : ST_FULL;
}

static enum status write_piece(HANDLE file, uint64_t offset, HANDLE process, uint64_t start, uint64_t size)
{
    static uint8_t chunk[CHUNK_BYTES]; /* one writer in a process */
    enum status status = ST_OK;

    for (uint64_t done = 0; status == ST_OK && done < size;) {
        SIZE_T part = size - done < CHUNK_BYTES ? (SIZE_T)(size - done) : CHUNK_BYTES, got = 0;
        if (!ReadProcessMemory(process, (const void *)(uintptr_t)(start + done), chunk, part, &got) || got != part)
            return ST_TRUNCATED;
        status = write_chunk(file, offset + done, chunk, (DWORD)part);
        done += part;
    }
    return status;
}

static enum status add_piece(HANDLE file, uint64_t *end, uint64_t most_end, struct buffer *entries, HANDLE process, uint64_t start,
                             uint64_t size)
{
    uint8_t entry[MEMORY_LIST_ENTRY_BYTES];
    enum status status;

    if (*end > most_end || size > most_end - *end)
        return ST_TOO_LARGE;
    status = write_piece(file, *end, process, start, size);
    if (status != ST_OK)
        return status;
    bytes_put_u64(entry, start);
    bytes_put_u32(entry + 8, (uint32_t)size);
    bytes_put_u32(entry + 12, (uint32_t)*end);
    status = buffer_append(entries, entry, sizeof entry);
    if (status == ST_OK)
        *end += size;
    return status;
}

enum status memory_list_add(HANDLE file, uint64_t *end, uint64_t most_end, struct buffer *entries, HANDLE process,
                            const struct block_range *range)
{
    uint64_t before = *end, at = range->address, limit = range->address + range->size_bytes, start, stop;
    size_t entries_before = entries->len;
    enum status status = ST_OK;

    if (most_end > UINT32_MAX)
        most_end = UINT32_MAX;
    while (status == ST_OK && next_gap(entries, at, limit, &start, &stop)) {
        status = add_piece(file, end, most_end, entries, process, start, stop - start);
        at = stop;
    }
    if (status != ST_OK) {
        *end = before;
        entries->len = entries_before;
    }
    return status;
}
