/* crash_dll.c - salvor-sample-dll.dll: its DllMain faults.
 *
 * On a fiber of its own: the loader (Wine's at least) catches exceptions of DllMain itself and makes them a failed LoadLibrary, which kills
 * nobody; one that happens on another stack has no frame of the loader's above it, but has the lock. */
#include "crash.h"
#include <windows.h>

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);

static CRASH_NOINLINE void fault(volatile int *nowhere)
{
    crash_site((uintptr_t)fault);
    *nowhere = 1;
}

static void WINAPI on_fiber(void *unused)
{
    (void)unused;
    fault((volatile int *)0x10);
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    void *fiber;

    (void)module, (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    ConvertThreadToFiber(NULL);
    fiber = CreateFiber(0, on_fiber, NULL);
    if (fiber)
        SwitchToFiber(fiber);
    return FALSE;
}
