/* report.c - one report that is open: its facts, and who may send it. */
#include "base/log.h"
#include "base/text.h"
#include "spool/internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct spool_report *spool_report_new(struct spool *spool, enum spool_state state, const char *name)
{
    struct spool_report *report = calloc(1, sizeof *report);

    if (!report)
        return NULL;
    report->spool = spool;
    report->state = state;
    report->file.os = FILE_CLOSED;
    report->name = spool_text_copy(name);
    if (!report->name) {
        free(report);
        return NULL;
    }
    return report;
}

void spool_report_free(struct spool_report *report)
{
    if (!report)
        return;
    file_close(&report->file);
    spool_report_unload(report);
    free(report->name);
    free(report);
}

/* Opens only what is a plain file by its own name: a FIFO would block, a link would lead elsewhere. */
static enum status plain_open(struct file *ret, const char *path, enum file_mode mode)
{
    struct file_info info;
    enum status status = file_stat(path, &info);

    if (status == ST_OK && !info.is_regular)
        status = ST_FORMAT;
    return status == ST_OK ? file_open(ret, path, mode) : status;
}

static enum status report_open_at(struct spool *spool, enum spool_state state, const char *name, const char *path,
                                  struct spool_report **ret)
{
    struct spool_report *report = spool_report_new(spool, state, name);
    enum status status = report ? plain_open(&report->file, path, FILE_MODE_READ) : ST_MEMORY;

    if (status == ST_OK)
        status = spool_report_load(report);
    if (status != ST_OK) {
        spool_report_free(report);
        return status;
    }
    *ret = report;
    return ST_OK;
}

enum status spool_report_open(struct spool *spool, enum spool_state state, const char *name, struct spool_report **ret)
{
    char *path;
    enum status status;

    if ((unsigned)state >= SPOOL_STATE_COUNT || !spool_name_is_report(name))
        return ST_ARGUMENT;
    path = spool_path(spool, state, name);
    status = path ? report_open_at(spool, state, name, path, ret) : ST_MEMORY;
    free(path);
    return status;
}

enum status spool_report_take_file(struct file *file, const char *name, struct spool_report **ret)
{
    struct spool_report *report = spool_report_new(NULL, SPOOL_NEW, name);
    enum status status;

    if (!report)
        return ST_MEMORY;
    report->file = *file;
    status = spool_report_load(report);
    if (status != ST_OK) {
        report->file.os = FILE_CLOSED; /* still the caller's */
        spool_report_free(report);
        return status;
    }
    file->os = FILE_CLOSED;
    *ret = report;
    return ST_OK;
}

enum status spool_report_open_file(const char *path, struct spool_report **ret)
{
    return report_open_at(NULL, SPOOL_NEW, path_base(path), path, ret);
}

bool spool_status_is_damage(enum status status)
{
    return status == ST_FORMAT || status == ST_VERSION || status == ST_CHECKSUM || status == ST_TRUNCATED;
}

/* Locks first and renames then: a sweep takes what stands unlocked in uploading/. */
static enum status claim_take(struct spool_report *report, const char *from)
{
    char *name = NULL;
    enum status status = plain_open(&report->file, from, FILE_MODE_UPDATE);

    if (status != ST_OK)
        return status;
    status = file_lock(&report->file);
    if (status != ST_OK)
        return status == ST_BUSY ? ST_NOT_FOUND : status;
    status = spool_name_place(report->spool, from, SPOOL_UPLOADING, report->name, false, &name);
    if (status != ST_OK)
        return status;
    free(report->name);
    report->name = name;
    report->state = SPOOL_UPLOADING;
    report->claimed = true;
    return ST_OK;
}

/* A keeper leaves no report in pending/ whose id is counted, but others put some there: a layer that saw the same death and came late. */
static enum status counted_refuse(struct spool_report *report)
{
    enum spool_fate fate;
    enum status status = spool_report_fate(report, &fate);

    if (status == ST_OK && fate == SPOOL_FATE_COUNTED) {
        status = spool_report_drop(report, "merged", "reason=\"it is in a count\"");
        return status == ST_OK ? ST_NOT_FOUND : status;
    }
    return status;
}

enum status spool_report_claim(struct spool *spool, const char *name, struct spool_report **ret)
{
    struct spool_report *report;
    char *from;
    enum status status;

    if (!spool_name_is_report(name))
        return ST_ARGUMENT;
    if (spool->turn == SPOOL_TURN_NONE)
        return ST_STATE;
    report = spool_report_new(spool, SPOOL_PENDING, name);
    from = spool_path(spool, SPOOL_PENDING, name);
    status = report && from ? claim_take(report, from) : ST_MEMORY;
    if (status == ST_OK)
        status = spool_report_load(report);
    if (report && report->claimed && spool_status_is_damage(status))
        spool_report_bury_open(report, status);
    if (status == ST_OK)
        status = counted_refuse(report);
    free(from);
    if (status != ST_OK) {
        spool_report_close(report);
        return status;
    }
    *ret = report;
    return ST_OK;
}

/* Gives a claimed report back. Where that fails it stays in uploading/, and unlocked there it is the next sweep's. */
void spool_report_close(struct spool_report *report)
{
    char *from, *name = NULL;

    if (!report)
        return;
    if (report->claimed && (from = spool_path(report->spool, SPOOL_UPLOADING, report->name)) != NULL) {
        enum status status = spool_name_place(report->spool, from, SPOOL_PENDING, report->name, false, &name);

        if (status != ST_OK)
            log_warn("report-not-given-back", "file=\"%s\" why=\"%s\"", from, status_text(status));
        free(name);
        free(from);
    }
    spool_report_free(report);
}

enum status spool_report_bury_open(struct spool_report *report, enum status why)
{
    char detail[128];

    snprintf(detail, sizeof detail, "reason=\"%s\"", status_text(why));
    return spool_report_move(report, SPOOL_FAILED, "damaged", detail, true);
}

enum status spool_report_bury(struct spool *spool, enum spool_state state, const char *name, enum status why)
{
    struct spool_report *report = spool_report_new(spool, state, name);
    enum status status = report ? spool_report_bury_open(report, why) : ST_MEMORY;

    spool_report_free(report);
    return status;
}

void spool_report_history_key(const struct spool_report *report, char ret[SPOOL_NAME_BYTES])
{
    char *end;

    text_copy(ret, SPOOL_NAME_BYTES, report->id[0] ? report->id : report->name);
    end = strrchr(ret, '.');
    if (!report->id[0] && end && end != ret)
        *end = 0;
}

enum status spool_report_fate(const struct spool_report *report, enum spool_fate *ret)
{
    if (report->id[0])
        return spool_fate_read(report->spool, report->id, ret);
    *ret = SPOOL_FATE_OPEN;
    return ST_OK;
}

enum status spool_report_note(const struct spool_report *report, const char *event, const char *detail)
{
    char key[SPOOL_NAME_BYTES];

    spool_report_history_key(report, key);
    return spool_history_append(report->spool, key, event, SPOOL_STATE_COUNT, detail);
}

const char *spool_report_name(const struct spool_report *report)
{
    return report->name;
}

const char *spool_report_id(const struct spool_report *report)
{
    return report->id;
}

const char *spool_report_record(const struct spool_report *report, size_t *ret_bytes)
{
    *ret_bytes = report->record_bytes;
    return report->record;
}

uint64_t spool_report_dump_bytes(const struct spool_report *report)
{
    return report->dump_bytes;
}

size_t spool_report_attachments(const struct spool_report *report, const struct spool_attachment **ret)
{
    *ret = report->attachments;
    return report->attachment_count;
}

struct file *spool_report_file(struct spool_report *report)
{
    return &report->file;
}
