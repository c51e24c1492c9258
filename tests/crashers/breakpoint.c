/* breakpoint.c - a breakpoint without a debugger, such as an assertion leaves. */
#include "crash.h"
#if defined(_MSC_VER)
#include <intrin.h>
#endif

CRASH_NOINLINE void crash_breakpoint(void)
{
    crash_site((uintptr_t)crash_breakpoint);
#if defined(_MSC_VER)
    __debugbreak();
#else
    __asm__ __volatile__("int3");
#endif
}
