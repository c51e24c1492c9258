/* fast_fail.c - a real fast fail, which no handler in the process can see. */
#include "crash.h"
#include <windows.h>

static CRASH_NOINLINE int refuse_to_go_on(int code)
{
    crash_site((uintptr_t)refuse_to_go_on);
#if defined(_MSC_VER)
    __fastfail((unsigned)code);
#else
    __asm__ __volatile__("int $0x29" : : "c"(code));
#endif
    return code + 1;
}

void crash_fast_fail(void)
{
    volatile int result = refuse_to_go_on(7); /* FAST_FAIL_FATAL_APP_EXIT: abort */
    (void)result;
}

void crash_fast_fail_cookie(void)
{
    volatile int result = refuse_to_go_on(2); /* FAST_FAIL_STACK_COOKIE_CHECK_FAILURE: /GS */
    (void)result;
}

void crash_fast_fail_list(void)
{
    volatile int result = refuse_to_go_on(3); /* FAST_FAIL_CORRUPT_LIST_ENTRY */
    (void)result;
}

void crash_fast_fail_argument(void)
{
    volatile int result = refuse_to_go_on(5); /* FAST_FAIL_INVALID_ARG: the CRT's invalid parameter */
    (void)result;
}

void crash_fast_fail_call(void)
{
    volatile int result = refuse_to_go_on(10); /* FAST_FAIL_GUARD_ICALL_CHECK_FAILURE: CFG */
    (void)result;
}
