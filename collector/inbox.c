/* inbox.c - reports that another layer, above all the WER module in WerFault.exe, left in the inbox.
 *
 * Any local user may write there, so nothing of a report is believed that can be checked: the file is opened once, held against writers,
 * and everything is read through that handle; the id must follow from the record's own pid and start. */
#include "event_log.h"
#include "file_intake.h"
#include "proto/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEQUENCE 64 /* dumps of one process, as the monitor counts them */

static bool id_is_honest(const struct intake *intake, const struct spool_report *report)
{
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    uint64_t pid = 0, start = 0;
    char expected[UUID_TEXT_BYTES];

    if (!record_get_u64(record, bytes, RECORD_PID, &pid) || pid == 0 || pid > UINT32_MAX ||
        !record_get_u64(record, bytes, RECORD_START, &start) || start > INT64_MAX)
        return false;
    for (uint32_t sequence = 0; sequence <= MAX_SEQUENCE; sequence++) {
        uuid_report_id(expected, intake->machine_id, (uint32_t)pid, (int64_t)start, sequence);
        if (strcmp(expected, spool_report_id(report)) == 0)
            return true;
    }
    return false;
}

static enum status check_report(const struct intake *intake, struct spool_report *report, const char **ret_why)
{
    char signature[4] = "";
    enum status st = ST_FORMAT;

    *ret_why = "its dump does not begin like a minidump";
    if (spool_report_dump_bytes(report) >= sizeof signature)
        st = file_read_at(spool_report_file(report), 0, signature, sizeof signature);
    if (st || memcmp(signature, "MDMP", sizeof signature) != 0)
        return st ? st : ST_FORMAT;
    *ret_why = "its id does not follow from its process";
    return id_is_honest(intake, report) ? ST_OK : ST_FORMAT;
}

/* WerFault runs as the crashed program's user, or for the system's programs as the system. Of a process that we do not know (it registered
 * with a collector before this one) only the name is known, and the file is taken on its owner's account. */
static const char *check_owner(const struct intake *intake, struct spool_report *report, uint64_t size_bytes)
{
    char owner[FILE_OWNER_BYTES];
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    uint64_t pid = 0, start = 0;

    if (file_owner(spool_report_file(report), owner))
        return "its owner cannot be read";
    record_get_u64(record, bytes, RECORD_PID, &pid);
    record_get_u64(record, bytes, RECORD_START, &start);
    if (intake->lifetimes && !file_owner_is_system(owner) && lifetimes_is_foreign(intake->lifetimes, (uint32_t)pid, (int64_t)start, owner))
        return "its owner is not the user of the process that it names";
    return file_intake_charge(intake, owner, size_bytes);
}

static enum status queue_report(const struct intake *intake, struct spool_report *report)
{
    struct spool_draft *draft = NULL;
    char *queued = NULL;
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    enum status st = spool_draft_create(intake->spool, &draft);

    if (st)
        return st;
    st = spool_draft_copy(draft, report, report);
    if (st) {
        spool_draft_abandon(draft);
        return st;
    }
    st = spool_draft_commit(draft, record, bytes, intake->queue_state, &queued);
    if (!st)
        event_log(EVENT_REPORT, "id=%s from=inbox file=\"%s\" dump_bytes=%" PRIu64, spool_report_id(report), queued,
                  spool_report_dump_bytes(report));
    free(queued);
    return st;
}

/* What can never become a report, as against what could not be read just now. */
static enum status refusal(enum status st)
{
    return st == ST_VERSION || st == ST_CHECKSUM || st == ST_TRUNCATED ? ST_FORMAT : st;
}

enum status intake_admit(const struct intake *intake, const char *path, char ret_id[UUID_TEXT_BYTES], const char **ret_why)
{
    struct file file = {FILE_CLOSED};
    struct spool_report *report = NULL;
    struct file_info info;
    enum status st = file_intake_open(intake, path, &file, &info, ret_why);

    if (st)
        return st;
    *ret_why = "it is no whole report";
    st = spool_report_take_file(&file, path_base(path), &report);
    if (!st)
        st = check_report(intake, report, ret_why);
    if (!st) {
        const char *why = check_owner(intake, report, info.size_bytes);
        st = why ? ST_REFUSED : ST_OK;
        *ret_why = why ? why : *ret_why;
    }
    if (!st) {
        *ret_why = "it cannot be copied into the queue";
        st = queue_report(intake, report);
        if (!st && ret_id)
            snprintf(ret_id, UUID_TEXT_BYTES, "%s", spool_report_id(report));
    }
    spool_report_close(report);
    file_close(&file);
    return refusal(st);
}
