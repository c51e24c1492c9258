/* dbghelp_dump.h - a dump by MiniDumpWriteDump, completed by append.h: for those who dump another process. Windows only. */
#ifndef SALVOR_WRITER_DBGHELP_DUMP_H
#define SALVOR_WRITER_DBGHELP_DUMP_H
#include "writer/append.h"
#include "writer/minidump_writer.h"

/* A dump_writer of dump.h. */
enum status dbghelp_dump_write(const struct minidump_request *request, const struct minidump_addition *addition, uint64_t *ret_over,
                               const char **ret_why, DWORD *ret_error);

#endif
