/* divide.c - divides an integer by zero. */
#include "crash.h"

static CRASH_NOINLINE int average(int sum, int count)
{
    crash_site((uintptr_t)average);
    return sum / count;
}

void crash_divide(void)
{
    static volatile int count;
    volatile int result = average(42, count);
    (void)result;
}
