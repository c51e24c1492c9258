/* log.c - the log's error keeping and lock on Windows. */
#include "base/log_os.h"
#include <errno.h>
#include <windows.h>

static SRWLOCK lock = SRWLOCK_INIT;

struct log_errors log_os_errors(void)
{
    DWORD last = GetLastError(); /* first: reading errno may create the thread's CRT data */
    return (struct log_errors){.crt = errno, .system = last};
}

void log_os_set_errors(struct log_errors errors)
{
    errno = errors.crt;
    SetLastError(errors.system);
}

struct file log_os_stderr(void)
{
    HANDLE handle = GetStdHandle(STD_ERROR_HANDLE);
    return (struct file){handle ? (intptr_t)handle : FILE_CLOSED};
}

void log_os_lock(void)
{
    AcquireSRWLockExclusive(&lock);
}

void log_os_unlock(void)
{
    ReleaseSRWLockExclusive(&lock);
}
