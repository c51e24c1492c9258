/* table.c - opening a compiled table: header, checksum, and that each section lies inside; what the sections say is checked on use. */
#include "symbols/table.h"
#include "symbols/mapping.h"
#include <stdlib.h>
#include <string.h>

static enum status header_check(struct span bytes)
{
    uint32_t version, header;
    uint64_t size;

    if (bytes.len < 8 || memcmp(bytes.data, CACHE_MAGIC, 8) != 0)
        return ST_FORMAT;
    if (!span_u32(bytes, CACHE_OFFSET_VERSION, &version) || !span_u32(bytes, CACHE_OFFSET_HEADER, &header) ||
        !span_u64(bytes, CACHE_OFFSET_SIZE, &size))
        return ST_TRUNCATED;
    if (version != CACHE_VERSION || header != CACHE_HEADER_BYTES)
        return ST_VERSION;
    if (bytes.len < CACHE_HEADER_BYTES || bytes.len < size)
        return ST_TRUNCATED;
    return bytes.len == size ? ST_OK : ST_FORMAT;
}

static enum status checksum_check(struct span bytes)
{
    struct cache_checksum checksum;

    cache_checksum_init(&checksum);
    cache_checksum_add(&checksum, bytes.data + CACHE_OFFSET_SECTIONS, bytes.len - CACHE_OFFSET_SECTIONS);
    return cache_checksum_end(&checksum) == bytes_u64(bytes.data + CACHE_OFFSET_CHECKSUM) ? ST_OK : ST_CHECKSUM;
}

static enum status section_open(struct symbol_table *table, enum cache_section section)
{
    const uint8_t *entry = table->bytes.data + CACHE_OFFSET_SECTIONS + 16 * section;
    uint64_t size = bytes_u64(entry + 8);
    uint32_t entry_bytes = cache_entry_bytes(section);
    struct span bytes;

    if (!span_sub(table->bytes, bytes_u64(entry), size, &bytes) || size % entry_bytes || size / entry_bytes >= UINT32_MAX)
        return ST_FORMAT;
    table->sections[section] = (struct table_section){bytes.data, (uint32_t)(size / entry_bytes)};
    return ST_OK;
}

/* Sections that belong together have the same number of entries, and texts end. */
static enum status sections_check(const struct symbol_table *table)
{
    static const enum cache_section pairs[][2] = {
        {CACHE_CFI_RVAS, CACHE_CFI}, {CACHE_WIN_RVAS, CACHE_WIN}, {CACHE_FPO_RVAS, CACHE_FPO}, {CACHE_ENTRY_RVAS, CACHE_ENTRIES}};
    const struct table_section *texts = &table->sections[CACHE_TEXTS];

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (table->sections[pairs[i][0]].count != table->sections[pairs[i][1]].count)
            return ST_FORMAT;
    }
    return texts->count && !texts->data[0] && !texts->data[texts->count - 1] ? ST_OK : ST_FORMAT;
}

enum status symbols_open(struct symbol_table **ret, struct span bytes)
{
    struct symbol_table *table;
    enum status status = header_check(bytes);

    if (!status)
        status = checksum_check(bytes);
    if (status)
        return status;
    table = calloc(1, sizeof *table);
    if (!table)
        return ST_MEMORY;
    table->bytes = bytes;
    for (unsigned i = 0; i < CACHE_SECTIONS && !status; i++)
        status = section_open(table, (enum cache_section)i);
    if (!status)
        status = sections_check(table);
    if (status)
        free(table);
    else
        *ret = table;
    return status;
}

enum status symbols_open_owned(struct symbol_table **ret, uint8_t *bytes, size_t size)
{
    enum status status = symbols_open(ret, (struct span){bytes, size});

    if (!status)
        (*ret)->owned = bytes;
    return status;
}

enum status symbols_open_file(struct symbol_table **ret, const char *path)
{
    struct span mapping;
    enum status status = symbols_map(&mapping, path);

    if (status)
        return status;
    symbols_map_read(mapping); /* the checksum is over all of it */
    status = symbols_open(ret, mapping);
    if (status)
        symbols_unmap(&mapping);
    else
        (*ret)->mapping = mapping;
    return status;
}

void symbols_close(struct symbol_table *table)
{
    if (!table)
        return;
    symbols_unmap(&table->mapping);
    free(table->owned);
    free(table);
}

const char *symbols_property(const struct symbol_table *table, const char *key)
{
    for (uint32_t i = 0; i < table->sections[CACHE_PROPERTIES].count; i++) {
        const uint8_t *entry = table_entry(table, CACHE_PROPERTIES, i, 8);

        if (strcmp(table_text(table, bytes_u32(entry)), key) == 0)
            return table_text(table, bytes_u32(entry + 4));
    }
    return "";
}

size_t symbols_note_count(const struct symbol_table *table)
{
    return table->sections[CACHE_NOTES].count;
}

const char *symbols_note(const struct symbol_table *table, size_t index)
{
    if (index >= table->sections[CACHE_NOTES].count)
        return "";
    return table_text(table, bytes_u32(table_entry(table, CACHE_NOTES, (uint32_t)index, 4)));
}

void symbols_counts(const struct symbol_table *table, struct symbol_counts *ret)
{
    *ret = (struct symbol_counts){
        .functions = table->sections[CACHE_FUNCTIONS].count,
        .places = table->sections[CACHE_PLACES].count,
        .inlines = table->sections[CACHE_INLINES].count,
        .files = table->sections[CACHE_FILES].count,
        .cfi = table->sections[CACHE_CFI].count,
        .win = table->sections[CACHE_WIN].count + table->sections[CACHE_FPO].count,
        .entries = table->sections[CACHE_ENTRIES].count,
        .notes = table->sections[CACHE_NOTES].count,
        .bytes = table->bytes.len,
    };
}
