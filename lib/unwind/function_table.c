/* function_table.c - finds ranges and entries in a FunctionTable stream. */
#include "unwind/function_table.h"

#define HEADER_BYTES     24u
#define DESCRIPTOR_BYTES 32u
#define ROW_BYTES        12u /* amd64's RUNTIME_FUNCTION; other processors' are not read */

/* One table in the stream. */
struct place {
    struct function_table_range range;
    uint64_t base;
    struct span rows; /* empty when they are not all there */
};

/* The table at *at, which moves on; 0 = the first. */
static bool place_next(struct span stream, uint64_t *at, struct place *ret)
{
    uint32_t header, descriptor, native, row, padding;
    uint64_t rows_at, rows_bytes;
    const uint8_t *table;

    if (!span_has(stream, 0, HEADER_BYTES))
        return false;
    header = bytes_u32(stream.data);
    descriptor = bytes_u32(stream.data + 4);
    native = bytes_u32(stream.data + 8);
    row = bytes_u32(stream.data + 12);
    padding = bytes_u32(stream.data + 20);
    if (header < HEADER_BYTES || descriptor < DESCRIPTOR_BYTES || row != ROW_BYTES)
        return false;
    if (!*at)
        *at = (uint64_t)header + padding;
    if (!span_has(stream, *at, descriptor))
        return false;
    table = stream.data + (size_t)*at;
    rows_at = *at + descriptor + native;
    rows_bytes = (uint64_t)bytes_u32(table + 24) * ROW_BYTES;
    ret->range = (struct function_table_range){bytes_u64(table), bytes_u64(table + 8), bytes_u32(table + 24)};
    ret->base = bytes_u64(table + 16);
    ret->rows = (struct span){NULL, 0};
    span_sub(stream, rows_at, rows_bytes, &ret->rows);
    *at = rows_at + rows_bytes + bytes_u32(table + 28);
    return true;
}

static uint32_t place_count(struct span stream)
{
    uint32_t count = 0;

    return span_u32(stream, 16, &count) && count < FUNCTION_TABLE_MAX_TABLES ? count : FUNCTION_TABLE_MAX_TABLES;
}

bool function_table_at(struct span stream, uint64_t address, struct function_table *ret)
{
    struct place place;
    uint64_t at = 0;

    for (uint32_t i = place_count(stream); i && place_next(stream, &at, &place); i--)
        if (address >= place.range.begin && address < place.range.end) {
            ret->base = place.base;
            ret->rows = place.rows;
            return place.rows.data != NULL;
        }
    return false;
}

size_t function_table_ranges(struct span stream, struct function_table_range *ret, size_t max)
{
    struct place place;
    uint64_t at = 0;
    size_t count = 0;

    for (uint32_t i = place_count(stream); i && count < max && place_next(stream, &at, &place); i--)
        ret[count++] = place.range;
    return count;
}

static bool table_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    const struct function_table *table = context;

    return table->read(table->context, table->base + rva, ret, size);
}

static enum unwind_coverage table_entry(const void *context, uint32_t rva, struct unwind_entry *ret)
{
    const struct function_table *table = context;
    size_t low = 0, high = table->rows.len / ROW_BYTES;
    const uint8_t *row;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_u32(table->rows.data + middle * ROW_BYTES) <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    row = low ? table->rows.data + (low - 1) * ROW_BYTES : NULL;
    if (!row || rva >= bytes_u32(row + 4))
        return UNWIND_COVERAGE_LEAF;
    *ret = (struct unwind_entry){bytes_u32(row), bytes_u32(row + 4), bytes_u32(row + 8)};
    return UNWIND_COVERAGE_ENTRY;
}

struct unwind_source function_table_source(const struct function_table *table)
{
    return (struct unwind_source){table->base, table, table_read, table_entry};
}
