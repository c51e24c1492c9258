/* stack_overflow.c - recursion without an end. */
#include "crash.h"
#include <stddef.h>

static volatile int endless = 1;

static CRASH_NOINLINE int recurse(volatile char *above, int depth)
{
    volatile char frame[512];
    size_t i;

    for (i = 0; i < sizeof frame; i++)
        frame[i] = (char)depth;
    frame[0] = above ? above[0] : 1;
    if (!endless)
        return depth;
    return recurse(frame, depth + 1) + frame[depth % (int)sizeof frame];
}

void crash_stack_overflow(void)
{
    volatile int result;

    crash_site((uintptr_t)recurse);
    result = recurse((volatile char *)0, 1);
    (void)result;
}
