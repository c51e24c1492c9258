/* system.c - terminal, temporary folder, battery and network on Windows. */
#include "uploader/system.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>
#include <windows.h>

bool system_has_terminal(void)
{
    DWORD mode;

    return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

enum status system_temp_folder(struct buffer *out)
{
    DWORD size = MAX_PATH + 1, len;
    enum status status = ST_MEMORY;
    wchar_t *path = NULL;

    for (;;) { /* GetTempPathW answers with the size it needs, and the environment may change meanwhile */
        wchar_t *grown = realloc(path, size * sizeof *path);
        if (!grown)
            break;
        path = grown;
        len = GetTempPathW(size, path);
        if (len == 0)
            status = status_from_win32(GetLastError());
        else if (len < size)
            status = text_from_utf16le(out, (const uint8_t *)path, len * sizeof *path, true);
        if (len < size)
            break;
        size = len + 1;
    }
    free(path);
    return status;
}

/* NL_NETWORK_CONNECTIVITY_HINT of nldef.h, since Windows 10 2004; older headers and systems lack it.
 * https://learn.microsoft.com/windows/win32/api/netioapi/nf-netioapi-getnetworkconnectivityhint */
struct connectivity_hint {
    int level, cost;
    BOOLEAN is_near_limit, is_over_limit, is_roaming;
};
#define COST_FIXED    2
#define COST_VARIABLE 3

static bool network_is_metered(void)
{
    HMODULE library = LoadLibraryExW(L"iphlpapi.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    struct connectivity_hint hint = {0};
    DWORD(WINAPI * get)(struct connectivity_hint *) = NULL;
    FARPROC found = library ? GetProcAddress(library, "GetNetworkConnectivityHint") : NULL;
    bool is = false;

    memcpy(&get, &found, sizeof get);
    if (get && get(&hint) == NO_ERROR)
        is = hint.cost == COST_FIXED || hint.cost == COST_VARIABLE || hint.is_over_limit || hint.is_roaming;
    if (library)
        FreeLibrary(library);
    return is;
}

void system_thrift_facts(struct thrift_facts *ret)
{
    SYSTEM_POWER_STATUS power;

    ret->is_on_battery = GetSystemPowerStatus(&power) && power.ACLineStatus == 0;
    ret->is_metered = network_is_metered();
}

void system_sleep(unsigned ms)
{
    Sleep(ms);
}
