/* promotion.c - the policy's verdicts, carried out.
 *
 * Counts are made so that a death in between counts nothing twice (spool_count_add), which asks that the queue be settled first: at the
 * start, and after whatever failed. Until then nothing leaves new/. */
#include "promotion.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "event_log.h"
#include "privacy.h"
#include "sibling.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APP_BYTES 201

/* A count-only report in new/, and since when it is known. */
struct open_count {
    char *name;
    int64_t since_ms;
};

/* Reports of one bucket that are counted in one go. */
struct batch {
    char bucket[SPOOL_BUCKET_BYTES];
    const char *why; /* COUNT_*; static */
    char **names;
    size_t count;
};

/* What one run through new/ comes to. */
struct run {
    char **held, **stuck; /* names */
    size_t held_count, stuck_count;
    bool any; /* something can be sent that could not before */
};

struct promotion {
    struct spool *spool;
    struct policy *policy;
    const struct policy_options *options;
    bool is_settled;
    char **held, **stuck; /* names: waiting for somebody's word, and for a disk that takes them */
    size_t held_count, stuck_count;
    struct open_count *counts;
    size_t count_count;
    struct batch *batches; /* of this run */
    size_t batch_count;
};

static void names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static enum status names_add(char ***names, size_t *count, const char *name)
{
    size_t size = strlen(name) + 1;
    char **grown = realloc(*names, (*count + 1) * sizeof *grown), *copy = malloc(size);

    if (grown)
        *names = grown;
    if (!grown || !copy) {
        free(copy);
        return ST_MEMORY;
    }
    grown[(*count)++] = memcpy(copy, name, size);
    return ST_OK;
}

static bool names_have(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* -- counts -- */

static void count_note(struct promotion *promotion, const char *name, int64_t since_ms)
{
    size_t size = strlen(name) + 1;
    struct open_count *grown = realloc(promotion->counts, (promotion->count_count + 1) * sizeof *grown);
    char *copy = malloc(size);

    if (grown)
        promotion->counts = grown;
    if (grown && copy)
        grown[promotion->count_count++] = (struct open_count){memcpy(copy, name, size), since_ms};
    else
        free(copy);
}

/* What a former process left is due at once. */
static enum status count_note_all(struct promotion *promotion, int64_t now_ms)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status st = spool_list(promotion->spool, SPOOL_NEW, &entries, &count);

    for (size_t i = 0; !st && i < count; i++)
        if (spool_name_is_count(entries[i].name))
            count_note(promotion, entries[i].name, now_ms - (int64_t)promotion->options->count_interval_ms);
    spool_list_free(entries, count);
    return st;
}

/* When a count was first seen. */
static int64_t count_since(struct promotion *promotion, const char *name, int64_t now_ms)
{
    for (size_t i = 0; i < promotion->count_count; i++)
        if (strcmp(promotion->counts[i].name, name) == 0)
            return promotion->counts[i].since_ms;
    count_note(promotion, name, now_ms);
    return now_ms;
}

static void count_forget(struct promotion *promotion, const char *name)
{
    for (size_t i = 0; i < promotion->count_count; i++)
        if (strcmp(promotion->counts[i].name, name) == 0) {
            free(promotion->counts[i].name);
            promotion->counts[i] = promotion->counts[--promotion->count_count];
            return;
        }
}

/* -- what was sent -- */

/* Fills crash from a record; app and bucket are the caller's memory. */
static void crash_read(struct policy_crash *crash, const struct spool_report *report, char app[APP_BYTES], char bucket[SPOOL_BUCKET_BYTES])
{
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    char address[512];

    if (!record_get(record, bytes, RECORD_APP, app, APP_BYTES))
        app[0] = '\0';
    spool_bucket(record, bytes, bucket);
    crash->app = app;
    crash->bucket = bucket;
    crash->id = spool_report_id(report);
    crash->has_address = record_get(record, bytes, RECORD_ADDRESS, address, sizeof address);
}

/* Counts of sessions and comments are no crashes: consent alone decides on them. */
static bool is_no_crash(const struct spool_report *report)
{
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    char kind[64];

    return record_get(record, bytes, RECORD_KIND, kind, sizeof kind);
}

static void learn(struct promotion *promotion, enum spool_state state, const struct spool_entry *entry, int64_t now_ms)
{
    struct spool_report *report = NULL;
    struct policy_crash crash = {.was_held = false};
    char app[APP_BYTES], bucket[SPOOL_BUCKET_BYTES];
    int64_t age_ms = clock_unix_ms() - entry->modified_unix_ms;

    if (age_ms > 24ll * 3600 * 1000 || spool_name_is_count(entry->name) || spool_report_open(promotion->spool, state, entry->name, &report))
        return;
    crash_read(&crash, report, app, bucket);
    if (!is_no_crash(report))
        policy_learn(promotion->policy, &crash, now_ms - (age_ms > 0 ? age_ms : 0)); /* a file from the future is of now */
    spool_report_close(report);
}

static enum status learn_all(struct promotion *promotion, int64_t now_ms)
{
    enum status st = ST_OK;

    for (int state = SPOOL_PENDING; !st && state < SPOOL_STATE_COUNT; state++) {
        struct spool_entry *entries = NULL;
        size_t count = 0;

        st = spool_list(promotion->spool, (enum spool_state)state, &entries, &count);
        for (size_t i = 0; !st && i < count; i++)
            learn(promotion, (enum spool_state)state, &entries[i], now_ms);
        spool_list_free(entries, count);
    }
    return st;
}

enum status promotion_create(struct promotion **ret, struct spool *spool, struct policy *policy, const struct policy_options *options,
                             int64_t now_ms)
{
    struct promotion *promotion = calloc(1, sizeof *promotion);
    enum status st;

    if (!promotion)
        return ST_MEMORY;
    promotion->spool = spool;
    promotion->policy = policy;
    promotion->options = options;
    st = learn_all(promotion, now_ms);
    if (!st)
        st = count_note_all(promotion, now_ms);
    if (st) {
        promotion_free(promotion);
        return st;
    }
    *ret = promotion;
    return ST_OK;
}

static void batches_free(struct promotion *promotion)
{
    for (size_t i = 0; i < promotion->batch_count; i++)
        names_free(promotion->batches[i].names, promotion->batches[i].count);
    free(promotion->batches);
    promotion->batches = NULL;
    promotion->batch_count = 0;
}

void promotion_free(struct promotion *promotion)
{
    if (!promotion)
        return;
    batches_free(promotion);
    names_free(promotion->held, promotion->held_count);
    names_free(promotion->stuck, promotion->stuck_count);
    for (size_t i = 0; i < promotion->count_count; i++)
        free(promotion->counts[i].name);
    free(promotion->counts);
    free(promotion);
}

size_t promotion_held(const struct promotion *promotion)
{
    return promotion->held_count;
}

size_t promotion_stuck(const struct promotion *promotion)
{
    return promotion->stuck_count;
}

/* -- verdicts -- */

static enum status batch_add(struct promotion *promotion, const char *bucket, const char *why, const char *name)
{
    struct batch *batch = promotion->batches;
    size_t at = 0;

    while (at < promotion->batch_count && (strcmp(batch[at].bucket, bucket) != 0 || batch[at].why != why))
        at++;
    if (at == promotion->batch_count) {
        batch = realloc(batch, (at + 1) * sizeof *batch);
        if (!batch)
            return ST_MEMORY;
        promotion->batches = batch;
        promotion->batch_count++;
        batch[at] = (struct batch){.why = why};
        text_copy(batch[at].bucket, sizeof batch[at].bucket, bucket);
    }
    return names_add(&batch[at].names, &batch[at].count, name);
}

static enum status batches_count(struct promotion *promotion)
{
    enum status st = ST_OK;

    for (size_t i = 0; !st && i < promotion->batch_count; i++) {
        struct batch *batch = &promotion->batches[i];
        char like[UUID_TEXT_BYTES];
        bool has_like = policy_like(promotion->policy, batch->bucket, like);

        st = spool_count_add(promotion->spool, (const char *const *)batch->names, batch->count, batch->why, has_like ? like : NULL);
        if (!st)
            log_info("crashes-counted", "reason=%s crashes=%zu like=%s", batch->why, batch->count, has_like ? like : "none");
        else
            log_error("crashes-not-counted", "reason=%s crashes=%zu status=%s", batch->why, batch->count, status_name(st));
    }
    batches_free(promotion);
    return st;
}

static void hold(struct promotion *promotion, const struct spool_report *report, const char *why)
{
    char detail[96];

    snprintf(detail, sizeof detail, "reason=\"%s\"", why);
    log_info("report-held", "file=\"%s\" id=%s %s", spool_report_name(report), spool_report_id(report), detail);
    if (spool_report_id(report)[0])
        spool_history_add(promotion->spool, spool_report_id(report), "held", detail);
}

/* Whether it is certain that nobody sends this crash, or has sent it. */
static bool may_count(struct spool_report *report)
{
    static const enum spool_state abroad[] = {SPOOL_PENDING, SPOOL_UPLOADING};
    enum spool_fate fate;
    bool may = spool_report_fate(report, &fate) == ST_OK && fate == SPOOL_FATE_OPEN;

    for (size_t i = 0; may && i < sizeof abroad / sizeof *abroad; i++) {
        char *twin = NULL;
        may = spool_report_twin(report, abroad[i], &twin) == ST_NOT_FOUND;
        free(twin);
    }
    return may;
}

static enum status send(struct promotion *promotion, const char *name)
{
    struct spool_report *report = NULL;
    enum status st = privacy_apply(promotion->spool, name, promotion->options);

    if (!st)
        st = spool_report_open(promotion->spool, SPOOL_NEW, name, &report);
    if (!st)
        st = spool_report_move(report, SPOOL_PENDING, "queued", NULL, true);
    spool_report_close(report);
    return st;
}

/* The verdict on an open report, which is closed. What cannot be carried out now is judged again, as is what is held. */
static enum status judge(struct promotion *promotion, struct spool_report *report, int64_t now_ms, struct run *run)
{
    struct policy_crash crash = {.consent = spool_report_consent(promotion->spool, report)};
    char app[APP_BYTES], bucket[SPOOL_BUCKET_BYTES], id[UUID_TEXT_BYTES], name[256];
    const char *why;
    enum policy_verdict verdict;
    bool is_crash = !is_no_crash(report);
    enum status st = ST_OK;

    text_copy(name, sizeof name, spool_report_name(report));
    text_copy(id, sizeof id, spool_report_id(report));
    crash_read(&crash, report, app, bucket);
    crash.id = id;
    crash.was_held = names_have(promotion->held, promotion->held_count, name) || names_have(promotion->stuck, promotion->stuck_count, name);
    verdict =
        is_crash ? policy_judge(promotion->policy, &crash, now_ms, &why) : policy_consent_judge(promotion->policy, crash.consent, &why);
    if (verdict == POLICY_COUNT && !may_count(report)) /* the server knows it by its id: a count could be one more */
        verdict = POLICY_SEND;
    if (verdict == POLICY_HOLD && !names_have(promotion->held, promotion->held_count, name))
        hold(promotion, report, why);
    spool_report_close(report);
    if (verdict == POLICY_COUNT)
        return batch_add(promotion, bucket, why, name);
    if (verdict == POLICY_HOLD)
        return names_add(&run->held, &run->held_count, name);
    st = send(promotion, name);
    if (st)
        return st;
    if (is_crash)
        policy_learn(promotion->policy, &crash, now_ms);
    run->any = true;
    return ST_OK;
}

/* Removes a report whose crash is in a count: a dump that was taken in twice, or another layer's that came late. ST_NOT_FOUND: it is not.
 */
static enum status drop_counted(struct promotion *promotion, const char *name)
{
    struct spool_report *report = NULL;
    enum spool_fate fate = SPOOL_FATE_OPEN;
    enum status st = spool_report_open(promotion->spool, SPOOL_NEW, name, &report);

    if (!st)
        st = spool_report_fate(report, &fate);
    if (!st)
        st = fate == SPOOL_FATE_COUNTED ? spool_report_drop(report, "merged", "reason=\"it is in a count\"") : ST_NOT_FOUND;
    spool_report_close(report);
    return st;
}

/* The report at `at` of what stands in new/. */
static enum status promote(struct promotion *promotion, const struct spool_entry *entries, size_t at, int64_t now_ms, struct run *run)
{
    struct spool_report *report = NULL;
    const char *name = entries[at].name;
    bool waits = false;
    enum status st = drop_counted(promotion, name);

    if (st != ST_NOT_FOUND)
        return st;
    st = sibling_merge(promotion->spool, name, entries, at, &waits);
    if (!st) {
        run->any = run->any || waits;
        return ST_OK;
    }
    if (st != ST_NOT_FOUND && !waits) /* the other may be about to be counted */
        return st;
    if (st != ST_NOT_FOUND)
        log_warn("reports-not-merged", "file=\"%s\" status=%s consequence=\"it is sent by itself under the same id\"", name,
                 status_name(st));
    st = spool_report_open(promotion->spool, SPOOL_NEW, name, &report);
    return st ? st : judge(promotion, report, now_ms, run);
}

/* A damaged one is put away; what cannot be read or moved now is tried again. */
static void promote_failed(struct promotion *promotion, const char *name, enum status st, struct run *run)
{
    if (st == ST_NOT_FOUND)
        return;
    if (st == ST_FORMAT || st == ST_CHECKSUM || st == ST_TRUNCATED || st == ST_VERSION)
        st = spool_report_bury(promotion->spool, SPOOL_NEW, name, st);
    if (!st)
        return;
    if (!names_have(promotion->stuck, promotion->stuck_count, name))
        log_error("report-stuck", "file=\"%s\" state=new status=%s reason=\"%s\" consequence=\"it is tried again until it can be moved\"",
                  name, status_name(st), status_text(st));
    names_add(&run->stuck, &run->stuck_count, name); /* without memory it is tried again all the same, at the next report */
}

enum status promotion_run(struct promotion *promotion, int64_t now_ms, bool *ret_any)
{
    struct spool_entry *entries = NULL;
    struct run run = {.held = NULL};
    size_t count = 0;
    enum status st = promotion->is_settled ? ST_OK : spool_count_settle(promotion->spool);

    promotion->is_settled = !st;
    if (!st)
        st = spool_list(promotion->spool, SPOOL_NEW, &entries, &count);
    for (size_t i = 0; !st && i < count; i++) {
        enum status one = spool_name_is_count(entries[i].name) ? ST_OK : promote(promotion, entries, i, now_ms, &run);
        if (one)
            promote_failed(promotion, entries[i].name, one, &run);
    }
    spool_list_free(entries, count);
    if (!st) {
        names_free(promotion->held, promotion->held_count);
        names_free(promotion->stuck, promotion->stuck_count);
        promotion->held = run.held;
        promotion->held_count = run.held_count;
        promotion->stuck = run.stuck;
        promotion->stuck_count = run.stuck_count;
        st = batches_count(promotion);
        promotion->is_settled = !st;
    }
    if (st)
        log_error("queue-not-settled", "status=%s consequence=\"nothing is sent until it is\"", status_name(st));
    *ret_any = run.any;
    return st;
}

/* -- what is due, and what is too much -- */

enum status promotion_flush(struct promotion *promotion, int64_t now_ms, int64_t *ret_next_ms, bool *ret_any)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status st = promotion->is_settled ? spool_list(promotion->spool, SPOOL_NEW, &entries, &count) : ST_STATE;

    *ret_next_ms = INT64_MAX;
    *ret_any = false;
    for (size_t i = 0; !st && i < count; i++) {
        int64_t due_ms;

        if (!spool_name_is_count(entries[i].name))
            continue;
        due_ms = count_since(promotion, entries[i].name, now_ms) + (int64_t)promotion->options->count_interval_ms;
        if (due_ms <= now_ms) {
            st = spool_count_close(promotion->spool, entries[i].name);
            if (!st)
                count_forget(promotion, entries[i].name);
            *ret_any = *ret_any || !st;
        } else if (due_ms < *ret_next_ms) {
            *ret_next_ms = due_ms;
        }
    }
    spool_list_free(entries, count);
    return st;
}

enum status promotion_limit(struct promotion *promotion, bool with_age)
{
    const struct policy_options *options = promotion->options;
    const struct spool_quota quota = {options->queue_bytes, options->queue_reports};
    const struct spool_retention retention = {options->keep_ms, options->keep_failed_ms};
    size_t removed = 0;
    enum status st = promotion->is_settled ? ST_OK : ST_STATE;

    if (!st && with_age)
        st = spool_retain(promotion->spool, &retention, &removed);
    if (!st)
        st = spool_quota_enforce(promotion->spool, &quota, &removed);
    if (!st && removed)
        event_log(EVENT_REPORTS_DROPPED, "reports=%zu reports_most=%" PRIu64 " bytes_most=%" PRIu64, removed, quota.max_reports,
                  quota.max_bytes);
    if (st && st != ST_STATE) {
        promotion->is_settled = false;
        log_error("queue-not-limited", "status=%s consequence=\"it may grow beyond its limits\"", status_name(st));
    }
    return st;
}
