/* abort.c - ends by abort(). */
#include "crash.h"
#include <stdlib.h>

static CRASH_NOINLINE int give_up(int volatile *reason)
{
    if (*reason == 0)
        abort();
    return *reason;
}

void crash_abort(void)
{
    static volatile int reason;

    crash_site_program();
    give_up(&reason);
}
