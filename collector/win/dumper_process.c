/* dumper_process.c - see dumper_process.h.
 *
 * A dumper that waits holds its task, which is empty, the event that says when it no longer is, and a handle to the broker that can only be
 * waited on. Everything that belongs to a crash is copied into it afterwards. */
#include "dumper_process.h"
#include "base/log.h"
#include "token.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUMPER_MAX_BYTES  (1024u * 1024 * 1024)
#define MAX_COMMAND_WORDS 8
#define HANDLE_TEXT_BYTES 24
#define MAX_DETAIL_BYTES  65536
#define OWN_HANDLES       3

/* A broker that is SYSTEM may start a program as anybody. One that is not can do so for its own user at best, who is the client's then. */
static void say_own_token(enum status st)
{
    static volatile LONG said;

    if (InterlockedExchange(&said, 1) == 0)
        log_warn("dumper-own-token", "status=%s consequence=\"dumpers run with the collector's rights, not the crashed program's\"",
                 status_name(st));
}

void dumper_rights_of(struct dumper_rights *ret, bool as_client, HANDLE process)
{
    enum status st = ST_OK;

    *ret = (struct dumper_rights){.is_known = true};
    buffer_init(&ret->detail, MAX_DETAIL_BYTES);
    if (!as_client)
        return;
    st = token_of_client(process, &ret->token);
    ret->is_known = !st && !token_describe(ret->token, &ret->detail);
    if (st)
        say_own_token(st);
}

bool dumper_rights_equal(const struct dumper_rights *a, const struct dumper_rights *b)
{
    return a->is_known && b->is_known && a->detail.len == b->detail.len &&
           (!a->detail.len || memcmp(a->detail.data, b->detail.data, a->detail.len) == 0);
}

static void close_handle(HANDLE *handle)
{
    if (*handle)
        CloseHandle(*handle);
    *handle = NULL;
}

void dumper_rights_done(struct dumper_rights *rights)
{
    close_handle(&rights->token);
    buffer_done(&rights->detail);
    rights->is_known = false;
}

static enum status last_error(const char **ret_why, const char *why)
{
    enum status st = status_from_win32(GetLastError());

    *ret_why = why;
    return st ? st : ST_SYSTEM;
}

static enum status make_task(struct dumper_process *dumper, const char **ret_why)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};

    dumper->go = CreateEventW(NULL, TRUE, FALSE, NULL);
    dumper->section = CreateFileMappingW(INVALID_HANDLE_VALUE, &inheritable, PAGE_READWRITE, 0, sizeof(struct dump_task), NULL);
    if (dumper->section)
        dumper->task = MapViewOfFile(dumper->section, FILE_MAP_WRITE, 0, 0, sizeof(struct dump_task));
    if (!dumper->go || !dumper->task)
        return last_error(ret_why, "no memory for the dumper's task");
    dumper->task->magic = DUMP_TASK_MAGIC;
    dumper->task->version = DUMP_TASK_VERSION;
    dumper->task->size_bytes = sizeof(struct dump_task);
    dumper->task->status = ST_STATE;
    return ST_OK;
}

static enum status make_limits(struct dumper_process *dumper, const char **ret_why)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};

    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_ACTIVE_PROCESS |
                                              JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION | JOB_OBJECT_LIMIT_PROCESS_MEMORY;
    limits.BasicLimitInformation.ActiveProcessLimit = 1;
    limits.ProcessMemoryLimit = DUMPER_MAX_BYTES;
    dumper->limits = CreateJobObjectW(NULL, NULL);
    if (!dumper->limits || !SetInformationJobObject(dumper->limits, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        return last_error(ret_why, "the dumper's job object cannot be made");
    return ST_OK;
}

/* A copy that the dumper inherits under the same value. */
static bool lend(HANDLE ours, DWORD rights, HANDLE *ret, volatile uint64_t *ret_value)
{
    HANDLE self = GetCurrentProcess();

    if (!DuplicateHandle(self, ours, self, ret, rights, TRUE, 0))
        return false;
    *ret_value = (uint64_t)(uintptr_t)*ret;
    return true;
}

static enum status start_with_token(struct dumper_process *dumper, HANDLE token, struct process_options *options)
{
    enum status st = ST_OK;

    if (token) {
        options->token = (intptr_t)token;
        st = process_start(&dumper->process, options);
        if (!st)
            return ST_OK;
        options->token = 0;
        say_own_token(st);
    }
    return process_start(&dumper->process, options);
}

static enum status start(struct dumper_process *dumper, const char *const *command, HANDLE token, const intptr_t inherit[OWN_HANDLES])
{
    const char *argv[MAX_COMMAND_WORDS + 2];
    char handle_text[HANDLE_TEXT_BYTES];
    struct process_options options = {
        .argv = argv, .inherit = inherit, .inherit_count = OWN_HANDLES, .quiet = true, .job = (intptr_t)dumper->limits};
    size_t words = 0;

    for (; command[words] && words < MAX_COMMAND_WORDS; words++)
        argv[words] = command[words];
    snprintf(handle_text, sizeof handle_text, "%llu", (unsigned long long)(uintptr_t)dumper->section);
    argv[words] = handle_text;
    argv[words + 1] = NULL;
    return start_with_token(dumper, token, &options);
}

static enum status start_with_handles(struct dumper_process *dumper, const char *const *command, HANDLE token, const char **ret_why)
{
    HANDLE go = NULL, broker = NULL;
    enum status st;

    if (lend(dumper->go, SYNCHRONIZE, &go, &dumper->task->go) && lend(GetCurrentProcess(), SYNCHRONIZE, &broker, &dumper->task->broker)) {
        const intptr_t inherit[OWN_HANDLES] = {(intptr_t)dumper->section, (intptr_t)go, (intptr_t)broker};
        *ret_why = "the dumper cannot be started";
        st = start(dumper, command, token, inherit);
    } else {
        st = last_error(ret_why, "the dumper's handles cannot be made");
    }
    close_handle(&go);
    close_handle(&broker);
    return st;
}

enum status dumper_process_start(struct dumper_process **ret, const char *const *command, const struct dumper_rights *rights,
                                 const char **ret_why)
{
    struct dumper_process *dumper = calloc(1, sizeof *dumper);
    enum status st;

    *ret_why = "out of memory";
    if (!dumper)
        return ST_MEMORY;
    st = make_task(dumper, ret_why);
    if (!st)
        st = make_limits(dumper, ret_why);
    if (!st)
        st = start_with_handles(dumper, command, rights->token, ret_why);
    if (st) {
        dumper_process_free(dumper);
        return st;
    }
    *ret = dumper;
    return ST_OK;
}

bool dumper_process_give(struct dumper_process *dumper, HANDLE ours, DWORD rights, DWORD options, volatile uint64_t *ret_value)
{
    HANDLE theirs = NULL;

    if (!DuplicateHandle(GetCurrentProcess(), ours, (HANDLE)process_os(dumper->process), &theirs, rights, FALSE, options))
        return false;
    *ret_value = (uint64_t)(uintptr_t)theirs;
    return true;
}

void dumper_process_go(struct dumper_process *dumper)
{
    SetEvent(dumper->go);
}

bool dumper_process_is_alive(const struct dumper_process *dumper)
{
    return WaitForSingleObject((HANDLE)process_os(dumper->process), 0) == WAIT_TIMEOUT;
}

void dumper_process_free(struct dumper_process *dumper)
{
    if (!dumper)
        return;
    if (dumper->process)
        process_kill(dumper->process); /* does nothing to one that has ended */
    process_free(dumper->process);
    close_handle(&dumper->limits);
    if (dumper->task)
        UnmapViewOfFile((const void *)(uintptr_t)dumper->task);
    close_handle(&dumper->section);
    close_handle(&dumper->go);
    free(dumper);
}
