/* install_registry.c - the event source, and LocalDumps for our own programs: the collector is watched too. */
#include "install.h"
#include <stdlib.h>
#include <wchar.h>

#define EVENT_SOURCES  L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application"
#define LOCALDUMPS     L"SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps"
#define EVENT_TYPES    (EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE)
#define OWN_DUMP_COUNT 3u
#define OWN_DUMP_TYPE  1u /* mini */
#define RIGHTS         (KEY_READ | KEY_WRITE | KEY_WOW64_64KEY)

static const WCHAR *const own_programs[] = {L"salvor-collector.exe", L"salvor-upload.exe"};

static bool exists(const WCHAR *path)
{
    HKEY key;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
        return false;
    RegCloseKey(key);
    return true;
}

struct value {
    const WCHAR *name, *text; /* text NULL: a number */
    DWORD number;
};

static DWORD write_values(HKEY key, const struct value *values, size_t count)
{
    LSTATUS error = ERROR_SUCCESS;

    for (size_t i = 0; i < count && !error; i++) {
        const struct value *value = &values[i];
        if (value->text)
            error = RegSetValueExW(key, value->name, 0, REG_EXPAND_SZ, (const BYTE *)value->text,
                                   (DWORD)((wcslen(value->text) + 1) * sizeof *value->text));
        else
            error = RegSetValueExW(key, value->name, 0, REG_DWORD, (const BYTE *)&value->number, sizeof value->number);
    }
    return (DWORD)error;
}

/* A key that somebody else made stays as it is. */
static enum status make_key(const struct install *install, const WCHAR *path, const struct value *values, size_t count)
{
    enum status st = ST_OK;
    DWORD error = ERROR_SUCCESS;
    HKEY key = NULL;

    if (exists(path) && !made_has(&install->made, MADE_KEY, path)) {
        install_say(install, MADE_KEY, path, "left as it was: it is not ours");
        return ST_OK;
    }
    st = install_note(install, MADE_KEY, path);
    if (!st && !install->dry_run) {
        error = (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, RIGHTS, NULL, &key, NULL);
        if (!error)
            error = write_values(key, values, count);
        if (key)
            RegCloseKey(key);
    }
    if (error)
        return install_fail(install, "a registry key cannot be written:", path, error);
    if (!st)
        install_say(install, MADE_KEY, path, "set");
    return st;
}

static enum status make_event_source(const struct install *install)
{
    const struct value values[] = {{L"EventMessageFile", install->program, 0}, {L"TypesSupported", NULL, EVENT_TYPES}};
    WCHAR *path = install_join(EVENT_SOURCES, install->service);
    enum status st = path ? make_key(install, path, values, 2) : ST_MEMORY;

    free(path);
    return st;
}

enum status install_registry(const struct install *install)
{
    const struct value values[] = {
        {L"DumpFolder", install->dumps[0], 0},
        {L"DumpCount", NULL, OWN_DUMP_COUNT},
        {L"DumpType", NULL, OWN_DUMP_TYPE},
    };
    enum status st = make_event_source(install);

    for (size_t i = 0; !st && i < sizeof own_programs / sizeof own_programs[0]; i++) {
        WCHAR *path = install_join(LOCALDUMPS, own_programs[i]);
        st = path ? make_key(install, path, values, 3) : ST_MEMORY;
        free(path);
    }
    return st;
}

void install_remove_key(const struct install *install, const WCHAR *path)
{
    LSTATUS error = install->dry_run ? ERROR_SUCCESS : RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0);

    if (error != ERROR_SUCCESS && error != ERROR_FILE_NOT_FOUND) {
        install_fail(install, "a registry key cannot be removed:", path, (DWORD)error);
        return;
    }
    install_say(install, MADE_KEY, path, "removed");
    if (!install->dry_run)
        made_forget(&install->made, MADE_KEY, path);
}
