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

#define MINIDUMP_OVER_INFORMATION (1ull << 63) /* beside the ranges' bits: memory information */

struct minidump_addition {
    HANDLE file, process; /* file: read and write access, the dump begins at offset 0 */
    DWORD pid;
    const struct block_range *ranges;
    size_t range_count;
    uint64_t most_bytes; /* what does not fit a file of this size is left out: ranges and memory information; UINT64_MAX = no bound */
};

/* Appends to the dump what can be had of the process, and the given ranges of its memory, each byte of which the dump then holds once; a
 * range that can no longer be read is left out. *ret_over has a bit for each range that did not fit. The header is changed last, by one
 * write, so that after an error the dump is what it was. Errors: ST_FORMAT (no dump), ST_TOO_LARGE (offsets beyond 4 GiB), ST_MEMORY, those
 * of files. */
enum status minidump_append(const struct minidump_addition *addition, uint64_t *ret_over);

#endif
