/* scribble.c - a program that has run wild: it writes over what it can reach before anything stops it. The heap behind its own blocks,
 * every page that it shares with somebody (the collector's block among them), or its own stack. */
#include "crash.h"
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

#define OVERRUN_BYTES 64
#define HEAP_BLOCKS   64
#define STACK_BYTES   200
#if defined(_MSC_VER)
#define FRAME_END ((volatile unsigned char *)_AddressOfReturnAddress())
#else
#define FRAME_END ((volatile unsigned char *)__builtin_frame_address(0) + sizeof(void *))
#endif

enum pattern { PATTERN_ZERO, PATTERN_ONES, PATTERN_NOISE };

static void fill(volatile unsigned char *from, size_t size, enum pattern pattern)
{
    unsigned long noise = 12345;

    for (size_t i = 0; i < size; i++) {
        noise = noise * 1103515245u + 12345u;
        from[i] = (unsigned char)(pattern == PATTERN_NOISE ? noise >> 16 : pattern == PATTERN_ONES ? 0xff : 0);
    }
}

/* In the shared block the monitor's and the program's words stand side by side; this goes over all of them. */
static void scribble_shared(enum pattern pattern)
{
    MEMORY_BASIC_INFORMATION region;

    for (char *at = NULL; VirtualQuery(at, &region, sizeof region) && region.RegionSize;
         at = (char *)region.BaseAddress + region.RegionSize)
        if (region.State == MEM_COMMIT && region.Type == MEM_MAPPED && region.Protect == PAGE_READWRITE)
            fill(region.BaseAddress, region.RegionSize, pattern);
}

static void scribble_heap(enum pattern pattern)
{
    unsigned char *blocks[HEAP_BLOCKS];

    for (size_t i = 0; i < HEAP_BLOCKS; i++)
        blocks[i] = malloc(100 + 50 * i);
    for (size_t i = 0; i < HEAP_BLOCKS; i++)
        if (blocks[i])
            fill(blocks[i], 100 + 50 * i + OVERRUN_BYTES, pattern);
}

static void scribble(enum pattern pattern)
{
    scribble_shared(pattern);
    scribble_heap(pattern);
}

void crash_scribble_zero(void)
{
    scribble(PATTERN_ZERO);
    crash_write_av();
}

void crash_scribble_ones(void)
{
    scribble(PATTERN_ONES);
    crash_write_av();
}

void crash_scribble_noise(void)
{
    scribble(PATTERN_NOISE);
    crash_write_av();
}

/* Says when it has run wild, and dies when a line comes. Its heap is let be: the last resort works with it. */
void crash_scribble_wait(void)
{
    char line[16];

    scribble_shared(PATTERN_NOISE);
    puts("scribbled");
    fflush(stdout);
    if (fgets(line, sizeof line, stdin))
        crash_write_av();
}

/* Nobody in the process is told of this one. */
void crash_scribble_fast_fail(void)
{
    scribble(PATTERN_ONES);
    crash_fast_fail();
}

/* Over the frames of its callers, as an overrun array does; it cannot return. What Wine itself keeps at the stack's end is let be: it could
 * not end such a program, while Windows keeps nothing there. */
void crash_scribble_stack(void)
{
    static volatile unsigned char *volatile at, *volatile end;
    static int *volatile nowhere;

    crash_site((uintptr_t)&crash_scribble_stack);
    at = FRAME_END;
    for (end = at + STACK_BYTES; at < end; at++)
        *at = 0xa5;
    *nowhere = 1;
}
