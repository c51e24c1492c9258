/* backoff.h - how long to wait after a failure: exponential, with jitter, so that many machines do not come back at once. */
#ifndef SALVOR_COLLECTOR_BACKOFF_H
#define SALVOR_COLLECTOR_BACKOFF_H
#include <stdint.h>

#define BACKOFF_FIRST_MS 5000u
#define BACKOFF_MOST_MS  (15u * 60 * 1000)

/* After this many failures in a row (1...): between half of and the whole of FIRST * 2^(failures - 1), at most MOST. random is any number.
 */
uint64_t backoff_delay_ms(unsigned failures, uint32_t random);

#endif
