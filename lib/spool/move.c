/* move.c - changing a report's state: a line in its history, then one rename. */
#include "base/log.h"
#include "spool/internal.h"
#include <stdlib.h>

static bool state_is_final(enum spool_state state)
{
    return state == SPOOL_DONE || state == SPOOL_DISCARDED || state == SPOOL_FAILED;
}

/* The rename. When it fails after the history has told of a final state, the report is left where it stands instead of being given back:
 * the next sweep reads the history and finishes the move, and nothing is sent twice. */
static enum status move_rename(struct spool_report *report, enum spool_state state, bool is_told)
{
    char *from = spool_path(report->spool, report->state, report->name), *name = NULL;
    enum status status = from ? spool_name_place(report->spool, from, state, report->name, false, &name) : ST_MEMORY;

    free(from);
    if (status != ST_OK) {
        if (is_told && state_is_final(state))
            report->claimed = false;
        return status;
    }
    free(report->name);
    report->name = name;
    report->state = state;
    report->claimed = false;
    /* Of a report that the server has, the synced history tells as much: after a cut that undid the rename a sweep does it again. */
    return is_told && (state == SPOOL_DONE || state == SPOOL_DISCARDED) ? ST_OK : folder_sync(report->spool->states[state]);
}

enum status spool_report_move(struct spool_report *report, enum spool_state state, const char *event, const char *detail, bool keep_dump)
{
    char key[SPOOL_NAME_BYTES];
    struct spool_cut cut;
    bool is_told, has_cut = false;
    enum status status;

    if (!report->spool || (unsigned)state >= SPOOL_STATE_COUNT)
        return ST_STATE;
    if (state_is_final(state) && !keep_dump && (report->dump_bytes || report->attachment_count))
        has_cut = spool_cut_prepare(report, state, &cut);
    spool_report_history_key(report, key);
    status = spool_history_append(report->spool, key, event, state, detail);
    is_told = status == ST_OK;
    if (!is_told) /* a full disk must not keep a report from leaving: the folder is the state, the history explains it */
        log_warn("history-not-written", "report=\"%s\" event=%s why=\"%s\"", report->name, event, status_text(status));
    status = move_rename(report, state, is_told);
    if (has_cut)
        spool_cut_finish(report, &cut, status == ST_OK);
    return status;
}

enum status spool_report_drop(struct spool_report *report, const char *event, const char *detail)
{
    char key[SPOOL_NAME_BYTES], *path;
    enum status status;

    if (!report->spool)
        return ST_STATE;
    spool_report_history_key(report, key);
    status = spool_history_append(report->spool, key, event, SPOOL_STATE_COUNT, detail);
    if (status != ST_OK)
        log_warn("history-not-written", "report=\"%s\" event=%s why=\"%s\"", report->name, event, status_text(status));
    path = spool_path(report->spool, report->state, report->name);
    status = path ? file_remove(path) : ST_MEMORY;
    free(path);
    if (status == ST_OK)
        report->claimed = false;
    return status;
}
