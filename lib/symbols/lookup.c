/* lookup.c - from an address to functions, files and lines: an index leads to the function, a search to the place in it. */
#include "symbols/table.h"

#define LINE_BYTES 64u
#define SOON_BYTES 512u

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

/* Where the pieces begin among which that of rva must be, and how many they are; all of them when the index is of no use. */
static void pieces_near(const struct symbol_table *table, uint32_t rva, uint32_t *ret_first, uint32_t *ret_count)
{
    const struct table_section *index = &table->sections[CACHE_FUNCTION_INDEX];
    uint32_t count = table->sections[CACHE_FUNCTIONS].count, shift = index->count ? bytes_u32(index->data) : 32;
    const uint8_t *entry;

    *ret_first = 0;
    *ret_count = count;
    if (shift >= 32 || rva >> shift >= UINT32_MAX - 2 || (rva >> shift) + 2 >= index->count)
        return;
    entry = index->data + 4 * ((size_t)(rva >> shift) + 1);
    if (bytes_u32(entry) > bytes_u32(entry + 4) || bytes_u32(entry + 4) > count)
        return;
    *ret_first = bytes_u32(entry) ? bytes_u32(entry) - 1 : 0; /* the piece before may reach here */
    *ret_count = bytes_u32(entry + 4) - *ret_first;
}

/* The piece that holds rva, or NULL. */
static const uint8_t *piece_at(const struct symbol_table *table, uint32_t rva)
{
    const uint8_t *pieces;
    uint32_t first, count, at;

    pieces_near(table, rva, &first, &count);
    pieces = table_entry(table, CACHE_FUNCTIONS, first, 32);
    at = table_search(pieces, count, 32, rva);
    if (at == TABLE_NONE || rva >= bytes_u32(pieces + (size_t)at * 32 + 4))
        return NULL;
    return pieces + (size_t)at * 32;
}

/* A search waits for memory at each of its steps, in which most of a look-up's time goes: asks for all lines that it may touch at once. */
static void search_soon(const uint8_t *keys, uint32_t count)
{
    size_t size = (size_t)count * 4;

    for (size_t at = 0; at < size && at < SOON_BYTES; at += LINE_BYTES)
        __builtin_prefetch(keys + at);
}

static struct place place_at(const struct symbol_table *table, uint32_t first, uint32_t count, uint32_t rva)
{
    const struct table_section *places = &table->sections[CACHE_PLACES];
    const uint8_t *run, *entry;
    uint32_t index;

    if (first > places->count || count > places->count - first)
        return (struct place){0, 0, 0};
    run = table_entry(table, CACHE_PLACES, first, 16);
    search_soon(run, count);
    index = table_search(run, count, 4, rva);
    if (index == TABLE_NONE)
        return (struct place){0, 0, 0};
    entry = run + (size_t)count * 4 + (size_t)index * 12;
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
    const uint8_t *piece = piece_at(table, rva);
    struct place place;
    uint32_t start;
    size_t count;

    if (!piece)
        return ST_NOT_FOUND;
    start = bytes_u32(piece + 8);
    place = place_at(table, bytes_u32(piece + 24), bytes_u32(piece + 28), rva);
    count = inlines_write(table, &place, start, frames, max - 1);
    frames[count] = (struct symbol_frame){.function = table_text(table, bytes_u32(piece + 12)),
                                          .file = file_text(table, place.file),
                                          .line = place.line,
                                          .rva = start,
                                          .parameter_bytes = bytes_u32(piece + 16),
                                          .is_public = bytes_u32(piece + 20) & CACHE_FLAG_PUBLIC,
                                          .is_folded = bytes_u32(piece + 20) & CACHE_FLAG_FOLDED};
    *ret_count = count + 1;
    return ST_OK;
}
