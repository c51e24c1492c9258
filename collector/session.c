/* session.c - a tally is a file of a head, which is the record to be, an empty line, and one byte for each event. Appending is all that
 * happens to it, so several monitors may count at the same time and a power cut costs the last bytes at most. Who renames a tally first
 * queues it. */
#include "session.h"
#include "base/log.h"
#include "base/text.h"
#include "proto/report.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER        "sessions"
#define DAY_SECONDS   86400
#define HEAD_BYTES    4096
#define MAX_TALLY     (16u * 1024 * 1024)
#define NAME_BYTES    128
#define TAKEN_SUFFIX  ".taken"
#define END_OF_HEAD   "\n\n"
#define END_HEAD_SIZE 2

/* The record of one tally but for its numbers; its name is made of all that tells it from others. */
static size_t write_head(const uint8_t machine_id[16], const struct session *session, int64_t day, char ret[HEAD_BYTES],
                         char ret_name[NAME_BYTES])
{
    struct record_writer writer;
    char id[UUID_TEXT_BYTES];
    uint8_t uuid[16];

    record_writer_init(&writer, ret, HEAD_BYTES);
    record_put(&writer, RECORD_APP, session->app);
    record_put(&writer, RECORD_VERSION, session->version);
    record_put(&writer, RECORD_ENVIRONMENT, session->environment);
    record_put(&writer, RECORD_CHANNEL, session->channel);
    record_put(&writer, RECORD_CONSENT_OF, session->consent_of);
    record_put_u64(&writer, RECORD_TIME, (uint64_t)day * DAY_SECONDS);
    uuid_v5(uuid, machine_id, ret, writer.len);
    uuid_format(id, uuid);
    snprintf(ret_name, NAME_BYTES, "%" PRId64 "-%s", day, id);
    report_put_consent(&writer, session->consent);
    return writer.len;
}

/* Makes the tally with its head, unless it is there. */
static enum status tally_make(const char *path, const char *head, size_t size)
{
    struct file_info info;
    struct buffer text;
    enum status st;

    if (file_stat(path, &info) == ST_OK)
        return ST_OK;
    buffer_init(&text, HEAD_BYTES + END_HEAD_SIZE);
    st = buffer_append(&text, head, size);
    if (!st)
        st = buffer_append_text(&text, END_OF_HEAD + 1); /* the head's last line has its own end */
    if (!st)
        st = file_write_whole(path, text.data, text.len);
    buffer_done(&text);
    return st;
}

enum status session_count(struct spool *spool, const uint8_t machine_id[16], const struct session *session, enum session_event event,
                          int64_t now_unix)
{
    char head[HEAD_BYTES], name[NAME_BYTES], byte = (char)event;
    size_t size = write_head(machine_id, session, now_unix / DAY_SECONDS, head, name);
    char *folder = path_joined(spool_dir(spool), FOLDER), *path = folder ? path_joined(folder, name) : NULL;
    struct file file = {FILE_CLOSED};
    enum status st = path ? folder_create(folder) : ST_MEMORY;

    if (!st)
        st = tally_make(path, head, size);
    if (!st)
        st = file_open(&file, path, FILE_MODE_APPEND);
    if (!st)
        st = file_write(&file, &byte, 1);
    file_close(&file);
    free(path);
    free(folder);
    return st;
}

static uint64_t count_of(const char *bytes, size_t size, enum session_event event)
{
    uint64_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += bytes[i] == (char)event;
    return count;
}

static enum status queue_counts(struct spool *spool, const char *name, const struct buffer *tally, enum spool_state state)
{
    const char *text = buffer_text(tally), *end = strstr(text, END_OF_HEAD);
    char record[HEAD_BYTES + 512], id[UUID_TEXT_BYTES];
    struct record_writer writer;
    struct spool_draft *draft = NULL;
    size_t head, size;
    enum status st;

    if (!end || (head = (size_t)(end + 1 - text)) > HEAD_BYTES)
        return ST_FORMAT;
    size = tally->len - head - 1;
    text_copy(id, sizeof id, strchr(name, '-') + 1);
    record_writer_init(&writer, record, sizeof record);
    record_put(&writer, RECORD_FORMAT, "1");
    record_put(&writer, RECORD_ID, id);
    record_put(&writer, RECORD_KIND, KIND_SESSIONS);
    record_put_u64(&writer, RECORD_STARTED, count_of(end + 2, size, SESSION_STARTED));
    record_put_u64(&writer, RECORD_CLEAN, count_of(end + 2, size, SESSION_CLEAN));
    record_put_u64(&writer, RECORD_CRASHED, count_of(end + 2, size, SESSION_CRASHED));
    memcpy(record + writer.len, text, head);
    st = spool_draft_create(spool, &draft);
    return st ? st : spool_draft_commit(draft, record, writer.len + head, state, NULL);
}

/* Takes a tally by a rename, so that nobody else queues it too; one that was taken and not finished is taken up again. */
static bool flush_tally(struct spool *spool, const char *folder, const char *name, enum spool_state state)
{
    char taken_name[NAME_BYTES + sizeof TAKEN_SUFFIX];
    char *path = path_joined(folder, name), *taken = NULL;
    bool is_taken = text_ends_nocase(name, TAKEN_SUFFIX);
    struct buffer tally;
    enum status st = path ? ST_OK : ST_MEMORY;

    buffer_init(&tally, MAX_TALLY);
    snprintf(taken_name, sizeof taken_name, "%s%s", name, is_taken ? "" : TAKEN_SUFFIX);
    if (!st && !(taken = path_joined(folder, taken_name)))
        st = ST_MEMORY;
    if (!st && !is_taken)
        st = file_rename(path, taken, false);
    if (!st)
        st = file_read_whole(taken, MAX_TALLY, &tally);
    if (!st)
        st = queue_counts(spool, name, &tally, state);
    if (!st || st == ST_FORMAT || st == ST_TOO_LARGE)
        file_remove(taken);
    if (st && st != ST_NOT_FOUND)
        log_warn("sessions-not-queued", "tally=\"%s\" status=%s", name, status_name(st));
    buffer_done(&tally);
    free(taken);
    free(path);
    return !st;
}

/* "<day>-<uuid>" of a day before today's, taken or not. */
static bool is_due(const char *name, int64_t today)
{
    char *end;
    long long day = strtoll(name, &end, 10);

    return end != name && *end == '-' && strlen(end + 1) >= UUID_TEXT_BYTES - 1 && strlen(name) < NAME_BYTES && day < today;
}

size_t session_flush(struct spool *spool, enum spool_state state, int64_t now_unix)
{
    char *path = path_joined(spool_dir(spool), FOLDER);
    struct folder *folder = NULL;
    const char *name;
    size_t queued = 0;

    if (path && folder_open(&folder, path) == ST_OK) {
        while (folder_next(folder, &name) == ST_OK)
            if (is_due(name, now_unix / DAY_SECONDS))
                queued += flush_tally(spool, path, name, state);
        folder_close(folder);
    }
    free(path);
    return queued;
}
