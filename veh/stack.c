/* stack.c - the room that a stack overflow leaves to its handler. */
#include "private.h"

#define STACK_PAGE_BYTES 4096u

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Warray-bounds" /* NtCurrentTeb reads at an address in a segment, which gcc takes for one in an array */
#endif

/* A stack that is committed whole from its start (Wine commits all of them so) has its guard page at the very end, because nothing ever
 * moved it down, and an overflow leaves no room there whatever was asked for. It is put, with the limit beside it, where a growing stack
 * would have left them: above what is guaranteed. */
static void place_guard(ULONG_PTR low, ULONG guaranteed)
{
    ULONG_PTR page = low + STACK_PAGE_BYTES + guaranteed / STACK_PAGE_BYTES * STACK_PAGE_BYTES;
    MEMORY_BASIC_INFORMATION info;
    DWORD before;

    /* Not under frames that are in use. */
    if (page + STACK_PAGE_BYTES < (ULONG_PTR)&info && VirtualQuery((void *)page, &info, sizeof info) && info.State == MEM_COMMIT &&
        info.Protect == PAGE_READWRITE && VirtualProtect((void *)page, STACK_PAGE_BYTES, PAGE_READWRITE | PAGE_GUARD, &before))
        ((NT_TIB *)NtCurrentTeb())->StackLimit = (void *)(page + STACK_PAGE_BYTES);
}

/* The guarantee costs address space of the stack itself, so it is set only where the reserve is at least ten times as large. */
salvor_status SALVOR_CALL salvor_thread_init(void)
{
    ULONG bytes = settings.stack_guarantee_bytes, set = bytes;
    ULONG_PTR low, high;

    if (client.phase != CLIENT_INSTALLED)
        return SALVOR_E_STATE;
    GetCurrentThreadStackLimits(&low, &high);
    if (!bytes || (high - low) / 10 < bytes)
        return SALVOR_OK;
    if (!SetThreadStackGuarantee(&set))
        return SALVOR_E_SYSTEM;
    place_guard(low, bytes);
    return SALVOR_OK;
}
