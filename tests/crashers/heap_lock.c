/* heap_lock.c - faults while another thread holds the lock of the process's heap, and never lets go of it. */
#include "crash.h"
#include <windows.h>

static DWORD WINAPI hold(void *held)
{
    HeapLock(GetProcessHeap());
    SetEvent(held);
    Sleep(INFINITE);
    return 0;
}

static CRASH_NOINLINE void fault(volatile int *nowhere)
{
    *nowhere = 1;
}

void crash_heap_lock(void)
{
    HANDLE held = CreateEventW(NULL, TRUE, FALSE, NULL);

    crash_site((uintptr_t)fault);
    CreateThread(NULL, 0, hold, held, 0, NULL);
    WaitForSingleObject(held, INFINITE);
    fault((volatile int *)0x10);
}
