/* link.c - the background thread that finds or starts the monitor, registers, and registers again when the monitor has gone.
 *
 * Order: options.pipe, SALVOR_PIPE (not in elevated processes), the machine's service, a child monitor. */
#include "base/line.h"
#include "base/win/wide.h"
#include "private.h"
#include "proto/name.h"
#include "proto/pipe.h"
#include <stdlib.h>
#include <string.h>

#define LINK_RETRY_FIRST_MS 250
#define LINK_RETRY_MAX_MS   30000
#define LINK_CHILD_STARTS   4 /* a child monitor that dies is started again, but not for ever */

/* Two slots, so that the crash path never sees a registration change under its hands. */
static struct client_link slots[2];
static unsigned slot;
static unsigned child_starts;
static HANDLE thread;

static bool is_elevated(void)
{
    TOKEN_ELEVATION elevation = {0};
    HANDLE token = NULL;
    DWORD size;
    bool elevated = true; /* what cannot be asked is taken as the dangerous case */
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        if (GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size))
            elevated = elevation.TokenIsElevated != 0;
        CloseHandle(token);
    }
    return elevated;
}

/* What SALVOR_PIPE said when the program started; kept, because SALVOR_PARENT_OF_CHILDREN puts our own monitor's there. */
static wchar_t inherited[512];

static void read_environment(void)
{
    DWORD len = GetEnvironmentVariableW(L"SALVOR_PIPE", inherited, sizeof inherited / sizeof *inherited);
    if (len >= sizeof inherited / sizeof *inherited || is_elevated())
        inherited[0] = 0;
}

static enum status register_with_child(struct client_link *ret)
{
    char *pipe = NULL;
    uint32_t pid = 0;
    enum status status;

    if (child_starts >= LINK_CHILD_STARTS || !launch_possible(&settings))
        return ST_NOT_FOUND;
    child_starts++;
    status = launch_monitor(&settings, &pipe, &pid);
    if (status == ST_OK)
        status = handshake(pipe, pid, ret);
    free(pipe);
    return status;
}

static enum status register_somewhere(struct client_link *ret)
{
    char *pipe;
    enum status status;

    if (settings.pipe)
        return handshake(settings.pipe, 0, ret);
    if (inherited[0]) {
        pipe = wide_to_utf8(inherited);
        status = pipe ? handshake(pipe, 0, ret) : ST_MEMORY;
        free(pipe);
        return status;
    }
    if (handshake(PIPE_SERVICE_NAME, 0, ret) == ST_OK)
        return ST_OK;
    return register_with_child(ret);
}

/* SALVOR_PARENT_OF_CHILDREN: what we start from now on registers with our monitor; NULL: with whom we were told to. */
static void export_pipe(const char *pipe)
{
    wchar_t *wide = NULL;

    if (!(settings.flags & SALVOR_PARENT_OF_CHILDREN))
        return;
    if (pipe)
        wide = wide_from_utf8(pipe);
    SetEnvironmentVariableW(L"SALVOR_PIPE", wide ? wide : inherited[0] ? inherited : NULL);
    free(wide);
}

static bool try_link(void)
{
    struct client_link *next = &slots[(slot + 1) % 2];

    handshake_undo(next); /* of the registration before the last */
    if (register_somewhere(next) != ST_OK)
        return false;
    slot = (slot + 1) % 2;
    data_attach(next->block);
    wer_point_at(next->section, next->block);
    InterlockedExchangePointer((void *volatile *)&client.link, next);
    export_pipe(next->pipe);
    return true;
}

/* The monitor is gone: the tables go back to our own memory before anything else happens. */
static void unlink_monitor(void)
{
    if (client.link)
        export_pipe(NULL);
    InterlockedExchangePointer((void *volatile *)&client.link, NULL);
    wer_point_at(NULL, &client_local_block);
    data_detach();
}

/* Waits for the monitor's end, or for pause_ms without a monitor; false when it is time to stop. A user filter that overruns its time
 * meanwhile is stepped in for. */
static bool wait_for_change(const struct client_link *link, DWORD pause_ms)
{
    HANDLE handles[3];
    DWORD woke;

    handles[0] = client.stop;
    handles[1] = client.filter_timer;
    handles[2] = link ? link->monitor : NULL;
    while ((woke = WaitForMultipleObjects(link ? 3 : 2, handles, FALSE, link ? INFINITE : pause_ms)) == WAIT_OBJECT_0 + 1)
        capture_overrun();
    return woke != WAIT_OBJECT_0;
}

static DWORD WINAPI run(void *module)
{
    DWORD pause_ms = LINK_RETRY_FIRST_MS;
    bool linked, again = true;

    read_environment();
    linked = try_link();
    /* Without a monitor the last resort is what a crash from now on needs, so readiness includes it. */
    if (!linked)
        resort_prepare(&settings);
    InterlockedExchange(&client.linking, 0);
    SetEvent(client.ready);
    resort_prepare(&settings);
    SetEvent(client.resort_known);
    while (again) {
        if (linked) {
            pause_ms = LINK_RETRY_FIRST_MS;
            again = wait_for_change(client.link, INFINITE);
            /* While a crash is in hand its owner works on this link; the process ends or the owner lets go first. */
            while (again && client.owner)
                again = wait_for_change(NULL, LINK_RETRY_FIRST_MS);
            if (again)
                unlink_monitor();
        } else {
            again = wait_for_change(NULL, pause_ms);
            pause_ms = pause_ms * 2 < LINK_RETRY_MAX_MS ? pause_ms * 2 : LINK_RETRY_MAX_MS;
        }
        linked = again && try_link();
    }
    unlink_monitor();
    FreeLibraryAndExitThread(module, 0);
    return 0;
}

/* The text's length without its terminator, as snprintf; a buffer that is too short for it stays empty. 0 without a monitor. */
size_t SALVOR_CALL salvor_child_environment(char *buffer, size_t size_bytes)
{
    const struct client_link *link = client.link;
    struct line line;

    if (buffer && size_bytes)
        buffer[0] = 0;
    if (client.phase != CLIENT_INSTALLED || !link)
        return 0;
    if (buffer && size_bytes) {
        line_init(&line, buffer, size_bytes);
        line_text(&line, NAME_ENV_PIPE "=");
        line_text(&line, link->pipe);
        if (line.is_cut)
            buffer[0] = 0; /* a part of a name would be another pipe's */
    }
    return sizeof NAME_ENV_PIPE + strlen(link->pipe); /* '=' where sizeof counts the terminator */
}

salvor_status link_start(void)
{
    HMODULE module = NULL;

    /* The thread keeps its module loaded; salvor_uninstall lets it go. */
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)&slots, &module))
        return SALVOR_E_SYSTEM;
    InterlockedExchange(&client.linking, 1);
    thread = CreateThread(NULL, 0, run, module, 0, NULL);
    if (thread)
        return SALVOR_OK;
    InterlockedExchange(&client.linking, 0);
    SetEvent(client.ready);
    SetEvent(client.resort_known);
    FreeLibrary(module);
    return SALVOR_E_SYSTEM;
}

void link_stop(void)
{
    SetEvent(client.stop);
    if (!thread)
        return;
    WaitForSingleObject(thread, settings.start_timeout_ms + PIPE_READ_TIMEOUT_MS);
    CloseHandle(thread);
    thread = NULL;
}
