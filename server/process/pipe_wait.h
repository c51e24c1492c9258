/* pipe_wait.h - waiting for a child's answer with a limit. */
#ifndef SALVOR_SERVER_PROCESS_PIPE_WAIT_H
#define SALVOR_SERVER_PROCESS_PIPE_WAIT_H
#include "base/file.h"

/* Returns when the pipe has bytes or was closed. Errors: ST_TIMEOUT. */
enum status pipe_wait_readable(struct file *pipe, uint64_t timeout_ms);

#endif
