/* deaths.c - the exit watcher's half that waits: fast fails lose WER's dump now and then, and a process that ran out of memory leaves none;
 * such a death is counted all the same. */
#include "deaths.h"
#include "../event_log.h"
#include "../sibling.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

#define IDENTITY_BYTES 4096
#define RETRY_MS       2000
#define MAX_KEPT       4096 /* deaths that wait for room on the disk */
#define REASON_KILLED  "ended from outside, or by abort()"

void deaths_done(struct deaths *deaths)
{
    for (size_t i = 0; i < deaths->count; i++)
        free(deaths->items[i].app);
    free(deaths->items);
    *deaths = (struct deaths){0};
}

static enum status make_room(struct deaths *deaths)
{
    size_t capacity = deaths->capacity ? 2 * deaths->capacity : 16;
    struct death *items;

    if (deaths->count < deaths->capacity)
        return ST_OK;
    items = realloc(deaths->items, capacity * sizeof *items);
    if (!items)
        return ST_MEMORY;
    deaths->items = items;
    deaths->capacity = capacity;
    return ST_OK;
}

enum status deaths_add(struct deaths *deaths, const struct dump_policy *policy, const struct client *client, uint32_t exit_code,
                       uint64_t exited, bool was_killed, uint64_t due_ms)
{
    const struct peer *peer = &client->peer;
    struct death death = {
        .app = _strdup(peer->app),
        .pid = peer->pid,
        .exit_code = exit_code,
        .process_start = clock_from_filetime(peer->start_filetime) / 1000,
        .time = clock_from_filetime(exited) / 1000,
        .memory = memory_facts_read(peer->process),
        .due_ms = due_ms,
        .was_killed = was_killed,
    };
    enum status st = death.app ? make_room(deaths) : ST_MEMORY;

    if (st) {
        free(death.app);
        return st;
    }
    memcpy(death.consent_of, peer->consent_of, sizeof death.consent_of);
    report_copy_program(&death.program, client->head);
    uuid_report_id(death.id, policy->machine_id, death.pid, death.process_start, 0);
    deaths->items[deaths->count++] = death;
    return ST_OK;
}

static enum status write_report(const struct death *death, const struct dump_policy *policy)
{
    struct report_identity identity = {
        .app = death->app,
        .pid = death->pid,
        .process_start = death->process_start,
        .crash_time = death->time,
        .layer = LAYER_EXIT_WATCHER,
    };
    char text[IDENTITY_BYTES], *name = NULL;
    struct record_writer writer;
    struct spool_draft *draft = NULL;
    enum status st = spool_draft_create(policy->spool, &draft);

    if (st)
        return st;
    memcpy(identity.id, death->id, sizeof identity.id);
    memcpy(identity.consent_of, death->consent_of, sizeof identity.consent_of);
    record_writer_init(&writer, text, sizeof text);
    report_put_identity(&writer, &identity);
    memory_facts_put(&writer, &death->memory);
    report_put_program(&writer, &death->program);
    record_put_hex(&writer, RECORD_EXIT_CODE, death->exit_code);
    if (death->was_killed)
        record_put(&writer, RECORD_REASON, REASON_KILLED);
    st = spool_draft_commit(draft, text, writer.len, policy->queue_state, &name);
    if (!st)
        event_log(EVENT_REPORT, "app=\"%s\" id=%s layer=" LAYER_EXIT_WATCHER " pid=%u file=\"%s\" dump_bytes=0", death->app, death->id,
                  death->pid, name);
    free(name);
    return st;
}

/* *ret_written: a report was, rather than found. */
static enum status settle(const struct death *death, const struct dump_policy *policy, bool *ret_written)
{
    *ret_written = false;
    if (sibling_known(policy->spool, death->id, death->pid)) {
        log_info("death-has-report", "id=%s pid=%u", death->id, death->pid);
        return ST_OK;
    }
    enum status st = write_report(death, policy);
    *ret_written = st == ST_OK;
    return st;
}

/* Whether it is kept for another try: as long as there is one, and not without end. */
static bool put_off(struct deaths *deaths, struct death *death, enum status st, uint64_t now_ms)
{
    bool is_kept = now_ms != UINT64_MAX && deaths->count <= MAX_KEPT;

    if (!death->is_told || !is_kept)
        log_error("death-not-reported", "pid=%u app=\"%s\" exit_code=0x%08x status=%s reason=\"%s\" consequence=\"%s\"", death->pid,
                  death->app, death->exit_code, status_name(st), status_text(st),
                  is_kept ? "it is tried again until it can be" : "it is lost");
    death->is_told = true;
    death->due_ms = now_ms + RETRY_MS;
    return is_kept;
}

size_t deaths_settle(struct deaths *deaths, const struct dump_policy *policy, uint64_t now_ms)
{
    size_t written = 0;

    for (size_t i = deaths->count; i-- > 0;) {
        struct death *death = &deaths->items[i];
        bool is_written = false;
        enum status st;

        if (death->due_ms > now_ms && now_ms != UINT64_MAX)
            continue;
        st = settle(death, policy, &is_written);
        written += is_written;
        if (st && put_off(deaths, death, st, now_ms))
            continue;
        free(death->app);
        *death = deaths->items[--deaths->count];
    }
    return written;
}

uint64_t deaths_next(const struct deaths *deaths)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < deaths->count; i++)
        if (deaths->items[i].due_ms < next)
            next = deaths->items[i].due_ms;
    return next;
}
