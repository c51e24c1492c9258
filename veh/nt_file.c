/* nt_file.c - files by the system's own calls, which take nothing from the heap, for the crash path: CreateFileW and MoveFileExW make the
 * names that these want anew each time. */
#include "private.h"

/* Through void (*)(void), the one cast of function pointers that compilers take as meant. */
static void (*find(const char *name))(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    return ntdll ? (void (*)(void))GetProcAddress(ntdll, name) : NULL;
}

bool nt_file_prepare(void)
{
    client.create_file = (nt_create_function)find("NtCreateFile");
    client.set_file = (nt_set_function)find("NtSetInformationFile");
    return client.create_file && client.set_file;
}

bool nt_file_name(const wchar_t *path, struct nt_file *ret)
{
    typedef BOOLEAN(NTAPI * name_function)(PCWSTR, UNICODE_STRING *, PWSTR *, void *);
    name_function to_name = (name_function)find("RtlDosPathNameToNtPathName_U");

    if (!path || !to_name || !to_name(path, &ret->name, NULL, NULL))
        return false;
    InitializeObjectAttributes(&ret->attributes, &ret->name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    return true;
}
