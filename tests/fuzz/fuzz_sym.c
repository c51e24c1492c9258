/* fuzz_sym.c - Breakpad symbol files: any text, in pieces whose size it chooses itself, gives a reason or a table that can be read. */
#include "fuzz.h"
#include "support_symbols.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why = NULL;
    struct symbol_table *table = symbols_from_sym(data, size, size ? (size_t)data[size - 1] * 4 + 1 : 1, &why);

    if (table)
        symbols_touch(table);
    else if (!why)
        abort();
    symbols_close(table);
    return 0;
}
