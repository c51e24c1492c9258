/* fuzz_symcache.c - compiled symbol tables whose checksum is right, whatever the rest says: look-ups stay inside and end. */
#include "fuzz.h"
#include "support_symbols.h"
#include "symbols/cache.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbol_table *table = NULL;
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        abort();
    memcpy(copy, data, size);
    if (size >= CACHE_HEADER_BYTES) {
        bytes_put_u64(copy + CACHE_OFFSET_SIZE, size);
        symbols_reseal(copy, size);
    }
    if (symbols_open(&table, (struct span){copy, size}) == ST_OK)
        symbols_touch(table);
    symbols_close(table);
    free(copy);
    return 0;
}
