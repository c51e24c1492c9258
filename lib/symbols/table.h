/* table.h - an open table's sections and the search over their keys; not for other folders. */
#ifndef SALVOR_SYMBOLS_TABLE_H
#define SALVOR_SYMBOLS_TABLE_H
#include "symbols/cache.h"
#include "symbols/symbols.h"

#define TABLE_NONE UINT32_MAX

struct table_section {
    const uint8_t *data;
    uint32_t count; /* entries */
};

struct symbol_table {
    struct span bytes;
    struct span mapping; /* to unmap; empty when there is none */
    uint8_t *owned;      /* to free; NULL when there is none */
    struct table_section sections[CACHE_SECTIONS];
};

/* The text at an offset; "" when it is not there. Every text ends inside the section, since that ends with a NUL. */
static inline const char *table_text(const struct symbol_table *table, uint32_t offset)
{
    const struct table_section *texts = &table->sections[CACHE_TEXTS];

    return (const char *)texts->data + (offset < texts->count ? offset : 0);
}

/* The bytes of an entry of size bytes; index must be below the section's count. */
static inline const uint8_t *table_entry(const struct symbol_table *table, enum cache_section section, uint32_t index, uint32_t size)
{
    return table->sections[section].data + (size_t)index * size;
}

/* Index of the last key at or below rva among count keys of u32, stride bytes apart; TABLE_NONE when there is none. */
static inline uint32_t table_search(const uint8_t *keys, uint32_t count, uint32_t stride, uint32_t rva)
{
    uint32_t at = 0;

    if (!count || bytes_u32(keys) > rva)
        return TABLE_NONE;
    while (count > 1) { /* the answer is in [at, at + count) */
        uint32_t half = count / 2;

        at += bytes_u32(keys + (size_t)(at + half) * stride) <= rva ? half : 0;
        count -= half;
    }
    return at;
}

/* Index of the entry of a section whose keys stand in section keys and whose first word is its end; TABLE_NONE when rva is in none. */
static inline uint32_t table_find(const struct symbol_table *table, enum cache_section keys, enum cache_section section, uint32_t size,
                                  uint32_t rva)
{
    uint32_t index = table_search(table->sections[keys].data, table->sections[keys].count, 4, rva);

    if (index == TABLE_NONE || rva >= bytes_u32(table_entry(table, section, index, size)))
        return TABLE_NONE;
    return index;
}

#endif
