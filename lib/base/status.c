/* status.c - texts and names of the status table, and the one translation of errno values. */
#include "base/status.h"
#include <errno.h>
#include <stddef.h>

static const struct {
    const char *name, *text;
} statuses[] = {
#define STATUS_ROW(name, text) {#name, text},
    STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

const char *status_text(enum status status)
{
    return (unsigned)status < ST_COUNT ? statuses[status].text : "unknown error";
}

const char *status_name(enum status status)
{
    return (unsigned)status < ST_COUNT ? statuses[status].name : "UNKNOWN";
}

/* Only values that C11's and Microsoft's <errno.h> share with POSIX; the rest stands behind #ifdef, since a value may be missing. */
static const struct {
    int error;
    enum status status;
} errors[] = {
    {0, ST_OK},
    {EINVAL, ST_ARGUMENT},
    {EBADF, ST_ARGUMENT},
    {EFAULT, ST_ARGUMENT},
    {ENAMETOOLONG, ST_ARGUMENT},
    {EILSEQ, ST_FORMAT},
    {ENOMEM, ST_MEMORY},
    {EFBIG, ST_TOO_LARGE},
    {E2BIG, ST_TOO_LARGE},
    {EMSGSIZE, ST_TOO_LARGE},
    {ENOENT, ST_NOT_FOUND},
    {ENOTDIR, ST_NOT_FOUND},
    {ENXIO, ST_NOT_FOUND},
    {ENODEV, ST_NOT_FOUND},
    {ESRCH, ST_NOT_FOUND},
    {EEXIST, ST_EXISTS},
    {EACCES, ST_ACCESS},
    {EPERM, ST_ACCESS},
    {EISDIR, ST_ACCESS},
    {EBUSY, ST_BUSY},
    {ENOTEMPTY, ST_BUSY},
    {ETXTBSY, ST_BUSY},
    {EAGAIN, ST_BUSY},
    {EDEADLK, ST_BUSY},
    {EADDRINUSE, ST_BUSY},
    {ENOSPC, ST_FULL},
    {EROFS, ST_READ_ONLY},
    {EIO, ST_IO},
    {EPIPE, ST_CLOSED},
    {ECONNRESET, ST_CLOSED},
    {ETIMEDOUT, ST_TIMEOUT},
    {ECONNREFUSED, ST_REFUSED},
    {ENETUNREACH, ST_NETWORK},
    {ENETDOWN, ST_NETWORK},
    {EHOSTUNREACH, ST_NETWORK},
    {EADDRNOTAVAIL, ST_NETWORK},
    {ECONNABORTED, ST_NETWORK},
    {ENOSYS, ST_UNSUPPORTED},
    {ENOTSUP, ST_UNSUPPORTED},
    {EXDEV, ST_UNSUPPORTED},
#ifdef EDQUOT
    {EDQUOT, ST_FULL},
#endif
#ifdef ELOOP
    {ELOOP, ST_ARGUMENT},
#endif
};

enum status status_from_errno(int error)
{
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].error == error)
            return errors[i].status;
    }
    return ST_SYSTEM;
}
