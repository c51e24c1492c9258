/* access.c - see access.h. */
#include "access.h"
#include "base/win/wide.h"
#include <aclapi.h>
#include <stdlib.h>

static const WELL_KNOWN_SID_TYPE ordinary[] = {WinBuiltinUsersSid, WinAuthenticatedUserSid, WinInteractiveSid, WinWorldSid};

static bool is_ordinary(PSID sid)
{
    for (size_t i = 0; i < sizeof ordinary / sizeof ordinary[0]; i++)
        if (IsWellKnownSid(sid, ordinary[i]))
            return true;
    return false;
}

static DWORD specific(DWORD rights)
{
    static const GENERIC_MAPPING mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};

    MapGenericMask(&rights, (PGENERIC_MAPPING)(void *)(uintptr_t)&mapping);
    return rights;
}

/* Entries are taken in their order, as the system does: what an earlier one denied, a later one cannot grant. */
DWORD access_of_users(PACL list)
{
    DWORD granted = 0, denied = 0;

    if (!list)
        return FILE_ALL_ACCESS;
    for (DWORD i = 0; i < list->AceCount; i++) {
        const ACCESS_ALLOWED_ACE *entry = NULL;
        if (!GetAce(list, i, (void **)(void *)&entry) || entry->Header.AceFlags & INHERIT_ONLY_ACE)
            continue;
        if ((entry->Header.AceType != ACCESS_ALLOWED_ACE_TYPE && entry->Header.AceType != ACCESS_DENIED_ACE_TYPE) ||
            !is_ordinary((PSID)(void *)(uintptr_t)&entry->SidStart))
            continue;
        if (entry->Header.AceType == ACCESS_DENIED_ACE_TYPE)
            denied |= specific(entry->Mask) & ~granted;
        else
            granted |= specific(entry->Mask) & ~denied;
    }
    return granted;
}

enum status access_read(const char *path, DWORD *ret_rights)
{
    PSECURITY_DESCRIPTOR security = NULL;
    WCHAR *wide = wide_from_utf8(path);
    PACL list = NULL;
    DWORD error;

    if (!wide)
        return ST_MEMORY;
    error = GetNamedSecurityInfoW(wide, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, &list, NULL, &security);
    free(wide);
    if (error)
        return status_from_win32(error);
    *ret_rights = access_of_users(list);
    LocalFree(security);
    return ST_OK;
}

bool access_is_kept(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    return !ntdll || !GetProcAddress(ntdll, "wine_get_version");
}
