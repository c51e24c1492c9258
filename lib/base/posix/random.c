/* random.c - the kernel's generator. */
#include "base/random.h"
#include <errno.h>
#include <sys/random.h>

enum status random_bytes(void *ret, size_t size)
{
    uint8_t *p = ret;
    while (size) {
        ssize_t got = getrandom(p, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return status_from_errno(errno);
        p += got;
        size -= (size_t)got;
    }
    return ST_OK;
}
