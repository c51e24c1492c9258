/* clock.c - the clocks of Windows. */
#include "base/clock.h"
#include <windows.h>

int64_t clock_unix_ms(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return clock_from_filetime((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

uint64_t clock_steady_ms(void)
{
    return GetTickCount64();
}
