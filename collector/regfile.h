/* regfile.h - builds .reg files: what switches collection on for some programs, and what takes exactly that away again.
 *
 * UTF-16LE with BOM and CRLF, "Windows Registry Editor Version 5.00": the form that regedit writes itself. */
#ifndef SALVOR_COLLECTOR_REGFILE_H
#define SALVOR_COLLECTOR_REGFILE_H
#include "base/buffer.h"
#include <stdbool.h>

#define REGFILE_MAX_BYTES (4u * 1024 * 1024)

struct regfile {
    const char *const *apps; /* program file names, such as "app.exe" */
    size_t app_count;
    const char *url, *key;   /* settings of the collector; NULL = not written */
    const char *dump_folder; /* NULL: NAME_DEFAULT_DUMPS */
    bool undo;
};

/* Appends the file's bytes. On ST_ARGUMENT *ret_message is one sentence for the user, static. */
enum status regfile_build(const struct regfile *regfile, struct buffer *out, const char **ret_message);

#endif
