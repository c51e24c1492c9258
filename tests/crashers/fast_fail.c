/* fast_fail.c - a real fast fail, which no handler in the process can see. */
#include "crash.h"
#include <windows.h>

#ifndef FAST_FAIL_FATAL_APP_EXIT
#define FAST_FAIL_FATAL_APP_EXIT 7
#endif

static CRASH_NOINLINE int refuse_to_go_on(int code)
{
#if defined(_MSC_VER)
    __fastfail((unsigned)code);
#else
    __asm__ __volatile__("int $0x29" : : "c"(code));
#endif
    return code + 1;
}

void crash_fast_fail(void)
{
    volatile int result = refuse_to_go_on(FAST_FAIL_FATAL_APP_EXIT);
    (void)result;
}
