/* raised.c - exceptions that a program raises itself; 0xC0000374 stands in for corruption that the heap detects. */
#include "crash.h"
#include <windows.h>

void crash_raise(void)
{
    ULONG_PTR parameters[2] = {7, 42};
    RaiseException(0xe0001234, 0, 2, parameters);
}

void crash_heap(void)
{
    RaiseException(0xc0000374, EXCEPTION_NONCONTINUABLE, 0, NULL);
}
