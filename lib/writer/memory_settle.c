/* memory_settle.c - see memory_list.h; apart from memory_list.c, because the client has no use for it and every byte there counts. */
#include "base/bytes.h"
#include "writer/memory_list.h"
#include <stdlib.h>
#include <string.h>

static int compare_start(const void *a, const void *b)
{
    uint64_t first = bytes_u64(a), second = bytes_u64(b);

    return first < second ? -1 : first > second;
}

static void cut_front(uint8_t *entry, uint32_t bytes)
{
    bytes_put_u64(entry, bytes_u64(entry) + bytes);
    bytes_put_u32(entry + 8, bytes_u32(entry + 8) - bytes);
    bytes_put_u32(entry + 12, bytes_u32(entry + 12) + bytes);
}

bool memory_list_settle(struct buffer *entries)
{
    size_t kept = 0;
    uint64_t end = 0;
    bool changed = false;

    if (entries->len)
        qsort(entries->data, entries->len / MEMORY_LIST_ENTRY_BYTES, MEMORY_LIST_ENTRY_BYTES, compare_start);
    for (size_t i = 0; i + MEMORY_LIST_ENTRY_BYTES <= entries->len; i += MEMORY_LIST_ENTRY_BYTES) {
        uint8_t *entry = entries->data + i;
        uint64_t start = bytes_u64(entry), twice = end > start ? end - start : 0;

        changed = changed || twice;
        if (twice >= bytes_u32(entry + 8))
            continue;
        cut_front(entry, (uint32_t)twice);
        end = bytes_u64(entry) + bytes_u32(entry + 8);
        memmove(entries->data + kept, entry, MEMORY_LIST_ENTRY_BYTES);
        kept += MEMORY_LIST_ENTRY_BYTES;
    }
    entries->len = kept;
    return changed;
}
