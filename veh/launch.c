/* launch.c - starts a child monitor: this same program with --crash-monitor, or salvor-collector.exe beside this module.
 *
 * No fork bomb: this executable is started only after it has called salvor_monitor_main and got -1, so it is known to turn into a monitor
 * when it sees the argument. */
#include "base/line.h"
#include "base/process.h"
#include "base/random.h"
#include "base/text.h"
#include "private.h"
#include "proto/name.h"
#include "proto/pipe.h"
#include <stdlib.h>
#include <string.h>

#define LAUNCH_PIPE_BYTES 96
#define LAUNCH_TEXT_BYTES 24
#define LAUNCH_WORDS      10

static volatile LONG self_allowed;

/* Called by salvor_monitor_main, which stands in the archive's other member; hence the public-looking name. */
void salvor_private_allow_self(void);
void salvor_private_allow_self(void)
{
    InterlockedExchange(&self_allowed, 1);
}

/* Whether word stands alone in the command line; quoting does not matter for a word without blanks. */
bool launch_is_monitor_command_line(void)
{
    static const wchar_t word[] = L"--crash-monitor";
    const wchar_t *line = GetCommandLineW(), *at = line;
    size_t len = sizeof word / sizeof *word - 1;

    while ((at = wcsstr(at, word)) != NULL) {
        wchar_t before = at == line ? L' ' : at[-1], after = at[len];
        if ((before == L' ' || before == L'\t' || before == L'"') && (!after || after == L' ' || after == L'\t' || after == L'"'))
            return true;
        at += len;
    }
    return false;
}

/* The program to start as our monitor; heap, NULL when there is none. */
static char *monitor_program(const struct settings *from)
{
    struct buffer path;
    char *ret = NULL;

    buffer_init(&path, 256 * 1024);
    if (from->monitor_path)
        buffer_append_text(&path, from->monitor_path);
    else if (InterlockedCompareExchange(&self_allowed, 0, 0))
        process_self_path(&path);
    ret = path.len ? buffer_take(&path) : beside_this_module(NAME_COLLECTOR);
    buffer_done(&path);
    return ret;
}

bool launch_possible(const struct settings *from)
{
    char *program = monitor_program(from);
    bool possible = program && from->spool_dir;
    free(program);
    return possible;
}

static enum status make_pipe_name(char ret[LAUNCH_PIPE_BYTES])
{
    struct line line;
    uint8_t bytes[16];
    char hex[33];
    enum status status = random_bytes(bytes, sizeof bytes);
    if (status != ST_OK)
        return status;
    text_hex(hex, bytes, sizeof bytes);
    line_init(&line, ret, LAUNCH_PIPE_BYTES);
    line_text(&line, PIPE_CHILD_PREFIX);
    line_u64(&line, GetCurrentProcessId());
    line_text(&line, "-");
    line_text(&line, hex);
    return ST_OK;
}

/* Waits until the child says that its pipe listens, dies, or start_timeout_ms has passed. */
static enum status wait_until_listening(struct process *child, HANDLE ready, DWORD timeout_ms)
{
    HANDLE handles[3];
    DWORD woke;
    handles[0] = ready;
    handles[1] = (HANDLE)process_os(child);
    handles[2] = client.stop;
    woke = WaitForMultipleObjects(3, handles, FALSE, timeout_ms);
    if (woke == WAIT_OBJECT_0)
        return ST_OK;
    return woke == WAIT_TIMEOUT ? ST_TIMEOUT : ST_CLOSED;
}

static void put_number(char ret[LAUNCH_TEXT_BYTES], uint64_t value)
{
    struct line line;
    line_init(&line, ret, LAUNCH_TEXT_BYTES);
    line_u64(&line, value);
}

static enum status start_child(const struct settings *from, const char *program, const char *pipe, HANDLE ready, struct process **ret)
{
    char pid[LAUNCH_TEXT_BYTES], start[LAUNCH_TEXT_BYTES], handle[LAUNCH_TEXT_BYTES], flags[LAUNCH_TEXT_BYTES];
    char key[sizeof NAME_ENV_KEY "=" + BLOCK_MAX_NAME];
    intptr_t inherit[1];
    const char *argv[LAUNCH_WORDS], *environment[2];
    struct process_options options = {0};
    struct line line;

    put_number(pid, GetCurrentProcessId());
    put_number(start, client_local_block.start_filetime);
    put_number(handle, (uintptr_t)ready);
    put_number(flags, from->flags);
    line_init(&line, key, sizeof key);
    line_text(&line, NAME_ENV_KEY "=");
    line_text(&line, from->key ? from->key : "");
    argv[0] = program;
    argv[1] = NAME_ARG_MONITOR;
    argv[2] = pipe;
    argv[3] = pid;
    argv[4] = start;
    argv[5] = handle;
    argv[6] = from->spool_dir;
    argv[7] = flags;
    argv[8] = from->url; /* NULL ends the list one word earlier */
    argv[9] = NULL;
    environment[0] = key; /* not in the command line, which anybody can read */
    environment[1] = NULL;
    options.environment = from->key ? environment : NULL;
    inherit[0] = (intptr_t)ready;
    options.argv = argv;
    options.inherit = inherit;
    options.inherit_count = 1;
    options.quiet = true;
    return process_start(ret, &options);
}

enum status launch_monitor(const struct settings *from, char **ret_pipe, uint32_t *ret_pid)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE ready = CreateEventW(&inheritable, TRUE, FALSE, NULL);
    char *program = monitor_program(from);
    struct process *child = NULL;
    char name[LAUNCH_PIPE_BYTES];
    enum status status = program ? ST_OK : ST_NOT_FOUND;

    if (status == ST_OK)
        status = ready ? make_pipe_name(name) : ST_SYSTEM;
    if (status == ST_OK)
        status = start_child(from, program, name, ready, &child);
    if (status == ST_OK)
        status = wait_until_listening(child, ready, from->start_timeout_ms);
    if (status == ST_OK) {
        *ret_pid = process_id(child);
        *ret_pipe = _strdup(name);
        status = *ret_pipe ? ST_OK : ST_MEMORY;
    } else if (child) {
        process_kill(child);
    }
    process_free(child);
    free(program);
    if (ready)
        CloseHandle(ready);
    return status;
}
