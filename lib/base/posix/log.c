/* log.c - the log's error keeping and lock on POSIX. */
#include "base/log_os.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct log_errors log_os_errors(void)
{
    return (struct log_errors){.crt = errno};
}

void log_os_set_errors(struct log_errors errors)
{
    errno = errors.crt;
}

struct file log_os_stderr(void)
{
    return (struct file){STDERR_FILENO};
}

void log_os_lock(void)
{
    pthread_mutex_lock(&lock);
}

void log_os_unlock(void)
{
    pthread_mutex_unlock(&lock);
}
