/* symbol_source.c - what lib/symbols has read, in the shape that unwinding asks for. */
#include "unwind/symbol_source.h"
#include <string.h>

static bool pe_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    struct span bytes;

    if (size > UINT32_MAX || !pe_bytes(context, rva, (uint32_t)size, &bytes))
        return false;
    memcpy(ret, bytes.data, size);
    return true;
}

bool unwind_image_of_pe(struct unwind_image *ret, const struct pe *pe)
{
    return unwind_image_open(ret, pe_read, pe);
}

static bool table_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    struct span bytes;

    if (!symbols_image(context, rva, &bytes) || bytes.len < size)
        return false;
    memcpy(ret, bytes.data, size);
    return true;
}

static enum unwind_coverage table_entry(const void *context, uint32_t rva, struct unwind_entry *ret)
{
    struct symbol_entry entry;

    if (!symbols_has_entries(context))
        return UNWIND_COVERAGE_NONE;
    if (symbols_entry(context, rva, &entry) != ST_OK)
        return UNWIND_COVERAGE_LEAF;
    *ret = (struct unwind_entry){entry.rva, entry.rva + entry.size, entry.unwind};
    return UNWIND_COVERAGE_ENTRY;
}

struct unwind_source unwind_source_of_symbols(const struct symbol_table *table, uint64_t base)
{
    return (struct unwind_source){base, table, table_read, table_entry};
}

bool unwind_rules_of_symbols(const struct symbol_table *table, uint32_t rva, size_t index, const char **ret)
{
    struct symbol_cfi cfi;

    if (symbols_cfi(table, rva, &cfi) != ST_OK || index > cfi.delta_count)
        return false;
    *ret = index ? symbols_cfi_delta(table, &cfi, (uint32_t)(index - 1)) : cfi.init;
    return true;
}

void unwind_frame_record_of_symbols(const struct symbol_table *table, uint64_t base, uint32_t rva, struct unwind_frame_record *ret)
{
    struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count;

    *ret = (struct unwind_frame_record){0};
    if (symbols_win(table, rva, &ret->win) == ST_OK) {
        ret->start = base + ret->win.rva;
        ret->parameter_bytes = ret->win.parameter_bytes;
    } else if (symbols_lookup(table, rva, frames, SYMBOLS_MAX_FRAMES, &count) == ST_OK) {
        ret->parameter_bytes = frames[count - 1].parameter_bytes;
    }
}
