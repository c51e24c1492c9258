/* illegal.c - executes what is no instruction, and what is not code at all. */
#include "crash.h"
#include <stdint.h>
#if defined(_MSC_VER)
#include <intrin.h>
#endif

CRASH_NOINLINE void crash_illegal(void)
{
    crash_site((uintptr_t)crash_illegal);
#if defined(_MSC_VER)
    __ud2();
#else
    __asm__ __volatile__("ud2");
#endif
}

CRASH_NOINLINE void crash_exec_av(void)
{
    void (*volatile nowhere)(void) = (void (*)(void))(uintptr_t)0x30;

    crash_site(0x30);
    nowhere();
}
