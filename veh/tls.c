/* tls.c - a TLS callback, so that a static library sees threads that nobody tells it of: each gets the stack guarantee before its first own
 * instruction, and the process's end marks a clean exit (on Windows; Wine does not call static TLS callbacks for it).
 *
 * salvor.dll has it too; there the loader calls it like any module's. */
#include "private.h"

static void NTAPI on_change(PVOID module, DWORD reason, PVOID reserved)
{
    (void)module, (void)reserved;
    if (reason == DLL_THREAD_ATTACH)
        salvor_thread_init();
    else if (reason == DLL_PROCESS_DETACH)
        data_clean_exit();
}

/* The CRT's TLS directory runs from .CRT$XLA to .CRT$XLZ; what stands between is called in the order of its letters. */
#if defined(_MSC_VER)
#if defined(_M_IX86)
#pragma comment(linker, "/INCLUDE:__tls_used")
#else
#pragma comment(linker, "/INCLUDE:_tls_used")
#endif
#pragma section(".CRT$XLF", long, read)
__declspec(allocate(".CRT$XLF")) extern const PIMAGE_TLS_CALLBACK salvor_private_tls;
const PIMAGE_TLS_CALLBACK salvor_private_tls = on_change;
#else
#define TLS_SLOT __attribute__((section(".CRT$XLF"), used))
extern const PIMAGE_TLS_CALLBACK salvor_private_tls;
const PIMAGE_TLS_CALLBACK salvor_private_tls TLS_SLOT = on_change;
#endif
