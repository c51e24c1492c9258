/* arguments.c - a POSIX program's arguments are taken as UTF-8 as they come. */
#include "base/process.h"

enum status process_arguments(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return ST_OK;
}
