/* queue_status.c - `status`: what is in the queue, whose it is, and why it waits. */
#include "base/clock.h"
#include "base/json.h"
#include "command.h"
#include "queue_reading.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES (1024u * 1024)

static const char usage[] = "usage: salvor-collector status [--json] [--data DIR]\n"
                            "\n"
                            "Says how many reports are in which state and of which program, why they wait and for how long, what was\n"
                            "counted instead of sent, and how much of its limits the queue uses.\n"
                            "\n";

/* -- JSON -- */

static void write_number(struct json *json, const char *key, uint64_t number)
{
    json_key(json, key);
    json_uint(json, number);
}

static void write_time(struct json *json, const char *key, int64_t unix_ms)
{
    char time[25];

    json_key(json, key);
    if (unix_ms) {
        clock_format_utc(time, unix_ms);
        json_text(json, time);
    } else {
        json_none(json);
    }
}

static void write_states(struct json *json, const struct queue_reading *reading)
{
    json_key(json, "states");
    json_object_begin(json);
    for (int state = 0; state < SPOOL_STATE_COUNT; state++)
        write_number(json, spool_state_name((enum spool_state)state), reading->usage.reports[state]);
    json_object_end(json);
    json_key(json, "bytes");
    json_object_begin(json);
    for (int state = 0; state < SPOOL_STATE_COUNT; state++)
        write_number(json, spool_state_name((enum spool_state)state), reading->usage.bytes[state]);
    json_object_end(json);
}

static void write_oldest(struct json *json, const struct queue_reading *reading)
{
    json_key(json, "oldest_waiting");
    if (!reading->oldest) {
        json_none(json);
        return;
    }
    json_object_begin(json);
    json_key(json, "file");
    json_text(json, reading->oldest);
    json_key(json, "state");
    json_text(json, spool_state_name(reading->oldest_state));
    write_time(json, "since", reading->oldest_unix_ms);
    json_object_end(json);
}

static void write_programs(struct json *json, const struct queue_reading *reading)
{
    json_key(json, "programs");
    json_array_begin(json);
    for (size_t i = 0; i < reading->program_count; i++) {
        const struct queue_program *program = &reading->programs[i];

        json_object_begin(json);
        json_key(json, "program");
        json_text(json, program->name);
        write_number(json, "waiting", program->waiting);
        write_number(json, "sent", program->sent);
        write_number(json, "refused", program->refused);
        write_number(json, "counted", program->counted);
        json_key(json, "reason");
        json_text(json, program->reason[0] ? program->reason : NULL);
        json_object_end(json);
    }
    json_array_end(json);
}

static void write_endpoint(struct json *json, const struct queue_reading *reading)
{
    json_key(json, "endpoint");
    json_object_begin(json);
    json_key(json, "state");
    json_text(json, reading->wait);
    json_key(json, "reason");
    json_text(json, reading->reason[0] ? reading->reason : NULL);
    write_number(json, "failures", reading->failures);
    write_time(json, "next_try", reading->next_try_unix_ms);
    write_time(json, "paused_since", reading->paused_unix_ms);
    json_object_end(json);
}

static void write_limits(struct json *json, const struct queue_reading *reading, const struct policy_options *options)
{
    json_key(json, "limits");
    json_object_begin(json);
    write_number(json, "reports", reading->usage.all_reports);
    write_number(json, "reports_most", options->queue_reports);
    write_number(json, "bytes", reading->usage.all_bytes);
    write_number(json, "bytes_most", options->queue_bytes);
    json_object_end(json);
}

static enum status write_json(const struct queue_reading *reading, const struct policy_options *options, struct buffer *out)
{
    struct json json;

    json_init(&json, out);
    json_object_begin(&json);
    json_key(&json, "queue");
    json_text(&json, reading->queue);
    write_states(&json, reading);
    write_oldest(&json, reading);
    write_programs(&json, reading);
    write_number(&json, "held", reading->held);
    json_key(&json, "looping");
    json_text(&json, reading->looping[0] ? reading->looping : NULL);
    write_number(&json, "counted_waiting", reading->counted_waiting);
    write_endpoint(&json, reading);
    write_limits(&json, reading, options);
    json_object_end(&json);
    enum status st = json_done(&json);
    return st ? st : buffer_append_text(out, "\n");
}

/* -- text -- */

static enum status print_states(const struct queue_reading *reading, struct buffer *out)
{
    char time[25];
    enum status st = buffer_printf(out, "queue %s\n", reading->queue);

    for (int state = 0; !st && state < SPOOL_STATE_COUNT; state++)
        st = buffer_printf(out, "  %-10s %-6" PRIu64 " %" PRIu64 " KB\n", spool_state_name((enum spool_state)state),
                           reading->usage.reports[state], (reading->usage.bytes[state] + 1023) / 1024);
    if (st)
        return st;
    if (!reading->oldest)
        return buffer_append_text(out, "nothing waits\n");
    clock_format_utc(time, reading->oldest_unix_ms);
    return buffer_printf(out, "waiting longest: %s/%s since %s\n", spool_state_name(reading->oldest_state), reading->oldest, time);
}

static enum status print_programs(const struct queue_reading *reading, struct buffer *out)
{
    enum status st = ST_OK;

    for (size_t i = 0; !st && i < reading->program_count; i++) {
        const struct queue_program *program = &reading->programs[i];

        st = buffer_printf(out, "%s: waiting %" PRIu64 ", sent %" PRIu64 ", refused %" PRIu64 ", counted %" PRIu64 "%s%s\n", program->name,
                           program->waiting, program->sent, program->refused, program->counted, program->reason[0] ? ": " : "",
                           program->reason);
    }
    return st;
}

static enum status print_endpoint(const struct queue_reading *reading, struct buffer *out)
{
    char time[25];
    enum status st = ST_OK;

    if (strcmp(reading->wait, "ready") != 0)
        st = buffer_printf(out, "server: %s after %" PRIu64 " failures: %s\n", reading->wait, reading->failures, reading->reason);
    if (!st && reading->paused_unix_ms) {
        clock_format_utc(time, reading->paused_unix_ms);
        st = buffer_printf(out, "paused since %s; a changed url or key ends it at once\n", time);
    }
    if (!st && reading->next_try_unix_ms) {
        clock_format_utc(time, reading->next_try_unix_ms);
        st = buffer_printf(out, "next try %s\n", time);
    }
    return st;
}

static enum status print_limit(struct buffer *out, const char *what, uint64_t used, uint64_t most)
{
    return most ? buffer_printf(out, "%s used: %" PRIu64 " of %" PRIu64 "\n", what, used, most)
                : buffer_printf(out, "%s used: %" PRIu64 ", no limit\n", what, used);
}

static enum status write_text(const struct queue_reading *reading, const struct policy_options *options, struct buffer *out)
{
    enum status st = print_states(reading, out);

    if (!st)
        st = print_programs(reading, out);
    if (!st)
        st = print_endpoint(reading, out);
    if (!st && reading->held)
        st = buffer_printf(out, "waiting for somebody's word: %" PRIu64 "\n", reading->held);
    if (!st && reading->looping[0])
        st = buffer_printf(out, "in a crash loop: %s\n", reading->looping);
    if (!st && reading->counted_waiting)
        st = buffer_printf(out, "crashes in counts that wait: %" PRIu64 "\n", reading->counted_waiting);
    if (!st)
        st = print_limit(out, "reports", reading->usage.all_reports, options->queue_reports);
    return st ? st : print_limit(out, "bytes", reading->usage.all_bytes, options->queue_bytes);
}

static int report_status(const char *queue, const struct policy_options *options, bool as_json)
{
    struct queue_reading reading;
    struct buffer out;
    int code = 1;
    enum status st = queue_reading_make(&reading, queue);

    buffer_init(&out, OUTPUT_BYTES);
    if (st)
        fprintf(stderr, "salvor-collector status: the queue %s cannot be read: %s\n", queue, status_text(st));
    else if ((as_json ? write_json : write_text)(&reading, options, &out) == ST_OK)
        code = command_print(&out);
    buffer_done(&out);
    queue_reading_done(&reading);
    return code;
}

int status_command(int argc, char **argv)
{
    struct configuration *configuration = NULL;
    const char *message = "out of memory";
    bool as_json = false;
    int code, kept = 0;

    if (command_wants_help(argc, argv))
        return command_help(usage, configuration_help);
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            as_json = true;
        else
            argv[kept++] = argv[i];
    }
    if (configuration_load(&configuration, kept, argv, &message))
        code = command_usage("status", message);
    else if (configuration_words(configuration)->count)
        code = command_usage("status", "takes options only");
    else
        code = report_status(configuration_queue(configuration), &configuration_settings(configuration)->policy, as_json);
    configuration_free(configuration);
    return code;
}
