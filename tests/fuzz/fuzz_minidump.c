/* fuzz_minidump.c - decoding a minidump, and reading all that a decoded one points at. */
#include "fuzz.h"
#include "minidump/minidump.h"
#include "support_minidump.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct minidump *minidump = NULL;
    struct span bytes = {data, size}, memory;
    const char *why = NULL;
    uint8_t word[8];

    if (minidump_open(&minidump, bytes, &why) != ST_OK) {
        if (!why)
            abort();
        return 0;
    }
    dump_touch(minidump);
    (void)minidump_crashing_thread(minidump);
    (void)minidump_module_at(minidump, 0x140001000u);
    (void)minidump_region_at(minidump, 0x140001000u);
    (void)minidump_memory_at(minidump, 0x10000, &memory);
    (void)minidump_memory_read(minidump, 0x10000, word, sizeof word);
    minidump_close(minidump);
    return 0;
}
