/* dbghelp_dump.c - see dbghelp_dump.h. */
#include "writer/dbghelp_dump.h"

enum status dbghelp_dump_write(const struct minidump_request *request, const struct minidump_addition *addition, uint64_t *ret_over,
                               const char **ret_why, DWORD *ret_error)
{
    enum status status = minidump_write(request, ret_why, ret_error);

    if (request->progress)
        request->progress(request->context);
    if (status == ST_OK)
        minidump_append(addition, ret_over); /* on an error the dump stays what it was */
    return status;
}
