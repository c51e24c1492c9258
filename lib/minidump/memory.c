/* memory.c - MemoryList, Memory64List, MemoryInfoList and the threads' stacks as one sorted table of ranges. */
#include "minidump/reader.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_MEMORY_LIST   5u
#define STREAM_MEMORY64_LIST 9u
#define LIST_ENTRY_BYTES     16u
#define REGION_BYTES         48u
#define MAX_STEPS_BACK       64u /* among overlapping ranges; real dumps need two or three */

/* The table while it is filled. */
struct table {
    struct minidump_range *ranges;
    size_t count, room;
};

static void table_add(struct table *table, uint64_t address, struct span bytes)
{
    if (!bytes.len || table->count == table->room)
        return;
    if (bytes.len > UINT64_MAX - address)
        bytes.len = (size_t)(UINT64_MAX - address);
    table->ranges[table->count++] = (struct minidump_range){address, bytes, 0};
}

/* What both lists announce, cut to what the stream holds. */
struct lists {
    struct span list, list64;
    size_t count, count64;
    uint64_t offset, rva64;
};

static void lists_measure(struct minidump_reader *reader, struct lists *ret)
{
    uint32_t announced;
    uint64_t announced64;

    memset(ret, 0, sizeof(*ret));
    if (reader_stream(reader, STREAM_MEMORY_LIST, &ret->list)) {
        if (span_u32(ret->list, 0, &announced)) {
            ret->offset = (uint64_t)announced * LIST_ENTRY_BYTES + 8 == ret->list.len ? 8 : 4; /* some writers align the entries */
            ret->count = reader_count(reader, "memory list", ret->list, ret->offset, announced, LIST_ENTRY_BYTES, MINIDUMP_MAX_RANGES);
        } else {
            reader_note(reader, "memory list: too short for its count");
        }
    }
    if (reader_stream(reader, STREAM_MEMORY64_LIST, &ret->list64)) {
        if (span_u64(ret->list64, 0, &announced64) && span_u64(ret->list64, 8, &ret->rva64))
            ret->count64 = reader_count(reader, "64-bit memory list", ret->list64, 16, announced64, LIST_ENTRY_BYTES, MINIDUMP_MAX_RANGES);
        else
            reader_note(reader, "64-bit memory list: too short for its header");
    }
}

static void list_add(struct minidump_reader *reader, const struct lists *lists, struct table *table)
{
    for (size_t i = 0; i < lists->count; i++) {
        const uint8_t *entry = lists->list.data + lists->offset + i * LIST_ENTRY_BYTES;

        table_add(table, bytes_u64(entry), reader_location(reader, "memory list", entry + 8));
    }
}

/* The ranges of a full dump lie one after another in the file; the first that is cut off by the file's end is the last of use. */
static void list64_add(struct minidump_reader *reader, const struct lists *lists, struct table *table)
{
    struct span file = reader->model.bytes;
    uint64_t rva = lists->rva64;

    for (size_t i = 0; i < lists->count64; i++) {
        const uint8_t *entry = lists->list64.data + 16 + i * LIST_ENTRY_BYTES;
        uint64_t size = bytes_u64(entry + 8);
        struct span bytes = {NULL, 0};

        if (!span_sub(file, rva, size, &bytes)) {
            reader_note(reader, "64-bit memory list: the file ends inside range %zu of %zu", i + 1, lists->count64);
            if (rva < file.len && span_sub(file, rva, file.len - rva, &bytes))
                table_add(table, bytes_u64(entry), bytes);
            return;
        }
        table_add(table, bytes_u64(entry), bytes);
        rva += size;
    }
}

static int range_compare(const void *a, const void *b)
{
    const struct minidump_range *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->bytes.len < y->bytes.len ? -1 : x->bytes.len > y->bytes.len;
}

void reader_memory_finish(struct minidump_reader *reader)
{
    struct minidump *model = &reader->model;
    struct table table = {NULL, 0, 0};
    struct lists lists;

    lists_measure(reader, &lists);
    table.room = lists.count + lists.count64 + model->thread_count;
    table.ranges = reader_array(reader, "memory ranges", table.room, sizeof(*table.ranges));
    if (!table.ranges)
        return;
    list_add(reader, &lists, &table);
    list64_add(reader, &lists, &table);
    for (size_t i = 0; i < model->thread_count; i++)
        table_add(&table, model->threads[i].stack_address, model->threads[i].stack);
    qsort(table.ranges, table.count, sizeof(*table.ranges), range_compare);
    for (size_t i = 0; i < table.count; i++) {
        uint64_t end = table.ranges[i].address + table.ranges[i].bytes.len;

        table.ranges[i].reach = i && table.ranges[i - 1].reach > end ? table.ranges[i - 1].reach : end;
    }
    model->ranges = table.ranges;
    model->range_count = table.count;
}

/* The first index whose address is above the given one. */
static size_t range_above(const struct minidump *minidump, uint64_t address)
{
    size_t low = 0, high = minidump->range_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (minidump->ranges[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool minidump_memory_at(const struct minidump *minidump, uint64_t address, struct span *ret)
{
    size_t at = range_above(minidump, address);

    for (unsigned steps = 0; at-- > 0 && steps < MAX_STEPS_BACK && minidump->ranges[at].reach > address; steps++) {
        const struct minidump_range *range = &minidump->ranges[at];
        uint64_t offset = address - range->address;

        if (offset < range->bytes.len)
            return span_sub(range->bytes, offset, range->bytes.len - offset, ret);
    }
    return false;
}

bool minidump_memory_read(const struct minidump *minidump, uint64_t address, void *ret, size_t size)
{
    uint8_t *to = ret;
    struct span bytes;

    while (size) {
        size_t part;

        if (!minidump_memory_at(minidump, address, &bytes))
            return false;
        part = bytes.len < size ? bytes.len : size;
        memcpy(to, bytes.data, part);
        to += part;
        address += part;
        size -= part;
    }
    return true;
}

static int region_compare(const void *a, const void *b)
{
    const struct minidump_region *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

void reader_memory_info(struct minidump_reader *reader, struct span stream)
{
    uint32_t header, entry_bytes;
    uint64_t announced;
    struct minidump_region *regions;
    size_t count;

    if (!span_u32(stream, 0, &header) || !span_u32(stream, 4, &entry_bytes) || !span_u64(stream, 8, &announced) ||
        entry_bytes < REGION_BYTES) {
        reader_note(reader, "memory info list: its header is not understood");
        return;
    }
    count = reader_count(reader, "memory info list", stream, header, announced, entry_bytes, MINIDUMP_MAX_REGIONS);
    regions = reader_array(reader, "memory info list", count, sizeof(*regions));
    if (!regions)
        return;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *entry = stream.data + header + i * entry_bytes;

        regions[i] = (struct minidump_region){bytes_u64(entry),      bytes_u64(entry + 24), bytes_u64(entry + 8), bytes_u32(entry + 16),
                                              bytes_u32(entry + 32), bytes_u32(entry + 36), bytes_u32(entry + 40)};
    }
    qsort(regions, count, sizeof(*regions), region_compare);
    reader->model.regions = regions;
    reader->model.region_count = count;
}

const struct minidump_region *minidump_region_at(const struct minidump *minidump, uint64_t address)
{
    size_t low = 0, high = minidump->region_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (minidump->regions[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || address - minidump->regions[low - 1].address >= minidump->regions[low - 1].size_bytes)
        return NULL;
    return &minidump->regions[low - 1];
}
