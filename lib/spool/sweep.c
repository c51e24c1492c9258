/* sweep.c - putting right what dead processes left. A lock tells the dead from the living, so any process may sweep at any time. */
#include "base/log.h"
#include "spool/internal.h"
#include <stdlib.h>

/* Opens and locks what may be a dead process's file. Fails when its owner lives, when it has gone, or when it is nobody's business here. */
static enum status orphan_take(const char *path, struct file *ret)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    enum status status = file_stat(path, &info);

    if (status == ST_OK && !info.is_regular)
        status = ST_FORMAT;
    if (status == ST_OK)
        status = file_open(&file, path, FILE_MODE_UPDATE);
    if (status == ST_OK)
        status = file_lock(&file);
    if (status == ST_OK) /* its owner may have moved it on before it let go of the lock */
        status = file_stat(path, &info);
    if (status != ST_OK) {
        file_close(&file);
        return status;
    }
    *ret = file;
    return ST_OK;
}

static void tmp_sweep_one(struct spool *spool, const char *name)
{
    struct file file = {FILE_CLOSED};
    char *path = path_joined(spool->tmp, name);

    if (path && orphan_take(path, &file) == ST_OK) {
        if (!spool_cut_recover(spool, &file, path, name)) {
            log_info("orphan-removed", "file=\"%s\"", path);
            file_remove(path);
        }
        file_close(&file);
    }
    free(path);
}

static enum status tmp_sweep(struct spool *spool)
{
    struct folder *folder = NULL;
    const char *name;
    enum status status = folder_open(&folder, spool->tmp);

    while (status == ST_OK && (status = folder_next(folder, &name)) == ST_OK)
        tmp_sweep_one(spool, name);
    folder_close(folder);
    return status == ST_END ? ST_OK : status;
}

/* Where a report goes whose sender died: on to what the history says was already decided, or back into the queue. */
static enum status report_settle(struct spool_report *report)
{
    char key[SPOOL_NAME_BYTES];
    enum spool_state decided = SPOOL_STATE_COUNT;
    enum status status = spool_report_load(report);

    if (spool_status_is_damage(status))
        return spool_report_bury_open(report, status);
    if (status != ST_OK)
        return status;
    spool_report_history_key(report, key);
    status = spool_history_last_state(report->spool, key, &decided);
    if (status != ST_OK) /* a history that cannot be read now may say that the report was accepted */
        return status;
    if (decided == SPOOL_DONE || decided == SPOOL_DISCARDED || decided == SPOOL_FAILED)
        return spool_report_move(report, decided, "recovered", NULL, true);
    return spool_report_move(report, SPOOL_PENDING, "interrupted", NULL, true);
}

static void uploading_sweep_one(struct spool *spool, const char *name)
{
    struct spool_report *report = spool_report_new(spool, SPOOL_UPLOADING, name);
    char *path = spool_path(spool, SPOOL_UPLOADING, name);

    if (report && path && orphan_take(path, &report->file) == ST_OK) {
        enum status status = report_settle(report);

        if (status != ST_OK)
            log_warn("orphan-not-settled", "file=\"%s\" why=\"%s\"", path, status_text(status));
    }
    free(path);
    spool_report_free(report);
}

static enum status uploading_sweep(struct spool *spool)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    enum status status = spool_list(spool, SPOOL_UPLOADING, &entries, &count);

    for (size_t i = 0; status == ST_OK && i < count; i++)
        uploading_sweep_one(spool, entries[i].name);
    spool_list_free(entries, count);
    return status;
}

/* uploading/ first: what tmp/ holds for a finished report can only be used once the report stands in its last folder. */
enum status spool_sweep(struct spool *spool)
{
    bool had_turn = spool->turn != SPOOL_TURN_NONE;
    enum status status = had_turn ? ST_OK : spool_turn_begin(spool, SPOOL_TURN_SENDING);

    if (status == ST_OK)
        status = uploading_sweep(spool);
    else if (status == ST_BUSY) /* a keeper has swept it */
        status = ST_OK;
    if (!had_turn)
        spool_turn_end(spool);
    return status == ST_OK ? tmp_sweep(spool) : status;
}
