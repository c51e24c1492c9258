/* queue.c - pending -> uploading -> done, discarded, failed, or pending again. A report never leaves the queue for a reason that lies
 * elsewhere: a wrong key or address, a full disk and a dead network all make it wait. */
#include "uploader/queue.h"
#include "base/log.h"
#include "base/text.h"
#include "uploader/endpoint.h"
#include "uploader/scratch.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define DETAIL_BYTES 1024

struct worker {
    struct spool *spool;
    struct post *post;
    const struct request_options *options;
    char *tmp;
    struct buffer endpoint; /* as it may be logged */
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

/* Builds and sends; a failure of our own side becomes a verdict to wait. */
static void report_send(struct worker *worker, struct spool_report *report, struct verdict *ret)
{
    struct source source;
    struct scratch body = {.file = {FILE_CLOSED}};
    struct request request;
    char detail[DETAIL_BYTES];
    enum status status = source_from_report(&source, report);

    if (status != ST_OK)
        goto failed;
    status = scratch_create(&body, worker->tmp);
    if (status == ST_OK)
        status = request_build(&source, worker->options, &body.file, &request);
    if (status == ST_OK) {
        snprintf(detail, sizeof detail, "to=\"%s\" plain_bytes=%" PRIu64 " body_bytes=%" PRIu64, buffer_text(&worker->endpoint),
                 request.plain_bytes, request.body_bytes);
        if (spool_report_id(report)[0] && spool_history_add(worker->spool, spool_report_id(report), "sending", detail) != ST_OK)
            log_warn("history-not-written", "report=\"%s\" event=sending", spool_report_name(report));
        status = post_send(worker->post, &request, &body.file, source.id, ret);
    }
    scratch_done(&body);
    source_done(&source);
failed:
    if (status == ST_OK)
        return;
    *ret = (struct verdict){.kind = VERDICT_WAIT, .is_endpoint_wide = status == ST_FULL || status == ST_READ_ONLY};
    snprintf(ret->reason, sizeof ret->reason, "the request could not be made in %s: %s", worker->tmp, status_text(status));
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

static void verdict_describe(struct verdict *verdict, char detail[DETAIL_BYTES])
{
    quote_soften(verdict->reply_id);
    quote_soften(verdict->reason);
    if (verdict->kind == VERDICT_ACCEPTED)
        snprintf(detail, DETAIL_BYTES, "reply=\"%s\"", verdict->reply_id);
    else if (verdict->retry_after_s)
        snprintf(detail, DETAIL_BYTES, "retry_after_s=%" PRIu64 " reason=\"%s\"", verdict->retry_after_s, verdict->reason);
    else
        snprintf(detail, DETAIL_BYTES, "reason=\"%s\"", verdict->reason);
}

static void verdict_count(struct worker *worker, const struct verdict *verdict)
{
    struct queue_counts *counts = &worker->counts;

    switch (verdict->kind) {
    case VERDICT_ACCEPTED:
        counts->accepted++;
        break;
    case VERDICT_DISCARDED:
        counts->discarded++;
        break;
    case VERDICT_REFUSED:
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
static void uncertainty_note(struct worker *worker, struct spool_report *report, const struct verdict *verdict)
{
    char detail[DETAIL_BYTES];

    if (!verdict->is_uncertain || worker->options->format->is_counted_once)
        return;
    snprintf(detail, sizeof detail, "format=%s to=\"%s\" reason=\"%s\"", worker->options->format->name, buffer_text(&worker->endpoint),
             verdict->reason);
    log_warn("maybe-delivered", "report=\"%s\" id=%s %s", spool_report_name(report), spool_report_id(report), detail);
    if (spool_report_id(report)[0] && spool_history_add(worker->spool, spool_report_id(report), "maybe-delivered", detail) != ST_OK)
        log_warn("history-not-written", "report=\"%s\" event=maybe-delivered", spool_report_name(report));
}

static void report_settle(struct worker *worker, struct spool_report *report, struct verdict *verdict)
{
    const struct outcome *outcome = &outcomes[verdict->kind];
    char detail[DETAIL_BYTES];
    enum status status;

    verdict_describe(verdict, detail);
    uncertainty_note(worker, report, verdict);
    log_write(verdict->kind == VERDICT_ACCEPTED ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, outcome->event, "report=\"%s\" id=%s %s",
              spool_report_name(report), spool_report_id(report), detail);
    status = spool_report_move(report, outcome->state, outcome->event, detail, outcome->keep_dump);
    if (status != ST_OK)
        log_error("report-not-moved", "report=\"%s\" state=%s why=\"%s\"", spool_report_name(report), spool_state_name(outcome->state),
                  status_text(status));
    verdict_count(worker, verdict);
}

static void entry_work(struct worker *worker, const char *name)
{
    struct spool_report *report = NULL;
    struct verdict verdict;
    enum status status = spool_report_claim(worker->spool, name, &report);

    if (status == ST_NOT_FOUND) /* somebody else sends it */
        return;
    if (status == ST_FORMAT || status == ST_CHECKSUM || status == ST_TRUNCATED || status == ST_VERSION) {
        worker->counts.refused++;
        return;
    }
    if (status != ST_OK) {
        log_warn("report-not-claimed", "report=\"%s\" why=\"%s\"", name, status_text(status));
        worker->counts.waiting++;
        worker->is_stopped = status == ST_READ_ONLY; /* for all alike */
        return;
    }
    report_send(worker, report, &verdict);
    report_settle(worker, report, &verdict);
    spool_report_close(report);
}

static enum status worker_init(struct worker *worker, struct spool *spool, const char *url)
{
    worker->spool = spool;
    buffer_init(&worker->endpoint, DETAIL_BYTES / 2);
    worker->tmp = path_joined(spool_dir(spool), "tmp");
    endpoint_public_name(url, &worker->endpoint); /* one that is too long is left out of the history */
    return worker->tmp ? ST_OK : ST_MEMORY;
}

enum status queue_run(struct spool *spool, struct post *post, const struct request_options *options, const char *url,
                      struct queue_counts *ret)
{
    struct worker worker = {.post = post, .options = options};
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = worker_init(&worker, spool, url);

    if (status == ST_OK)
        status = spool_sweep(spool);
    if (status == ST_OK)
        status = spool_list(spool, SPOOL_PENDING, &entries, &count);
    if (status == ST_OK) {
        spool_order_for_sending(entries, count);
        for (size_t i = 0; i < count && !worker.is_stopped; i++)
            entry_work(&worker, entries[i].name);
        if (worker.is_stopped) {
            size_t settled = worker.counts.accepted + worker.counts.discarded + worker.counts.refused;
            worker.counts.waiting = count > settled ? count - settled : worker.counts.waiting;
        }
        *ret = worker.counts;
    }
    spool_list_free(entries, count);
    buffer_done(&worker.endpoint);
    free(worker.tmp);
    return status;
}
