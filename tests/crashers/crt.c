/* crt.c - a program that is linked with one C run-time or the other, and that this run-time ends: salvor-crt-msvcrt and salvor-crt-ucrt.
 *
 *   salvor-crt-X KIND PIPE SPOOL
 *
 * It says which module its run-time is. Handlers are kept by the run-time, so each module that has its own sets them there. */
#include "salvor.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

/* The import itself, which leads to the run-time's module; `abort` is a jump within the program. */
#if defined(_M_IX86) || defined(__i386__)
#define imported_abort _imp__abort /* C puts one more underscore before it */
#else
#define imported_abort __imp_abort
#endif
extern void(__cdecl *const imported_abort)(void);

static HMODULE runtime(void)
{
    HMODULE module = NULL;
    char path[MAX_PATH] = "";
    const char *slash;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCWSTR)(size_t)imported_abort, &module);
    GetModuleFileNameA(module, path, sizeof path);
    slash = strrchr(path, '\\');
    printf("run-time %s\n", slash ? slash + 1 : path);
    fflush(stdout);
    return module;
}

/* A function of the run-time that headers do not declare, or that is inline there; ends the program when it has none of these names. */
static FARPROC find(HMODULE module, const char *name, const char *other)
{
    FARPROC found = GetProcAddress(module, name);

    if (!found)
        found = GetProcAddress(module, other);
    if (!found) {
        printf("has no %s\n", name);
        exit(8);
    }
    return found;
}

static void die(const char *kind, HMODULE module)
{
    if (strcmp(kind, "abort") == 0)
        abort();
    if (strcmp(kind, "raise") == 0)
        raise(SIGABRT);
    if (strcmp(kind, "invalid-parameter") == 0)
        ((int(__cdecl *)(char *, size_t, const char *))(void (*)(void))find(module, "strcpy_s", "strcpy_s"))(NULL, 4, "no");
    if (strcmp(kind, "pure-call") == 0)
        ((void(__cdecl *)(void))(void (*)(void))find(module, "_purecall", "_purecall"))();
    if (strcmp(kind, "terminate") == 0) /* what an exception that nobody catches comes to */
        ((void(__cdecl *)(void))(void (*)(void))find(module, "?terminate@@YAXXZ", "terminate"))();
}

int main(int argc, char **argv)
{
    salvor_options options;
    HMODULE module = runtime();

    if (argc != 4)
        return 2;
    salvor_options_init(&options);
    options.pipe = argv[2];
    options.spool_dir = argv[3];
    if (salvor_install(&options) != SALVOR_OK || salvor_wait_ready(10000) != SALVOR_OK)
        return 1;
    if (salvor_install_crt_hooks_with((void *)(size_t)_set_invalid_parameter_handler, (void *)(size_t)_set_purecall_handler,
                                      (void *)(size_t)signal) != SALVOR_OK)
        return 1;
    die(argv[1], module);
    return 9;
}
