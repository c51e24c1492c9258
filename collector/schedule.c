/* schedule.c - one thread, at most one uploader.
 *
 * It sleeps until something appears in new/, until a failed upload may be tried again, or for ever. A new report is tried at once even
 * while an earlier one waits out a failure; the failures are not forgotten for that, so the waits grow on. */
#include "schedule.h"
#include "backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/process.h"
#include "base/random.h"
#include "base/thread.h"
#include "folder_watch.h"
#include "proto/name.h"
#include "sibling.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UPLOAD_OK      0
#define UPLOAD_REFUSED 1
#define UPLOAD_LATER   3
#define KEY_BYTES      1024
#define OUTPUT_BYTES   1024
#define MAX_ASKED_MS   (3600u * 1000) /* the longest that a server may make us wait */

struct schedule {
    struct schedule_options options;
    struct folder_watch *watch; /* of new/ */
    struct thread *thread;
    atomic_bool stopping;
    struct mutex *mutex; /* of uploader */
    struct process *uploader;
    uint64_t asked_ms; /* the wait that the server asked for in the last run */
    unsigned failures;
    uint64_t next_try_ms; /* steady */
    char key_variable[KEY_BYTES];
};

static size_t count_reports(struct schedule *schedule, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;

    if (spool_list(schedule->options.spool, state, &entries, &count))
        return 0;
    spool_list_free(entries, count);
    return count;
}

static bool promote(struct schedule *schedule, const char *name)
{
    struct spool_report *report = NULL;
    enum status st = sibling_merge(schedule->options.spool, name);

    if (st == ST_OK)
        return true;
    if (st != ST_NOT_FOUND)
        log_warn("reports-not-merged", "file=\"%s\" status=%s consequence=\"it is sent by itself under the same id\"", name,
                 status_name(st));
    st = spool_report_open(schedule->options.spool, SPOOL_NEW, name, &report);
    if (!st)
        st = spool_report_move(report, SPOOL_PENDING, "queued", NULL, true);
    spool_report_close(report);
    if (st && st != ST_NOT_FOUND)
        log_error("report-stuck", "file=\"%s\" state=new status=%s", name, status_name(st));
    return st == ST_OK;
}

/* Everything in new/ is wanted; what has a sibling in pending/ is put together with it. */
static bool promote_all(struct schedule *schedule)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    bool any = false;

    if (spool_list(schedule->options.spool, SPOOL_NEW, &entries, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        any |= promote(schedule, entries[i].name);
    spool_list_free(entries, count);
    return any;
}

static void set_uploader(struct schedule *schedule, struct process *uploader)
{
    mutex_lock(schedule->mutex);
    schedule->uploader = uploader;
    if (uploader && atomic_load(&schedule->stopping))
        process_kill(uploader);
    mutex_unlock(schedule->mutex);
}

/* Reads all that the uploader prints, which is one line of `key=value`; keeps its beginning. */
static void read_output(struct process *uploader, char ret[OUTPUT_BYTES])
{
    char rest[OUTPUT_BYTES];
    size_t len = 0, got = 0;

    while (len + 1 < OUTPUT_BYTES && file_read(process_stdout(uploader), ret + len, OUTPUT_BYTES - 1 - len, &got) == ST_OK && got)
        len += got;
    ret[len] = '\0';
    while (got && file_read(process_stdout(uploader), rest, sizeof rest, &got) == ST_OK)
        continue;
}

static uint64_t asked_wait_ms(const char *output)
{
    static const char key[] = "retry_after_s=";
    const char *found = strstr(output, key);
    unsigned long long seconds = found ? strtoull(found + sizeof key - 1, NULL, 10) : 0;

    return seconds > MAX_ASKED_MS / 1000 ? MAX_ASKED_MS : seconds * 1000;
}

/* The key goes by the environment, since anybody can read a command line. */
static enum status run_uploader(struct schedule *schedule, uint32_t *ret_code)
{
    const struct schedule_options *options = &schedule->options;
    const char *const argv[] = {options->upload_program, "--queue", spool_dir(options->spool), "--url", options->url, NULL};
    const char *const environment[] = {schedule->key_variable, NULL};
    struct process_options process_options = {.argv = argv, .environment = options->key ? environment : NULL, .pipe_stdout = true};
    struct process *uploader = NULL;
    char output[OUTPUT_BYTES];
    enum status st = process_start(&uploader, &process_options);

    if (st)
        return st;
    set_uploader(schedule, uploader);
    read_output(uploader, output);
    st = process_wait(uploader, UINT32_MAX, ret_code);
    set_uploader(schedule, NULL);
    process_free(uploader);
    schedule->asked_ms = asked_wait_ms(output);
    return st;
}

static void failed(struct schedule *schedule)
{
    uint32_t random = 0;

    random_bytes(&random, sizeof random);
    schedule->failures++;
    uint64_t delay = backoff_delay_ms(schedule->failures, random);
    if (delay < schedule->asked_ms)
        delay = schedule->asked_ms;
    schedule->next_try_ms = clock_steady_ms() + delay;
    log_info("upload-later", "failures=%u wait_ms=%" PRIu64, schedule->failures, delay);
}

static void upload(struct schedule *schedule, size_t waiting)
{
    uint32_t code = 0;
    schedule->asked_ms = 0;
    enum status st = run_uploader(schedule, &code);

    if (atomic_load(&schedule->stopping))
        return;
    if (st) {
        log_error("upload-not-started", "program=\"%s\" status=%s", schedule->options.upload_program, status_name(st));
        failed(schedule);
    } else if ((code == UPLOAD_OK || code == UPLOAD_REFUSED) && count_reports(schedule, SPOOL_PENDING) < waiting) {
        schedule->failures = 0;
        schedule->next_try_ms = 0;
    } else {
        if (code != UPLOAD_LATER)
            log_error("upload-failed", "program=\"%s\" exit_code=%u", schedule->options.upload_program, code);
        failed(schedule);
    }
}

/* Returns how long to wait for the next turn. */
static uint32_t turn(struct schedule *schedule)
{
    if (promote_all(schedule))
        schedule->next_try_ms = 0;
    size_t waiting = schedule->options.url ? count_reports(schedule, SPOOL_PENDING) : 0;
    if (waiting == 0)
        return FOLDER_WATCH_FOREVER;
    uint64_t now = clock_steady_ms();
    if (schedule->next_try_ms > now)
        return (uint32_t)(schedule->next_try_ms - now);
    spool_sweep(schedule->options.spool);
    upload(schedule, waiting);
    return 0;
}

static void run(void *context)
{
    struct schedule *schedule = context;

    while (!atomic_load(&schedule->stopping)) {
        uint32_t wait_ms = turn(schedule);
        if (wait_ms && !atomic_load(&schedule->stopping))
            folder_watch_wait(schedule->watch, wait_ms);
    }
}

static void schedule_free(struct schedule *schedule)
{
    folder_watch_free(schedule->watch);
    mutex_free(schedule->mutex);
    free(schedule);
}

static enum status watch_new(struct schedule *schedule)
{
    char *folder = path_joined(spool_dir(schedule->options.spool), spool_state_name(SPOOL_NEW));
    const char *const folders[] = {folder};
    enum status st = folder ? folder_watch_create(&schedule->watch, folders, 1) : ST_MEMORY;

    free(folder);
    return st;
}

enum status schedule_start(struct schedule **ret, const struct schedule_options *options)
{
    struct schedule *schedule = calloc(1, sizeof *schedule);
    enum status st;

    if (!schedule)
        return ST_MEMORY;
    schedule->options = *options;
    atomic_init(&schedule->stopping, false);
    int len = snprintf(schedule->key_variable, KEY_BYTES, "%s=%s", NAME_ENV_KEY, options->key ? options->key : "");
    st = len < KEY_BYTES ? mutex_create(&schedule->mutex) : ST_TOO_LARGE;
    if (!st)
        st = watch_new(schedule);
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

void schedule_stop(struct schedule *schedule)
{
    if (!schedule)
        return;
    atomic_store(&schedule->stopping, true);
    folder_watch_wake(schedule->watch);
    mutex_lock(schedule->mutex);
    if (schedule->uploader)
        process_kill(schedule->uploader);
    mutex_unlock(schedule->mutex);
    thread_join(schedule->thread);
    schedule_free(schedule);
}
