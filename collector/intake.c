/* intake.c - one dump file on its way into the queue.
 *
 * The broker takes the file as bytes and reads nothing of it but the four of its signature: whatever parses it does so elsewhere. */
#include "intake.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "event_log.h"
#include "file_intake.h"
#include "proto/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_BYTES         65536
#define MIN_DUMP_BYTES     32 /* MINIDUMP_HEADER */
#define IDENTITY_BYTES     2048
#define APP_BYTES          201
#define DUMP_SUFFIX        ".dmp"
#define UNNAMED            "unknown"
#define NAME_TEXT_BYTES    512
#define MAX_PID_CHARACTERS 10

/* "name(12)" -> "name": WER counts files of one name that way. */
static void strip_count(char *app)
{
    size_t len = strlen(app), digits = 0;

    if (len < 3 || app[len - 1] != ')')
        return;
    while (digits + 2 < len && app[len - 2 - digits] >= '0' && app[len - 2 - digits] <= '9')
        digits++;
    if (digits && app[len - 2 - digits] == '(')
        app[len - 2 - digits] = '\0';
}

/* Cuts ".1234" off the end and returns it; 0 when there is none. */
static uint32_t strip_pid(char *app)
{
    char *dot = strrchr(app, '.');
    uint64_t pid = 0;

    if (!dot || dot == app || strlen(dot + 1) > MAX_PID_CHARACTERS || strspn(dot + 1, "0123456789") != strlen(dot + 1) ||
        !text_parse_u64(dot + 1, &pid) || pid == 0 || pid > UINT32_MAX)
        return 0;
    *dot = '\0';
    return (uint32_t)pid;
}

void intake_parse_name(const char *name, char app[201], uint32_t *ret_pid)
{
    text_copy(app, APP_BYTES, name);
    if (text_ends_nocase(app, DUMP_SUFFIX))
        app[strlen(app) - strlen(DUMP_SUFFIX)] = '\0';
    *ret_pid = strip_pid(app);
    if (*ret_pid)
        strip_count(app);
    if (!path_is_plain_name(app))
        text_copy(app, APP_BYTES, UNNAMED);
}

/* LocalDumps are written as the crashed program's user: another user's file of that name is no word on that process. */
static bool may_speak_for(const struct intake *intake, uint32_t pid, int64_t start_s, const char *owner)
{
    return !owner[0] || file_owner_is_system(owner) || !lifetimes_is_foreign(intake->lifetimes, pid, start_s, owner);
}

/* Without a process's start the id rests on the file's time; without a pid on all that names the file. */
static void make_id(const struct intake *intake, struct report_identity *identity, const char *name, const struct file_info *info,
                    const char *owner)
{
    char text[NAME_TEXT_BYTES];
    uint8_t uuid[16];
    int64_t start_ms = 0;

    if (identity->pid && intake->lifetimes && lifetimes_find(intake->lifetimes, identity->pid, info->modified_unix_ms, &start_ms) &&
        may_speak_for(intake, identity->pid, start_ms / 1000, owner)) {
        identity->process_start = start_ms / 1000;
        uuid_report_id(identity->id, intake->machine_id, identity->pid, identity->process_start, 0);
        return;
    }
    identity->weak = true;
    if (identity->pid) {
        uuid_report_id(identity->id, intake->machine_id, identity->pid, identity->crash_time, 0);
        return;
    }
    snprintf(text, sizeof text, "%.200s %" PRIu64 " %" PRId64, name, info->size_bytes, info->modified_unix_ms);
    uuid_v5(uuid, intake->machine_id, text, strlen(text));
    uuid_format(identity->id, uuid);
}

enum status file_intake_open(const struct intake *intake, const char *path, struct file *ret, struct file_info *ret_info,
                             const char **ret_why)
{
    struct file_info before;
    struct file file = {FILE_CLOSED};
    enum status st;

    *ret_why = "it cannot be looked at";
    st = file_stat(path, &before);
    if (st)
        return st;
    *ret_why = "it is no regular file of one name";
    if (!before.is_regular || before.links > 1)
        return ST_FORMAT;
    *ret_why = "it cannot be opened for reading alone";
    st = file_open(&file, path, FILE_MODE_READ_ALONE);
    if (st)
        return st;
    st = file_info_of(&file, ret_info);
    *ret_why = "it changed while it was opened";
    if (!st && (!ret_info->is_regular || ret_info->links > 1 || ret_info->size_bytes != before.size_bytes))
        st = ST_BUSY;
    if (!st && ret_info->size_bytes > intake->max_dump_bytes) {
        *ret_why = "it is larger than the limit";
        st = ST_TOO_LARGE;
    }
    if (st)
        file_close(&file);
    else
        *ret = file;
    return st;
}

const char *file_intake_charge(const struct intake *intake, const char *owner, uint64_t size_bytes)
{
    if (!intake->quota || file_owner_is_system(owner))
        return NULL;
    return user_quota_take(intake->quota, owner, size_bytes, clock_steady_ms());
}

static enum status check_signature(struct file *file, const struct file_info *info)
{
    char signature[4];

    if (info->size_bytes < MIN_DUMP_BYTES)
        return ST_FORMAT;
    enum status st = file_read_at(file, 0, signature, sizeof signature);
    if (!st && memcmp(signature, "MDMP", sizeof signature) != 0)
        st = ST_FORMAT;
    return st;
}

static enum status copy_dump(struct file *from, struct file *to, uint64_t size_bytes)
{
    char *chunk = malloc(COPY_BYTES);
    enum status st = chunk ? ST_OK : ST_MEMORY;

    for (uint64_t at = 0; !st && at < size_bytes;) {
        size_t part = size_bytes - at < COPY_BYTES ? (size_t)(size_bytes - at) : COPY_BYTES;
        st = file_read_at(from, at, chunk, part);
        if (!st)
            st = file_write(to, chunk, part);
        at += part;
    }
    free(chunk);
    return st;
}

static enum status queue_dump(const struct intake *intake, struct file *file, const struct file_info *info,
                              const struct report_identity *identity)
{
    char text[IDENTITY_BYTES], *queued = NULL;
    struct record_writer writer;
    struct spool_draft *draft = NULL;
    enum status st = spool_draft_create(intake->spool, &draft);

    if (st)
        return st;
    st = copy_dump(file, spool_draft_file(draft), info->size_bytes);
    if (!st)
        st = spool_draft_end_dump(draft, NULL);
    if (st) {
        spool_draft_abandon(draft);
        return st;
    }
    record_writer_init(&writer, text, sizeof text);
    report_put_identity(&writer, identity);
    st = spool_draft_commit(draft, text, writer.len, intake->queue_state, &queued);
    if (!st)
        event_log(EVENT_REPORT, "app=\"%s\" id=%s layer=%s pid=%u file=\"%s\" dump_bytes=%" PRIu64, identity->app, identity->id,
                  identity->layer, identity->pid, queued, info->size_bytes);
    free(queued);
    return st;
}

enum status intake_take(const struct intake *intake, const char *path, const char *layer, char ret_id[UUID_TEXT_BYTES],
                        const char **ret_why)
{
    struct report_identity identity = {.layer = layer};
    struct file file = {FILE_CLOSED};
    struct file_info info;
    char app[APP_BYTES], owner[FILE_OWNER_BYTES] = "";
    enum status st = file_intake_open(intake, path, &file, &info, ret_why);

    if (st)
        return st;
    *ret_why = "it is no minidump";
    st = check_signature(&file, &info);
    if (!st && intake->quota) {
        const char *why = file_owner(&file, owner) ? "its owner cannot be read" : file_intake_charge(intake, owner, info.size_bytes);
        st = why ? ST_REFUSED : ST_OK;
        *ret_why = why ? why : *ret_why;
    }
    if (!st) {
        *ret_why = "it cannot be copied into the queue";
        intake_parse_name(path_base(path), app, &identity.pid);
        identity.app = app;
        identity.crash_time = info.modified_unix_ms / 1000;
        make_id(intake, &identity, path_base(path), &info, owner);
        st = queue_dump(intake, &file, &info, &identity);
    }
    file_close(&file);
    if (!st && ret_id)
        memcpy(ret_id, identity.id, sizeof identity.id);
    return st;
}
