/* monitor.c - the broker's loop.
 *
 * One thread owns the client table and takes everything from one completion port: the pipe's packets, clients' requests and exits (posted
 * by thread-pool waits, so any number of clients can be watched), finished dumps, and the order to stop. Dumps run on threads of their own;
 * a client stays in the table while its dump is under way. */
#include "monitor.h"
#include "../exit_code.h"
#include "../session.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/text.h"
#include "base/win/user.h"
#include "clients.h"
#include "comment.h"
#include "deaths.h"
#include "descriptor.h"
#include "dump_job.h"
#include "listener.h"
#include "veh/salvor.h"
#include <stdlib.h>

#define MAX_DUMPS_PER_CLIENT 64 /* a program that asks for more than this is not crashing */
#define MAX_COMMENTS         16
#define STARTED              100  /* looks, when its start is counted */
#define MAX_IDLE_REQUESTS    1000 /* events without a request behind them */
#define STOP_GRACE_MS        3000 /* dumps under way may end in this time; a console that is closed gives five seconds */
#define HANG_LOOK_MS         500
#define ASLEEP_MS            10000 /* a gap between looks that only a sleeping machine makes */
#define MAX_PARALLEL_DUMPS   8

enum packet_key { KEY_PIPE = 1, KEY_REQUEST, KEY_CLIENT_EXIT, KEY_DUMPED, KEY_ROOT_EXIT, KEY_STOP };

struct monitor {
    struct monitor_options options;
    struct dump_policy policy;
    HANDLE port, wait_root;
    struct descriptor descriptor;
    struct listener *listener;
    struct clients clients;
    struct deaths deaths;
    uint32_t last_id;
    uint64_t last_order;
    uint64_t looked_ms, awake_ms; /* tick counts: last look for hangs; when we began to look, or last woke with the machine */
    int64_t sessions_day;         /* as of session_day_over: when counts of sessions were looked through last */
    struct session_backlog sessions_kept;
    unsigned dumps_running, dumps_parallel;
    bool root_gone, stopping;
    uint64_t give_up_ms; /* steady: when dumps under way are ended; 0 = not stopping, or done */
};

/* What a dump's thread works on. */
struct dump_work {
    struct monitor *monitor;
    struct client *client;
};

/* -- what clients say beside crashes -- */

/* Answered at once: a few small writes. */
static void take_comment(struct monitor *monitor, struct client *client)
{
    enum status st = ++client->comments <= MAX_COMMENTS ? comment_queue(&monitor->policy, client, client->comments) : ST_REFUSED;

    if (st)
        log_warn("comment-not-queued", "pid=%u app=\"%s\" status=%s", client->peer.pid, client->peer.app, status_name(st));
    client->head->result = (uint32_t)st;
    InterlockedExchange((volatile LONG *)&client->head->state, st ? BLOCK_FAILED : BLOCK_DONE);
    SetEvent(client->done_event);
    if (!st && monitor->options.on_report)
        monitor->options.on_report(monitor->options.context);
}

/* What it was about to hand over when it ended: its comment is whole once it says that it asks for that. */
static void take_last_comment(struct monitor *monitor, struct client *client)
{
    enum status st = ST_NOT_FOUND;

    if (client->head->request == BLOCK_REQUEST_COMMENT && client->head->state == BLOCK_IDLE && client->comments < MAX_COMMENTS)
        st = comment_queue(&monitor->policy, client, ++client->comments);
    if (st == ST_OK && monitor->options.on_report)
        monitor->options.on_report(monitor->options.context);
}

/* A text of the block's first page, copied; "" when it has no end or is no UTF-8. */
static void copy_text(char ret[BLOCK_MAX_NAME], const volatile char *text)
{
    size_t len = 0;

    while (len < BLOCK_MAX_NAME && (ret[len] = text[len]) != 0)
        len++;
    if (len == BLOCK_MAX_NAME || !text_is_utf8(ret, len))
        ret[0] = 0;
}

static void count_session(struct monitor *monitor, const struct client *client, enum session_event event)
{
    char version[BLOCK_MAX_NAME], environment[BLOCK_MAX_NAME], channel[BLOCK_MAX_NAME];
    struct session session = {client->peer.app, version, environment, channel, client->peer.consent_of, client->consent};
    int64_t now = clock_unix_ms() / 1000;
    enum status st;

    copy_text(version, client->head->app_version);
    copy_text(environment, client->head->environment);
    copy_text(channel, client->head->channel);
    st = session_count(monitor->options.spool, monitor->policy.machine_id, &session, event, now);
    if (!st)
        return;
    if (monitor->sessions_kept.count == 0)
        log_warn("session-not-counted", "pid=%u app=\"%s\" status=%s consequence=\"it is kept until it can be\"", client->peer.pid,
                 client->peer.app, status_name(st));
    st = session_keep(&monitor->sessions_kept, &session, event, now);
    if (st)
        log_error("session-lost", "pid=%u app=\"%s\" status=%s", client->peer.pid, client->peer.app, status_name(st));
}

/* The client fills its block right after it has registered, so a start counts at the second look, or at the end. */
static void note_start(struct monitor *monitor, struct client *client, unsigned needed_looks)
{
    if (client->looks >= STARTED || !(client->head->flags & SALVOR_SESSIONS) || ++client->looks < needed_looks)
        return;
    client->looks = STARTED;
    count_session(monitor, client, SESSION_STARTED);
}

/* Only the word itself counts: a program that wrote over its block has not said that it ended well. */
static enum exit_verdict judge(const struct client *client, DWORD code)
{
    return exit_code_judge(code, client->head->clean_exit == 1);
}

static void note_end(struct monitor *monitor, struct client *client, DWORD code)
{
    enum exit_verdict verdict = judge(client, code);

    note_start(monitor, client, 0);
    if (client->looks < STARTED)
        return;
    if (client->reported || verdict == EXIT_CRASHED)
        count_session(monitor, client, SESSION_CRASHED);
    else if (verdict == EXIT_ORDERLY)
        count_session(monitor, client, SESSION_CLEAN);
}

static void flush_sessions(struct monitor *monitor)
{
    int64_t now = clock_unix_ms() / 1000, day = session_day_over(now);

    if (monitor->sessions_kept.count)
        session_count_kept(&monitor->sessions_kept, monitor->options.spool, monitor->policy.machine_id);
    if (day == monitor->sessions_day)
        return;
    monitor->sessions_day = day;
    if (session_flush(monitor->options.spool, monitor->options.queue_state, now) && monitor->options.on_report)
        monitor->options.on_report(monitor->options.context);
}

/* -- ends -- */

/* A death that nobody has reported yet waits for a layer that has its dump. */
static void judge_end(struct monitor *monitor, const struct client *client, DWORD code, uint64_t exited)
{
    const struct monitor_options *options = &monitor->options;
    enum exit_verdict verdict = judge(client, code);
    struct death_rules rules = options->death_rules;
    enum status st = ST_OK;

    if (verdict != EXIT_ORDERLY && options->app_rules)
        options->app_rules(client->peer.app, &rules);
    if (verdict == EXIT_ORDERLY || client->reported || (verdict == EXIT_KILLED && !rules.report_killed)) {
        log_info("client-exited", "pid=%u app=\"%s\" exit_code=0x%08lx", client->peer.pid, client->peer.app, code);
        return;
    }
    log_warn("client-died", "pid=%u app=\"%s\" exit_code=0x%08lx dump=none grace_ms=%llu", client->peer.pid, client->peer.app, code,
             (unsigned long long)rules.no_dump_grace_ms);
    st = deaths_add(&monitor->deaths, &monitor->policy, client, code, exited, verdict == EXIT_KILLED,
                    clock_steady_ms() + rules.no_dump_grace_ms);
    if (st)
        log_error("death-not-noted", "pid=%u status=%s", client->peer.pid, status_name(st));
}

static void remove_client(struct monitor *monitor, struct client *client)
{
    spares_leave(monitor->policy.spares, client->spare_kind);
    clients_remove(&monitor->clients, client);
}

static void forget(struct monitor *monitor, struct client *client)
{
    FILETIME created = {0}, exited = {0}, kernel, user;
    DWORD code = 0;

    GetExitCodeProcess(client->peer.process, &code);
    GetProcessTimes(client->peer.process, &created, &exited, &kernel, &user);
    if (monitor->options.lifetimes)
        lifetimes_end(monitor->options.lifetimes, client->peer.pid, clock_from_filetime(client->peer.start_filetime),
                      clock_from_filetime((uint64_t)exited.dwHighDateTime << 32 | exited.dwLowDateTime));
    note_end(monitor, client, code);
    judge_end(monitor, client, code, (uint64_t)exited.dwHighDateTime << 32 | exited.dwLowDateTime);
    remove_client(monitor, client);
}

static void forget_if_gone(struct monitor *monitor, struct client *client)
{
    if (client->dumping || client->request_order)
        return;
    if (client->replaced)
        remove_client(monitor, client);
    else if (client->exited)
        forget(monitor, client);
}

/* -- dumps -- */

static DWORD WINAPI dump_thread(void *context)
{
    struct dump_work work = *(struct dump_work *)context;

    free(context);
    work.client->dump_result = dump_job_run(&work.monitor->policy, work.client, work.client->sequence);
    PostQueuedCompletionStatus(work.monitor->port, work.client->id, KEY_DUMPED, NULL);
    return 0;
}

static void refuse_dump(struct client *client, const char *why)
{
    log_error("dump-refused", "pid=%u app=\"%s\" reason=\"%s\"", client->peer.pid, client->peer.app, why);
    if (client->request == BLOCK_REQUEST_HANG) { /* it does not wait */
        InterlockedCompareExchange((volatile LONG *)&client->head->state, BLOCK_IDLE, BLOCK_DUMPING);
        return;
    }
    client->head->result = ST_REFUSED;
    InterlockedExchange((volatile LONG *)&client->head->state, BLOCK_FAILED);
    SetEvent(client->done_event);
}

static void start_dump(struct monitor *monitor, struct client *client)
{
    struct dump_work *work = malloc(sizeof *work);

    client->request_order = 0;
    if (work) {
        *work = (struct dump_work){monitor, client};
        client->dumping = true;
        if (QueueUserWorkItem(dump_thread, work, WT_EXECUTELONGFUNCTION)) {
            monitor->dumps_running++;
            return;
        }
    }
    client->dumping = false;
    free(work);
    refuse_dump(client, "no thread for its dump");
}

static void start_waiting_dumps(struct monitor *monitor)
{
    struct client *client;

    while (monitor->dumps_running < monitor->dumps_parallel && (client = clients_next_request(&monitor->clients)) != NULL)
        start_dump(monitor, client);
}

/* A new word on sending is kept at once: reports of earlier runs may wait for it. */
static void note_consent(struct monitor *monitor, struct client *client)
{
    static const enum spool_consent words[] = {SPOOL_CONSENT_UNSET, SPOOL_CONSENT_YES, SPOOL_CONSENT_NO};
    uint32_t word = client->head->consent;

    if (word > BLOCK_CONSENT_NO)
        word = BLOCK_CONSENT_NO;
    if (word == client->consent || !client->peer.consent_of[0])
        return;
    enum status st = spool_consent_set(monitor->options.spool, client->peer.consent_of, words[word]);
    if (st && !client->consent_failed)
        log_error("consent-not-kept", "pid=%u app=\"%s\" status=%s consequence=\"it is tried again at each look\"", client->peer.pid,
                  client->peer.app, status_name(st));
    client->consent_failed = st != ST_OK;
    if (st) /* a NO that a full disk did not take must not be forgotten: an older YES would hold */
        return;
    client->consent = word;
    if (monitor->options.on_report)
        monitor->options.on_report(monitor->options.context);
}

/* The state decides, not the event: an event without a request, or a second one while a dump is under way, means nothing. */
static void on_request(struct monitor *monitor, struct client *client)
{
    volatile LONG *state = (volatile LONG *)&client->head->state;

    if (client->dumping || client->request_order || monitor->stopping ||
        InterlockedCompareExchange(state, BLOCK_DUMPING, BLOCK_REQUESTED) != BLOCK_REQUESTED) {
        client->idle_requests++;
        return;
    }
    note_consent(monitor, client); /* before its report is in the queue */
    client->request = client->head->request;
    if (client->request == BLOCK_REQUEST_COMMENT) {
        take_comment(monitor, client);
        return;
    }
    client->sequence = client->request == BLOCK_REQUEST_CRASH ? 0 : ++client->extra_dumps;
    if (++client->dumps > MAX_DUMPS_PER_CLIENT) {
        refuse_dump(client, "too many dumps of one process");
        return;
    }
    log_info("dump-requested", "pid=%u app=\"%s\" request=%u", client->peer.pid, client->peer.app, client->request);
    client->request_order = ++monitor->last_order;
    start_waiting_dumps(monitor);
}

/* Silence since the last beat, or since we ourselves were last awake: a machine that slept has no hanging programs. */
static bool is_silent(const struct monitor *monitor, const struct client *client, uint64_t now)
{
    uint64_t beat = client->head->heartbeat, since = beat > monitor->awake_ms ? beat : monitor->awake_ms;
    uint32_t timeout_ms = client->head->hang_timeout_ms;

    return timeout_ms && beat && beat != client->hang_beat && now > since && now - since > timeout_ms;
}

static void request_hang_dump(struct monitor *monitor, struct client *client)
{
    if (client->dumping || client->request_order || client->exited || client->replaced ||
        InterlockedCompareExchange((volatile LONG *)&client->head->state, BLOCK_DUMPING, BLOCK_IDLE) != BLOCK_IDLE)
        return;
    client->hang_beat = client->head->heartbeat;
    if (++client->dumps > MAX_DUMPS_PER_CLIENT) {
        InterlockedCompareExchange((volatile LONG *)&client->head->state, BLOCK_IDLE, BLOCK_DUMPING);
        return;
    }
    client->request = BLOCK_REQUEST_HANG;
    client->sequence = ++client->extra_dumps;
    client->request_order = ++monitor->last_order;
    log_warn("client-hangs", "pid=%u app=\"%s\" timeout_ms=%u", client->peer.pid, client->peer.app, client->head->hang_timeout_ms);
    start_waiting_dumps(monitor);
}

/* What clients say without an event. Heartbeats are the system's tick count, which every process reads alike. */
static void look_at_clients(struct monitor *monitor)
{
    uint64_t now = GetTickCount64();

    if (monitor->stopping || now < monitor->looked_ms + HANG_LOOK_MS)
        return;
    if (now > monitor->looked_ms + ASLEEP_MS)
        monitor->awake_ms = now;
    monitor->looked_ms = now;
    for (size_t i = 0; i < monitor->clients.count; i++) {
        note_consent(monitor, monitor->clients.items[i]);
        note_start(monitor, monitor->clients.items[i], 2);
        if (is_silent(monitor, monitor->clients.items[i], now))
            request_hang_dump(monitor, monitor->clients.items[i]);
    }
}

/* -- registration -- */

/* A process that registers again (its first try timed out, say) gets a new registration in place of the old one, which keeps its counts:
 * they bound its dumps and number their ids. */
static void replace(struct monitor *monitor, struct client *before, struct client *client)
{
    client_unwatch(before);
    on_request(monitor, before); /* what it asked for just before is served */
    before->replaced = true;
    client->dumps = before->dumps;
    client->extra_dumps = before->extra_dumps;
    client->reported = before->reported;
    client->comments = before->comments;
    client->looks = before->looks;
    forget_if_gone(monitor, before);
}

/* Under what name its word on sending is kept; without one the word in its reports counts alone. */
static void name_consent(const struct monitor *monitor, struct peer *peer)
{
    uint8_t sid[USER_MAX_SID_BYTES];
    size_t size;

    if (user_sid(peer->process, sid, &size) == ST_OK)
        uuid_consent_of(peer->consent_of, monitor->policy.machine_id, sid, size, peer->app);
}

/* For those who write its dump without us. */
static void tell_limits(const struct monitor *monitor, struct client *client)
{
    struct dump_limits limits = {.most_kind = 0};

    if (monitor->options.dump_limits)
        monitor->options.dump_limits(monitor->options.dump_limits_context, client->peer.app, &limits);
    client->head->most_dump_kind = limits.most_kind;
    client->head->most_dump_bytes = limits.most_bytes;
}

/* Makes and shares what the peer needs; takes over the peer. */
static enum status admit(struct monitor *monitor, struct peer *peer, const struct pipe_hello *hello, struct pipe_reply *reply)
{
    struct client *before = clients_find_peer(&monitor->clients, peer), *client = NULL;
    enum status st;

    name_consent(monitor, peer);
    st = client_create(&client, peer, ++monitor->last_id, hello->pointer_bits, monitor->options.inbox);

    if (st)
        return st;
    tell_limits(monitor, client);
    st = clients_add(&monitor->clients, client);
    if (st) {
        client_free(client);
        return st;
    }
    st = client_watch(client, monitor->port, KEY_REQUEST, KEY_CLIENT_EXIT);
    if (!st)
        st = client_share(client, reply);
    if (st) {
        remove_client(monitor, client);
        return st;
    }
    client->spare_kind = spares_join(monitor->policy.spares, client->peer.process);
    if (before)
        replace(monitor, before, client);
    if (monitor->options.lifetimes) {
        int64_t start_ms = clock_from_filetime(client->peer.start_filetime);
        lifetimes_begin(monitor->options.lifetimes, client->peer.pid, start_ms);
        lifetimes_set_user(monitor->options.lifetimes, client->peer.pid, start_ms, client->peer.user);
    }
    log_info("client-registered", "pid=%u app=\"%s\" clients=%zu", client->peer.pid, client->peer.app, monitor->clients.count);
    return ST_OK;
}

static void answer_hello(void *context, const struct pipe_hello *hello, struct pipe_reply *reply)
{
    struct monitor *monitor = context;
    enum pipe_verdict verdict = PIPE_ACCEPTED;
    struct peer peer = {0};
    const char *why = peer_open(&peer, hello->pid, hello->start_filetime, &verdict);

    reply->is_service = monitor->options.is_service;
    const char *full = why ? NULL : clients_full(&monitor->clients, &peer);
    if (full) {
        verdict = PIPE_TOO_MANY;
        why = full;
    } else if (!why && admit(monitor, &peer, hello, reply)) {
        verdict = PIPE_INTERNAL;
        why = "cannot be given its handles";
    } else if (!why) {
        verdict = PIPE_ACCEPTED;
    }
    peer_done(&peer);
    reply->verdict = verdict;
    if (why)
        log_warn("client-rejected", "pid=%u reason=\"%s\"", hello->pid, why);
}

/* -- what happens to clients -- */

/* A request that was made just before the end is served first; it can come no more once the waits have gone. */
static void on_client_exit(struct monitor *monitor, struct client *client)
{
    client_unwatch(client);
    client->exited = true;
    note_consent(monitor, client);
    on_request(monitor, client);
    take_last_comment(monitor, client);
    forget_if_gone(monitor, client);
}

static void on_event(struct monitor *monitor, struct client *client)
{
    on_request(monitor, client);
    if (client->exited)
        return;
    if (client->idle_requests <= MAX_IDLE_REQUESTS || client->dumping || client->request_order) {
        client_watch_again(client);
        return;
    }
    log_warn("client-dropped", "pid=%u app=\"%s\" reason=\"it sets its event without end\"", client->peer.pid, client->peer.app);
    remove_client(monitor, client);
}

/* A crash that is in the queue is a fact about the process, whichever of its registrations asked. */
static void note_report(struct monitor *monitor, struct client *client)
{
    struct client *current = clients_find_peer(&monitor->clients, &client->peer);

    if (client->request == BLOCK_REQUEST_CRASH && current)
        current->reported = true;
    if (monitor->options.on_report)
        monitor->options.on_report(monitor->options.context);
}

static void on_dumped(struct monitor *monitor, struct client *client)
{
    monitor->dumps_running--;
    client->dumping = false;
    if (client->dump_result == ST_OK)
        note_report(monitor, client);
    if (!client->replaced)
        on_request(monitor, client); /* its next request may have come before this one was put away */
    forget_if_gone(monitor, client);
    /* Those who still wait see that the queue moves. */
    for (size_t i = 0; i < monitor->clients.count; i++)
        if (monitor->clients.items[i]->request_order)
            InterlockedIncrement((volatile LONG *)&monitor->clients.items[i]->head->progress);
    start_waiting_dumps(monitor);
}

static void on_stop(struct monitor *monitor)
{
    monitor->stopping = true;
    monitor->give_up_ms = clock_steady_ms() + STOP_GRACE_MS;
    for (size_t i = 0; i < monitor->clients.count; i++) {
        struct client *client = monitor->clients.items[i];
        if (client->request_order)
            refuse_dump(client, "the collector is shutting down");
        client->request_order = 0;
    }
}

/* -- loop -- */

static void on_packet(struct monitor *monitor, ULONG_PTR key, uint32_t id)
{
    struct client *client = clients_find(&monitor->clients, id); /* NULL for a client that has been forgotten meanwhile */

    if (key == KEY_STOP)
        on_stop(monitor);
    else if (key == KEY_ROOT_EXIT)
        monitor->root_gone = true;
    else if (key == KEY_REQUEST && client)
        on_event(monitor, client);
    else if (key == KEY_CLIENT_EXIT && client)
        on_client_exit(monitor, client);
    else if (key == KEY_DUMPED && client)
        on_dumped(monitor, client);
}

static bool is_finished(const struct monitor *monitor)
{
    if (monitor->dumps_running)
        return false;
    return monitor->stopping || (monitor->options.root && monitor->root_gone && monitor->clients.count == 0 && monitor->deaths.count == 0);
}

/* What dumps leave of the processor goes into making the next one quick. */
static void keep_spares(struct monitor *monitor)
{
    if (monitor->clients.count && !monitor->dumps_running && !monitor->stopping)
        spares_fill(monitor->policy.spares);
}

static void settle_deaths(struct monitor *monitor, uint64_t now)
{
    if (deaths_settle(&monitor->deaths, &monitor->policy, now) && monitor->options.on_report)
        monitor->options.on_report(monitor->options.context);
}

static DWORD sooner(DWORD wait, uint64_t due_ms, uint64_t now)
{
    if (due_ms == UINT64_MAX)
        return wait;
    if (due_ms <= now)
        return 0;
    return wait < due_ms - now ? wait : (DWORD)(due_ms - now);
}

/* How long the loop may sleep. */
static DWORD next_wait(struct monitor *monitor)
{
    uint64_t now = clock_steady_ms();
    DWORD wait = sooner(listener_expire(monitor->listener), deaths_next(&monitor->deaths), now);

    if ((monitor->clients.count || monitor->sessions_kept.count) && wait > HANG_LOOK_MS)
        wait = HANG_LOOK_MS;
    if (monitor->give_up_ms == 0)
        return wait;
    if (now >= monitor->give_up_ms) {
        SetEvent(monitor->policy.stop);
        monitor->give_up_ms = 0;
        return wait;
    }
    return wait < monitor->give_up_ms - now ? wait : (DWORD)(monitor->give_up_ms - now);
}

void monitor_run(struct monitor *monitor)
{
    while (!is_finished(monitor)) {
        OVERLAPPED *packet = NULL;
        ULONG_PTR key = 0;
        DWORD bytes = 0;
        BOOL ok = GetQueuedCompletionStatus(monitor->port, &bytes, &key, &packet, next_wait(monitor));
        DWORD error = ok ? ERROR_SUCCESS : GetLastError();
        if (packet)
            listener_packet(monitor->listener, packet, error, bytes);
        else if (ok)
            on_packet(monitor, key, bytes);
        settle_deaths(monitor, clock_steady_ms());
        look_at_clients(monitor);
        keep_spares(monitor);
        flush_sessions(monitor);
    }
    settle_deaths(monitor, UINT64_MAX); /* rather now than never: a dump that comes later still takes its place */
}

void monitor_stop(struct monitor *monitor)
{
    PostQueuedCompletionStatus(monitor->port, 0, KEY_STOP, NULL);
}

static void CALLBACK on_root_exit(void *context, BOOLEAN timed_out)
{
    struct monitor *monitor = context;

    (void)timed_out;
    PostQueuedCompletionStatus(monitor->port, 0, KEY_ROOT_EXIT, NULL);
}

/* More than there are processors: half of a dump's time is spent waiting for the process, the system and the disk. */
static unsigned parallel_dumps(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwNumberOfProcessors > MAX_PARALLEL_DUMPS / 2 ? MAX_PARALLEL_DUMPS : 2 * info.dwNumberOfProcessors;
}

static enum status make_waits(struct monitor *monitor)
{
    monitor->port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (!monitor->port)
        return status_from_win32(GetLastError());
    monitor->policy.stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!monitor->policy.stop)
        return status_from_win32(GetLastError());
    if (monitor->options.root && !RegisterWaitForSingleObject(&monitor->wait_root, monitor->options.root, on_root_exit, monitor, INFINITE,
                                                              WT_EXECUTEINWAITTHREAD | WT_EXECUTEONLYONCE))
        return status_from_win32(GetLastError());
    return ST_OK;
}

static enum status listen(struct monitor *monitor)
{
    struct listener_options options = {
        .pipe_name = monitor->options.pipe_name,
        .security = &monitor->descriptor.attributes,
        .port = monitor->port,
        .key = KEY_PIPE,
        .answer = answer_hello,
        .context = monitor,
    };
    static const enum descriptor_kind kinds[] = {
        [MONITOR_MACHINE] = DESCRIPTOR_MACHINE,
        [MONITOR_OWNER] = DESCRIPTOR_OWNER,
        [MONITOR_OWNER_AND_SANDBOXED] = DESCRIPTOR_OWNER_AND_SANDBOXED,
    };
    enum status st = descriptor_init(&monitor->descriptor, kinds[monitor->options.access]);

    return st ? st : listener_create(&monitor->listener, &options);
}

enum status monitor_create(struct monitor **ret, const struct monitor_options *options)
{
    struct monitor *monitor = calloc(1, sizeof *monitor);
    enum status st;

    if (!monitor)
        return ST_MEMORY;
    monitor->options = *options;
    monitor->dumps_parallel = parallel_dumps();
    monitor->policy = (struct dump_policy){
        .spool = options->spool,
        .queue_state = options->queue_state,
        .dumper_command = options->dumper_command,
        .as_client = options->as_client,
        .limits = options->dump_limits,
        .limits_context = options->dump_limits_context,
    };
    if (machine_id(monitor->policy.machine_id))
        log_warn("machine-without-id", "consequence=\"report ids rest on pid and start time alone\"");
    st = options->has_spares ? spares_create(&monitor->policy.spares, options->dumper_command, options->as_client) : ST_OK;
    if (!st)
        st = make_waits(monitor);
    if (!st)
        st = listen(monitor);
    if (st) {
        monitor_free(monitor);
        return st;
    }
    *ret = monitor;
    return ST_OK;
}

void monitor_free(struct monitor *monitor)
{
    if (!monitor)
        return;
    listener_free(monitor->listener);
    if (monitor->wait_root)
        UnregisterWaitEx(monitor->wait_root, INVALID_HANDLE_VALUE);
    clients_done(&monitor->clients);
    spares_free(monitor->policy.spares);
    deaths_done(&monitor->deaths);
    session_backlog_done(&monitor->sessions_kept);
    descriptor_done(&monitor->descriptor);
    if (monitor->policy.stop)
        CloseHandle(monitor->policy.stop);
    if (monitor->port)
        CloseHandle(monitor->port);
    free(monitor);
}
