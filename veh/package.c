/* package.c - programs from packages (MSIX), which LocalDumps may pass over: WER keeps a copy of each dump that it takes of them in a
 * folder that they name, below their package's LocalState. It sees the deaths that the process itself does not. See
 * https://learn.microsoft.com/windows/win32/api/werapi/nf-werapi-werregisterapplocaldump */
#include "base/line.h"
#include "private.h"
#include "proto/name.h"

#define NOTE_BYTES 96

struct package_system package_system;
static bool registered;

static FARPROC find(const char *name)
{
    HMODULE kernel = GetModuleHandleW(L"kernel32.dll");
    return kernel ? GetProcAddress(kernel, name) : NULL;
}

/* Windows before 10 version 1709 has no such dumps, before 8 no packages. Through void (*)(void), the one cast of function pointers that
 * compilers take as meant. */
static void find_system(void)
{
    package_system.full_name = (package_name_function)(void (*)(void))find("GetCurrentPackageFullName");
    package_system.register_dumps = (package_register_function)(void (*)(void))find("WerRegisterAppLocalDump");
    package_system.unregister_dumps = (package_unregister_function)(void (*)(void))find("WerUnregisterAppLocalDump");
}

static void note(HRESULT result)
{
    char text[NOTE_BYTES];
    struct line line;

    line_init(&line, text, sizeof text);
    line_text(&line, "salvor: WerRegisterAppLocalDump failed: ");
    line_hex(&line, (uint32_t)result);
    salvor_log(text);
}

void package_register(const struct settings *from)
{
    UINT32 chars = 0;
    HRESULT result;

    if (!package_system.full_name)
        find_system();
    if (!(from->handlers & SALVOR_HANDLE_WER) || !package_system.full_name ||
        package_system.full_name(&chars, NULL) != ERROR_INSUFFICIENT_BUFFER)
        return;
    result = package_system.register_dumps ? package_system.register_dumps(NAME_PACKAGE_DUMPS_WIDE) : E_NOTIMPL;
    registered = SUCCEEDED(result);
    if (!registered)
        note(result);
}

bool package_dumps_registered(void)
{
    return registered;
}

void package_unregister(void)
{
    if (registered && package_system.unregister_dumps)
        package_system.unregister_dumps();
    registered = false;
}
