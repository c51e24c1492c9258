/* redate.c - files' times after the clock was set. What is kept for a time is measured by them, so they move with the clock. */
#include "base/clock.h"
#include "base/log.h"
#include "spool/internal.h"
#include <inttypes.h>
#include <stdlib.h>

#define AHEAD_MS (24ll * 3600 * 1000) /* so far ahead a time is nobody's */

struct redate {
    int64_t now_ms, forward_ms;
    size_t changed;
};

/* The time that a file is to have; its own when that may stay. */
static int64_t time_of(const struct redate *redate, int64_t modified_unix_ms)
{
    if (redate->forward_ms > 0 && modified_unix_ms <= redate->now_ms - redate->forward_ms)
        return modified_unix_ms + redate->forward_ms;
    return modified_unix_ms > redate->now_ms + AHEAD_MS ? redate->now_ms : modified_unix_ms;
}

/* One that has just moved on is no error, and neither is one whose time cannot be set: it is kept for too long, or too short. */
static void redate_file(struct redate *redate, const char *path)
{
    struct file_info info;
    int64_t time;

    if (file_stat(path, &info) != ST_OK || !info.is_regular)
        return;
    time = time_of(redate, info.modified_unix_ms);
    if (time != info.modified_unix_ms)
        redate->changed += file_set_modified(path, time) == ST_OK;
}

static void redate_folder(struct redate *redate, const char *path)
{
    struct folder *folder = NULL;
    const char *name;

    if (folder_open(&folder, path) != ST_OK)
        return;
    while (folder_next(folder, &name) == ST_OK) {
        char *file = path_joined(path, name);

        if (file)
            redate_file(redate, file);
        free(file);
    }
    folder_close(folder);
}

void spool_redate(struct spool *spool, int64_t forward_ms)
{
    struct redate redate = {.now_ms = clock_unix_ms(), .forward_ms = forward_ms};

    redate_folder(&redate, spool->history);
    for (int state = 0; state < SPOOL_STATE_COUNT; state++)
        redate_folder(&redate, spool->states[state]);
    if (redate.changed)
        log_info("queue-redated", "files=%zu forward_ms=%" PRId64 " reason=\"the clock was set\"", redate.changed, forward_ms);
}
