/* lasterror.c - what GetLastError would have said in a thread: read from its TEB, and named (winerror.h). */
#include "base/bytes.h"
#include "minidump/reason.h"
#include <inttypes.h>
#include <stdio.h>

/* TEB.LastErrorValue (winternl.h). */
#define TEB_LAST_ERROR_64 0x68u
#define TEB_LAST_ERROR_32 0x34u

static const struct {
    uint32_t code;
    const char *name;
} errors[] = {
    {0, "ERROR_SUCCESS"},
    {1, "ERROR_INVALID_FUNCTION"},
    {2, "ERROR_FILE_NOT_FOUND"},
    {3, "ERROR_PATH_NOT_FOUND"},
    {4, "ERROR_TOO_MANY_OPEN_FILES"},
    {5, "ERROR_ACCESS_DENIED"},
    {6, "ERROR_INVALID_HANDLE"},
    {8, "ERROR_NOT_ENOUGH_MEMORY"},
    {14, "ERROR_OUTOFMEMORY"},
    {18, "ERROR_NO_MORE_FILES"},
    {32, "ERROR_SHARING_VIOLATION"},
    {33, "ERROR_LOCK_VIOLATION"},
    {38, "ERROR_HANDLE_EOF"},
    {50, "ERROR_NOT_SUPPORTED"},
    {80, "ERROR_FILE_EXISTS"},
    {87, "ERROR_INVALID_PARAMETER"},
    {109, "ERROR_BROKEN_PIPE"},
    {112, "ERROR_DISK_FULL"},
    {120, "ERROR_CALL_NOT_IMPLEMENTED"},
    {122, "ERROR_INSUFFICIENT_BUFFER"},
    {123, "ERROR_INVALID_NAME"},
    {126, "ERROR_MOD_NOT_FOUND"},
    {127, "ERROR_PROC_NOT_FOUND"},
    {183, "ERROR_ALREADY_EXISTS"},
    {203, "ERROR_ENVVAR_NOT_FOUND"},
    {206, "ERROR_FILENAME_EXCED_RANGE"},
    {231, "ERROR_PIPE_BUSY"},
    {234, "ERROR_MORE_DATA"},
    {258, "WAIT_TIMEOUT"},
    {259, "ERROR_NO_MORE_ITEMS"},
    {487, "ERROR_INVALID_ADDRESS"},
    {995, "ERROR_OPERATION_ABORTED"},
    {996, "ERROR_IO_INCOMPLETE"},
    {997, "ERROR_IO_PENDING"},
    {998, "ERROR_NOACCESS"},
    {1008, "ERROR_NO_TOKEN"},
    {1168, "ERROR_NOT_FOUND"},
    {1400, "ERROR_INVALID_WINDOW_HANDLE"},
    {1407, "ERROR_CANNOT_FIND_WND_CLASS"},
    {1410, "ERROR_CLASS_ALREADY_EXISTS"},
    {1450, "ERROR_NO_SYSTEM_RESOURCES"},
    {1455, "ERROR_COMMITMENT_LIMIT"},
    {1812, "ERROR_RESOURCE_DATA_NOT_FOUND"},
    {1813, "ERROR_RESOURCE_TYPE_NOT_FOUND"},
    {1814, "ERROR_RESOURCE_NAME_NOT_FOUND"},
};

bool minidump_last_error(const struct minidump *minidump, size_t thread, char *ret, size_t ret_size)
{
    unsigned pointer_bytes = cpu_layout(minidump->system.cpu)->pointer_bytes;
    uint64_t teb = minidump->threads[thread].teb;
    uint8_t value[4];
    uint32_t code;

    if (!teb || !minidump->system.present || minidump->system.platform != MINIDUMP_OS_WINDOWS ||
        !minidump_memory_read(minidump, teb + (pointer_bytes == 8 ? TEB_LAST_ERROR_64 : TEB_LAST_ERROR_32), value, sizeof(value)))
        return false;
    code = bytes_u32(value);
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].code == code) {
            snprintf(ret, ret_size, "%s", errors[i].name);
            return true;
        }
    snprintf(ret, ret_size, "unknown 0x%08" PRIx32, code);
    return true;
}
