/* listener.c - the pipe server. Each instance goes round: connect, read HELLO, write REPLY, wait for the client to hang up.
 *
 * One thread, the monitor's, runs all of it through a completion port, so a client that stalls holds up its own instance and for two
 * seconds at most. Messages are read into one buffer of the largest size allowed; a longer one arrives as ERROR_MORE_DATA and is refused.
 */
#include "listener.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/win/wide.h"
#include "proto/block.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCES 8

enum instance_step {
    STEP_CONNECT,
    STEP_HELLO,
    STEP_REPLY,
    STEP_HANG_UP, /* the client's turn; what it still sends is thrown away */
    STEP_BROKEN,  /* a packet of our own: go round */
    STEP_DEAD
};

struct instance {
    OVERLAPPED overlapped; /* first: a packet's OVERLAPPED is its instance */
    struct listener *listener;
    HANDLE pipe;
    enum instance_step step;
    uint64_t deadline_ms; /* steady; 0 = none */
    bool expired;
    ULONG client_pid;
    union {
        struct pipe_hello hello;
        uint8_t bytes[PIPE_MAX_MESSAGE];
    } message;
    struct pipe_reply reply;
};

struct listener {
    struct listener_options options;
    struct instance instances[INSTANCES];
};

static void set_deadline(struct instance *instance)
{
    instance->deadline_ms = clock_steady_ms() + PIPE_READ_TIMEOUT_MS;
    instance->expired = false;
}

/* Whether an operation that returned ok (or set the last error) will bring a packet. ERROR_MORE_DATA is a completed read as well. */
static bool under_way(BOOL ok)
{
    DWORD error = ok ? ERROR_SUCCESS : GetLastError();
    return error == ERROR_SUCCESS || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA;
}

/* An operation that failed to start brings no packet, so one is made: the instance goes round from the loop and not by recursion. */
static void give_up(struct instance *instance)
{
    const struct listener_options *options = &instance->listener->options;

    instance->step = STEP_BROKEN;
    PostQueuedCompletionStatus(options->port, 0, options->key, &instance->overlapped);
}

static void begin_read(struct instance *instance, enum instance_step step)
{
    instance->step = step;
    if (!under_way(ReadFile(instance->pipe, &instance->message, sizeof instance->message, NULL, &instance->overlapped)))
        give_up(instance);
}

static void begin_hello(struct instance *instance)
{
    if (!GetNamedPipeClientProcessId(instance->pipe, &instance->client_pid))
        instance->client_pid = 0; /* its HELLO will be refused */
    set_deadline(instance);
    begin_read(instance, STEP_HELLO);
}

static void begin_connect(struct instance *instance)
{
    for (;;) {
        instance->step = STEP_CONNECT;
        memset(&instance->overlapped, 0, sizeof instance->overlapped);
        if (ConnectNamedPipe(instance->pipe, &instance->overlapped))
            return;
        switch (GetLastError()) {
        case ERROR_IO_PENDING:
            return;
        case ERROR_PIPE_CONNECTED: /* somebody was faster than this call: there will be no packet */
            begin_hello(instance);
            return;
        case ERROR_NO_DATA: /* ... and is gone already */
            DisconnectNamedPipe(instance->pipe);
            continue;
        default:
            instance->step = STEP_DEAD;
            log_error("pipe-instance-lost", "error=%lu", GetLastError());
            return;
        }
    }
}

static void hang_up(struct instance *instance)
{
    instance->deadline_ms = 0;
    DisconnectNamedPipe(instance->pipe);
    begin_connect(instance);
}

static void begin_reply(struct instance *instance)
{
    instance->step = STEP_REPLY;
    set_deadline(instance);
    if (!under_way(WriteFile(instance->pipe, &instance->reply, sizeof instance->reply, NULL, &instance->overlapped)))
        give_up(instance);
}

static void reply_init(struct pipe_reply *reply)
{
    *reply = (struct pipe_reply){
        .magic = PIPE_MAGIC,
        .version = PIPE_VERSION,
        .size_bytes = sizeof *reply,
        .monitor_pid = GetCurrentProcessId(),
        .block_bytes = sizeof(struct block),
    };
}

static void log_rejected(const struct instance *instance, const char *why)
{
    log_warn("client-rejected", "pid=%lu reason=\"%s\"", instance->client_pid, why);
}

/* NULL when the HELLO is sound and comes from the process that it names. */
static const char *check_hello(const struct instance *instance, DWORD bytes, bool too_long, enum pipe_verdict *verdict)
{
    *verdict = PIPE_BAD_MESSAGE;
    if (too_long)
        return "is longer than a message may be";
    const char *why = pipe_hello_check(&instance->message.hello, bytes, verdict);
    if (why)
        return why;
    *verdict = PIPE_BAD_IDENTITY;
    if (instance->client_pid == 0 || instance->message.hello.pid != instance->client_pid)
        return "names a pid that is not the pipe client's";
    return NULL;
}

static void on_hello(struct listener *listener, struct instance *instance, DWORD bytes, bool too_long)
{
    enum pipe_verdict verdict;

    reply_init(&instance->reply);
    const char *why = check_hello(instance, bytes, too_long, &verdict);
    if (why) {
        log_rejected(instance, why);
        instance->reply.verdict = verdict;
    } else {
        listener->options.answer(listener->options.context, &instance->message.hello, &instance->reply);
    }
    begin_reply(instance);
}

void listener_packet(struct listener *listener, OVERLAPPED *packet, DWORD error, DWORD bytes)
{
    struct instance *instance = (struct instance *)packet;
    bool too_long = error == ERROR_MORE_DATA;

    if (error != ERROR_SUCCESS && !too_long) {
        if (instance->step == STEP_HELLO)
            log_rejected(instance, instance->expired ? "says nothing before the deadline" : "hangs up before its HELLO");
        hang_up(instance);
        return;
    }
    switch (instance->step) {
    case STEP_CONNECT:
        begin_hello(instance);
        break;
    case STEP_HELLO:
        on_hello(listener, instance, bytes, too_long);
        break;
    case STEP_REPLY: /* DisconnectNamedPipe would throw away what the client has not read yet */
        set_deadline(instance);
        begin_read(instance, STEP_HANG_UP);
        break;
    case STEP_HANG_UP: /* the rest of a message that was too long, say; the deadline stays */
        instance->expired = false;
        begin_read(instance, STEP_HANG_UP);
        break;
    case STEP_BROKEN:
    case STEP_DEAD:
        hang_up(instance);
        break;
    }
}

DWORD listener_expire(struct listener *listener)
{
    uint64_t now = clock_steady_ms();
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < INSTANCES; i++) {
        struct instance *instance = &listener->instances[i];
        if (instance->deadline_ms == 0 || instance->expired)
            continue;
        if (instance->deadline_ms <= now) {
            instance->expired = true;
            CancelIoEx(instance->pipe, &instance->overlapped); /* its packet arrives as a failed one */
        } else if (instance->deadline_ms < next) {
            next = instance->deadline_ms;
        }
    }
    return next == UINT64_MAX ? INFINITE : (DWORD)(next - now);
}

static enum status open_instance(struct listener *listener, struct instance *instance, const wchar_t *name)
{
    const struct listener_options *options = &listener->options;
    DWORD open_mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED;

    if (instance == &listener->instances[0])
        open_mode |= FILE_FLAG_FIRST_PIPE_INSTANCE; /* nobody else may have made the name before us */
    instance->pipe = CreateNamedPipeW(name, open_mode, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                                      INSTANCES, PIPE_MAX_MESSAGE, PIPE_MAX_MESSAGE, 0, options->security);
    if (instance->pipe == INVALID_HANDLE_VALUE || !CreateIoCompletionPort(instance->pipe, options->port, options->key, 0))
        return status_from_win32(GetLastError());
    begin_connect(instance);
    return instance->step == STEP_DEAD ? ST_SYSTEM : ST_OK;
}

enum status listener_create(struct listener **ret, const struct listener_options *options)
{
    struct listener *listener = calloc(1, sizeof *listener);
    wchar_t *name;
    enum status st;

    if (!listener)
        return ST_MEMORY;
    listener->options = *options;
    for (size_t i = 0; i < INSTANCES; i++) {
        listener->instances[i].listener = listener;
        listener->instances[i].pipe = INVALID_HANDLE_VALUE;
        listener->instances[i].step = STEP_DEAD;
    }
    name = wide_from_utf8(options->pipe_name);
    st = name ? ST_OK : ST_MEMORY;
    for (size_t i = 0; !st && i < INSTANCES; i++)
        st = open_instance(listener, &listener->instances[i], name);
    free(name);
    if (st) {
        listener_free(listener);
        return st;
    }
    *ret = listener;
    return ST_OK;
}

static void close_instance(struct instance *instance)
{
    DWORD bytes;

    if (instance->pipe == INVALID_HANDLE_VALUE)
        return;
    /* The kernel writes into OVERLAPPED and message until the operation has ended. */
    if (instance->step != STEP_DEAD && CancelIoEx(instance->pipe, &instance->overlapped))
        GetOverlappedResult(instance->pipe, &instance->overlapped, &bytes, TRUE);
    DisconnectNamedPipe(instance->pipe);
    CloseHandle(instance->pipe);
    instance->pipe = INVALID_HANDLE_VALUE;
}

void listener_free(struct listener *listener)
{
    if (!listener)
        return;
    for (size_t i = 0; i < INSTANCES; i++)
        close_instance(&listener->instances[i]);
    free(listener);
}
