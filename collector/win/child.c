/* child.c - child mode: a monitor that one program starts for itself and that ends with its last client. */
#include "child.h"
#include "../task.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "delivery.h"
#include "dumper.h"
#include "monitor.h"
#include "proto/name.h"
#include "veh/salvor.h"
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE       2
#define SHUTDOWN_LEVEL   0x100 /* below every ordinary program's 0x280: we are ended after our clients */
#define NO_DUMP_GRACE_MS 10000 /* WerFault writes into our queue itself */
#define MIN_ARGUMENTS    6
#define MAX_ARGUMENTS    7

struct child {
    const char *pipe_name, *spool_dir, *url, *key;
    uint64_t flags; /* salvor_options.flags */
    HANDLE ready, root;
};

static HANDLE open_root(uint64_t pid, uint64_t start_filetime)
{
    FILETIME created, exited, kernel, user;
    HANDLE root = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, (DWORD)pid);

    if (root && GetProcessTimes(root, &created, &exited, &kernel, &user) &&
        ((uint64_t)created.dwHighDateTime << 32 | created.dwLowDateTime) == start_filetime)
        return root;
    if (root)
        CloseHandle(root);
    return NULL;
}

/* words: what follows --crash-monitor. */
static bool child_init(struct child *child, char **words, int count)
{
    uint64_t pid, start_filetime, ready;

    if (count < MIN_ARGUMENTS || count > MAX_ARGUMENTS || !text_parse_u64(words[1], &pid) || !text_parse_u64(words[2], &start_filetime) ||
        !text_parse_u64(words[3], &ready) || !text_parse_u64(words[5], &child->flags))
        return false;
    child->pipe_name = words[0];
    child->ready = (HANDLE)(uintptr_t)ready;
    child->spool_dir = words[4];
    child->url = count == MAX_ARGUMENTS ? words[6] : NULL;
    child->key = getenv(NAME_ENV_KEY);
    child->root = open_root(pid, start_filetime);
    return true;
}

/* Lives by itself: no Ctrl-C that was meant for the program, no hold on its folder, ended after it at shutdown. */
static void detach(void)
{
    WCHAR system[MAX_PATH];

    SetConsoleCtrlHandler(NULL, TRUE);
    SetProcessShutdownParameters(SHUTDOWN_LEVEL, SHUTDOWN_NORETRY);
    if (GetSystemDirectoryW(system, MAX_PATH))
        SetCurrentDirectoryW(system);
}

/* Reports go through new/, where the delivery puts siblings together. Without one they wait where salvor-upload finds them. */
static struct delivery *start_delivery(const struct child *child, struct monitor_options *options)
{
    struct delivery *delivery = NULL;
    enum status st = delivery_start(&delivery, options->spool, child->url, child->key);

    options->queue_state = st ? SPOOL_PENDING : SPOOL_NEW;
    if (st)
        log_error("delivery-not-started", "dir=\"%s\" status=%s", child->spool_dir, status_name(st));
    else
        options->on_report = delivery_wake;
    options->context = delivery;
    return delivery;
}

static enum status serve(const struct child *child, const char *program)
{
    const char *const command[] = {program, NAME_ARG_MONITOR, DUMPER_COMMAND, NULL};
    struct monitor_options options = {
        .pipe_name = child->pipe_name,
        .access = child->flags & SALVOR_ALLOW_SANDBOXED ? MONITOR_OWNER_AND_SANDBOXED : MONITOR_OWNER,
        .dumper_command = command,
        .root = child->root,
        .death_rules.no_dump_grace_ms = NO_DUMP_GRACE_MS,
    };
    struct delivery *delivery = NULL;
    struct monitor *monitor = NULL;
    enum status st = spool_open(&options.spool, child->spool_dir);

    if (st) {
        log_error("queue-unusable", "dir=\"%s\" status=%s", child->spool_dir, status_name(st));
        return st;
    }
    spool_sweep(options.spool);
    delivery = start_delivery(child, &options);
    st = monitor_create(&monitor, &options);
    if (st) {
        log_error("pipe-unusable", "pipe=\"%s\" status=%s", child->pipe_name, status_name(st));
    } else {
        SetEvent(child->ready);
        monitor_run(monitor);
    }
    monitor_free(monitor);
    delivery_finish(delivery);
    spool_close(options.spool);
    return st;
}

static int monitor_main(char **words, int count)
{
    struct child child = {0};
    struct buffer program;
    enum status st;

    if (!child_init(&child, words, count)) {
        log_error("monitor-usage", "arguments=%d expected=\"pipe pid start ready-event spool-dir flags [url]\"", count);
        return EXIT_USAGE;
    }
    if (!child.root) {
        log_warn("monitor-useless", "reason=\"the program that started it has gone\"");
        return 0;
    }
    detach();
    buffer_init(&program, 3 * 32768);
    st = process_self_path(&program);
    if (!st)
        st = serve(&child, buffer_text(&program));
    buffer_done(&program);
    CloseHandle(child.ready);
    CloseHandle(child.root);
    return st ? 1 : 0;
}

int monitor_child_main(int argc, char **argv)
{
    int at = 1;

    if (process_arguments(&argc, &argv))
        return 1;
    while (at < argc && strcmp(argv[at], NAME_ARG_MONITOR) != 0)
        at++;
    at++;
    if (at + 2 == argc && strcmp(argv[at], DUMPER_COMMAND) == 0)
        return dumper_main(argv[at + 1]);
    return monitor_main(argv + at, at < argc ? argc - at : 0);
}
