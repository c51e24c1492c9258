/* cache.c - the table format's own arithmetic: sizes of entries, and the checksum. */
#include "symbols/cache.h"
#include <string.h>

#define PRIME_A 0x9e3779b185ebca87u
#define PRIME_B 0xc2b2ae3d27d4eb4fu

uint32_t cache_entry_bytes(enum cache_section section)
{
    static const uint8_t bytes[CACHE_SECTIONS] = {
        [CACHE_FUNCTION_INDEX] = 4, [CACHE_FUNCTIONS] = 32, [CACHE_PLACES] = 16,    [CACHE_INLINES] = 16, [CACHE_FILES] = 4,
        [CACHE_CFI_RVAS] = 4,       [CACHE_CFI] = 24,       [CACHE_DELTAS] = 8,     [CACHE_WIN_RVAS] = 4, [CACHE_WIN] = 48,
        [CACHE_FPO_RVAS] = 4,       [CACHE_FPO] = 48,       [CACHE_ENTRY_RVAS] = 4, [CACHE_ENTRIES] = 8,  [CACHE_IMAGES] = 16,
        [CACHE_BYTES] = 1,          [CACHE_PROPERTIES] = 8, [CACHE_NOTES] = 4,      [CACHE_TEXTS] = 1,
    };

    return bytes[section];
}

void cache_checksum_init(struct cache_checksum *checksum)
{
    memset(checksum, 0, sizeof *checksum);
    for (unsigned i = 0; i < 4; i++)
        checksum->lanes[i] = PRIME_A * (i + 1);
}

static uint64_t turned(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void block_add(uint64_t lanes[4], const uint8_t *block)
{
    for (unsigned i = 0; i < 4; i++)
        lanes[i] = turned(lanes[i] + bytes_u64(block + 8 * i) * PRIME_B, 31) * PRIME_A;
}

void cache_checksum_add(struct cache_checksum *checksum, const void *bytes, size_t size)
{
    const uint8_t *p = bytes;

    checksum->total += size;
    if (checksum->rest_bytes) {
        size_t room = sizeof checksum->rest - checksum->rest_bytes, part = size < room ? size : room;

        memcpy(checksum->rest + checksum->rest_bytes, p, part);
        checksum->rest_bytes += part;
        p += part;
        size -= part;
        if (checksum->rest_bytes < sizeof checksum->rest)
            return;
        block_add(checksum->lanes, checksum->rest);
        checksum->rest_bytes = 0;
    }
    for (; size >= sizeof checksum->rest; p += sizeof checksum->rest, size -= sizeof checksum->rest)
        block_add(checksum->lanes, p);
    if (size)
        memcpy(checksum->rest, p, size);
    checksum->rest_bytes = size;
}

uint64_t cache_checksum_end(struct cache_checksum *checksum)
{
    uint64_t hash = checksum->total * PRIME_B;

    memset(checksum->rest + checksum->rest_bytes, 0, sizeof checksum->rest - checksum->rest_bytes);
    block_add(checksum->lanes, checksum->rest);
    for (unsigned i = 0; i < 4; i++)
        hash = (hash ^ turned(checksum->lanes[i], 7 * i + 1)) * PRIME_A;
    hash ^= hash >> 33;
    hash *= PRIME_B;
    return hash ^ hash >> 29;
}
