/* dump_check.h - whether a file is a whole minidump, as far as its header, directory and memory lists tell
 * (https://learn.microsoft.com/windows/win32/api/minidumpapiset/ns-minidumpapiset-minidump_header). */
#ifndef SALVOR_SERVER_INGEST_DUMP_CHECK_H
#define SALVOR_SERVER_INGEST_DUMP_CHECK_H
#include "base/file.h"

/* ST_OK: *ret_time_unix is the header's time (0 = none). ST_FORMAT: not a minidump. ST_TRUNCATED: *ret_needed_bytes says how long the file
 * would have to be. Other errors: reading failed. */
enum status dump_check(struct file *file, uint64_t size_bytes, uint32_t *ret_time_unix, uint64_t *ret_needed_bytes);

#endif
