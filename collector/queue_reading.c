/* queue_reading.c - see queue_reading.h. */
#include "queue_reading.h"
#include "base/text.h"
#include "queue_state.h"
#include <stdlib.h>
#include <string.h>

#define PROGRAMS_MAX 1000 /* the rest is summed up under "others" */
#define OTHERS       "others"

static bool is_waiting(enum spool_state state)
{
    return state == SPOOL_NEW || state == SPOOL_PENDING || state == SPOOL_UPLOADING;
}

/* -- programs -- */

static struct queue_program *program_find(struct queue_reading *reading, const char *name)
{
    struct queue_program *grown;

    for (size_t i = 0; i < reading->program_count; i++)
        if (strcmp(reading->programs[i].name, name) == 0)
            return &reading->programs[i];
    if (reading->program_count == PROGRAMS_MAX - 1 && strcmp(name, OTHERS) != 0)
        return program_find(reading, OTHERS);
    grown = realloc(reading->programs, (reading->program_count + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    reading->programs = grown;
    grown += reading->program_count++;
    memset(grown, 0, sizeof *grown);
    text_copy(grown->name, sizeof grown->name, name);
    return grown;
}

/* The reason in the last line of a report's history: reason="...". */
static void reason_read(struct spool *spool, const char *id, char *ret, size_t ret_size)
{
    static const char key[] = "reason=\"";
    struct buffer history;
    const char *line, *found;

    buffer_init(&history, RECORD_MAX_BYTES);
    if (id[0] && spool_history_read(spool, id, &history) == ST_OK && history.len > 1) {
        history.data[history.len - 1] = 0;
        line = strrchr(buffer_text(&history), '\n');
        found = strstr(line ? line : buffer_text(&history), key);
        if (found) {
            size_t length = strcspn(found + sizeof key - 1, "\"");

            length = text_cut(found + sizeof key - 1, length, ret_size - 1);
            memcpy(ret, found + sizeof key - 1, length);
            ret[length] = 0;
        }
    }
    buffer_done(&history);
}

static enum status program_note(struct queue_reading *reading, struct spool *spool, enum spool_state state,
                                const struct spool_report *report)
{
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    uint64_t counted = spool_record_count(record, bytes);
    char app[201];
    struct queue_program *program;

    if (!record_get(record, bytes, RECORD_APP, app, sizeof app))
        text_copy(app, sizeof app, "unknown");
    program = program_find(reading, app);
    if (!program)
        return ST_MEMORY;
    program->counted += counted;
    if (is_waiting(state))
        reading->counted_waiting += counted;
    if (counted)
        return ST_OK;
    program->waiting += is_waiting(state);
    program->sent += state == SPOOL_DONE || state == SPOOL_DISCARDED;
    program->refused += state == SPOOL_FAILED;
    if (is_waiting(state))
        reason_read(spool, spool_report_id(report), program->reason, sizeof program->reason);
    return ST_OK;
}

/* -- states -- */

static void keep_if_older(struct queue_reading *reading, enum spool_state state, struct spool_entry *entry)
{
    if (!is_waiting(state) || spool_name_is_count(entry->name) || (reading->oldest && reading->oldest_unix_ms <= entry->modified_unix_ms))
        return;
    free(reading->oldest);
    reading->oldest = entry->name;
    entry->name = NULL;
    reading->oldest_state = state;
    reading->oldest_unix_ms = entry->modified_unix_ms;
}

static enum status state_read(struct queue_reading *reading, struct spool *spool, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status st = spool_list(spool, state, &entries, &count);

    for (size_t i = 0; !st && i < count; i++) {
        struct spool_report *report = NULL;

        if (spool_report_open(spool, state, entries[i].name, &report) == ST_OK) /* else it has moved on, or is damaged */
            st = program_note(reading, spool, state, report);
        spool_report_close(report);
        keep_if_older(reading, state, &entries[i]);
    }
    spool_list_free(entries, count);
    return st;
}

/* -- the schedule's word -- */

static void text_get(const struct buffer *state, const char *key, char *ret, size_t ret_size)
{
    if (!record_get(buffer_text(state), state->len, key, ret, ret_size))
        ret[0] = 0;
}

static int64_t time_get(const struct buffer *state, const char *key)
{
    uint64_t time = 0;

    return record_get_u64(buffer_text(state), state->len, key, &time) && time < INT64_MAX ? (int64_t)time : 0;
}

static enum status schedule_read(struct queue_reading *reading)
{
    struct buffer state;
    enum status st;

    buffer_init(&state, QUEUE_STATE_BYTES + 1);
    st = queue_state_read(reading->queue, &state);
    if (!st) {
        text_get(&state, QUEUE_STATE_WAIT, reading->wait, sizeof reading->wait);
        text_get(&state, QUEUE_STATE_REASON, reading->reason, sizeof reading->reason);
        text_get(&state, QUEUE_STATE_LOOPING, reading->looping, sizeof reading->looping);
        record_get_u64(buffer_text(&state), state.len, QUEUE_STATE_FAILURES, &reading->failures);
        record_get_u64(buffer_text(&state), state.len, QUEUE_STATE_HELD, &reading->held);
        reading->next_try_unix_ms = time_get(&state, QUEUE_STATE_NEXT);
        reading->paused_unix_ms = time_get(&state, QUEUE_STATE_PAUSED);
    }
    if (!reading->wait[0])
        text_copy(reading->wait, sizeof reading->wait, "ready");
    for (char *at = reading->looping; *at; at++)
        if (*at == '\n')
            *at = ' ';
    buffer_done(&state);
    return st;
}

enum status queue_reading_make(struct queue_reading *ret, const char *queue)
{
    struct file_info info;
    struct spool *spool = NULL;
    enum status st = file_stat(queue, &info); /* spool_open would make one */

    memset(ret, 0, sizeof *ret);
    ret->queue = queue;
    if (!st)
        st = spool_open(&spool, queue);
    if (!st)
        st = spool_usage(spool, &ret->usage);
    for (int state = 0; !st && state < SPOOL_STATE_COUNT; state++)
        st = state_read(ret, spool, (enum spool_state)state);
    spool_close(spool);
    return st ? st : schedule_read(ret);
}

void queue_reading_done(struct queue_reading *reading)
{
    free(reading->oldest);
    free(reading->programs);
    reading->oldest = NULL;
    reading->programs = NULL;
}
