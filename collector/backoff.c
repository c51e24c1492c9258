/* backoff.c - the schedule's arithmetic. */
#include "backoff.h"

#define DOUBLINGS_MAX 16

uint64_t backoff_delay_ms(unsigned failures, uint32_t random)
{
    unsigned doublings = failures > DOUBLINGS_MAX ? DOUBLINGS_MAX : failures > 0 ? failures - 1 : 0;
    uint64_t whole = (uint64_t)BACKOFF_FIRST_MS << doublings;

    if (whole > BACKOFF_MOST_MS)
        whole = BACKOFF_MOST_MS;
    return whole / 2 + random % (whole / 2 + 1);
}
