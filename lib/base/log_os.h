/* log_os.h - what log.c needs from the system. Private to lib/base. */
#ifndef SALVOR_BASE_LOG_OS_H
#define SALVOR_BASE_LOG_OS_H
#include "base/file.h"

/* The thread's last errors, so that logging one does not destroy it. */
struct log_errors {
    int crt;
    uint32_t system; /* GetLastError */
};
struct log_errors log_os_errors(void);
void log_os_set_errors(struct log_errors errors);

/* Standard error; not to be closed. FILE_CLOSED where a program has none (a Windows service). */
struct file log_os_stderr(void);

/* One lock for the whole process; needs no set-up. */
void log_os_lock(void);
void log_os_unlock(void);

#endif
