/* broker.c - runs a monitor on a thread of the collector. */
#include "../broker.h"
#include "../task.h"
#include "base/log.h"
#include "base/process.h"
#include "base/thread.h"
#include "base/win/wide.h"
#include "child.h"
#include "dumper.h"
#include "monitor.h"
#include "proto/pipe.h"
#include <stdlib.h>

#define MAX_PATH_BYTES (3u * 32768u)

struct broker {
    struct monitor *monitor;
    struct thread *thread;
    struct buffer program;
    const char *dumper_command[3];
    char *pipe_name, *inbox;
};

static void run_monitor(void *context)
{
    struct broker *broker = context;

    monitor_run(broker->monitor);
}

static void broker_free(struct broker *broker)
{
    monitor_free(broker->monitor);
    buffer_done(&broker->program);
    free(broker->pipe_name);
    free(broker->inbox);
    free(broker);
}

/* A client and WerFault.exe have other current folders than we. */
static char *absolute(const char *path)
{
    WCHAR *wide = wide_from_utf8(path), *full = NULL;
    DWORD chars = wide ? GetFullPathNameW(wide, 0, NULL, NULL) : 0;
    char *text = NULL;

    if (chars)
        full = malloc(chars * sizeof *full);
    if (full && GetFullPathNameW(wide, chars, full, NULL) < chars)
        text = wide_to_utf8(full);
    free(full);
    free(wide);
    return text;
}

static enum status broker_init(struct broker *broker, const struct broker_options *options)
{
    struct monitor_options monitor_options = {
        .is_service = true,
        .as_client = true,
        .has_spares = true,
        .death_rules = options->death_rules,
        .app_rules = options->app_rules,
        .dump_limits = options->dump_limits,
        .dump_limits_context = options->dump_limits_context,
        .spool = options->spool,
        .queue_state = SPOOL_NEW,
        .dumper_command = broker->dumper_command,
        .lifetimes = options->lifetimes,
        .on_report = options->on_report,
        .context = options->context,
    };
    enum status st;

    buffer_init(&broker->program, MAX_PATH_BYTES);
    broker->pipe_name = _strdup(options->pipe_name ? options->pipe_name : PIPE_SERVICE_NAME);
    broker->inbox = absolute(options->inbox);
    if (!broker->pipe_name || !broker->inbox)
        return ST_MEMORY;
    monitor_options.inbox = broker->inbox;
    st = process_self_path(&broker->program);
    if (st)
        return st;
    broker->dumper_command[0] = buffer_text(&broker->program);
    broker->dumper_command[1] = DUMPER_COMMAND;
    monitor_options.pipe_name = broker->pipe_name;
    st = monitor_create(&broker->monitor, &monitor_options);
    if (st)
        log_error("pipe-unusable", "pipe=\"%s\" status=%s remedy=\"is another collector running?\"", broker->pipe_name, status_name(st));
    return st ? st : thread_start(&broker->thread, run_monitor, broker);
}

enum status broker_start(struct broker **ret, const struct broker_options *options)
{
    struct broker *broker = calloc(1, sizeof *broker);
    enum status st;

    if (!broker)
        return ST_MEMORY;
    st = broker_init(broker, options);
    if (st) {
        broker_free(broker);
        return st;
    }
    *ret = broker;
    return ST_OK;
}

const char *broker_address(const struct broker *broker)
{
    return broker->pipe_name;
}

void broker_stop(struct broker *broker)
{
    if (!broker)
        return;
    monitor_stop(broker->monitor);
    thread_join(broker->thread);
    broker_free(broker);
}

int broker_dumper_command(int argc, char **argv)
{
    return argc == 2 ? dumper_main(argv[1]) : 2;
}

int broker_child_command(int argc, char **argv)
{
    return monitor_child_main(argc, argv);
}
