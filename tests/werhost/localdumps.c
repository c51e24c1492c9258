/* localdumps.c - LocalDumps by the book (https://learn.microsoft.com/windows/win32/wer/collecting-user-mode-dumps): the program's own key
 * first, then the general one; DumpFolder defaults to %LOCALAPPDATA%\CrashDumps, DumpCount to 10, DumpType to 1 (mini), and
 * CustomDumpFlags, which count for DumpType 0, to 0x121. */
#include "localdumps.h"
#include <dbghelp.h>
#include <stdio.h>
#include <wchar.h>

#define LOCALDUMPS_KEY  L"SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps"
#define LOCALDUMPS_PATH 2048
#define LOCALDUMPS_NAME (LOCALDUMPS_PATH + 280)
#define DEFAULT_FLAGS   0x121u /* MiniDumpWithDataSegs | MiniDumpWithUnloadedModules | MiniDumpWithProcessThreadData */

struct dump_settings {
    wchar_t folder[LOCALDUMPS_PATH];
    DWORD count, type, custom_flags;
};

static bool open_key(const wchar_t *path, HKEY *ret)
{
    return RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, ret) == ERROR_SUCCESS;
}

static void read_number(HKEY key, const wchar_t *name, DWORD *ret)
{
    DWORD value, size = sizeof value, type;
    if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)&value, &size) == ERROR_SUCCESS && type == REG_DWORD)
        *ret = value;
}

static void read_folder(HKEY key, wchar_t *ret)
{
    wchar_t raw[LOCALDUMPS_PATH] = {0};
    DWORD size = sizeof raw - sizeof *raw, type;
    if (RegQueryValueExW(key, L"DumpFolder", NULL, &type, (BYTE *)raw, &size) != ERROR_SUCCESS)
        return;
    if (type == REG_EXPAND_SZ)
        ExpandEnvironmentStringsW(raw, ret, LOCALDUMPS_PATH);
    else if (type == REG_SZ)
        wcscpy(ret, raw);
}

static void read_key(HKEY key, struct dump_settings *ret)
{
    read_folder(key, ret->folder);
    read_number(key, L"DumpCount", &ret->count);
    read_number(key, L"DumpType", &ret->type);
    read_number(key, L"CustomDumpFlags", &ret->custom_flags);
}

static bool read_settings(const wchar_t *exe, struct dump_settings *ret)
{
    wchar_t path[LOCALDUMPS_PATH];
    HKEY general, own;

    ExpandEnvironmentStringsW(L"%LOCALAPPDATA%\\CrashDumps", ret->folder, LOCALDUMPS_PATH);
    ret->count = 10;
    ret->type = 1;
    ret->custom_flags = DEFAULT_FLAGS;
    if (!open_key(LOCALDUMPS_KEY, &general))
        return false;
    read_key(general, ret);
    RegCloseKey(general);
    swprintf(path, LOCALDUMPS_PATH, L"%ls\\%ls", LOCALDUMPS_KEY, exe);
    if (!open_key(path, &own))
        return false; /* the general key alone would count for every program; tests set up single ones */
    read_key(own, ret);
    RegCloseKey(own);
    return ret->count > 0;
}

static const wchar_t *base_name(const wchar_t *path)
{
    const wchar_t *slash = wcsrchr(path, L'\\');
    return slash ? slash + 1 : path;
}

/* The oldest dump of the program into ret, LOCALDUMPS_NAME units; how many there are. */
static DWORD find_oldest(const struct dump_settings *from, const wchar_t *exe, wchar_t *ret)
{
    wchar_t pattern[LOCALDUMPS_NAME];
    WIN32_FIND_DATAW found;
    FILETIME first = {~0u, ~0u};
    DWORD seen = 0;
    HANDLE search;

    swprintf(pattern, LOCALDUMPS_NAME, L"%ls\\%ls.*.dmp", from->folder, exe);
    search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return 0;
    do {
        seen++;
        if (CompareFileTime(&found.ftLastWriteTime, &first) < 0) {
            first = found.ftLastWriteTime;
            swprintf(ret, LOCALDUMPS_NAME, L"%ls\\%ls", from->folder, found.cFileName);
        }
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return seen;
}

/* Makes room for one more: the folder never holds more than DumpCount dumps of the program, also after the count was lowered. */
static void rotate(const struct dump_settings *from, const wchar_t *exe)
{
    wchar_t oldest[LOCALDUMPS_NAME];

    while (find_oldest(from, exe, oldest) >= from->count)
        if (!DeleteFileW(oldest))
            return;
}

static MINIDUMP_TYPE dump_type(const struct dump_settings *from)
{
    if (from->type == 0)
        return (MINIDUMP_TYPE)from->custom_flags;
    return from->type == 2 ? MiniDumpWithFullMemory : MiniDumpNormal;
}

static bool write_dump(const struct fault *fault, const wchar_t *path, MINIDUMP_TYPE type)
{
    MINIDUMP_EXCEPTION_INFORMATION information;
    EXCEPTION_POINTERS pointers;
    EXCEPTION_RECORD record = fault->record;
    CONTEXT context;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    BOOL written = FALSE;

    if (file == INVALID_HANDLE_VALUE)
        return false;
    memset(&context, 0, sizeof context);
    context.ContextFlags = CONTEXT_ALL;
    if (GetThreadContext(fault->thread, &context)) {
        pointers.ExceptionRecord = &record;
        pointers.ContextRecord = &context;
        information.ThreadId = fault->thread_id;
        information.ExceptionPointers = &pointers;
        information.ClientPointers = FALSE;
        /* Wine's reads every module's debug information unless the process is known by its handle: seconds, for nothing. */
        SymInitialize(fault->process, NULL, FALSE);
        written = MiniDumpWriteDump(fault->process, fault->pid, file, type, &information, NULL, NULL);
        SymCleanup(fault->process);
    }
    CloseHandle(file);
    return written;
}

bool localdumps_write(const struct fault *fault)
{
    struct dump_settings settings;
    wchar_t image[LOCALDUMPS_PATH] = {0}, path[LOCALDUMPS_NAME];
    DWORD size = LOCALDUMPS_PATH;
    const wchar_t *exe;

    if (!QueryFullProcessImageNameW(fault->process, 0, image, &size))
        return false;
    exe = base_name(image);
    if (!read_settings(exe, &settings)) {
        printf("werhost: LocalDumps is not set up for %ls\n", exe);
        return false;
    }
    CreateDirectoryW(settings.folder, NULL);
    rotate(&settings, exe);
    swprintf(path, LOCALDUMPS_NAME, L"%ls\\%ls.%lu.dmp", settings.folder, exe, (unsigned long)fault->pid);
    if (!write_dump(fault, path, dump_type(&settings))) {
        printf("werhost: could not write %ls (error %lu)\n", path, (unsigned long)GetLastError());
        return false;
    }
    printf("werhost: wrote %ls\n", path);
    return true;
}
