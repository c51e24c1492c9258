/* self_dump.h - writes a minidump of the very process that it runs in, by system calls alone: no heap, no loader, no dbghelp, and no lock
 * of the process that a dying thread may hold. For the client's last resort. Windows only.
 *
 * It knows less than MiniDumpWriteDump: no unloaded modules, no versions of modules, no handles. Formats: minidumpapiset.h. */
#ifndef SALVOR_WRITER_SELF_DUMP_H
#define SALVOR_WRITER_SELF_DUMP_H
#include "writer/append.h"
#include "writer/minidump_writer.h"

/* Finds what self_dump_write calls, and its memory; for a process that is well. ST_NOT_FOUND or ST_MEMORY. */
enum status self_dump_prepare(void);

/* A dump_writer of dump.h. Of the request, file, kind, exception and streams count. The calling thread is left out; a full dump has no more
 * than 3 GiB. One at a time. */
enum status self_dump_write(const struct minidump_request *request, const struct minidump_addition *addition, uint64_t *ret_over,
                            const char **ret_why, DWORD *ret_error);

#endif
