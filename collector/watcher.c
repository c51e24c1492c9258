/* watcher.c - a thread that looks through the folders at each change, and every scan interval in case a change went unnoticed.
 *
 * A dump is written while one looks, so a file is taken only when two looks SETTLE_MS apart found the same size and time, and when on
 * Windows it can be opened with no writer beside us. What cannot be a dump is named once in the log and left alone until it changes. */
#include "watcher.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"
#include "event_log.h"
#include "folder_watch.h"
#include "own_crash.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_MS      200
#define LEFTOVER_MS    (24 * 3600 * 1000)
#define MAX_CANDIDATES 4096 /* looked at in one go; the rest have their turn when these are gone */

enum verdict { VERDICT_SETTLING, VERDICT_IGNORED };

/* A file that was seen and not taken yet. */
struct candidate {
    char *path;
    uint64_t size_bytes;
    int64_t modified_unix_ms;
    uint64_t due_ms; /* steady: when it may be taken, if it has not changed by then */
    enum verdict verdict;
    bool seen;       /* in this scan */
    bool complained; /* the log has its name */
    bool is_report;  /* from the inbox */
};

struct watcher {
    struct watcher_options options;
    struct folder_watch *watch;
    struct thread *thread;
    atomic_bool stopping;
    const char *folders[FOLDER_WATCH_MAX]; /* all of them, the inbox last */
    size_t folder_count;
    struct candidate *candidates;
    size_t count;
    bool crowded; /* the log has it */
};

static struct candidate *find(struct watcher *watcher, const char *path)
{
    for (size_t i = 0; i < watcher->count; i++)
        if (strcmp(watcher->candidates[i].path, path) == 0)
            return &watcher->candidates[i];
    return NULL;
}

/* Takes over path. */
static struct candidate *add(struct watcher *watcher, char *path)
{
    if (watcher->count == MAX_CANDIDATES) {
        if (!watcher->crowded)
            log_warn("folders-crowded", "files=%u remedy=\"remove .dmp files that are no minidumps\"", MAX_CANDIDATES);
        watcher->crowded = true;
        free(path);
        return NULL;
    }
    struct candidate *candidate = &watcher->candidates[watcher->count++];
    *candidate = (struct candidate){.path = path};
    return candidate;
}

static void note(struct candidate *candidate, const struct file_info *info, uint64_t now)
{
    bool same = candidate->size_bytes == info->size_bytes && candidate->modified_unix_ms == info->modified_unix_ms;

    candidate->seen = true;
    if (same && candidate->due_ms)
        return;
    candidate->size_bytes = info->size_bytes;
    candidate->modified_unix_ms = info->modified_unix_ms;
    candidate->due_ms = now + SETTLE_MS;
    candidate->verdict = VERDICT_SETTLING;
    candidate->complained = false;
}

static bool is_inbox(const struct watcher *watcher, const char *folder)
{
    return folder == watcher->options.inbox;
}

static void look_at(struct watcher *watcher, const char *folder, const char *name, uint64_t now)
{
    struct file_info info;
    char *path = path_joined(folder, name);

    if (!path)
        return;
    if (file_stat(path, &info) || info.is_folder) {
        free(path);
        return;
    }
    struct candidate *candidate = find(watcher, path);
    if (candidate)
        free(path);
    else
        candidate = add(watcher, path);
    if (!candidate)
        return;
    candidate->is_report = is_inbox(watcher, folder);
    note(candidate, &info, now);
}

/* Whether somebody is at work on it: a writer holds his draft locked, and on Windows nobody else may open what he writes. */
static bool is_being_written(const char *path)
{
    struct file file = {FILE_CLOSED};
    enum status st = file_open(&file, path, FILE_MODE_READ_ALONE);

    if (!st)
        st = file_lock(&file);
    file_close(&file);
    return st == ST_BUSY;
}

/* In the inbox: drafts whose writer died, and whatever else is no report. A writer needs seconds, but a clock that jumps makes them days.
 */
static void sweep(const char *folder, const char *name)
{
    struct file_info info;
    char *path = path_joined(folder, name);
    int64_t now = clock_unix_ms();

    if (path && file_stat(path, &info) == ST_OK && !info.is_folder &&
        (info.modified_unix_ms < now - LEFTOVER_MS || info.modified_unix_ms > now + LEFTOVER_MS) && !is_being_written(path)) {
        enum status st = file_remove(path);
        log_info("inbox-swept", "file=\"%s\" status=%s", path, status_name(st));
    }
    free(path);
}

static void look_through(struct watcher *watcher, const char *path, uint64_t now)
{
    struct folder *folder = NULL;
    const char *name;

    if (folder_open(&folder, path))
        return; /* folder_watch has said so */
    while (folder_next(folder, &name) == ST_OK)
        if (text_ends_nocase(name, ".dmp"))
            look_at(watcher, path, name, now);
        else if (is_inbox(watcher, path))
            sweep(path, name);
    folder_close(folder);
}

static void drop(struct watcher *watcher, struct candidate *candidate)
{
    free(candidate->path);
    *candidate = watcher->candidates[--watcher->count];
}

static void complain(struct candidate *candidate, const char *event, enum status st, const char *why)
{
    if (!candidate->complained)
        log_warn(event, "file=\"%s\" status=%s reason=\"%s\"", candidate->path, status_name(st), why);
    candidate->complained = true;
}

static void remove_original(struct candidate *candidate)
{
    enum status st = file_remove(candidate->path);

    if (st == ST_OK || st == ST_NOT_FOUND)
        return;
    log_error("dump-not-removed", "file=\"%s\" status=%s consequence=\"it is in the queue and stays here as well\"", candidate->path,
              status_name(st));
}

/* What a user left that can never be a report is removed: the inbox is no place to keep things, and a full one would hold up everybody. */
static void refuse(struct candidate *candidate, enum status st, const char *why)
{
    struct file file = {FILE_CLOSED};
    char owner[FILE_OWNER_BYTES] = "unknown";

    if (file_open(&file, candidate->path, FILE_MODE_READ_ALONE) == ST_OK)
        (void)file_owner(&file, owner); /* "unknown" stays */
    file_close(&file);
    event_log(EVENT_REFUSED, "file=\"%s\" owner=%s status=%s reason=\"%s\" consequence=removed", candidate->path, owner, status_name(st),
              why);
    candidate->verdict = VERDICT_IGNORED;
    candidate->complained = true;
    st = file_remove(candidate->path);
    if (st && st != ST_NOT_FOUND)
        log_error("refused-not-removed", "file=\"%s\" status=%s", candidate->path, status_name(st));
}

/* A dump of our own program is a report like another, but a few a day must do: what handles them may be what crashes. */
static bool is_one_own_crash_too_many(const struct watcher *watcher, struct candidate *candidate)
{
    const char *name = path_base(candidate->path);
    bool goes_on;

    if (candidate->is_report || !own_crash_is(name))
        return false;
    goes_on = own_crash_note(watcher->options.own_crashes, clock_unix_ms() / 1000);
    event_log(EVENT_OWN_CRASH, "file=\"%s\" consequence=\"%s\"", name, goes_on ? "it is reported" : "removed: there were enough today");
    if (!goes_on)
        remove_original(candidate);
    candidate->verdict = VERDICT_IGNORED;
    return !goes_on;
}

static void take(struct watcher *watcher, struct candidate *candidate, uint64_t now)
{
    const struct intake *intake = &watcher->options.intake;
    const char *why = "";

    if (is_one_own_crash_too_many(watcher, candidate))
        return;
    enum status st = candidate->is_report ? intake_admit(intake, candidate->path, NULL, &why)
                                          : intake_take(intake, candidate->path, LAYER_LOCALDUMPS, NULL, &why);

    if (st == ST_OK) {
        remove_original(candidate);
        candidate->verdict = VERDICT_IGNORED;
        watcher->options.on_report(watcher->options.context);
    } else if (st == ST_REFUSED || (candidate->is_report && (st == ST_FORMAT || st == ST_TOO_LARGE))) {
        refuse(candidate, st, why);
    } else if (st == ST_FORMAT || st == ST_TOO_LARGE) {
        complain(candidate, "dump-ignored", st, why);
        candidate->verdict = VERDICT_IGNORED;
    } else if (st == ST_BUSY || st == ST_NOT_FOUND) {
        candidate->due_ms = now + SETTLE_MS;
    } else {
        if (!candidate->complained)
            log_warn("dump-not-taken", "file=\"%s\" status=%s reason=\"%s: %s\" consequence=\"it stays there and is tried again\"",
                     candidate->path, status_name(st), why, status_text(st));
        candidate->complained = true;
        candidate->due_ms = now + watcher->options.scan_interval_ms;
    }
}

/* Returns how long nothing needs to be done, as far as the candidates are concerned. */
static uint64_t work_off(struct watcher *watcher)
{
    uint64_t now = clock_steady_ms(), next = now + watcher->options.scan_interval_ms;

    for (size_t i = 0; i < watcher->count; i++) {
        struct candidate *candidate = &watcher->candidates[i];
        if (candidate->verdict == VERDICT_SETTLING && candidate->due_ms <= now && !atomic_load(&watcher->stopping))
            take(watcher, candidate, now);
        if (candidate->verdict == VERDICT_SETTLING && candidate->due_ms < next)
            next = candidate->due_ms;
    }
    now = clock_steady_ms();
    return next > now ? next - now : 0;
}

static uint64_t scan(struct watcher *watcher)
{
    uint64_t now = clock_steady_ms();

    for (size_t i = 0; i < watcher->count; i++)
        watcher->candidates[i].seen = false;
    for (size_t i = 0; i < watcher->folder_count; i++)
        look_through(watcher, watcher->folders[i], now);
    for (size_t i = watcher->count; i-- > 0;)
        if (!watcher->candidates[i].seen)
            drop(watcher, &watcher->candidates[i]);
    return work_off(watcher);
}

static void run(void *context)
{
    struct watcher *watcher = context;

    while (!atomic_load(&watcher->stopping)) {
        uint64_t wait_ms = scan(watcher);
        if (!atomic_load(&watcher->stopping))
            folder_watch_wait(watcher->watch, (uint32_t)wait_ms);
    }
}

static void watcher_free(struct watcher *watcher)
{
    folder_watch_free(watcher->watch);
    for (size_t i = 0; i < watcher->count; i++)
        free(watcher->candidates[i].path);
    free(watcher->candidates);
    free(watcher);
}

static enum status gather_folders(struct watcher *watcher)
{
    const struct watcher_options *options = &watcher->options;
    size_t count = options->folder_count + (options->inbox ? 1 : 0);

    if (count > FOLDER_WATCH_MAX)
        return ST_TOO_LARGE;
    memcpy(watcher->folders, options->folders, options->folder_count * sizeof *watcher->folders);
    if (options->inbox)
        watcher->folders[options->folder_count] = options->inbox;
    watcher->folder_count = count;
    return ST_OK;
}

enum status watcher_start(struct watcher **ret, const struct watcher_options *options)
{
    struct watcher *watcher = calloc(1, sizeof *watcher);
    enum status st;

    if (!watcher)
        return ST_MEMORY;
    watcher->options = *options;
    atomic_init(&watcher->stopping, false);
    watcher->candidates = calloc(MAX_CANDIDATES, sizeof *watcher->candidates);
    st = watcher->candidates ? ST_OK : ST_MEMORY;
    if (!st)
        st = gather_folders(watcher);
    if (!st)
        st = folder_watch_create(&watcher->watch, watcher->folders, watcher->folder_count);
    if (!st)
        st = thread_start(&watcher->thread, run, watcher);
    if (st) {
        watcher_free(watcher);
        return st;
    }
    *ret = watcher;
    return ST_OK;
}

void watcher_stop(struct watcher *watcher)
{
    if (!watcher)
        return;
    atomic_store(&watcher->stopping, true);
    folder_watch_wake(watcher->watch);
    thread_join(watcher->thread);
    watcher_free(watcher);
}
