/* clock.h - wall and steady time. */
#ifndef SALVOR_BASE_CLOCK_H
#define SALVOR_BASE_CLOCK_H
#include <stdint.h>

int64_t clock_unix_ms(void); /* UTC since 1970, milliseconds; may jump */
/* Never goes back, and goes on while the machine sleeps; for waits and durations only. */
uint64_t clock_steady_ms(void);
/* "2026-11-23T17:29:27.123Z" into ret. */
void clock_format_utc(char ret[25], int64_t unix_ms);
/* Windows FILETIME (100 ns since 1601) to Unix milliseconds. */
static inline int64_t clock_from_filetime(uint64_t filetime)
{
    return (int64_t)(filetime / 10000) - 11644473600000LL;
}
static inline uint64_t clock_to_filetime(int64_t unix_ms)
{
    return (uint64_t)(unix_ms + 11644473600000LL) * 10000;
}

#endif
