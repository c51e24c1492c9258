/* read_av.c - reads through a pointer into the first page. */
#include "crash.h"

static CRASH_NOINLINE int read_length(const volatile int *list)
{
    crash_site((uintptr_t)read_length);
    return list[8] + 1; /* address 0x20 */
}

void crash_read_av(void)
{
    static const volatile int *volatile missing;
    read_length(missing);
}
