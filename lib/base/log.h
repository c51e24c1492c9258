/* log.h - one event, one line: `2026-11-23T17:29:27.123Z info report-queued id=... file="..."`.
 *
 * Lines go to stderr, or to a file once log_set_file was called. Control characters in a line are escaped, so nobody can forge a line.
 * A call keeps GetLastError and errno as they were. */
#ifndef SALVOR_BASE_LOG_H
#define SALVOR_BASE_LOG_H
#include "base/buffer.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

/* Writes one event. event is a fixed word such as "client-rejected"; format gives `key=value` pairs, values with spaces in "". */
void log_write(enum log_level level, const char *event, const char *format, ...) BASE_PRINTF(3, 4);
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/* Drops events below level; LOG_LEVEL_INFO at start. */
void log_set_level(enum log_level level);
/* Appends to the file from now on; on an error the log stays where it was. */
enum status log_set_file(const char *path);
/* The same; a file that holds max_bytes becomes `<path>.1`, what was that `<path>.2`, and so on up to LOG_OLD_FILES, where the oldest goes.
 * Several processes may write to one file when all do it this way: each finds the new file before its next line. A line stands in one file
 * whole. As long as somebody keeps an old file from being renamed, the file grows on. */
#define LOG_OLD_FILES 4
enum status log_set_rotated_file(const char *path, uint64_t max_bytes);
/* Where lines go; NULL: to stderr. Valid until the next call of the two above. */
const char *log_file_path(void);

#endif
