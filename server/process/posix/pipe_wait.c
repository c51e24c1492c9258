/* pipe_wait.c - poll on one pipe. */
#include "process/pipe_wait.h"
#include "base/clock.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>

enum status pipe_wait_readable(struct file *pipe, uint64_t timeout_ms)
{
    uint64_t end = clock_steady_ms() + timeout_ms;

    for (;;) {
        struct pollfd entry = {.fd = (int)pipe->os, .events = POLLIN};
        uint64_t now = clock_steady_ms(), left = now < end ? end - now : 0;
        int count = poll(&entry, 1, left > INT_MAX ? INT_MAX : (int)left);

        if (count > 0)
            return ST_OK;
        if (count < 0 && errno != EINTR)
            return status_from_errno(errno);
        if (!left)
            return ST_TIMEOUT;
    }
}
