/* dll_main.c - salvor.dll's entry: the process's end through DLL_PROCESS_DETACH is a clean one, since a crash never gets here. */
#include "private.h"

BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved);
BOOL WINAPI DllMain(HINSTANCE module, DWORD reason, LPVOID reserved)
{
    (void)reserved;
    (void)module; /* thread notifications stay on: tls.c wants them */
    if (reason == DLL_PROCESS_DETACH)
        data_clean_exit();
    return TRUE;
}
