/* random.c - RtlGenRandom, which advapi32 exports as SystemFunction036
 * (https://learn.microsoft.com/windows/win32/api/ntsecapi/nf-ntsecapi-rtlgenrandom): the same generator as BCryptGenRandom's, without one
 * more library that everybody who links the client would have to name. */
#include "base/random.h"
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

enum status random_bytes(void *ret, size_t size)
{
    uint8_t *p = ret;
    while (size) {
        ULONG step = size < 0x10000 ? (ULONG)size : 0x10000;
        if (!SystemFunction036(p, step))
            return ST_SYSTEM;
        p += step;
        size -= step;
    }
    return ST_OK;
}
