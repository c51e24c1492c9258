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
#define TOLD_BYTES     (RECORD_MAX_BYTES - IDENTITY_BYTES)
#define MAX_ALL_TOLD   (16u * 1024 * 1024) /* kept at a time; deaths beyond it keep what stands in the first page alone */
#define RETRY_MS       2000
#define MAX_KEPT       4096 /* deaths that wait for room on the disk */
#define REASON_KILLED  "ended from outside, or by abort()"

static void death_done(struct death *death)
{
    free(death->app);
    free(death->told);
}

void deaths_done(struct deaths *deaths)
{
    for (size_t i = 0; i < deaths->count; i++)
        death_done(&deaths->items[i]);
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

/* The client has ended, but who it gave its section to may still write there: it is copied once. */
static void tell_all(struct record_writer *writer, const struct client *client)
{
    struct block *copy = client_copy_block(client);
    uint8_t *log = malloc(BLOCK_LOG_BYTES);

    if (copy && log)
        report_put_told(writer, copy, log);
    free(copy);
    free(log);
}

static void tell_program(struct record_writer *writer, const struct client *client)
{
    struct report_program program;

    report_copy_program(&program, client->head);
    report_put_program(writer, &program);
}

/* Keeps no more memory than the words take. */
static void keep_told(struct death *death, const struct client *client, size_t room)
{
    struct record_writer writer;
    char *text = malloc(TOLD_BYTES), *kept;

    if (!text)
        return;
    record_writer_init(&writer, text, TOLD_BYTES);
    tell_all(&writer, client);
    if (!writer.len || writer.len > room) {
        record_writer_init(&writer, text, TOLD_BYTES);
        tell_program(&writer, client);
    }
    kept = realloc(text, writer.len);
    death->told = kept ? kept : text;
    death->told_bytes = writer.len;
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
    keep_told(&death, client, deaths->told_bytes < MAX_ALL_TOLD ? MAX_ALL_TOLD - deaths->told_bytes : 0);
    deaths->told_bytes += death.told_bytes;
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
    char *text = malloc(IDENTITY_BYTES + death->told_bytes), *name = NULL;
    struct record_writer writer;
    struct spool_draft *draft = NULL;
    enum status st = text ? spool_draft_create(policy->spool, &draft) : ST_MEMORY;

    if (st) {
        free(text);
        return st;
    }
    memcpy(identity.id, death->id, sizeof identity.id);
    memcpy(identity.consent_of, death->consent_of, sizeof identity.consent_of);
    record_writer_init(&writer, text, IDENTITY_BYTES);
    report_put_identity(&writer, &identity);
    memory_facts_put(&writer, &death->memory);
    record_put_hex(&writer, RECORD_EXIT_CODE, death->exit_code);
    if (death->was_killed)
        record_put(&writer, RECORD_REASON, REASON_KILLED);
    if (death->told)
        memcpy(text + writer.len, death->told, death->told_bytes);
    st = spool_draft_commit(draft, text, writer.len + death->told_bytes, policy->queue_state, &name);
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
