/* system.c - terminal and temporary folder on POSIX. */
#include "uploader/system.h"
#include <stdlib.h>
#include <unistd.h>

bool system_has_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

enum status system_temp_folder(struct buffer *out)
{
    const char *folder = getenv("TMPDIR");

    return buffer_append_text(out, folder && folder[0] ? folder : "/tmp");
}
