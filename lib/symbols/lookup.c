/* lookup.c - from an address to functions, files and lines: one search over functions, one over the places of the function found. */
#include "symbols/table.h"

/* What the entries of the table say, in the order of cache.h. */
struct place {
    uint32_t file, line, inlined;
};

static const char *file_text(const struct symbol_table *table, uint32_t file)
{
    if (file >= table->sections[CACHE_FILES].count)
        return "";
    return table_text(table, bytes_u32(table_entry(table, CACHE_FILES, file, 4)));
}

static struct place place_at(const struct symbol_table *table, uint32_t first, uint32_t count, uint32_t rva)
{
    const struct table_section *keys = &table->sections[CACHE_PLACE_RVAS];
    const uint8_t *entry;
    uint32_t index;

    if (first > keys->count || count > keys->count - first)
        return (struct place){0, 0, 0};
    index = table_search(keys, first, count, rva);
    if (index == TABLE_NONE)
        return (struct place){0, 0, 0};
    entry = table_entry(table, CACHE_PLACES, index, 12);
    return (struct place){bytes_u32(entry), bytes_u32(entry + 4), bytes_u32(entry + 8)};
}

/* Writes the inlined functions of a place, at most max, and leaves in *place where the function itself calls the outermost. */
static size_t inlines_write(const struct symbol_table *table, struct place *place, uint32_t rva, struct symbol_frame *frames, size_t max)
{
    uint32_t below = table->sections[CACHE_INLINES].count + 1; /* numbers + 1 must fall, so that a damaged chain ends */
    size_t written = 0;

    for (unsigned depth = 0; depth < SYMBOLS_MAX_INLINES && place->inlined && place->inlined < below; depth++) {
        const uint8_t *entry = table_entry(table, CACHE_INLINES, place->inlined - 1, 16);

        if (written < max) {
            frames[written++] = (struct symbol_frame){.function = table_text(table, bytes_u32(entry + 4)),
                                                      .file = file_text(table, place->file),
                                                      .line = place->line,
                                                      .rva = rva,
                                                      .is_inline = true};
        }
        below = place->inlined;
        *place = (struct place){bytes_u32(entry + 8), bytes_u32(entry + 12), bytes_u32(entry)};
    }
    return written;
}

enum status symbols_lookup(const struct symbol_table *table, uint32_t rva, struct symbol_frame *frames, size_t max, size_t *ret_count)
{
    uint32_t index = table_find(table, CACHE_FUNCTION_RVAS, CACHE_FUNCTIONS, 28, rva), start, flags;
    const uint8_t *entry;
    struct place place;
    size_t count;

    if (index == TABLE_NONE)
        return ST_NOT_FOUND;
    entry = table_entry(table, CACHE_FUNCTIONS, index, 28);
    start = bytes_u32(entry + 4);
    flags = bytes_u32(entry + 16);
    place = place_at(table, bytes_u32(entry + 20), bytes_u32(entry + 24), rva);
    count = inlines_write(table, &place, start, frames, max - 1);
    frames[count] = (struct symbol_frame){.function = table_text(table, bytes_u32(entry + 8)),
                                          .file = file_text(table, place.file),
                                          .line = place.line,
                                          .rva = start,
                                          .parameter_bytes = bytes_u32(entry + 12),
                                          .is_public = flags & CACHE_FLAG_PUBLIC,
                                          .is_folded = flags & CACHE_FLAG_FOLDED};
    *ret_count = count + 1;
    return ST_OK;
}
