/* ucrt.c - the universal C run-time beside the one that the program is linked with, as a plug-in brings it: hooks are set for each. */
#include "crash.h"
#include "salvor.h"
#include <windows.h>

void *crash_ucrt(const char *function)
{
    static HMODULE module;

    if (!module) {
        module = LoadLibraryW(L"ucrtbase.dll");
        salvor_install_crt_hooks_with(crash_ucrt("_set_invalid_parameter_handler"), crash_ucrt("_set_purecall_handler"),
                                      crash_ucrt("signal"));
    }
    return (void *)(size_t)GetProcAddress(module, function);
}
