/* system.c - terminal and temporary folder on POSIX, where servers and build machines run: on mains, and not metered. */
#include "uploader/system.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>
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

void system_thrift_facts(struct thrift_facts *ret)
{
    *ret = (struct thrift_facts){false, false};
}

void system_sleep(unsigned ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    while (nanosleep(&left, &left) && errno == EINTR) {
    }
}
