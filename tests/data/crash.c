/* crash.c - the program whose dumps stand in this folder: dies as told and writes a minidump of itself. See README.md. */
#include <windows.h>
/* needs windows.h */
#include <dbghelp.h>
#include <stdio.h>

static const wchar_t *dump_path;

static LONG WINAPI write_dump(EXCEPTION_POINTERS *pointers)
{
    static const char comment[] = "made by crash.c";
    MINIDUMP_EXCEPTION_INFORMATION exception = {GetCurrentThreadId(), pointers, FALSE};
    MINIDUMP_USER_STREAM stream = {CommentStreamA, sizeof(comment), (void *)comment};
    MINIDUMP_USER_STREAM_INFORMATION streams = {1, &stream};
    HANDLE file = CreateFileW(dump_path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    BOOL written = MiniDumpWriteDump(GetCurrentProcess(), GetCurrentProcessId(), file, MiniDumpNormal, &exception, &streams, NULL);

    CloseHandle(file);
    printf("written=%d pid=%lu thread=%lu code=0x%lx address=%p\n", written, GetCurrentProcessId(), GetCurrentThreadId(),
           pointers->ExceptionRecord->ExceptionCode, pointers->ExceptionRecord->ExceptionAddress);
    return EXCEPTION_EXECUTE_HANDLER;
}

static DWORD WINAPI wait_for_ever(void *event)
{
    return WaitForSingleObject(event, INFINITE);
}

/* Three functions deep, so that there is a chain to walk; each does something after its call, so that none becomes a jump. */
__attribute__((noinline)) static void inner(volatile int *cell, wchar_t kind)
{
    static const ULONG_PTR fatal_app_exit = 7;

    if (kind == L'w')
        *cell = 1;
    else if (kind == L'd')
        *cell = 7 / *cell;
    else
        RaiseException(0xc0000409, EXCEPTION_NONCONTINUABLE, 1, &fatal_app_exit);
}

__attribute__((noinline)) static void middle(volatile int *cell, wchar_t kind)
{
    inner(cell, kind);
    *cell += 1;
}

__attribute__((noinline)) static void outer(volatile int *cell, wchar_t kind)
{
    middle(cell, kind);
    *cell += 2;
}

int wmain(int argc, wchar_t **argv)
{
    static int zero;

    if (argc != 3)
        return 2;
    dump_path = argv[2];
    SetErrorMode(SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(write_dump);
    CreateThread(NULL, 0, wait_for_ever, CreateEventW(NULL, TRUE, FALSE, NULL), 0, NULL);
    outer(*argv[1] == L'w' ? (volatile int *)16 : &zero, *argv[1]);
    return 0;
}
