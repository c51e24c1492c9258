/* plugin.c - a DLL that installs from its DllMain, so that a host which knows nothing of Salvor is covered as long as the DLL is loaded.
 * Installing waits for nothing and loads nothing, which is what the loader lock asks for. See host.c.
 *
 *     x86_64-w64-mingw32-gcc -shared plugin.c -o plugin.dll -I<salvor>/include -L<salvor>/lib -lsalvor */
#include "salvor.h"
#include <windows.h>

__declspec(dllexport) void plugin_work(int *where);

void plugin_work(int *where)
{
    *where = 1;
}

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    salvor_options options;

    (void)module;
    (void)reserved;
    if (reason == DLL_PROCESS_ATTACH) {
        salvor_options_init(&options);
        options.version = "3.2.1";
        salvor_install(&options);
    }
    return TRUE;
}
