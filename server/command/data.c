/* data.c - see data.h. */
#include "command/data.h"
#include <stdio.h>

int data_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("salvor-server: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return 1;
}

bool data_open(struct store *ret, const char *data_dir, bool serve)
{
    enum status status = store_open(ret, data_dir, serve);
    if (!status)
        return true;
    if (status == ST_BUSY)
        data_fail("the data folder \"%s\" is in use: another salvor-server serves it, or its database is locked", data_dir);
    else if (status == ST_VERSION)
        data_fail("the database in \"%s\" was written by a newer salvor-server; run that version", data_dir);
    else
        data_fail("the data folder \"%s\" cannot be opened: %s", data_dir, status_text(status));
    return false;
}
