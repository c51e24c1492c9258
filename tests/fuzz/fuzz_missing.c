/* fuzz_missing.c - a server's answer to the question which symbol files it lacks. */
#include "fuzz.h"
#include "uploader/missing.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char name[] = "app.pdb", other[] = "a\".exe", id[] = "3FA2", file[] = "app.sym";
    struct symbol_entry entries[] = {
        {NULL, name, id, name, false, LOCATE_PDB}, {NULL, name, id, file, false, LOCATE_SYM}, {NULL, other, id, other, false, LOCATE_PE}};
    struct symbol_list list = {.items = entries, .count = 3};
    size_t marked = 0;
    enum status status = missing_mark(&list, 0, list.count, data, size);

    for (size_t i = 0; i < list.count; i++)
        marked += entries[i].is_missing;
    if ((status != ST_OK && status != ST_FORMAT) || (status == ST_OK && size < 2) || (marked && size < marked * 20))
        abort();
    return 0;
}
