/* privileged.c - executes an instruction that only the kernel may. */
#include "crash.h"
#if defined(_MSC_VER)
#include <intrin.h>
#endif

CRASH_NOINLINE void crash_privileged(void)
{
    crash_site((uintptr_t)crash_privileged);
#if defined(_MSC_VER)
    __writecr3(0);
#else
    __asm__ __volatile__("hlt");
#endif
}
