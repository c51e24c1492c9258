/* process.c - child processes by CreateProcessW with a handle list, so that nothing is inherited by accident. */
#include "base/process.h"
#include "base/win/command.h"
#include "base/win/error.h"
#include "base/win/wide.h"
#include <stdlib.h>
#include <windows.h>

#define MAX_ATTRIBUTES 2
#ifndef PROC_THREAD_ATTRIBUTE_JOB_LIST
#define PROC_THREAD_ATTRIBUTE_JOB_LIST 0x0002000d /* headers have it for Windows 10 and later only */
#endif

struct process {
    HANDLE os, thread; /* thread: only while suspended */
    DWORD id;
    struct file in, out;
};

/* The flag "inheritable" belongs to the handle, not to the start: two starts must not clear it under each other. */
static SRWLOCK starting = SRWLOCK_INIT;

enum { STDIO_IN, STDIO_OUT, STDIO_ERROR, STDIO_COUNT };

static void close_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = NULL;
}

static enum status open_nul(HANDLE *ret, DWORD access)
{
    HANDLE handle = CreateFileW(L"NUL", access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    if (handle == INVALID_HANDLE_VALUE)
        return error_last();
    *ret = handle;
    return ST_OK;
}

/* A copy of one of our standard handles; a program without it (a service) gives NUL. */
static enum status copy_standard(HANDLE *ret, DWORD which)
{
    HANDLE ours = GetStdHandle(which), self = GetCurrentProcess();
    if (ours && ours != INVALID_HANDLE_VALUE && DuplicateHandle(self, ours, self, ret, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return ST_OK;
    return open_nul(ret, GENERIC_WRITE);
}

/* The child's three standard handles and our ends of the pipes. */
static enum status open_stdio(HANDLE stdio[STDIO_COUNT], struct process *process, const struct process_options *options)
{
    enum status status = ST_OK;
    HANDLE ours;
    if (options->pipe_stdin) {
        if (!CreatePipe(&stdio[STDIO_IN], &ours, NULL, 0))
            return error_last();
        process->in.os = (intptr_t)ours;
    } else {
        status = open_nul(&stdio[STDIO_IN], GENERIC_READ);
    }
    if (!status && options->pipe_stdout) {
        if (!CreatePipe(&ours, &stdio[STDIO_OUT], NULL, 0))
            return error_last();
        process->out.os = (intptr_t)ours;
    } else if (!status) {
        status = options->quiet ? open_nul(&stdio[STDIO_OUT], GENERIC_WRITE) : copy_standard(&stdio[STDIO_OUT], STD_OUTPUT_HANDLE);
    }
    if (!status)
        status = options->quiet ? open_nul(&stdio[STDIO_ERROR], GENERIC_WRITE) : copy_standard(&stdio[STDIO_ERROR], STD_ERROR_HANDLE);
    return status;
}

/* Handles without repetition: a list that names one twice is refused by CreateProcessW. */
static size_t list_handles(HANDLE *list, HANDLE stdio[STDIO_COUNT], const struct process_options *options)
{
    size_t count = 0;
    for (size_t i = 0; i < STDIO_COUNT + options->inherit_count; i++) {
        HANDLE handle =
            i < STDIO_COUNT ? stdio[i] : (HANDLE)options->inherit[i - STDIO_COUNT]; /* NOLINT(performance-no-int-to-ptr): see process.h */
        size_t known = 0;
        while (known < count && list[known] != handle)
            known++;
        if (known == count)
            list[count++] = handle;
    }
    return count;
}

static enum status make_attributes(LPPROC_THREAD_ATTRIBUTE_LIST *ret, HANDLE *list, size_t count)
{
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(NULL, MAX_ATTRIBUTES, 0, &size);
    LPPROC_THREAD_ATTRIBUTE_LIST attributes = malloc(size);
    if (!attributes)
        return ST_MEMORY;
    if (!InitializeProcThreadAttributeList(attributes, MAX_ATTRIBUTES, 0, &size)) {
        enum status status = error_last();
        free(attributes);
        return status;
    }
    if (!UpdateProcThreadAttribute(attributes, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, list, count * sizeof *list, NULL, NULL)) {
        enum status status = error_last();
        DeleteProcThreadAttributeList(attributes);
        free(attributes);
        return status;
    }
    *ret = attributes;
    return ST_OK;
}

/* With the job in the list the process is never outside of it: should we be killed while we start it, it ends as well. False on Windows
 * before 10, which knows no such attribute. *job must live as long as the list. */
static bool add_job(LPPROC_THREAD_ATTRIBUTE_LIST attributes, HANDLE *job)
{
    return UpdateProcThreadAttribute(attributes, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, job, sizeof *job, NULL, NULL) != 0;
}

/* Makes every handle of the list inheritable and remembers which were before. */
static enum status mark_inheritable(const HANDLE *list, size_t count, DWORD *before)
{
    for (size_t i = 0; i < count; i++) {
        if (!GetHandleInformation(list[i], &before[i]) || !SetHandleInformation(list[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT)) {
            enum status status = error_last();
            while (i-- > 0)
                SetHandleInformation(list[i], HANDLE_FLAG_INHERIT, before[i] & HANDLE_FLAG_INHERIT);
            return status;
        }
    }
    return ST_OK;
}

static BOOL create_as(HANDLE token, const wchar_t *program, wchar_t *line, DWORD flags, wchar_t *environment, STARTUPINFOEXW *startup,
                      PROCESS_INFORMATION *ret)
{
    static wchar_t no_desktop[1]; /* ours may be closed to that user: one is made should the program want any */
    if (!token)
        return CreateProcessW(program, line, NULL, NULL, TRUE, flags, environment, NULL, &startup->StartupInfo, ret);
    startup->StartupInfo.lpDesktop = no_desktop;
    return CreateProcessAsUserW(token, program, line, NULL, NULL, TRUE, flags, environment, NULL, &startup->StartupInfo, ret);
}

/* Puts the new process into its job and lets it run, unless it is to wait for process_resume. */
static enum status settle(const PROCESS_INFORMATION *made, const struct process_options *options)
{
    enum status status = ST_OK;
    HANDLE job = (HANDLE)options->job; /* NOLINT(performance-no-int-to-ptr): see process.h */
    if (!AssignProcessToJobObject(job, made->hProcess))
        status = error_last();
    if (!status && !options->suspended && ResumeThread(made->hThread) == (DWORD)-1)
        status = error_last();
    if (status) /* nobody has seen it yet */
        TerminateProcess(made->hProcess, 1);
    return status;
}

static enum status create(struct process *process, const struct process_options *options, wchar_t *environment, STARTUPINFOEXW *startup,
                          bool needs_job)
{
    PROCESS_INFORMATION made;
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT | (options->suspended || needs_job ? CREATE_SUSPENDED : 0);
    HANDLE token = (HANDLE)options->token; /* NOLINT(performance-no-int-to-ptr): see process.h */
    /* A quiet program needs no console, which costs a process of its own (conhost); another one must not make a window flash up. */
    if (options->quiet)
        flags |= DETACHED_PROCESS;
    else if (!GetConsoleCP())
        flags |= CREATE_NO_WINDOW;
    wchar_t *program = wide_path(options->argv[0]), *line = command_line(options->argv);
    enum status status = program && line ? ST_OK : ST_MEMORY;
    if (!status && !create_as(token, program, line, flags, environment, startup, &made))
        status = error_last();
    free(program);
    free(line);
    if (status)
        return status;
    if (needs_job)
        status = settle(&made, options);
    if (status) {
        CloseHandle(made.hProcess);
        CloseHandle(made.hThread);
        return status;
    }
    process->os = made.hProcess;
    process->id = made.dwProcessId;
    if (options->suspended)
        process->thread = made.hThread;
    else
        CloseHandle(made.hThread);
    return ST_OK;
}

static enum status create_with_handles(struct process *process, const struct process_options *options, HANDLE stdio[STDIO_COUNT],
                                       wchar_t *environment)
{
    size_t room = STDIO_COUNT + options->inherit_count;
    HANDLE *list = calloc(room, sizeof *list);
    DWORD *before = calloc(room, sizeof *before);
    HANDLE job = (HANDLE)options->job; /* NOLINT(performance-no-int-to-ptr): see process.h */
    STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES}};
    enum status status = list && before ? ST_OK : ST_MEMORY;
    if (status)
        goto out;
    size_t count = list_handles(list, stdio, options);
    status = make_attributes(&startup.lpAttributeList, list, count);
    if (status)
        goto out;
    bool in_job = job && add_job(startup.lpAttributeList, &job);
    startup.StartupInfo.hStdInput = stdio[STDIO_IN];
    startup.StartupInfo.hStdOutput = stdio[STDIO_OUT];
    startup.StartupInfo.hStdError = stdio[STDIO_ERROR];
    AcquireSRWLockExclusive(&starting);
    status = mark_inheritable(list, count, before);
    if (!status) {
        status = create(process, options, environment, &startup, job && !in_job);
        for (size_t i = 0; i < count; i++)
            SetHandleInformation(list[i], HANDLE_FLAG_INHERIT, before[i] & HANDLE_FLAG_INHERIT);
    }
    ReleaseSRWLockExclusive(&starting);
    DeleteProcThreadAttributeList(startup.lpAttributeList);
out:
    free(startup.lpAttributeList);
    free(list);
    free(before);
    return status;
}

enum status process_start(struct process **ret, const struct process_options *options)
{
    HANDLE stdio[STDIO_COUNT] = {NULL};
    struct process *process = malloc(sizeof *process);
    wchar_t *environment = command_environment(options->environment);
    enum status status = ST_MEMORY;
    if (!process || !environment)
        goto out;
    *process = (struct process){.in = {FILE_CLOSED}, .out = {FILE_CLOSED}};
    status = open_stdio(stdio, process, options);
    if (!status)
        status = create_with_handles(process, options, stdio, environment);
    if (status) {
        process_free(process);
    } else {
        *ret = process;
    }
    process = NULL;
out:
    for (size_t i = 0; i < STDIO_COUNT; i++)
        close_handle(&stdio[i]);
    free(process);
    free(environment);
    return status;
}

struct file *process_stdin(struct process *process)
{
    return &process->in;
}

struct file *process_stdout(struct process *process)
{
    return &process->out;
}

uint32_t process_id(const struct process *process)
{
    return process->id;
}

intptr_t process_os(const struct process *process)
{
    return (intptr_t)process->os;
}

enum status process_resume(struct process *process)
{
    if (!process->thread)
        return ST_STATE;
    if (ResumeThread(process->thread) == (DWORD)-1)
        return error_last();
    close_handle(&process->thread);
    return ST_OK;
}

enum status process_wait(struct process *process, uint32_t timeout_ms, uint32_t *ret_code)
{
    DWORD code, outcome = WaitForSingleObject(process->os, timeout_ms);
    if (outcome == WAIT_TIMEOUT)
        return ST_TIMEOUT;
    if (outcome != WAIT_OBJECT_0 || !GetExitCodeProcess(process->os, &code))
        return error_last();
    *ret_code = code;
    return ST_OK;
}

void process_kill(struct process *process)
{
    TerminateProcess(process->os, 1);
}

void process_free(struct process *process)
{
    if (!process)
        return;
    close_handle(&process->thread);
    close_handle(&process->os);
    file_close(&process->in);
    file_close(&process->out);
    free(process);
}

enum status process_self_path(struct buffer *out)
{
    DWORD room = 512;
    for (;; room *= 2) {
        wchar_t *path = malloc(room * sizeof *path);
        if (!path)
            return ST_MEMORY;
        DWORD length = GetModuleFileNameW(NULL, path, room);
        enum status status = length ? ST_OK : error_last();
        bool whole = length < room; /* else cut off */
        char *text = !status && whole ? wide_to_utf8(path) : NULL;
        free(path);
        if (!status && whole)
            status = text ? buffer_append_text(out, text) : ST_MEMORY;
        free(text);
        if (status || whole)
            return status;
    }
}

uint32_t process_self_id(void)
{
    return GetCurrentProcessId();
}
