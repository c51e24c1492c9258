/* schedule.c - one thread, at most one uploader.
 *
 * It sleeps until something appears in new/ or somebody gives his word, until a count is due or the server may be tried again. All its
 * waits are in steady time: a wall clock that jumps moves none of them. */
#include "schedule.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "endpoint.h"
#include "folder_watch.h"
#include "promotion.h"
#include "queue_state.h"
#include "upload_run.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPLOAD_OK      0u
#define UPLOAD_REFUSED 1u
#define UPLOAD_LATER   3u
#define TIDY_MS        (3600ll * 1000)
#define UNSETTLED_MS   5000          /* a disk that fails is tried again so soon */
#define ABROAD_MS      5000          /* what could not be settled of a dead uploader's is looked at again so soon */
#define BUSY_MS        50            /* another's uploader, that of a collector before us, is waited for: at first so long, */
#define BUSY_MAX_MS    1000          /* then twice as long each time, up to this */
#define JUMP_MS        (2 * TIDY_MS) /* more than passes between two looks, so that a file's time says whether it is of before */
#define FOLDER_CONSENT "consent"
#define LOCK_NAME      "lock" /* held by the one process that takes reports out of new/ */

struct schedule {
    struct schedule_options options;
    struct folder_watch *watch; /* of new/ and consent/ */
    struct thread *thread;
    atomic_bool stopping;  /* at once */
    atomic_bool finishing; /* when there is nothing to do */
    struct promotion *promotion;
    struct upload_run *upload;
    struct endpoint endpoint;
    struct file lock;
    struct buffer state; /* as it was written last */
    int64_t tidy_ms;     /* steady: when next */
    int64_t clocks_ms;   /* wall time less steady time, when it was looked at last */
    int64_t busy_ms;     /* how long others' uploaders were waited for last; 0 = there are none */
};

static int64_t now_steady(void)
{
    return (int64_t)clock_steady_ms();
}

static size_t count_reports(struct schedule *schedule, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;

    if (spool_list(schedule->options.spool, state, &entries, &count))
        return 0;
    spool_list_free(entries, count);
    return count;
}

/* -- what it tells -- */

static void save_state(struct schedule *schedule, int64_t now)
{
    char text[QUEUE_STATE_BYTES / 2], looping[QUEUE_STATE_BYTES / 4];
    struct record_writer writer;

    record_writer_init(&writer, text, sizeof text);
    endpoint_save(&schedule->endpoint, &writer, now);
    record_put_u64(&writer, QUEUE_STATE_HELD, promotion_held(schedule->promotion));
    policy_looping(schedule->options.policy, now, looping, sizeof looping);
    if (looping[0])
        record_put(&writer, QUEUE_STATE_LOOPING, looping);
    enum status st = queue_state_write(spool_dir(schedule->options.spool), text, writer.len, &schedule->state);
    if (st)
        log_warn("state-not-written", "status=%s consequence=\"status may be out of date\"", status_name(st));
}

/* -- sending -- */

static void upload(struct schedule *schedule, size_t waiting)
{
    struct upload_result result;
    enum status st = upload_run_once(schedule->upload, &result);
    int64_t now = now_steady();

    if (atomic_load(&schedule->stopping))
        return;
    if (!st && !result.reason[0] && result.exit_code != UPLOAD_OK && result.exit_code != UPLOAD_REFUSED)
        snprintf(result.reason, sizeof result.reason, "the uploader ended with code %" PRIu32 " and said nothing", result.exit_code);
    bool has_ended = !st && (result.exit_code == UPLOAD_OK || result.exit_code == UPLOAD_REFUSED || result.exit_code == UPLOAD_LATER);
    bool has_moved = !st && count_reports(schedule, SPOOL_PENDING) < waiting;
    if (st)
        log_error("upload-not-started", "program=\"%s\" status=%s", schedule->options.upload_program, status_name(st));
    else if (!has_ended)
        log_error("upload-failed", "program=\"%s\" exit_code=%u", schedule->options.upload_program, result.exit_code);
    if (has_ended && result.is_misconfigured)
        endpoint_misconfigured(&schedule->endpoint, result.reason, now);
    else if (has_ended && result.exit_code != UPLOAD_LATER && has_moved)
        endpoint_succeeded(&schedule->endpoint);
    else
        endpoint_failed(&schedule->endpoint, result.asked_ms, st ? "the uploader cannot be started" : result.reason, now);
}

/* -- turns -- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Counts go on only when they can be sent; until then crashes are added to them. After a failure a report that waits is what the server is
 * tried with; where none does they are, or they would wait for the next crash. */
static int64_t flush_counts(struct schedule *schedule, int64_t now)
{
    int64_t next = INT64_MAX, wait = (int64_t)endpoint_wait_ms(&schedule->endpoint, now);
    bool any = false;

    if (!schedule->options.url)
        return INT64_MAX;
    if (wait)
        return now + wait;
    if (schedule->endpoint.wait == ENDPOINT_READY || !count_reports(schedule, SPOOL_PENDING))
        promotion_flush(schedule->promotion, now, &next, &any);
    return next;
}

/* Sends what waits. Returns how long to wait for another reason to; 0 = look again at once. */
static int64_t send_pending(struct schedule *schedule, int64_t now)
{
    int64_t wait = (int64_t)endpoint_wait_ms(&schedule->endpoint, now);
    size_t waiting;

    if (!schedule->options.url)
        return INT64_MAX;
    waiting = count_reports(schedule, SPOOL_PENDING);
    if (!waiting)
        return count_reports(schedule, SPOOL_UPLOADING) ? ABROAD_MS : INT64_MAX;
    if (wait)
        return wait;
    upload(schedule, waiting);
    return 0;
}

/* Somebody set the clock, or the network did after a start with a dead battery. */
static void note_clock(struct schedule *schedule, int64_t now)
{
    int64_t clocks = clock_unix_ms() - now, jump = clocks - schedule->clocks_ms;

    schedule->clocks_ms = clocks;
    if (jump < JUMP_MS && jump > -JUMP_MS)
        return;
    log_warn("clock-jumped", "by_ms=%" PRId64 " consequence=\"waits go on as they are, files' times are set after it\"", jump);
    spool_redate(schedule->options.spool, jump > 0 ? jump : 0);
}

static void tidy(struct schedule *schedule, int64_t now, bool has_more)
{
    bool is_due = schedule->tidy_ms <= now;

    if (is_due)
        spool_sweep(schedule->options.spool);
    note_clock(schedule, now_steady()); /* right before it decides on what goes */
    if (is_due || has_more)
        promotion_limit(schedule->promotion, is_due);
    if (is_due)
        schedule->tidy_ms = now + TIDY_MS;
}

/* What is done alone with the queue. While others send, they are waited for: ST_BUSY. No uploader of ours runs here, so what is under way
 * once we have the queue is a dead one's and waits again. */
static enum status keep(struct schedule *schedule, int64_t now, int64_t *ret_counts_due)
{
    struct spool *spool = schedule->options.spool;
    size_t held = promotion_held(schedule->promotion);
    bool any = false;
    enum status st = spool_turn_begin(spool, SPOOL_TURN_KEEPING);

    if (st) {
        if (st != ST_BUSY)
            log_error("queue-not-locked", "status=%s consequence=\"nothing is sent until it can be\"", status_name(st));
        else if (!schedule->busy_ms)
            log_info("queue-busy", "reason=\"another uploader works on it\" consequence=\"it is waited for\"");
        return st;
    }
    note_clock(schedule, now);
    if (count_reports(schedule, SPOOL_UPLOADING))
        spool_sweep(spool);
    st = promotion_run(schedule->promotion, now, &any);
    if (!st) {
        tidy(schedule, now, any || promotion_held(schedule->promotion) > held);
        if (any)
            endpoint_hurry(&schedule->endpoint, now);
        *ret_counts_due = flush_counts(schedule, now);
    }
    spool_turn_end(spool);
    return st;
}

/* How long to wait for whoever has the queue. */
static int64_t wait_busy(struct schedule *schedule)
{
    schedule->busy_ms = schedule->busy_ms ? sooner(2 * schedule->busy_ms, BUSY_MAX_MS) : BUSY_MS;
    return schedule->busy_ms;
}

/* Returns how long to wait for the next turn. */
static int64_t turn(struct schedule *schedule)
{
    int64_t now = now_steady(), counts_due = INT64_MAX, wait;
    enum status st = keep(schedule, now, &counts_due);

    if (st == ST_BUSY)
        return wait_busy(schedule);
    schedule->busy_ms = 0;
    if (st)
        return UNSETTLED_MS;
    save_state(schedule, now);
    wait = send_pending(schedule, now);
    if (wait == 0)
        save_state(schedule, now_steady());
    if (promotion_stuck(schedule->promotion))
        wait = sooner(wait, UNSETTLED_MS);
    if (counts_due != INT64_MAX)
        wait = sooner(wait, counts_due > now ? counts_due - now : 0);
    return sooner(wait, schedule->tidy_ms > now ? schedule->tidy_ms - now : TIDY_MS);
}

static void run(void *context)
{
    struct schedule *schedule = context;

    while (!atomic_load(&schedule->stopping)) {
        bool is_last = atomic_load(&schedule->finishing); /* asked before the turn, which then sees all that there was */
        int64_t wait_ms = turn(schedule);
        if (wait_ms && is_last && (!schedule->busy_ms || schedule->busy_ms == BUSY_MAX_MS)) /* what others hold up, the next start sends */
            break;
        if (wait_ms && !atomic_load(&schedule->stopping))
            folder_watch_wait(schedule->watch, (uint32_t)wait_ms);
    }
}

/* -- start and end -- */

static void schedule_free(struct schedule *schedule)
{
    folder_watch_free(schedule->watch);
    promotion_free(schedule->promotion);
    upload_run_free(schedule->upload);
    buffer_done(&schedule->state);
    file_close(&schedule->lock);
    free(schedule);
}

static enum status watch_folders(struct schedule *schedule)
{
    const char *queue = spool_dir(schedule->options.spool);
    char *created = path_joined(queue, spool_state_name(SPOOL_NEW)), *consent = path_joined(queue, FOLDER_CONSENT);
    const char *const folders[] = {created, consent};
    enum status st = created && consent ? folder_create(consent) : ST_MEMORY;

    if (!st)
        st = folder_watch_create(&schedule->watch, folders, 2);
    free(created);
    free(consent);
    return st;
}

static enum status take_lock(struct schedule *schedule)
{
    char *path = path_joined(spool_dir(schedule->options.spool), LOCK_NAME);
    enum status st = path ? file_open(&schedule->lock, path, FILE_MODE_APPEND) : ST_MEMORY;

    if (!st)
        st = file_lock(&schedule->lock);
    free(path);
    return st;
}

static enum status begin(struct schedule *schedule)
{
    const struct schedule_options *options = &schedule->options;
    const struct upload_options upload_options = {
        .program = options->upload_program,
        .queue = spool_dir(options->spool),
        .url = options->url,
        .key = options->key,
        .log = options->upload_log,
        .log_bytes = options->upload_log_bytes,
        .limit = options->limit_upload,
    };
    int64_t now = now_steady();
    enum status st = take_lock(schedule);

    if (!st)
        st = queue_state_read(spool_dir(options->spool), &schedule->state);
    if (!st) {
        schedule->clocks_ms = clock_unix_ms() - now;
        spool_redate(options->spool, 0); /* before the policy learns from it what was sent today */
        endpoint_init(&schedule->endpoint, options->url, options->key, buffer_text(&schedule->state), schedule->state.len, now);
        st = promotion_create(&schedule->promotion, options->spool, options->policy, options->policy_options, now);
    }
    if (!st)
        st = upload_run_create(&schedule->upload, &upload_options);
    return st ? st : watch_folders(schedule);
}

enum status schedule_start(struct schedule **ret, const struct schedule_options *options)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    enum status st;

    if (!schedule)
        return ST_MEMORY;
    schedule->options = *options;
    schedule->lock.os = FILE_CLOSED;
    buffer_init(&schedule->state, QUEUE_STATE_BYTES + 1);
    atomic_init(&schedule->stopping, false);
    atomic_init(&schedule->finishing, false);
    st = begin(schedule);
    if (!st)
        st = thread_start(&schedule->thread, run, schedule);
    if (st) {
        schedule_free(schedule);
        return st;
    }
    *ret = schedule;
    return ST_OK;
}

void schedule_wake(struct schedule *schedule)
{
    folder_watch_wake(schedule->watch);
}

void schedule_finish(struct schedule *schedule)
{
    if (!schedule)
        return;
    atomic_store(&schedule->finishing, true);
    folder_watch_wake(schedule->watch);
    thread_join(schedule->thread);
    schedule_free(schedule);
}

void schedule_stop(struct schedule *schedule)
{
    if (!schedule)
        return;
    atomic_store(&schedule->stopping, true);
    folder_watch_wake(schedule->watch);
    upload_run_cancel(schedule->upload);
    thread_join(schedule->thread);
    schedule_free(schedule);
}
