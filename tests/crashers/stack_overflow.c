/* stack_overflow.c - recursion without an end, with frames of several sizes; and a fault where little of the stack is left. */
#include "crash.h"
#include <stddef.h>
#include <windows.h>

unsigned crash_frame_bytes = 512;
unsigned crash_left_bytes = 4096;

static volatile int endless = 1;

/* A frame of more than a page is probed page by page before it is used. */
#define RECURSE(name, size)                                                                                                                \
    static CRASH_NOINLINE int name(volatile char *above, int depth)                                                                        \
    {                                                                                                                                      \
        volatile char frame[size];                                                                                                         \
        size_t i;                                                                                                                          \
                                                                                                                                           \
        for (i = 0; i < sizeof frame; i++)                                                                                                 \
            frame[i] = (char)depth;                                                                                                        \
        frame[0] = above ? above[0] : 1;                                                                                                   \
        if (!endless)                                                                                                                      \
            return depth;                                                                                                                  \
        return name(frame, depth + 1) + frame[depth % (int)sizeof frame];                                                                  \
    }

RECURSE(recurse_16, 16)
RECURSE(recurse_512, 512)
RECURSE(recurse_5000, 5000)
RECURSE(recurse_40000, 40000)

typedef int (*recurse_function)(volatile char *, int);

/* Where frames of more than a page are probed by a function of the compiler's, the fault lies there. */
void crash_stack_overflow(void)
{
    recurse_function recurse = crash_frame_bytes <= 16     ? recurse_16
                               : crash_frame_bytes <= 512  ? recurse_512
                               : crash_frame_bytes <= 5000 ? recurse_5000
                                                           : recurse_40000;
    volatile int result;

    if (crash_frame_bytes <= 512)
        crash_site((uintptr_t)recurse);
    else
        crash_site_program();
    result = recurse((volatile char *)0, 1);
    (void)result;
}

static CRASH_NOINLINE int descend(uintptr_t end, volatile int *nowhere)
{
    volatile char frame[64];

    frame[0] = 1;
    if ((uintptr_t)frame > end)
        return descend(end, nowhere) + frame[0];
    *nowhere = 1;
    return frame[0];
}

/* Writes to address 0x10 with crash_left_bytes of the stack left above its last page. */
void crash_low_stack(void)
{
    ULONG_PTR low, high;
    ULONG guaranteed = 0;

    GetCurrentThreadStackLimits(&low, &high);
    SetThreadStackGuarantee(&guaranteed); /* 0 asks what it is */
    crash_site((uintptr_t)descend);
    descend(low + 2 * 4096 + guaranteed + crash_left_bytes, (volatile int *)0x10);
}
