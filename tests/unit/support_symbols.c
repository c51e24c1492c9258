/* support_symbols.c - what tests and fuzz targets of lib/symbols share; it ends the program instead of failing a test, so that both can use
 * it. */
#include "support_symbols.h"
#include "symbols/cache.h"
#include "symbols/sym.h"
#include "symbols/table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TABLE_BYTES   ((size_t)1 << 30)
#define MAX_TOUCHED       2048u /* keys of one section; of more a sample is taken */
#define MAX_TOUCHED_CHARS 4096u

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "support_symbols: %s\n", what);
    abort();
}

struct symbol_table *symbols_compiled(struct symbol_builder *builder)
{
    struct symbol_table *table = NULL;
    struct buffer out;
    uint8_t *exact;

    buffer_init(&out, MAX_TABLE_BYTES);
    must(symbol_builder_append(builder, &out) == ST_OK, "the builder did not compile");
    symbol_builder_free(builder);
    exact = malloc(out.len); /* so that a read behind the end is seen */
    must(exact != NULL, "no memory");
    memcpy(exact, out.data, out.len);
    must(symbols_open_owned(&table, exact, out.len) == ST_OK, "the compiled table did not open");
    buffer_done(&out);
    return table;
}

struct symbol_table *symbols_from_sym(const void *text, size_t size, size_t step, const char **ret_why)
{
    struct symbol_builder *builder = NULL;
    struct sym_reader *reader = NULL;
    struct symbol_table *table = NULL;
    const char *at = text;

    must(symbol_builder_create(&builder) == ST_OK && sym_reader_create(&reader, builder) == ST_OK, "no memory");
    for (; size; at += step < size ? step : size, size -= step < size ? step : size)
        sym_reader_feed(reader, at, step < size ? step : size);
    if (sym_reader_end(reader, ret_why) == ST_OK)
        table = symbols_compiled(builder);
    else
        symbol_builder_free(builder);
    sym_reader_free(reader);
    return table;
}

void symbols_reseal(uint8_t *bytes, size_t size)
{
    struct cache_checksum checksum;

    cache_checksum_init(&checksum);
    cache_checksum_add(&checksum, bytes + CACHE_OFFSET_SECTIONS, size - CACHE_OFFSET_SECTIONS);
    bytes_put_u64(bytes + CACHE_OFFSET_CHECKSUM, cache_checksum_end(&checksum));
}

static size_t text_touch(const char *text)
{
    size_t length = 0;

    while (length < MAX_TOUCHED_CHARS && text[length])
        length++;
    return length;
}

static size_t frames_touch(const struct symbol_table *table, uint32_t rva)
{
    struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count = 0, seen = 0;

    if (symbols_lookup(table, rva, frames, SYMBOLS_MAX_FRAMES, &count) != ST_OK)
        return 0;
    must(count >= 1 && count <= SYMBOLS_MAX_FRAMES, "a look-up gave no or too many frames");
    must(!frames[count - 1].is_inline, "the outermost frame is inlined");
    for (size_t i = 0; i < count; i++)
        seen += text_touch(frames[i].function) + text_touch(frames[i].file);
    must(symbols_lookup(table, rva, frames, 1, &count) == ST_OK && count == 1, "one frame did not fit");
    return seen;
}

static size_t unwind_touch(const struct symbol_table *table, uint32_t rva)
{
    struct symbol_entry entry;
    struct symbol_cfi cfi;
    struct symbol_win win;
    struct span bytes;
    size_t seen = 0;

    if (symbols_cfi(table, rva, &cfi) == ST_OK) {
        seen += text_touch(cfi.init);
        for (uint32_t i = 0; i < cfi.delta_count && i < MAX_TOUCHED; i++)
            seen += text_touch(symbols_cfi_delta(table, &cfi, i));
    }
    if (symbols_win(table, rva, &win) == ST_OK)
        seen += text_touch(win.program);
    if (symbols_entry(table, rva, &entry) == ST_OK)
        seen += entry.size;
    if (symbols_image(table, rva, &bytes)) {
        must(bytes.len > 0, "an image without bytes");
        seen += bytes.data[0] + bytes.data[bytes.len - 1];
    }
    return seen;
}

static size_t address_touch(const struct symbol_table *table, uint32_t rva)
{
    return frames_touch(table, rva) + unwind_touch(table, rva);
}

/* The addresses around each key of a section whose entries start with one. */
static size_t section_touch(const struct symbol_table *table, enum cache_section which, uint32_t stride)
{
    const struct table_section *section = &table->sections[which];
    size_t seen = 0;

    for (uint32_t k = 0; k < section->count; k += section->count / MAX_TOUCHED + 1) {
        uint32_t rva = bytes_u32(section->data + (size_t)k * stride);

        seen += address_touch(table, rva - 1) + address_touch(table, rva) + address_touch(table, rva + 1);
    }
    return seen;
}

void symbols_touch(const struct symbol_table *table)
{
    volatile size_t seen = 0; /* so that no read is left out */

    seen += section_touch(table, CACHE_FUNCTIONS, 32) + section_touch(table, CACHE_PLACES, 16); /* of places only some are keys */
    seen += section_touch(table, CACHE_CFI_RVAS, 4) + section_touch(table, CACHE_WIN_RVAS, 4) + section_touch(table, CACHE_FPO_RVAS, 4);
    seen += section_touch(table, CACHE_ENTRY_RVAS, 4);
    seen += address_touch(table, 0) + address_touch(table, UINT32_MAX) + address_touch(table, 0x5000);
    for (size_t i = 0; i < symbols_note_count(table); i++)
        seen += text_touch(symbols_note(table, i));
    seen += text_touch(symbols_property(table, SYMBOL_PROPERTY_DEBUG_ID)) + text_touch(symbols_property(table, "none"));
}
