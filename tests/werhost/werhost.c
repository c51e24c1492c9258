/* werhost.c - plays WerFault.exe on real faults where Windows Error Reporting does not exist (Wine).
 *
 *   werhost run PROGRAM ARGS...   starts the program as its debugger and sees its fast fail as a second-chance exception
 *   werhost attach PID EVENT      registered as AeDebug debugger: started by the system for an unhandled exception
 *
 * Either way it asks the registered runtime exception modules, unless one claims the crash writes the LocalDumps file that the registry
 * asks for, ends the process with its exception code and prints `werhost: exit 0x...`. Its own exit code is 0 when the program ended, well
 * or not. */
#include "localdumps.h"
#include "modules.h"
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* Handles of the threads we were told of; a fault names its thread by id. */
static HANDLE open_thread(DWORD id)
{
    return OpenThread(THREAD_ALL_ACCESS, FALSE, id);
}

static void handle_fault(const DEBUG_EVENT *event, HANDLE process)
{
    struct fault fault;
    fault.process = process;
    fault.pid = event->dwProcessId;
    fault.thread_id = event->dwThreadId;
    fault.record = event->u.Exception.ExceptionRecord;
    fault.thread = open_thread(event->dwThreadId);
    printf("werhost: second-chance exception 0x%08lx in process %lu\n", (unsigned long)fault.record.ExceptionCode,
           (unsigned long)fault.pid);
    if (!modules_ask(&fault))
        localdumps_write(&fault);
    if (fault.thread)
        CloseHandle(fault.thread);
    TerminateProcess(process, fault.record.ExceptionCode);
}

static void close_file(HANDLE file)
{
    if (file)
        CloseHandle(file);
}

/* Serves debug events until the process has ended; its exit code. */
static DWORD debug_until_exit(void)
{
    HANDLE process = NULL;
    DEBUG_EVENT event;

    for (;;) {
        DWORD verdict = DBG_CONTINUE;
        if (!WaitForDebugEvent(&event, INFINITE))
            return 1;
        if (event.dwDebugEventCode == CREATE_PROCESS_DEBUG_EVENT) {
            process = event.u.CreateProcessInfo.hProcess;
            close_file(event.u.CreateProcessInfo.hFile);
        } else if (event.dwDebugEventCode == LOAD_DLL_DEBUG_EVENT) {
            close_file(event.u.LoadDll.hFile);
        } else if (event.dwDebugEventCode == EXCEPTION_DEBUG_EVENT) {
            if (event.u.Exception.ExceptionRecord.ExceptionCode != EXCEPTION_BREAKPOINT)
                verdict = DBG_EXCEPTION_NOT_HANDLED;
            if (!event.u.Exception.dwFirstChance)
                handle_fault(&event, process);
        } else if (event.dwDebugEventCode == EXIT_PROCESS_DEBUG_EVENT) {
            ContinueDebugEvent(event.dwProcessId, event.dwThreadId, DBG_CONTINUE);
            return event.u.ExitProcess.dwExitCode;
        }
        ContinueDebugEvent(event.dwProcessId, event.dwThreadId, verdict);
    }
}

/* The command line behind "werhost run", as it was typed, so that no quoting is lost. */
static wchar_t *rest_of_command_line(void)
{
    wchar_t *line = GetCommandLineW(), *at = wcsstr(line, L" run ");
    return at ? at + 5 : NULL;
}

static int run(void)
{
    STARTUPINFOW startup;
    PROCESS_INFORMATION process;
    wchar_t *line = rest_of_command_line();

    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    if (!line || !CreateProcessW(NULL, line, NULL, NULL, TRUE, DEBUG_ONLY_THIS_PROCESS, NULL, NULL, &startup, &process)) {
        fprintf(stderr, "werhost: could not start the program (error %lu)\n", (unsigned long)GetLastError());
        return 1;
    }
    CloseHandle(process.hThread);
    printf("werhost: exit 0x%08lx\n", (unsigned long)debug_until_exit());
    CloseHandle(process.hProcess);
    return 0;
}

static int attach(const wchar_t *pid, const wchar_t *event)
{
    HANDLE attached = (HANDLE)(uintptr_t)_wcstoui64(event, NULL, 10);
    if (!DebugActiveProcess((DWORD)_wcstoui64(pid, NULL, 10))) {
        fprintf(stderr, "werhost: could not attach to process %ls (error %lu)\n", pid, (unsigned long)GetLastError());
        return 1;
    }
    SetEvent(attached);
    printf("werhost: exit 0x%08lx\n", (unsigned long)debug_until_exit());
    return 0;
}

int wmain(int argc, wchar_t **argv);
int wmain(int argc, wchar_t **argv)
{
    if (argc >= 3 && wcscmp(argv[1], L"run") == 0)
        return run();
    if (argc == 4 && wcscmp(argv[1], L"attach") == 0)
        return attach(argv[2], argv[3]);
    fprintf(stderr, "usage: werhost run PROGRAM ARGS... | werhost attach PID EVENT\n");
    return 2;
}
