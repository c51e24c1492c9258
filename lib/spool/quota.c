/* quota.c - what goes first when the queue is full; the rule stands in spool.h. */
#include "base/log.h"
#include "spool/internal.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A report that may go. */
struct candidate {
    enum spool_state state;
    char *name;
    char bucket[SPOOL_BUCKET_BYTES], id[UUID_TEXT_BYTES], like[UUID_TEXT_BYTES];
    uint64_t size_bytes;
    bool has_dump, is_kept, is_gone; /* kept: the newest with a dump of its bucket */
};

struct eviction {
    struct spool *spool;
    const struct spool_quota *quota;
    uint64_t bytes, reports; /* as they stand now */
    size_t removed, lightened;
    struct candidate *candidates; /* waiting ones, oldest first */
    size_t count;
};

static bool is_over(const struct eviction *eviction)
{
    const struct spool_quota *quota = eviction->quota;

    return (quota->max_bytes && eviction->bytes > quota->max_bytes) || (quota->max_reports && eviction->reports > quota->max_reports);
}

static void gone(struct eviction *eviction, uint64_t size_bytes)
{
    eviction->bytes -= size_bytes < eviction->bytes ? size_bytes : eviction->bytes;
    eviction->reports--;
    eviction->removed++;
}

/* -- what is finished -- */

static enum status finished_remove(struct eviction *eviction, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = spool_list(eviction->spool, state, &entries, &count);

    for (size_t i = 0; status == ST_OK && i < count && is_over(eviction); i++) {
        enum status one = spool_finished_remove(eviction->spool, state, entries[i].name);

        if (one == ST_OK)
            gone(eviction, entries[i].size_bytes);
        else if (one != ST_NOT_FOUND)
            status = one;
    }
    spool_list_free(entries, count);
    return status;
}

/* -- what waits -- */

static enum status candidate_add(struct eviction *eviction, enum spool_state state, struct spool_entry *entry)
{
    struct spool_report *report = NULL;
    struct candidate *made = &eviction->candidates[eviction->count];
    enum status status = spool_report_open(eviction->spool, state, entry->name, &report);

    if (status != ST_OK) /* damaged, or gone by now */
        return status == ST_MEMORY ? status : ST_OK;
    *made = (struct candidate){.state = state, .name = entry->name, .size_bytes = entry->size_bytes, .has_dump = report->dump_bytes != 0};
    spool_bucket(report->record, report->record_bytes, made->bucket);
    memcpy(made->id, report->id, sizeof made->id);
    entry->name = NULL;
    eviction->count++;
    spool_report_close(report);
    return ST_OK;
}

static enum status candidates_gather(struct eviction *eviction, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = spool_list(eviction->spool, state, &entries, &count);

    if (status == ST_OK && count) {
        struct candidate *candidates = realloc(eviction->candidates, (eviction->count + count) * sizeof *candidates);

        if (candidates)
            eviction->candidates = candidates;
        status = candidates ? ST_OK : ST_MEMORY;
    }
    for (size_t i = 0; status == ST_OK && i < count; i++)
        if (!spool_name_is_count(entries[i].name))
            status = candidate_add(eviction, state, &entries[i]);
    spool_list_free(entries, count);
    return status;
}

static int compare_oldest_first(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    return spool_name_compare(a->name, b->name);
}

static int compare_buckets(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = strcmp(a->bucket, b->bucket);

    return order ? order : compare_oldest_first(left, right);
}

/* Marks one bucket's newest with a dump; the others learn its id. */
static void bucket_keep_newest(struct candidate *bucket, size_t count)
{
    struct candidate *kept = NULL;

    for (size_t i = 0; i < count; i++)
        if (bucket[i].has_dump)
            kept = &bucket[i];
    for (size_t i = 0; kept && i < count; i++)
        if (&bucket[i] != kept)
            memcpy(bucket[i].like, kept->id, sizeof kept->id);
    if (kept)
        kept->is_kept = true;
}

static void candidates_order(struct eviction *eviction)
{
    size_t end;

    if (eviction->count > 1)
        qsort(eviction->candidates, eviction->count, sizeof *eviction->candidates, compare_buckets);
    for (size_t at = 0; at < eviction->count; at = end) {
        for (end = at + 1; end < eviction->count; end++)
            if (strcmp(eviction->candidates[end].bucket, eviction->candidates[at].bucket) != 0)
                break;
        bucket_keep_newest(&eviction->candidates[at], end - at);
    }
    if (eviction->count > 1)
        qsort(eviction->candidates, eviction->count, sizeof *eviction->candidates, compare_oldest_first);
}

/* A count under another id could count it twice. So it keeps its own and loses its dump. */
static enum status waiting_lighten(struct eviction *eviction, struct candidate *candidate)
{
    struct spool_report *report = NULL;
    struct spool_draft *draft = NULL;
    enum status status = candidate->has_dump ? spool_report_claim(eviction->spool, candidate->name, &report) : ST_NOT_FOUND;

    if (status == ST_OK)
        status = spool_draft_create(eviction->spool, &draft);
    if (status == ST_OK) {
        file_close(&report->file); /* Windows replaces no file that is open */
        status = spool_draft_replace(draft, report->record, report->record_bytes, SPOOL_UPLOADING, report->name);
    }
    if (status == ST_OK) {
        uint64_t saved = report->dump_bytes < eviction->bytes ? report->dump_bytes : eviction->bytes;

        spool_history_append(eviction->spool, report->id, "lightened", SPOOL_STATE_COUNT, "reason=" COUNT_QUOTA);
        eviction->bytes -= saved;
        eviction->lightened++;
    }
    spool_report_close(report); /* back to pending/ */
    return status;
}

/* One whose fate is not open and that is new has come once more, as a dump does that was taken in when its taker died: who empties new/
 * knows what becomes of it. So does who settles uploading/ of a twin there. */
static enum status candidate_evict(struct eviction *eviction, struct candidate *candidate)
{
    struct spool_report *report = NULL;
    enum spool_fate fate = SPOOL_FATE_OPEN;
    char *twin = NULL;
    enum status status = spool_report_open(eviction->spool, candidate->state, candidate->name, &report);

    if (status == ST_OK)
        status = spool_report_fate(report, &fate);
    if (status == ST_OK && fate == SPOOL_FATE_OPEN) {
        status = spool_report_twin(report, SPOOL_UPLOADING, &twin);
        status = status == ST_OK ? ST_NOT_FOUND : status == ST_NOT_FOUND ? ST_OK : status;
    }
    free(twin);
    spool_report_close(report);
    if (status != ST_OK)
        return status;
    if (fate != SPOOL_FATE_OPEN)
        return candidate->state == SPOOL_PENDING ? waiting_lighten(eviction, candidate) : ST_NOT_FOUND;
    status =
        spool_count_recalled(eviction->spool, candidate->state, candidate->name, COUNT_QUOTA, candidate->like[0] ? candidate->like : NULL);
    if (status == ST_OK)
        gone(eviction, candidate->size_bytes);
    return status;
}

static enum status waiting_count(struct eviction *eviction, bool with_kept)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < eviction->count && is_over(eviction); i++) {
        struct candidate *candidate = &eviction->candidates[i];

        if (candidate->is_gone || (candidate->is_kept && !with_kept))
            continue;
        candidate->is_gone = true;
        status = candidate_evict(eviction, candidate);
        if (status == ST_NOT_FOUND || spool_status_is_damage(status)) /* it is being sent, or was no report */
            status = ST_OK;
    }
    return status;
}

static enum status waiting_remove(struct eviction *eviction)
{
    enum status status = candidates_gather(eviction, SPOOL_NEW);

    if (status == ST_OK)
        status = candidates_gather(eviction, SPOOL_PENDING);
    candidates_order(eviction);
    if (status == ST_OK)
        status = waiting_count(eviction, false);
    if (status == ST_OK)
        status = waiting_count(eviction, true);
    for (size_t i = 0; i < eviction->count; i++)
        free(eviction->candidates[i].name);
    free(eviction->candidates);
    return status;
}

enum status spool_quota_enforce(struct spool *spool, const struct spool_quota *quota, size_t *ret_removed)
{
    struct eviction eviction = {.spool = spool, .quota = quota};
    struct spool_usage usage;
    enum status status = spool->turn == SPOOL_TURN_KEEPING ? spool_usage(spool, &usage) : ST_STATE;

    *ret_removed = 0;
    if (status != ST_OK)
        return status;
    eviction.bytes = usage.all_bytes;
    eviction.reports = usage.all_reports;
    if (!is_over(&eviction))
        return ST_OK;
    status = finished_remove(&eviction, SPOOL_DONE);
    if (status == ST_OK)
        status = finished_remove(&eviction, SPOOL_DISCARDED);
    if (status == ST_OK)
        status = finished_remove(&eviction, SPOOL_FAILED);
    if (status == ST_OK && is_over(&eviction))
        status = waiting_remove(&eviction);
    *ret_removed = eviction.removed;
    if (eviction.removed || eviction.lightened)
        log_warn("queue-over-quota",
                 "reports_removed=%zu dumps_removed=%zu bytes=%" PRIu64 " reports=%" PRIu64
                 " consequence=\"crashes among them are counted\"",
                 eviction.removed, eviction.lightened, eviction.bytes, eviction.reports);
    return status;
}
