/* append.h - puts right and completes a minidump that is already written: adds what this system's MiniDumpWriteDump leaves out.
 *
 * Wine's writer knows no memory information, no thread names and no process times, and asks no callback for memory; older Windows knows no
 * thread names. Streams that are there already are left alone. Formats: minidumpapiset.h (MINIDUMP_MEMORY_INFO_LIST,
 * MINIDUMP_THREAD_NAME_LIST, MINIDUMP_MISC_INFO). Windows only. */
#ifndef SALVOR_WRITER_APPEND_H
#define SALVOR_WRITER_APPEND_H
#include "base/status.h"
#include "proto/block.h"
#include <windows.h>

/* Appends to the dump in file (read and write access, from offset 0) what can be had of process, and the given ranges of its memory, each
 * byte of which the dump then holds once; a range that can no longer be read is left out. The header is changed last, by one write, so that
 * after an error the dump is what it was. Errors: ST_FORMAT (no dump), ST_TOO_LARGE (offsets beyond 4 GiB), ST_MEMORY, those of files. */
enum status minidump_append(HANDLE file, HANDLE process, DWORD pid, const struct block_range *ranges, size_t range_count);

#endif
