/* clock.c - the clocks of POSIX. */
#include "base/clock.h"
#include <time.h>

int64_t clock_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* CLOCK_MONOTONIC stands still while Linux sleeps; GetTickCount64 does not either. */
#ifdef CLOCK_BOOTTIME
#define CLOCK_STEADY CLOCK_BOOTTIME
#else
#define CLOCK_STEADY CLOCK_MONOTONIC
#endif

uint64_t clock_steady_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_STEADY, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}
