/* run.c - broker, watcher and schedule in one process, until it is told to stop; and `run`, which does that in a console. */
#include "run.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/machine.h"
#include "broker.h"
#include "command.h"
#include "event_log.h"
#include "platform.h"
#include "schedule.h"
#include "watcher.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READY_BYTES      65536
#define OWN_CRASHES_FILE "own-crashes" /* in the data folder */

static const char usage[] =
    "usage: salvor-collector run [OPTION]...\n"
    "\n"
    "Serves programs that use the Salvor client, takes LocalDumps files in, and sends reports. Prints one line that\n"
    "begins with 'salvor-collector ready' when it accepts clients. Ends at Ctrl-C.\n"
    "\n";

struct collector {
    const struct settings *settings;
    const char *queue, *inbox;
    struct spool *spool;
    struct lifetimes *lifetimes;
    struct policy *policy;
    struct user_quota *quota;
    char *own_crashes;
    struct schedule *schedule;
    struct broker *broker;
    struct watcher *watcher;
};

static void on_report(void *context)
{
    schedule_wake(context);
}

static enum status fail(const char *what, const char *which, enum status st)
{
    event_log(EVENT_NOT_STARTED, "what=\"%s\" name=\"%s\" status=%s reason=\"%s\"", what, which, status_name(st), status_text(st));
    return st;
}

static enum status open_queue(struct collector *collector)
{
    const struct settings *settings = collector->settings;
    enum status st = settings->log ? log_set_rotated_file(settings->log, settings->log_bytes) : ST_OK;

    if (st)
        return fail("log file", settings->log, st);
    for (size_t i = 0; i < settings->dumps.count; i++) {
        st = folder_create(settings->dumps.items[i]);
        if (st)
            return fail("dump folder", settings->dumps.items[i], st);
    }
    st = folder_create(collector->inbox);
    if (st)
        return fail("inbox", collector->inbox, st);
    st = spool_open(&collector->spool, collector->queue);
    if (st)
        return fail("queue", collector->queue, st);
    st = spool_sweep(collector->spool);
    if (st)
        return fail("queue", collector->queue, st);
    st = lifetimes_create(&collector->lifetimes);
    return st ? fail("table of processes", "", st) : ST_OK;
}

static enum status start_schedule(struct collector *collector)
{
    const struct settings *settings = collector->settings;
    struct schedule_options options = {
        .spool = collector->spool,
        .url = settings->url,
        .key = settings->key,
        .upload_program = settings->upload_program,
        .upload_log = log_file_path(),
        .upload_log_bytes = settings->log_bytes,
        .limit_upload = platform_limit_upload,
        .policy_options = &settings->policy,
    };
    const struct policy_rules rules = policy_options_rules(&settings->policy);
    enum status st = policy_create(&collector->policy, &rules);

    options.policy = collector->policy;
    if (!st)
        st = schedule_start(&collector->schedule, &options);

    if (!settings->url)
        log_info("upload-off", "reason=\"no url is set\" consequence=\"reports wait in the queue\"");
    return st ? fail("schedule", collector->queue, st) : ST_OK;
}

/* A program in a crash loop gets the smallest dumps. */
static void dump_limits(void *context, const char *app, struct dump_limits *ret)
{
    const struct collector *collector = context;
    const struct policy_options *options = &collector->settings->policy;
    size_t length = 0;

    *ret = (struct dump_limits){
        .most_kind = policy_options_dump_kind(options), .most_bytes = options->dump_bytes, .drop_attachments = options->drop_attachments};
    if (policy_is_looping(collector->policy, app, (int64_t)clock_steady_ms()))
        ret->most_kind = DUMP_LIMITS_SMALLEST;
    for (size_t i = 0; i < options->drop_annotations.count; i++) {
        int size =
            snprintf(ret->drop_annotations + length, sizeof ret->drop_annotations - length, "%s\n", options->drop_annotations.items[i]);
        if (size < 0 || (size_t)size >= sizeof ret->drop_annotations - length)
            return; /* what is too much here is taken out later */
        length += (size_t)size;
    }
}

static enum status start_broker(struct collector *collector)
{
    const char *pipe_name = collector->settings->pipe;
    struct broker_options options = {
        .pipe_name = pipe_name,
        .inbox = collector->inbox,
        .death_rules = collector->settings->death_rules,
        .app_rules = configuration_app,
        .dump_limits = dump_limits,
        .dump_limits_context = collector,
        .spool = collector->spool,
        .lifetimes = collector->lifetimes,
        .on_report = on_report,
        .context = collector->schedule,
    };
    enum status st = broker_start(&collector->broker, &options);

    return st ? fail("pipe", pipe_name ? pipe_name : "", st) : ST_OK;
}

static enum status start_watcher(struct collector *collector)
{
    const struct settings *settings = collector->settings;
    enum status st = user_quota_create(&collector->quota, settings->user_reports, settings->user_bytes);

    collector->own_crashes = path_joined(settings->data, OWN_CRASHES_FILE);
    if (st || !collector->own_crashes)
        return fail("watcher", settings->data, ST_MEMORY);
    struct watcher_options options = {
        .intake = {.spool = collector->spool,
                   .queue_state = SPOOL_NEW,
                   .lifetimes = collector->lifetimes,
                   .quota = collector->quota,
                   .max_dump_bytes = INTAKE_MAX_DUMP_BYTES},
        .folders = settings->dumps.items,
        .folder_count = settings->dumps.count,
        .inbox = collector->inbox,
        .own_crashes = collector->own_crashes,
        .scan_interval_ms = settings->scan_interval_ms,
        .on_report = on_report,
        .context = collector->schedule,
    };

    if (machine_id(options.intake.machine_id))
        memset(options.intake.machine_id, 0, sizeof options.intake.machine_id);
    st = watcher_start(&collector->watcher, &options);
    return st ? fail("watcher", settings->dumps.items[0], st) : ST_OK;
}

static enum status say_ready(const struct collector *collector)
{
    const struct settings *settings = collector->settings;
    struct buffer line;
    enum status st;

    buffer_init(&line, READY_BYTES);
    st = buffer_printf(&line, "salvor-collector ready pipe=%s data=%s dumps=", broker_address(collector->broker), settings->data);
    for (size_t i = 0; !st && i < settings->dumps.count; i++)
        st = buffer_printf(&line, "%s%s", i ? ";" : "", settings->dumps.items[i]);
    if (!st)
        st = buffer_append_text(&line, "\n");
    if (!st)
        command_print(&line); /* nobody may be listening */
    buffer_done(&line);
    return st;
}

static void stop(struct collector *collector)
{
    watcher_stop(collector->watcher);
    broker_stop(collector->broker);
    schedule_stop(collector->schedule);
    policy_free(collector->policy);
    user_quota_free(collector->quota);
    free(collector->own_crashes);
    lifetimes_free(collector->lifetimes);
    spool_close(collector->spool);
}

int run_collector(const struct configuration *configuration, const struct run_host *host)
{
    struct collector collector = {
        .settings = configuration_settings(configuration),
        .queue = configuration_queue(configuration),
        .inbox = configuration_inbox(configuration),
    };
    enum status st = open_queue(&collector);

    if (!st)
        st = start_schedule(&collector);
    if (!st)
        st = start_broker(&collector);
    if (!st)
        st = start_watcher(&collector);
    if (!st)
        st = say_ready(&collector);
    if (!st) {
        event_log(EVENT_STARTED, "version=" SALVOR_VERSION_TEXT " pipe=\"%s\" data=\"%s\"", broker_address(collector.broker),
                  collector.settings->data);
        if (host->ready)
            host->ready(host->context);
        platform_wait_stop();
        log_info("collector-stopping", "reason=\"asked to\"");
    }
    stop(&collector);
    if (!st)
        event_log(EVENT_STOPPED, "reason=\"asked to\"");
    return st ? 1 : 0;
}

int run_command(int argc, char **argv)
{
    const struct run_host console = {0};
    struct configuration *configuration = NULL;
    const char *message = "out of memory";
    int code;

    if (command_wants_help(argc, argv))
        return command_help(usage, configuration_help);
    platform_catch_stop();
    if (configuration_load(&configuration, argc, argv, &message))
        code = command_usage("run", message);
    else if (configuration_words(configuration)->count)
        code = command_usage("run", "takes options only; 'salvor-collector run --help' lists them");
    else
        code = run_collector(configuration, &console);
    configuration_free(configuration);
    platform_stop_done();
    return code;
}
