/* throw_msvc.c - a C++ exception of Microsoft's run-time that nobody catches: it comes from a DLL, since the rest of this program may be
 * another compiler's. */
#include "crash.h"
#include <string.h>
#include <windows.h>

typedef void(__cdecl *throw_function)(int);

void crash_throw_msvc(void)
{
    HMODULE module = LoadLibraryW(L"salvor-sample-msvc.dll");
    FARPROC found = module ? GetProcAddress(module, "salvor_throw") : NULL;
    throw_function function;

    if (!found)
        return;
    memcpy(&function, &found, sizeof function);
    crash_site_raised();
    function(7);
}
