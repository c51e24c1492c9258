/* release.c - see release.h.
 *
 * MiniDumpWriteDump stops every thread of its target once, and lets them go when it has written. A dumper that dies or is ended in between
 * leaves a program that waits for its dump without being able to wait: its own bounds do not run while it is stopped. A thread that the
 * program had stopped itself is stopped twice then, and stays so. */
#include "release.h"
#include <windows.h>
/* needs windows.h */
#include <tlhelp32.h>

/* The thread may have ended since it was listed, and its id may be another process's. */
static size_t release_thread(uint32_t pid, DWORD id)
{
    HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME | THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
    DWORD before = 0;

    if (!thread)
        return 0;
    if (GetProcessIdOfThread(thread) == pid)
        before = ResumeThread(thread);
    CloseHandle(thread);
    return before != 0 && before != (DWORD)-1;
}

size_t release_threads(uint32_t pid)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    size_t count = 0;

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry))
        if (entry.th32OwnerProcessID == pid)
            count += release_thread(pid, entry.th32ThreadID);
    CloseHandle(snapshot);
    return count;
}
