/* loader_lock.c - faults under the loader's lock: a DLL's start-up does it. */
#include "crash.h"
#include <windows.h>

void crash_loader_lock(void)
{
    LoadLibraryW(L"salvor-sample-dll.dll");
}
