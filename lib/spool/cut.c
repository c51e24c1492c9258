/* cut.c - taking dump and attachments away from a report that is finished, and keeping its record.
 *
 * The short file is written first, to tmp/ as `cut-<state>-<name>`, and replaces the report after its change of state. A cut between the
 * two leaves that file unlocked in tmp/, and a sweep makes the replacement good. */
#include "base/log.h"
#include "base/text.h"
#include "spool/internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUT_PREFIX "cut-"

static enum status cut_write(struct spool_report *report, struct file *file)
{
    struct buffer record, none;
    enum status status;

    buffer_init(&record, RECORD_MAX_BYTES);
    buffer_init(&none, 1);
    status = spool_record_compose(report->record, report->record_bytes, 0, &none, &record);
    if (status == ST_OK)
        status = spool_tail_write(file, 0, buffer_text(&record), record.len);
    if (status == ST_OK)
        status = file_sync(file);
    buffer_done(&record);
    return status;
}

bool spool_cut_prepare(struct spool_report *report, enum spool_state state, struct spool_cut *ret)
{
    char name[SPOOL_NAME_BYTES + 32], *old;
    enum status status;

    snprintf(name, sizeof name, CUT_PREFIX "%s-%s", spool_state_name(state), report->name);
    old = path_joined(report->spool->tmp, name);
    if (!old)
        return false;
    file_remove(old); /* a dead sender's of this same report; the living one is us */
    free(old);
    status = spool_tmp_create(report->spool, name, &ret->file, &ret->path);
    if (status == ST_OK) {
        status = cut_write(report, &ret->file);
        if (status == ST_OK)
            return true;
        file_remove(ret->path);
        file_close(&ret->file);
        free(ret->path);
    }
    log_warn("dump-not-cut", "report=\"%s\" why=\"%s\"", report->name, status_text(status));
    return false;
}

/* Puts the short file in the report's place. The long one is closed first: Windows replaces no file that is open. */
static enum status cut_replace(struct spool_report *report, struct spool_cut *cut)
{
    char *target = spool_path(report->spool, report->state, report->name);
    enum status status = target ? ST_OK : ST_MEMORY;

    if (status == ST_OK) {
        file_close(&report->file);
        status = file_rename(cut->path, target, true);
        if (status != ST_OK && file_open(&report->file, target, FILE_MODE_READ) != ST_OK)
            log_warn("report-not-reopened", "file=\"%s\"", target);
    }
    free(target);
    return status;
}

void spool_cut_finish(struct spool_report *report, struct spool_cut *cut, bool is_moved)
{
    enum status status = ST_STATE;

    if (is_moved)
        status = cut_replace(report, cut);
    if (status == ST_OK) {
        report->file = cut->file;
        spool_report_unload(report);
        spool_report_load(report); /* a failure is in the log; the report has moved all the same */
    } else {
        if (is_moved) /* somebody reads the long file; a sweep will find ours */
            log_info("dump-cut-later", "report=\"%s\" why=\"%s\"", report->name, status_text(status));
        else
            file_remove(cut->path);
        file_close(&cut->file);
    }
    free(cut->path);
}

/* Takes `cut-<state>-<name>` apart. */
static bool cut_name_parse(const char *name, enum spool_state *ret_state, const char **ret_report)
{
    if (!text_starts(name, CUT_PREFIX))
        return false;
    name += sizeof CUT_PREFIX - 1;
    for (int i = SPOOL_DONE; i <= SPOOL_FAILED; i++) {
        const char *state = spool_state_name((enum spool_state)i);

        if (text_starts(name, state) && name[strlen(state)] == '-') {
            *ret_state = (enum spool_state)i;
            *ret_report = name + strlen(state) + 1;
            return spool_name_is_report(*ret_report);
        }
    }
    return false;
}

/* Whether the finished report `name` has the cut file's id and still its dump. */
static bool cut_is_wanted(struct spool *spool, enum spool_state state, const char *name, const char *id)
{
    struct spool_report *report = NULL;
    bool wanted;

    if (spool_report_open(spool, state, name, &report) != ST_OK)
        return false;
    wanted = strcmp(report->id, id) == 0 && (report->dump_bytes || report->attachment_count);
    spool_report_close(report);
    return wanted;
}

bool spool_cut_recover(struct spool *spool, struct file *file, const char *path, const char *name)
{
    struct spool_report *cut;
    enum spool_state state;
    const char *target_name;
    char *target;
    bool is_wanted;

    if (!cut_name_parse(name, &state, &target_name))
        return false;
    cut = spool_report_new(spool, state, name);
    target = spool_path(spool, state, target_name);
    if (!cut || !target) {
        spool_report_free(cut);
        free(target);
        return true; /* another time */
    }
    cut->file = *file;
    is_wanted = spool_report_load(cut) == ST_OK && cut_is_wanted(spool, state, target_name, cut->id);
    if (is_wanted && file_rename(path, target, true) == ST_OK)
        log_info("dump-cut", "report=\"%s\"", target_name);
    cut->file.os = FILE_CLOSED; /* the caller's */
    spool_report_free(cut);
    free(target);
    return is_wanted;
}
