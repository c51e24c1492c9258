/* fuzz_pe.c - compiling an image, as a file and as if it were loaded, and looking up everything in what came out. */
#include "fuzz.h"
#include "support_symbols.h"
#include "symbols/pe_compile.h"
#include "symbols/symbols.h"
#include <stdlib.h>

static void compile(struct span bytes, bool is_loaded)
{
    struct symbol_builder *builder = NULL;
    struct pe pe;

    if (pe_open(&pe, bytes, is_loaded) != ST_OK)
        return;
    if (symbol_builder_create(&builder) != ST_OK || pe_compile(&pe, builder) != ST_OK)
        abort();
    struct symbol_table *table = symbols_compiled(builder);
    symbols_touch(table);
    symbols_close(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    compile((struct span){data, size}, false);
    compile((struct span){data, size}, true);
    return 0;
}
