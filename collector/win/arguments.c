/* arguments.c - this process's arguments from its own command line, in UTF-8. */
#include "../command_line.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <windows.h>

enum status arguments_get(int argc, char **argv, struct arguments *ret)
{
    char *line = wide_to_utf8(GetCommandLineW());
    enum status st;

    (void)argc;
    (void)argv;
    if (!line)
        return ST_MEMORY;
    st = command_line_split(line, ret);
    free(line);
    return st;
}
