/* modules.c - see modules.h.
 *
 * WerFault knows a module's path from the registry and its context from what the program told WerRegisterRuntimeExceptionModule. Under Wine
 * that call keeps nothing, so the context is looked for in the program's writable image pages, by its magic, version and size. */
#include "modules.h"
#include "proto/wer.h"
#include <stdio.h>
#include <stdlib.h>

#define MODULES_KEY  L"SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules"
#define MODULES_PATH 2048

/* WER_RUNTIME_EXCEPTION_INFORMATION in its newer layout. */
struct information {
    DWORD size;
    HANDLE process, thread;
    EXCEPTION_RECORD record;
    CONTEXT context;
    PCWSTR report_id;
    BOOL is_fatal;
    DWORD reserved;
};

typedef HRESULT(WINAPI *event_callback)(PVOID, const struct information *, BOOL *, PWSTR, PDWORD, PDWORD);

static ULONG_PTR search_region(HANDLE process, const MEMORY_BASIC_INFORMATION *region)
{
    BYTE *bytes = malloc(region->RegionSize);
    SIZE_T got = 0, at;
    ULONG_PTR found = 0;

    if (bytes && ReadProcessMemory(process, region->BaseAddress, bytes, region->RegionSize, &got)) {
        for (at = 0; !found && at + sizeof(struct wer_context) <= got; at += 8) {
            struct wer_context seen;
            memcpy(&seen, bytes + at, sizeof seen);
            if (seen.magic == WER_CONTEXT_MAGIC && seen.version == WER_CONTEXT_VERSION && seen.size_bytes == sizeof seen && seen.block)
                found = (ULONG_PTR)region->BaseAddress + at;
        }
    }
    free(bytes);
    return found;
}

static ULONG_PTR find_context(HANDLE process)
{
    MEMORY_BASIC_INFORMATION region;
    BYTE *at = NULL;
    ULONG_PTR found = 0;
    DWORD writable = PAGE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

    while (!found && VirtualQueryEx(process, at, &region, sizeof region)) {
        if (region.Type == MEM_IMAGE && region.State == MEM_COMMIT && region.Protect & writable)
            found = search_region(process, &region);
        at = (BYTE *)region.BaseAddress + region.RegionSize;
    }
    return found;
}

static bool fill(const struct fault *fault, struct information *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->size = sizeof *ret;
    ret->process = fault->process;
    ret->thread = fault->thread;
    ret->record = fault->record;
    ret->is_fatal = TRUE;
    ret->context.ContextFlags = CONTEXT_ALL;
    return GetThreadContext(fault->thread, &ret->context);
}

static bool ask(const wchar_t *path, ULONG_PTR context, const struct information *information)
{
    HMODULE module = LoadLibraryW(path);
    event_callback callback = NULL;
    WCHAR name[64] = L"";
    DWORD name_chars = 64, signatures = 0;
    BOOL claimed = FALSE;
    HRESULT result;

    if (module)
        callback = (event_callback)(void (*)(void))GetProcAddress(module, "OutOfProcessExceptionEventCallback");
    if (!callback) {
        printf("werhost: %ls cannot be loaded (error %lu)\n", path, (unsigned long)GetLastError());
        return false;
    }
    result = callback((PVOID)context, information, &claimed, name, &name_chars, &signatures);
    printf("werhost: module %ls answered 0x%08lx, claimed %d\n", path, (unsigned long)result, claimed);
    FreeLibrary(module);
    return claimed != FALSE;
}

bool modules_ask(const struct fault *fault)
{
    struct information information;
    ULONG_PTR context = find_context(fault->process);
    wchar_t path[MODULES_PATH];
    DWORD chars = MODULES_PATH, index = 0;
    bool claimed = false;
    HKEY key;

    if (!context || !fill(fault, &information) ||
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, MODULES_KEY, 0, KEY_READ | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
        return false;
    while (!claimed && RegEnumValueW(key, index++, path, &chars, NULL, NULL, NULL, NULL) == ERROR_SUCCESS) {
        claimed = ask(path, context, &information);
        chars = MODULES_PATH;
    }
    RegCloseKey(key);
    return claimed;
}
