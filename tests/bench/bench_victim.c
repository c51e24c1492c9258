/* bench_victim.c - bench-victim: one program that dies with Salvor, or with a handler that dumps it from within as programs have long done.
 *
 *   bench-victim salvor PIPE SPOOL         registers, and dies
 *   bench-victim plain|known FILE WARMUPS  dies; its own filter calls MiniDumpWriteDump, which it has called WARMUPS times before
 *   bench-victim loop plain|known FILE N   dumps itself once, then N times: prints `looped US`
 *
 * `known` does what Salvor's dumper does under Wine: it calls SymInitialize first and sets DBGHELP_NOLIVE, which spares MiniDumpWriteDump
 * the symbols and the host's own modules. The program says `ready`, waits for a
 * line, says `fault US` and dies; its own filter says `dumped US`. Times are microseconds of the system's clock. */
#include "salvor.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* needs windows.h */
#include <dbghelp.h>

#define DUMP_TYPE                                                                                                                          \
    (MiniDumpWithUnloadedModules | MiniDumpWithThreadInfo | MiniDumpWithProcessThreadData | MiniDumpWithIndirectlyReferencedMemory |       \
     MiniDumpWithFullMemoryInfo) /* SALVOR_DUMP_SMART's */

typedef BOOL(WINAPI *write_dump_function)(HANDLE, DWORD, HANDLE, MINIDUMP_TYPE, PMINIDUMP_EXCEPTION_INFORMATION,
                                          PMINIDUMP_USER_STREAM_INFORMATION, PMINIDUMP_CALLBACK_INFORMATION);
typedef BOOL(WINAPI *initialize_function)(HANDLE, PCSTR, BOOL);
typedef BOOL(WINAPI *cleanup_function)(HANDLE);

static const char *dump_path;
static bool is_known;

static unsigned long long now_us(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return ((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime) / 10;
}

static bool write_known(HMODULE dbghelp, HANDLE file, MINIDUMP_EXCEPTION_INFORMATION *fault)
{
    write_dump_function write_dump = (write_dump_function)(void (*)(void))GetProcAddress(dbghelp, "MiniDumpWriteDump");
    initialize_function initialize = (initialize_function)(void (*)(void))GetProcAddress(dbghelp, "SymInitialize");
    cleanup_function cleanup = (cleanup_function)(void (*)(void))GetProcAddress(dbghelp, "SymCleanup");
    HANDLE self = GetCurrentProcess();
    bool written;

    if (is_known)
        SetEnvironmentVariableA("DBGHELP_NOLIVE", "1");
    if (!write_dump || !initialize || !cleanup || (is_known && !initialize(self, NULL, FALSE)))
        return false;
    written = write_dump(self, GetCurrentProcessId(), file, (MINIDUMP_TYPE)DUMP_TYPE, fault, NULL, NULL);
    if (is_known)
        cleanup(self);
    return written;
}

/* Everything that a program without help does at that moment: the library, the file, the dump. */
static void dump_self(EXCEPTION_POINTERS *pointers)
{
    MINIDUMP_EXCEPTION_INFORMATION fault = {GetCurrentThreadId(), pointers, FALSE};
    HMODULE dbghelp = LoadLibraryExW(L"dbghelp.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    HANDLE file = CreateFileA(dump_path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);

    if (!dbghelp || file == INVALID_HANDLE_VALUE || !write_known(dbghelp, file, pointers ? &fault : NULL))
        TerminateProcess(GetCurrentProcess(), 3);
    CloseHandle(file);
}

static LONG WINAPI on_fault(EXCEPTION_POINTERS *pointers)
{
    dump_self(pointers);
    printf("dumped %llu\n", now_us());
    fflush(stdout);
    TerminateProcess(GetCurrentProcess(), pointers->ExceptionRecord->ExceptionCode);
    return EXCEPTION_CONTINUE_SEARCH;
}

static int die(void)
{
    static volatile int *volatile missing;
    char line[16];

    puts("ready");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return 1;
    printf("fault %llu\n", now_us());
    fflush(stdout);
    *missing = 1; /* NOLINT(clang-analyzer-core.NullDereference): what it is for */
    return 9;
}

static int die_with_salvor(const char *pipe, const char *spool)
{
    salvor_options options;
    salvor_status status;

    salvor_options_init(&options);
    options.pipe = pipe;
    options.spool_dir = spool;
    status = salvor_install(&options);
    if (status == SALVOR_OK)
        status = salvor_wait_ready(30000);
    if (status != SALVOR_OK) {
        fprintf(stderr, "bench-victim: could not register at %s: %s\n", pipe, salvor_strstatus(status));
        return 1;
    }
    return die();
}

static int die_alone(const char *path, int warm_ups)
{
    dump_path = path;
    while (warm_ups-- > 0)
        dump_self(NULL);
    SetUnhandledExceptionFilter(on_fault);
    return die();
}

static int loop(const char *path, int count)
{
    unsigned long long begin;

    dump_path = path;
    dump_self(NULL);
    begin = now_us();
    for (int i = 0; i < count; i++)
        dump_self(NULL);
    printf("looped %llu\n", now_us() - begin);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "salvor") == 0)
        return die_with_salvor(argv[2], argv[3]);
    is_known = argc > 2 && (strcmp(argv[1], "known") == 0 || strcmp(argv[2], "known") == 0);
    if (argc == 5 && strcmp(argv[1], "loop") == 0)
        return loop(argv[3], (int)strtol(argv[4], NULL, 10));
    if (argc == 4 && (is_known || strcmp(argv[1], "plain") == 0))
        return die_alone(argv[2], (int)strtol(argv[3], NULL, 10));
    fputs("usage: bench-victim salvor PIPE SPOOL | plain|known FILE WARMUPS | loop plain|known FILE N\n", stderr);
    return 2;
}
