/* arguments.c - the arguments as main got them: they are UTF-8 already. */
#include "../command_line.h"
#include <stdlib.h>

enum status arguments_get(int argc, char **argv, struct arguments *ret)
{
    char **items = calloc((size_t)argc + 1, sizeof *items);

    if (!items)
        return ST_MEMORY;
    for (int i = 0; i < argc; i++)
        items[i] = argv[i];
    ret->count = argc;
    ret->items = items;
    return ST_OK;
}
