/* unwind.c - from an address to the unwind records that hold there. */
#include "symbols/table.h"

/* Reads a delta of a record whose run is [first, first + count); false when it is not there. */
static bool delta_at(const struct symbol_table *table, uint32_t first, uint32_t index, uint32_t *ret_rva, uint32_t *ret_rules)
{
    uint32_t count = table->sections[CACHE_DELTAS].count;
    const uint8_t *entry;

    if (first >= count || index >= count - first)
        return false;
    entry = table_entry(table, CACHE_DELTAS, first + index, 8);
    *ret_rva = bytes_u32(entry);
    *ret_rules = bytes_u32(entry + 4);
    return true;
}

/* How many deltas of a run start at or below rva; the run is sorted. */
static uint32_t deltas_until(const struct symbol_table *table, uint32_t first, uint32_t count, uint32_t rva)
{
    uint32_t low = 0, high = count, at, rules;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (delta_at(table, first, middle, &at, &rules) && at <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum status symbols_cfi(const struct symbol_table *table, uint32_t rva, struct symbol_cfi *ret)
{
    uint32_t index = table_find(table, CACHE_CFI_RVAS, CACHE_CFI, 24, rva);
    const uint8_t *entry;

    if (index == TABLE_NONE)
        return ST_NOT_FOUND;
    entry = table_entry(table, CACHE_CFI, index, 24);
    ret->rva = bytes_u32(entry + 4);
    ret->size = bytes_u32(entry + 8) - ret->rva;
    ret->init = table_text(table, bytes_u32(entry + 12));
    ret->delta_first = bytes_u32(entry + 16);
    ret->delta_count = deltas_until(table, ret->delta_first, bytes_u32(entry + 20), rva);
    return ST_OK;
}

const char *symbols_cfi_delta(const struct symbol_table *table, const struct symbol_cfi *cfi, uint32_t index)
{
    uint32_t rva, rules;

    if (index >= cfi->delta_count || !delta_at(table, cfi->delta_first, index, &rva, &rules))
        return "";
    return table_text(table, rules);
}

static bool win_read(const struct symbol_table *table, enum cache_section keys, enum cache_section section, uint32_t rva,
                     struct symbol_win *ret)
{
    uint32_t index = table_find(table, keys, section, 48, rva);
    const uint8_t *entry;

    if (index == TABLE_NONE)
        return false;
    entry = table_entry(table, section, index, 48);
    *ret = (struct symbol_win){.type = bytes_u32(entry + 12),
                               .rva = bytes_u32(entry + 4),
                               .size = bytes_u32(entry + 8),
                               .prologue_bytes = bytes_u32(entry + 16),
                               .epilogue_bytes = bytes_u32(entry + 20),
                               .parameter_bytes = bytes_u32(entry + 24),
                               .saved_register_bytes = bytes_u32(entry + 28),
                               .local_bytes = bytes_u32(entry + 32),
                               .max_stack_bytes = bytes_u32(entry + 36),
                               .allocates_base_pointer = bytes_u32(entry + 40) != 0,
                               .program = table_text(table, bytes_u32(entry + 44))};
    return true;
}

enum status symbols_win(const struct symbol_table *table, uint32_t rva, struct symbol_win *ret)
{
    if (win_read(table, CACHE_WIN_RVAS, CACHE_WIN, rva, ret) || win_read(table, CACHE_FPO_RVAS, CACHE_FPO, rva, ret))
        return ST_OK;
    return ST_NOT_FOUND;
}

enum status symbols_entry(const struct symbol_table *table, uint32_t rva, struct symbol_entry *ret)
{
    uint32_t index = table_find(table, CACHE_ENTRY_RVAS, CACHE_ENTRIES, 8, rva);
    const uint8_t *entry;

    if (index == TABLE_NONE)
        return ST_NOT_FOUND;
    entry = table_entry(table, CACHE_ENTRIES, index, 8);
    ret->rva = bytes_u32(table_entry(table, CACHE_ENTRY_RVAS, index, 4));
    ret->size = bytes_u32(entry) - ret->rva;
    ret->unwind = bytes_u32(entry + 4);
    return ST_OK;
}

bool symbols_has_entries(const struct symbol_table *table)
{
    return table->sections[CACHE_ENTRIES].count != 0;
}

bool symbols_image(const struct symbol_table *table, uint32_t rva, struct span *ret)
{
    const struct table_section *bytes = &table->sections[CACHE_BYTES];
    uint32_t low = 0, high = table->sections[CACHE_IMAGES].count;
    uint64_t offset, skip;
    const uint8_t *entry;

    while (low < high) { /* the first piece that starts above rva */
        uint32_t middle = low + (high - low) / 2;

        if (bytes_u32(table_entry(table, CACHE_IMAGES, middle, 16)) <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return false;
    entry = table_entry(table, CACHE_IMAGES, low - 1, 16);
    offset = bytes_u64(entry + 8);
    skip = rva - bytes_u32(entry);
    if (skip >= bytes_u32(entry + 4) || offset > bytes->count || bytes_u32(entry + 4) > bytes->count - offset)
        return false;
    *ret = (struct span){bytes->data + offset + skip, (size_t)(bytes_u32(entry + 4) - skip)};
    return true;
}
