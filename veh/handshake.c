/* handshake.c - registers with the monitor behind a named pipe (proto/pipe.h), after checking who the monitor is.
 *
 * A pipe's name proves nothing: anyone may have made it first. A child monitor must be the process we started; while the machine-wide
 * service runs, whoever has its name must be the process that the service manager names; any other must run as SYSTEM or as our user with
 * no lower integrity than ours. */
#include "base/text.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/name.h"
#include "proto/pipe.h"
#include <stdlib.h>
#include <winsvc.h>

#define HANDSHAKE_TRIES    10
#define HANDSHAKE_PAUSE_MS 25
/* Read, write and what SetNamedPipeHandleState needs; GENERIC_WRITE would ask for FILE_CREATE_PIPE_INSTANCE, which clients do not get. */
#define HANDSHAKE_ACCESS (FILE_READ_DATA | FILE_WRITE_DATA | FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE)

static enum status open_pipe(const char *name, HANDLE *ret)
{
    wchar_t *wide = wide_from_utf8(name);
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    int try;

    for (try = 0; wide && try < HANDSHAKE_TRIES; try++) {
        *ret = CreateFileW(wide, HANDSHAKE_ACCESS, 0, NULL, OPEN_EXISTING,
                           FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (*ret != INVALID_HANDLE_VALUE)
            break;
        error = GetLastError();
        if (error != ERROR_PIPE_BUSY || WaitForSingleObject(client.stop, HANDSHAKE_PAUSE_MS) == WAIT_OBJECT_0)
            break;
    }
    free(wide);
    return *ret != INVALID_HANDLE_VALUE ? ST_OK : status_from_win32(error);
}

/* The process of the machine-wide collector's service, or 0. */
static uint32_t service_pid(void)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), service = NULL;
    SERVICE_STATUS_PROCESS state = {0};
    DWORD size;
    uint32_t pid = 0;

    if (manager)
        service = OpenServiceW(manager, NAME_SERVICE_WIDE, SERVICE_QUERY_STATUS);
    if (service && QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&state, sizeof state, &size))
        pid = state.dwProcessId;
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
    return pid;
}

union token_info {
    TOKEN_USER user;
    TOKEN_MANDATORY_LABEL label;
    uint8_t bytes[512];
};

static bool token_of(HANDLE process, TOKEN_INFORMATION_CLASS what, union token_info *ret)
{
    HANDLE token = NULL;
    DWORD size;
    bool got = OpenProcessToken(process, TOKEN_QUERY, &token) && GetTokenInformation(token, what, ret, sizeof *ret, &size);
    if (token)
        CloseHandle(token);
    return got;
}

static DWORD integrity_of(const union token_info *info)
{
    PSID sid = info->label.Label.Sid;
    return *GetSidSubAuthority(sid, (DWORD)(*GetSidSubAuthorityCount(sid) - 1));
}

static bool runs_as_us_or_system(HANDLE process)
{
    union token_info ours, theirs, our_label, their_label;
    if (!token_of(GetCurrentProcess(), TokenUser, &ours) || !token_of(process, TokenUser, &theirs))
        return false;
    if (!EqualSid(ours.user.User.Sid, theirs.user.User.Sid) && !IsWellKnownSid(theirs.user.User.Sid, WinLocalSystemSid))
        return false;
    if (!token_of(GetCurrentProcess(), TokenIntegrityLevel, &our_label) || !token_of(process, TokenIntegrityLevel, &their_label))
        return false;
    return integrity_of(&their_label) >= integrity_of(&our_label);
}

static enum status check_server(HANDLE pipe, const char *name, uint32_t expected_pid, uint32_t *ret_is_service)
{
    HANDLE process;
    ULONG pid = 0;
    uint32_t service;
    bool trusted;

    *ret_is_service = 0;
    if (!GetNamedPipeServerProcessId(pipe, &pid) || !pid)
        return ST_ACCESS;
    if (expected_pid)
        return pid == expected_pid ? ST_OK : ST_ACCESS;
    service = service_pid();
    *ret_is_service = pid == service;
    if (service && (*ret_is_service || text_equal_nocase(name, PIPE_SERVICE_NAME)))
        return *ret_is_service ? ST_OK : ST_ACCESS;
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, pid);
    if (!process)
        return ST_ACCESS;
    /* A maker that has gone has handed the pipe on to somebody whom nothing names. */
    trusted = WaitForSingleObject(process, 0) == WAIT_TIMEOUT && runs_as_us_or_system(process);
    CloseHandle(process);
    return trusted ? ST_OK : ST_ACCESS;
}

/* One overlapped read or write of exactly size bytes, within timeout_ms. */
static enum status transfer(HANDLE pipe, void *bytes, DWORD size, bool is_write, DWORD timeout_ms)
{
    OVERLAPPED overlapped = {0};
    HANDLE handles[2];
    DWORD moved = 0, error = ERROR_SUCCESS;
    BOOL done;

    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!overlapped.hEvent)
        return status_from_win32(GetLastError());
    done = is_write ? WriteFile(pipe, bytes, size, NULL, &overlapped) : ReadFile(pipe, bytes, size, NULL, &overlapped);
    if (!done)
        error = GetLastError();
    if (done || error == ERROR_IO_PENDING) {
        handles[0] = overlapped.hEvent;
        handles[1] = client.stop;
        if (WaitForMultipleObjects(2, handles, FALSE, timeout_ms) != WAIT_OBJECT_0)
            CancelIoEx(pipe, &overlapped);
        error = GetOverlappedResult(pipe, &overlapped, &moved, TRUE) ? ERROR_SUCCESS : GetLastError();
    }
    CloseHandle(overlapped.hEvent);
    if (error == ERROR_OPERATION_ABORTED)
        return ST_TIMEOUT;
    if (error)
        return status_from_win32(error);
    return moved == size ? ST_OK : ST_TRUNCATED;
}

static enum status exchange_messages(HANDLE pipe, struct pipe_reply *ret)
{
    struct pipe_hello hello = {PIPE_MAGIC,
                               PIPE_VERSION,
                               sizeof hello,
                               client_local_block.pid,
                               client_local_block.start_filetime,
                               sizeof(void *) * 8,
                               BLOCK_VERSION,
                               0,
                               0};
    enum status status = transfer(pipe, &hello, sizeof hello, true, PIPE_READ_TIMEOUT_MS);

    if (status == ST_OK)
        status = transfer(pipe, ret, sizeof *ret, false, PIPE_READ_TIMEOUT_MS);
    if (status != ST_OK)
        return status;
    if (pipe_reply_check(ret, sizeof *ret))
        return ST_FORMAT;
    return ret->verdict == PIPE_ACCEPTED && ret->block_bytes == sizeof(struct block) ? ST_OK : ST_REFUSED;
}

static HANDLE as_handle(uint64_t value)
{
    return (HANDLE)(uintptr_t)value;
}

enum status handshake(const char *name, uint32_t expected_pid, struct client_link *ret)
{
    HANDLE pipe = INVALID_HANDLE_VALUE;
    struct pipe_reply reply = {0};
    struct client_link link = {0};
    enum status status = open_pipe(name, &pipe);

    if (status == ST_OK)
        status = check_server(pipe, name, expected_pid, &link.is_service);
    if (status == ST_OK)
        status = exchange_messages(pipe, &reply);
    if (pipe != INVALID_HANDLE_VALUE)
        CloseHandle(pipe);
    if (status != ST_OK)
        return status;
    link.section = as_handle(reply.section);
    link.request = as_handle(reply.request_event);
    link.done = as_handle(reply.done_event);
    link.monitor = as_handle(reply.monitor);
    link.monitor_pid = reply.monitor_pid;
    text_copy(link.pipe, sizeof link.pipe, name);
    link.block = MapViewOfFile(link.section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, sizeof *link.block);
    if (!link.block) {
        status = status_from_win32(GetLastError());
        handshake_undo(&link);
        return status;
    }
    *ret = link;
    return ST_OK;
}

static void close_if(HANDLE handle)
{
    if (handle)
        CloseHandle(handle);
}

void handshake_undo(struct client_link *link)
{
    if (link->block)
        UnmapViewOfFile(link->block);
    close_if(link->section);
    close_if(link->request);
    close_if(link->done);
    close_if(link->monitor);
    memset(link, 0, sizeof *link);
}
