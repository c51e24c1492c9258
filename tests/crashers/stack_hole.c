/* stack_hole.c - faults while part of the thread's own stack is decommitted. */
#include "crash.h"
#include <windows.h>

#define HOLE_PAGE 4096u

static CRASH_NOINLINE int write_below(volatile char *hole, volatile int *nowhere)
{
    crash_site((uintptr_t)write_below);
    if (!VirtualFree((void *)(size_t)(volatile void *)hole, HOLE_PAGE, MEM_DECOMMIT))
        return 1;
    *nowhere = 1;
    return 0;
}

/* The hole lies between the frame that faults and its caller's. */
void crash_stack_hole(void)
{
    volatile char frame[16 * HOLE_PAGE];
    size_t i;

    for (i = 0; i < sizeof frame; i += HOLE_PAGE / 2)
        frame[i] = 1; /* every page is there first */
    write_below((volatile char *)(((uintptr_t)frame + sizeof frame / 2) & ~(uintptr_t)(HOLE_PAGE - 1)), (volatile int *)0x10);
}
