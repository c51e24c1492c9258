/* fuzz_pdb.c - compiling a PDB, and looking up everything in what came out. */
#include "fuzz.h"
#include "support_symbols.h"
#include "symbols/pdb.h"
#include "symbols/symbols.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct symbol_builder *builder = NULL;
    struct span bytes = {data, size};
    struct pdb_identity identity;
    const char *why = NULL;

    if (symbol_builder_create(&builder) != ST_OK)
        abort();
    if (pdb_identify(bytes, &identity, &why) != ST_OK || pdb_compile(bytes, builder, &why) != ST_OK) {
        if (!why)
            abort();
        symbol_builder_free(builder);
        return 0;
    }
    struct symbol_table *table = symbols_compiled(builder);
    symbols_touch(table);
    symbols_close(table);
    return 0;
}
