/* queue_status.c - `status`: how many reports are in which state, and which has waited longest. */
#include "base/clock.h"
#include "base/json.h"
#include "command.h"
#include "spool/spool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_BYTES (256u * 1024)

static const char usage[] = "usage: salvor-collector status [--json] [--data DIR]\n"
                            "\n"
                            "Says how many reports are in which state, and which one has waited longest.\n"
                            "\n";

struct queue_status {
    const char *queue;
    size_t counts[SPOOL_STATE_COUNT];
    char *oldest; /* file name; NULL when nothing waits */
    enum spool_state oldest_state;
    int64_t oldest_ms;
};

static bool is_waiting(enum spool_state state)
{
    return state == SPOOL_NEW || state == SPOOL_PENDING || state == SPOOL_UPLOADING;
}

static void keep_if_older(struct queue_status *status, enum spool_state state, struct spool_entry *entry)
{
    if (status->oldest && status->oldest_ms <= entry->modified_unix_ms)
        return;
    free(status->oldest);
    status->oldest = entry->name;
    entry->name = NULL;
    status->oldest_state = state;
    status->oldest_ms = entry->modified_unix_ms;
}

static enum status read_state(struct queue_status *status, struct spool *spool, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status st = spool_list(spool, state, &entries, &count);

    if (st)
        return st;
    status->counts[state] = count;
    for (size_t i = 0; i < count && is_waiting(state); i++)
        keep_if_older(status, state, &entries[i]);
    spool_list_free(entries, count);
    return ST_OK;
}

static enum status read_queue(struct queue_status *status, const char *queue)
{
    struct file_info info;
    struct spool *spool = NULL;
    enum status st = file_stat(queue, &info); /* spool_open would make one */

    status->queue = queue;
    if (!st)
        st = spool_open(&spool, queue);
    for (int state = 0; !st && state < SPOOL_STATE_COUNT; state++)
        st = read_state(status, spool, (enum spool_state)state);
    spool_close(spool);
    return st;
}

static enum status write_json(const struct queue_status *status, struct buffer *out)
{
    struct json json;
    char time[25];

    json_init(&json, out);
    json_object_begin(&json);
    json_key(&json, "queue");
    json_text(&json, status->queue);
    json_key(&json, "states");
    json_object_begin(&json);
    for (int state = 0; state < SPOOL_STATE_COUNT; state++) {
        json_key(&json, spool_state_name((enum spool_state)state));
        json_uint(&json, status->counts[state]);
    }
    json_object_end(&json);
    json_key(&json, "oldest_waiting");
    if (status->oldest) {
        clock_format_utc(time, status->oldest_ms);
        json_object_begin(&json);
        json_key(&json, "file");
        json_text(&json, status->oldest);
        json_key(&json, "state");
        json_text(&json, spool_state_name(status->oldest_state));
        json_key(&json, "since");
        json_text(&json, time);
        json_object_end(&json);
    } else {
        json_none(&json);
    }
    json_object_end(&json);
    enum status st = json_done(&json);
    return st ? st : buffer_append_text(out, "\n");
}

static enum status write_text(const struct queue_status *status, struct buffer *out)
{
    char time[25];
    enum status st = buffer_printf(out, "queue %s\n", status->queue);

    for (int state = 0; !st && state < SPOOL_STATE_COUNT; state++)
        st = buffer_printf(out, "  %-10s %zu\n", spool_state_name((enum spool_state)state), status->counts[state]);
    if (st)
        return st;
    if (!status->oldest)
        return buffer_append_text(out, "nothing waits\n");
    clock_format_utc(time, status->oldest_ms);
    return buffer_printf(out, "waiting longest: %s/%s since %s\n", spool_state_name(status->oldest_state), status->oldest, time);
}

static int report_status(const char *queue, bool as_json)
{
    struct queue_status status = {0};
    struct buffer out;
    int code = 1;
    enum status st = read_queue(&status, queue);

    buffer_init(&out, OUTPUT_BYTES);
    if (st)
        fprintf(stderr, "salvor-collector status: the queue %s cannot be read: %s\n", queue, status_text(st));
    else if ((as_json ? write_json : write_text)(&status, &out) == ST_OK)
        code = command_print(&out);
    buffer_done(&out);
    free(status.oldest);
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
        code = report_status(configuration_queue(configuration), as_json);
    configuration_free(configuration);
    return code;
}
