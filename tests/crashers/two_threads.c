/* two_threads.c - two threads fault in the same moment. */
#include "crash.h"
#include <windows.h>

static HANDLE go;

static CRASH_NOINLINE void fault(volatile int *nowhere)
{
    crash_site((uintptr_t)fault);
    WaitForSingleObject(go, INFINITE);
    *nowhere = 1;
}

static DWORD WINAPI run(void *ready)
{
    SetEvent(ready);
    fault((volatile int *)0x10);
    return 0;
}

void crash_two_threads(void)
{
    HANDLE threads[2], ready[2];
    size_t i;

    go = CreateEventW(NULL, TRUE, FALSE, NULL);
    for (i = 0; i < 2; i++) {
        ready[i] = CreateEventW(NULL, TRUE, FALSE, NULL);
        threads[i] = CreateThread(NULL, 0, run, ready[i], 0, NULL);
    }
    WaitForMultipleObjects(2, ready, TRUE, INFINITE);
    SetEvent(go);
    WaitForMultipleObjects(2, threads, TRUE, INFINITE);
}
