/* minidump_writer.h - the seam to whatever writes minidumps: today dbghelp's MiniDumpWriteDump. Windows only.
 *
 * dump.h is what the writers of reports use. */
#ifndef SALVOR_WRITER_MINIDUMP_WRITER_H
#define SALVOR_WRITER_MINIDUMP_WRITER_H
#include "base/bytes.h"
#include "base/status.h"
#include "proto/block.h"
#include <windows.h>

/* salvor.h's SALVOR_DUMP_*, as block.dump_kind carries them. */
enum minidump_kind { MINIDUMP_KIND_MINI = 1, MINIDUMP_KIND_SMART = 2, MINIDUMP_KIND_FULL = 3 };

struct minidump_stream {
    uint32_t type;
    struct span bytes;
};

struct minidump_request {
    HANDLE process, file;
    uint32_t pid, kind;                      /* kind: enum minidump_kind; any other value counts as SMART */
    const struct block_exception *exception; /* NULL or without a context: no exception stream */
    uint32_t pointer_bits;                   /* of the process the exception comes from */
    const struct minidump_stream *streams;
    size_t stream_count; /* <= MINIDUMP_MAX_STREAMS */
    void (*progress)(void *context);
    void *context;
};

#define MINIDUMP_MAX_STREAMS 16

/* Loads the writer now, so that minidump_write need not: for a process that may not load anything later. ST_NOT_FOUND without dbghelp. */
enum status minidump_prepare(void);

/* Writes a minidump of the process into the file. On an error *ret_why is one sentence part and *ret_error a Win32 or HRESULT code.
 * One call at a time: dbghelp is single-threaded. */
enum status minidump_write(const struct minidump_request *request, const char **ret_why, DWORD *ret_error);

#endif
