/* raised.c - exceptions that a program raises itself. 0xC0000374 stands in for corruption that the heap detects, 0xC0000006 for a mapped
 * file that can be read no more. */
#include "crash.h"
#include <windows.h>

void crash_raise(void)
{
    ULONG_PTR parameters[2] = {7, 42};

    crash_site_raised();
    RaiseException(0xe0001234, 0, 2, parameters);
}

void crash_heap(void)
{
    crash_site_raised();
    RaiseException(0xc0000374, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

void crash_in_page(void)
{
    ULONG_PTR parameters[3] = {0, 0x7ffd0000, 0xc000009c}; /* read, where, STATUS_DEVICE_DATA_ERROR */

    crash_site_raised();
    RaiseException(0xc0000006, 0, 3, parameters);
}
