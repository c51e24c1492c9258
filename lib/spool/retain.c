/* retain.c - finished reports and histories that have been kept long enough. */
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "spool/internal.h"
#include <stdlib.h>
#include <string.h>

#define HISTORY_SUFFIX ".log"

static bool is_older(int64_t modified_unix_ms, uint64_t age_ms, int64_t now_ms)
{
    return modified_unix_ms < now_ms && (uint64_t)(now_ms - modified_unix_ms) > age_ms;
}

static enum status state_retain(struct spool *spool, enum spool_state state, uint64_t age_ms, int64_t now_ms, size_t *removed)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = spool_list(spool, state, &entries, &count);

    for (size_t i = 0; status == ST_OK && i < count; i++) {
        if (!is_older(entries[i].modified_unix_ms, age_ms, now_ms))
            continue;
        status = spool_finished_remove(spool, state, entries[i].name);
        *removed += status == ST_OK;
        if (status == ST_NOT_FOUND)
            status = ST_OK;
    }
    spool_list_free(entries, count);
    return status;
}

/* -- histories -- */

/* Keys of the histories that belong to reports in the queue, sorted. */
struct keys {
    char (*keys)[SPOOL_NAME_BYTES];
    size_t count;
};

static enum status keys_gather_state(struct spool *spool, enum spool_state state, struct keys *keys)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = spool_list(spool, state, &entries, &count);

    if (status == ST_OK && count) {
        void *grown = realloc(keys->keys, (keys->count + count) * sizeof *keys->keys);

        if (grown)
            keys->keys = grown;
        status = grown ? ST_OK : ST_MEMORY;
    }
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        struct spool_report *report = NULL;

        status = spool_report_open(spool, state, entries[i].name, &report);
        if (status == ST_OK)
            spool_report_history_key(report, keys->keys[keys->count++]);
        else if (status == ST_NOT_FOUND || spool_status_is_damage(status))
            status = ST_OK;
        spool_report_close(report);
    }
    spool_list_free(entries, count);
    return status;
}

static int compare_keys(const void *left, const void *right)
{
    return strcmp(left, right);
}

static enum status keys_gather(struct spool *spool, struct keys *keys)
{
    enum status status = ST_OK;

    for (int state = 0; status == ST_OK && state < SPOOL_STATE_COUNT; state++)
        status = keys_gather_state(spool, (enum spool_state)state, keys);
    if (status == ST_OK && keys->count > 1)
        qsort(keys->keys, keys->count, sizeof *keys->keys, compare_keys);
    return status;
}

static bool history_is_old(const char *path, uint64_t age_ms, int64_t now_ms)
{
    struct file_info info;

    return file_stat(path, &info) == ST_OK && info.is_regular && is_older(info.modified_unix_ms, age_ms, now_ms);
}

static bool history_is_wanted(const struct keys *keys, const char *name)
{
    char key[SPOOL_NAME_BYTES + 8];

    text_copy(key, sizeof key, name);
    key[strlen(key) - strlen(HISTORY_SUFFIX)] = 0;
    return keys->count && bsearch(key, keys->keys, keys->count, sizeof *keys->keys, compare_keys);
}

/* The queue is only read when something is old. */
static enum status histories_retain(struct spool *spool, uint64_t age_ms, int64_t now_ms, size_t *removed)
{
    struct keys keys = {NULL, 0};
    struct folder *folder = NULL;
    const char *name;
    bool has_keys = false;
    enum status status = folder_open(&folder, spool->history);

    while (status == ST_OK && (status = folder_next(folder, &name)) == ST_OK) {
        char *path = text_ends_nocase(name, HISTORY_SUFFIX) && strlen(name) < SPOOL_NAME_BYTES ? path_joined(spool->history, name) : NULL;

        if (path && history_is_old(path, age_ms, now_ms)) {
            if (!has_keys)
                status = keys_gather(spool, &keys);
            has_keys = true;
            if (status == ST_OK && !history_is_wanted(&keys, name))
                *removed += file_remove(path) == ST_OK;
        }
        free(path);
    }
    folder_close(folder);
    free(keys.keys);
    return status == ST_END ? ST_OK : status;
}

enum status spool_retain(struct spool *spool, const struct spool_retention *retention, size_t *ret_removed)
{
    int64_t now_ms = clock_unix_ms();
    size_t histories = 0;
    enum status status;

    *ret_removed = 0;
    if (spool->turn != SPOOL_TURN_KEEPING)
        return ST_STATE;
    status = state_retain(spool, SPOOL_DONE, retention->done_ms, now_ms, ret_removed);
    if (status == ST_OK)
        status = state_retain(spool, SPOOL_DISCARDED, retention->done_ms, now_ms, ret_removed);
    if (status == ST_OK)
        status = state_retain(spool, SPOOL_FAILED, retention->failed_ms, now_ms, ret_removed);
    if (status == ST_OK)
        status = histories_retain(spool, retention->done_ms, now_ms, &histories);
    if (*ret_removed || histories)
        log_info("queue-tidied", "reports=%zu histories=%zu reason=\"kept long enough\"", *ret_removed, histories);
    return status;
}
