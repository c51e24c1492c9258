/* queue.c - pending -> uploading -> done, discarded, failed, or pending again. A report never leaves the queue for a reason that lies
 * elsewhere: a wrong key or address, a full disk and a dead network all make it wait. */
#include "uploader/queue.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"
#include "uploader/endpoint.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAIL_BYTES     1024
#define TURN_PATIENCE_MS 10000 /* a collector has the queue to itself for moments, unless its disk is very slow */
#define TURN_LOOK_MS     20

struct worker;

/* One report between its claim and its new state. */
struct job {
    struct worker *worker;
    struct spool_report *report; /* NULL: nothing was claimed */
    struct source source;
    struct parcel *parcel; /* NULL: it is not sent, for the reason in the verdict */
    struct verdict verdict;
    const struct outcome *outcome; /* of the verdict */
    bool is_uncertain;
};

struct worker {
    struct spool *spool;
    struct delivery delivery;
    const struct queue_options *options;
    char *tmp;
    struct buffer endpoint;      /* as it may be logged */
    struct spool_report *report; /* that is being sent */
    struct errand *packers[2];   /* of the reports to come: one may begin before the other has ended */
    struct errand *settler;
    struct job *settling; /* what the settler was given last, unless it was waited for */
    bool has_next;        /* somebody gains when this one is settled aside */
    bool is_stopped;
    struct queue_counts counts;
};

/* Text between quotes in a history line. */
static void quote_soften(char *text)
{
    for (; *text; text++)
        if (*text == '"')
            *text = '\'';
}

static enum status history_note(const struct spool_report *report, const char *event, const char *detail)
{
    enum status status = spool_report_note(report, event, detail);

    if (status != ST_OK)
        log_warn("history-not-written", "report=\"%s\" event=%s why=\"%s\"", spool_report_name(report), event, status_text(status));
    return status;
}

static enum status delivery_event(void *context, const char *event, const char *detail)
{
    const struct worker *worker = context;
    char whole[DETAIL_BYTES];

    snprintf(whole, sizeof whole, "to=\"%s\" %s", buffer_text(&worker->endpoint), detail);
    return history_note(worker->report, event, whole);
}

/* A failure of our own side becomes a verdict to wait. */
static void own_failure(const struct worker *worker, enum status status, struct verdict *ret)
{
    *ret = (struct verdict){.kind = VERDICT_WAIT, .is_endpoint_wide = status == ST_FULL || status == ST_READ_ONLY};
    snprintf(ret->reason, sizeof ret->reason, "the request and its history could not be written below %s: %s", spool_dir(worker->spool),
             status_text(status));
}

/* Readies a claimed report, if it is worth it now. */
static void job_ready(const struct worker *worker, struct job *job, uint64_t size_bytes, struct errand *packer)
{
    const char *thrift = thrift_refusal(&worker->options->thrift, size_bytes, worker->options->thrift_limit_bytes);
    enum status status;

    if (thrift) {
        job->verdict.kind = VERDICT_WAIT;
        snprintf(job->verdict.reason, sizeof job->verdict.reason, "%s", thrift);
        return;
    }
    if (spool_name_is_count(spool_report_name(job->report)) && !(worker->delivery.options->format->parts & FORMAT_RECORD)) {
        job->verdict.kind = VERDICT_DISCARDED;
        snprintf(job->verdict.reason, sizeof job->verdict.reason, "servers of this kind take no counts; it is kept here");
        return;
    }
    status = source_from_report(&job->source, job->report);
    if (status == ST_OK) {
        status = parcel_create(&job->parcel, &worker->delivery, &job->source, packer);
        if (status != ST_OK)
            source_done(&job->source);
    }
    if (status != ST_OK)
        own_failure(worker, status, &job->verdict);
}

static void job_send(struct worker *worker, struct job *job)
{
    struct progress *progress = worker->delivery.options->progress;
    enum status status;

    if (progress)
        progress_begin(progress, spool_report_name(job->report));
    status = parcel_send(job->parcel, &job->verdict);
    if (progress)
        progress_clear(progress);
    if (status != ST_OK)
        own_failure(worker, status, &job->verdict);
}

/* One table row per verdict: where the report goes and what its history says. */
static const struct outcome {
    enum spool_state state;
    const char *event;
    bool keep_dump;
} outcomes[] = {
    [VERDICT_ACCEPTED] = {SPOOL_DONE, "accepted", false}, [VERDICT_DISCARDED] = {SPOOL_DISCARDED, "discarded", false},
    [VERDICT_REFUSED] = {SPOOL_FAILED, "refused", true},  [VERDICT_CONFIGURATION] = {SPOOL_PENDING, "waits", true},
    [VERDICT_WAIT] = {SPOOL_PENDING, "waits", true},
};
static const struct outcome held = {SPOOL_FAILED, "held", true};

static void verdict_describe(const struct verdict *verdict, char detail[DETAIL_BYTES])
{
    if (verdict->kind == VERDICT_ACCEPTED)
        snprintf(detail, DETAIL_BYTES, "reply=\"%s\"", verdict->reply_id);
    else if (verdict->retry_after_s)
        snprintf(detail, DETAIL_BYTES, "retry_after_s=%" PRIu64 " reason=\"%s\"", verdict->retry_after_s, verdict->reason);
    else
        snprintf(detail, DETAIL_BYTES, "reason=\"%s\"", verdict->reason);
}

static void verdict_count(struct worker *worker, const struct verdict *verdict, const struct outcome *outcome)
{
    struct queue_counts *counts = &worker->counts;

    switch (outcome->state) {
    case SPOOL_DONE:
        counts->accepted++;
        break;
    case SPOOL_DISCARDED:
        counts->discarded++;
        break;
    case SPOOL_FAILED:
        counts->refused++;
        break;
    default:
        counts->waiting++;
        counts->is_misconfigured = verdict->kind == VERDICT_CONFIGURATION;
        snprintf(counts->reason, sizeof counts->reason, "%s", verdict->reason);
        break;
    }
    if (verdict->retry_after_s > counts->retry_after_s)
        counts->retry_after_s = verdict->retry_after_s;
    worker->is_stopped = worker->is_stopped || verdict->is_endpoint_wide;
}

/* The server may have the report although nobody said so, and it will count the next try as another one. */
static void uncertainty_note(const struct job *job)
{
    const struct worker *worker = job->worker;
    char detail[DETAIL_BYTES];

    snprintf(detail, sizeof detail, "format=%s to=\"%s\" reason=\"%s\"", worker->delivery.options->format->name,
             buffer_text(&worker->endpoint), job->verdict.reason);
    log_warn("maybe-delivered", "report=\"%s\" id=%s %s", spool_report_name(job->report), spool_report_id(job->report), detail);
    (void)history_note(job->report, "maybe-delivered", detail); /* the log has it too */
}

/* Moves the report to where its verdict sends it. Of the worker it reads only what does not change. */
static void job_settle(void *context)
{
    struct job *job = context;
    struct spool_report *report = job->report;
    const struct outcome *outcome = job->outcome;
    char detail[DETAIL_BYTES];
    enum status status;

    verdict_describe(&job->verdict, detail);
    if (job->is_uncertain)
        uncertainty_note(job);
    log_write(job->verdict.kind == VERDICT_ACCEPTED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, outcome->event, "report=\"%s\" id=%s %s",
              spool_report_name(report), spool_report_id(report), detail);
    status = spool_report_move(report, outcome->state, outcome->event, detail, outcome->keep_dump);
    if (status != ST_OK)
        log_error("report-not-moved", "report=\"%s\" state=%s why=\"%s\"", spool_report_name(report), spool_state_name(outcome->state),
                  status_text(status));
}

/* While one report is settled the next may go out, where both count once: if we die then, two are sent again instead of one. */
static void report_settle(struct worker *worker, struct job *job)
{
    bool is_aside = worker->has_next && worker->delivery.options->format->is_counted_once;

    job->is_uncertain = delivery_is_uncertain(&worker->delivery, &job->verdict);
    job->outcome = job->is_uncertain && worker->delivery.holds_uncertain ? &held : &outcomes[job->verdict.kind];
    quote_soften(job->verdict.reply_id);
    quote_soften(job->verdict.reason);
    verdict_count(worker, &job->verdict, job->outcome);
    if (!is_aside) {
        job_settle(job);
        return;
    }
    errand_run(worker->settler, job_settle, job); /* ends the one before */
    worker->settling = job;
}

static void job_begin(struct worker *worker, struct job *job, const struct spool_entry *entry, struct errand *packer)
{
    enum status status;

    memset(job, 0, sizeof *job);
    job->worker = worker;
    status = spool_report_claim(worker->spool, entry->name, &job->report);
    if (status == ST_OK) {
        job_ready(worker, job, entry->size_bytes, packer);
    } else if (status == ST_FORMAT || status == ST_CHECKSUM || status == ST_TRUNCATED || status == ST_VERSION) {
        worker->counts.refused++;
    } else if (status != ST_NOT_FOUND) { /* there somebody else sends it */
        log_warn("report-not-claimed", "report=\"%s\" why=\"%s\"", entry->name, status_text(status));
        worker->counts.waiting++;
        worker->is_stopped = status == ST_READ_ONLY; /* for all alike */
    }
}

/* A report that was not settled goes back to where it was. */
static void job_done(struct job *job)
{
    if (job->worker && job->worker->settling == job) {
        errand_wait(job->worker->settler);
        job->worker->settling = NULL;
    }
    if (job->parcel) {
        parcel_free(job->parcel);
        source_done(&job->source);
    }
    spool_report_close(job->report);
    memset(job, 0, sizeof *job);
}

static void job_end(struct worker *worker, struct job *job)
{
    if (!job->report)
        return;
    worker->report = job->report;
    if (job->parcel)
        job_send(worker, job);
    report_settle(worker, job);
    worker->report = NULL;
}

/* The next report is claimed and packed while one is on its way and the one before is settled; when the server or the way to it fails, it
 * is given back. */
static void entries_work(struct worker *worker, const struct spool_entry *entries, size_t count)
{
    struct job jobs[3] = {{0}};

    if (count)
        job_begin(worker, &jobs[0], &entries[0], NULL);
    for (size_t i = 0; i < count && !worker->is_stopped; i++) {
        struct job *next = &jobs[(i + 1) % 3];

        job_done(next); /* of the one before the one before */
        worker->has_next = i + 1 < count;
        if (worker->has_next)
            job_begin(worker, next, &entries[i + 1], worker->packers[i % 2]);
        job_end(worker, &jobs[i % 3]);
    }
    for (size_t i = 0; i < 3; i++)
        job_done(&jobs[i]);
    worker->settling = NULL; /* nothing of a job is left */
}

static enum status worker_init(struct worker *worker, struct spool *spool, const struct queue_options *options)
{
    enum status status;

    worker->spool = spool;
    worker->options = options;
    buffer_init(&worker->endpoint, DETAIL_BYTES / 2);
    worker->tmp = path_joined(spool_dir(spool), "tmp");
    worker->delivery = options->delivery;
    worker->delivery.folder = worker->tmp;
    worker->delivery.event = delivery_event;
    worker->delivery.event_context = worker;
    endpoint_public_name(options->url, &worker->endpoint); /* one that is too long is left out of the history */
    status = worker->tmp ? errand_create(&worker->settler) : ST_MEMORY;
    for (size_t i = 0; status == ST_OK && i < 2; i++)
        status = errand_create(&worker->packers[i]);
    return status;
}

/* Waits for the turn of sending. ST_BUSY: a collector has the queue to itself all the time. */
static enum status turn_take(struct spool *spool)
{
    struct event *never = NULL;
    enum status status = event_create(&never);

    if (status == ST_OK)
        status = spool_turn_begin(spool, SPOOL_TURN_SENDING);
    for (int waited_ms = 0; status == ST_BUSY && waited_ms < TURN_PATIENCE_MS; waited_ms += TURN_LOOK_MS) {
        event_wait(never, TURN_LOOK_MS);
        status = spool_turn_begin(spool, SPOOL_TURN_SENDING);
    }
    event_free(never);
    return status;
}

static enum status pending_work(struct worker *worker, struct queue_counts *ret)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = spool_sweep(worker->spool);

    if (status == ST_OK)
        status = spool_list(worker->spool, SPOOL_PENDING, &entries, &count);
    if (status == ST_OK) {
        spool_order_for_sending(entries, count);
        entries_work(worker, entries, count);
        if (worker->is_stopped) {
            size_t settled = worker->counts.accepted + worker->counts.discarded + worker->counts.refused;
            worker->counts.waiting = count > settled ? count - settled : worker->counts.waiting;
        }
        *ret = worker->counts;
    }
    spool_list_free(entries, count);
    return status;
}

enum status queue_run(struct spool *spool, const struct queue_options *options, struct queue_counts *ret)
{
    struct worker worker = {0};
    enum status status = worker_init(&worker, spool, options);

    if (status == ST_OK)
        status = turn_take(spool);
    if (status == ST_OK)
        status = pending_work(&worker, ret);
    errand_free(worker.settler);
    errand_free(worker.packers[0]);
    errand_free(worker.packers[1]);
    spool_turn_end(spool);
    buffer_done(&worker.endpoint);
    free(worker.tmp);
    return status;
}
