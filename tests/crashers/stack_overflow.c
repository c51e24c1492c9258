/* stack_overflow.c - recursion without an end. */
#include "crash.h"
#include <string.h>

static volatile int endless = 1;

static CRASH_NOINLINE int recurse(volatile char *above, int depth)
{
    volatile char frame[512];
    memset((void *)(size_t)(const volatile void *)frame, depth, sizeof frame);
    frame[0] = above ? above[0] : 1;
    if (!endless)
        return depth;
    return recurse(frame, depth + 1) + frame[depth % (int)sizeof frame];
}

void crash_stack_overflow(void)
{
    volatile int result = recurse((volatile char *)0, 1);
    (void)result;
}
