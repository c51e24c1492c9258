/* loader_lock.c - faults under the loader's lock: a DLL's start-up does it; and, with no fiber in between, a thread that took the lock. */
#include "crash.h"
#include <string.h>
#include <windows.h>

typedef LONG(NTAPI *lock_function)(ULONG, ULONG *, ULONG_PTR *);

void crash_loader_lock(void)
{
    LoadLibraryW(L"salvor-sample-dll.dll");
}

static CRASH_NOINLINE void fault(volatile int *nowhere)
{
    *nowhere = 1;
}

void crash_loader_lock_held(void)
{
    FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "LdrLockLoaderLock");
    lock_function lock;
    ULONG_PTR cookie;

    memcpy(&lock, &found, sizeof lock);
    crash_site((uintptr_t)fault);
    if (lock(0, NULL, &cookie) == 0)
        fault((volatile int *)0x10);
}
