/* session.c - a tally is a file of a head, which is the record to be, an empty line, a mark that no other tally has, and one byte for each
 * event. Appending is all that happens to it, so several monitors may count at the same time and a power cut costs the last bytes at most.
 * Who renames a tally first queues it. The report's id comes of the mark: a clock that is set back makes a day twice, and those are two
 * reports. */
#include "session.h"
#include "base/log.h"
#include "base/process.h"
#include "base/random.h"
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
#define NEW_SUFFIX    ".new" /* a tally that is being made */
#define MARK_BYTES    16
#define MARK_TEXT     (2u * MARK_BYTES)
#define SETTLE_S      60
#define KEPT_MOST     1000
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

/* Hexadecimal, in upper case: no letter of it stands for an event. */
static enum status mark_append(struct buffer *text)
{
    uint8_t mark[MARK_BYTES];
    enum status st = random_bytes(mark, sizeof mark);

    for (size_t i = 0; !st && i < sizeof mark; i++)
        st = buffer_printf(text, "%02X", mark[i]);
    return st;
}

/* Writes the tally under a name of its own, which is given up to whoever comes first. */
static enum status tally_place(const char *path, const struct buffer *text)
{
    char number[16];
    struct buffer made;
    enum status st;

    buffer_init(&made, 65536);
    snprintf(number, sizeof number, ".%u", process_self_id());
    st = buffer_append_text(&made, path);
    if (!st)
        st = buffer_append_text(&made, number);
    if (!st)
        st = buffer_append_text(&made, NEW_SUFFIX);
    if (!st)
        st = file_write_whole(buffer_text(&made), text->data, text->len);
    if (!st)
        st = file_rename(buffer_text(&made), path, false);
    if (st && made.len)
        file_remove(buffer_text(&made));
    buffer_done(&made);
    return st == ST_EXISTS ? ST_OK : st;
}

/* Makes the tally with its head, unless it is there. */
static enum status tally_make(const char *path, const char *head, size_t size)
{
    struct file_info info;
    struct buffer text;
    enum status st;

    if (file_stat(path, &info) == ST_OK)
        return ST_OK;
    buffer_init(&text, HEAD_BYTES + END_HEAD_SIZE + MARK_TEXT);
    st = buffer_append(&text, head, size);
    if (!st)
        st = buffer_append_text(&text, END_OF_HEAD + 1); /* the head's last line has its own end */
    if (!st)
        st = mark_append(&text);
    if (!st)
        st = tally_place(path, &text);
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

/* The report's id: of the mark, or of the name where a tally has none. */
static void id_make(char ret[UUID_TEXT_BYTES], const char *name, const char *marked, size_t size)
{
    uint8_t of[16], uuid[16];

    text_copy(ret, UUID_TEXT_BYTES, strchr(name, '-') + 1);
    if (size < MARK_TEXT || strspn(marked, "0123456789ABCDEF") < MARK_TEXT || !uuid_parse(of, ret))
        return;
    uuid_v5(uuid, of, marked, MARK_TEXT);
    uuid_format(ret, uuid);
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
    id_make(id, name, end + END_HEAD_SIZE, size);
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

int64_t session_day_over(int64_t now_unix)
{
    return (now_unix - SETTLE_S) / DAY_SECONDS - 1;
}

/* "<day>-<uuid>", taken or not, of a day that is over or of one to come; *ret_is_whole: it is no draft of a tally. */
static bool is_due(const char *name, int64_t now_unix, bool *ret_is_whole)
{
    char *end;
    long long day = strtoll(name, &end, 10);
    const char *rest;

    if (end == name || *end != '-' || strlen(end + 1) < UUID_TEXT_BYTES - 1 || strlen(name) >= NAME_BYTES)
        return false;
    rest = end + UUID_TEXT_BYTES;
    *ret_is_whole = !*rest || strcmp(rest, TAKEN_SUFFIX) == 0;
    return day <= session_day_over(now_unix) || day > now_unix / DAY_SECONDS + 1;
}

static void remove_draft(const char *folder, const char *name)
{
    char *path = text_ends_nocase(name, NEW_SUFFIX) ? path_joined(folder, name) : NULL;

    if (path)
        file_remove(path);
    free(path);
}

size_t session_flush(struct spool *spool, enum spool_state state, int64_t now_unix)
{
    char *path = path_joined(spool_dir(spool), FOLDER);
    struct folder *folder = NULL;
    const char *name;
    size_t queued = 0;

    if (path && folder_open(&folder, path) == ST_OK) {
        while (folder_next(folder, &name) == ST_OK) {
            bool is_whole = false;

            if (!is_due(name, now_unix, &is_whole))
                continue;
            if (is_whole)
                queued += flush_tally(spool, path, name, state);
            else
                remove_draft(path, name);
        }
        folder_close(folder);
    }
    free(path);
    return queued;
}

/* -- what the disk did not take -- */

struct session_kept {
    struct session_kept *next;
    struct session session;
    enum session_event event;
    int64_t now_unix;
    char texts[]; /* of the session, one after the other */
};

/* Copies text to *at, which moves behind it. */
static const char *keep_text(char **at, const char *text)
{
    char *copy = *at;
    size_t size = strlen(text) + 1;

    memcpy(copy, text, size);
    *at += size;
    return copy;
}

enum status session_keep(struct session_backlog *backlog, const struct session *session, enum session_event event, int64_t now_unix)
{
    size_t size = strlen(session->app) + strlen(session->version) + strlen(session->environment) + strlen(session->channel) +
                  strlen(session->consent_of) + 5;
    struct session_kept *kept = backlog->count < KEPT_MOST ? malloc(sizeof *kept + size) : NULL;
    char *at;

    if (!kept)
        return backlog->count < KEPT_MOST ? ST_MEMORY : ST_FULL;
    at = kept->texts;
    kept->session = (struct session){.app = keep_text(&at, session->app),
                                     .version = keep_text(&at, session->version),
                                     .environment = keep_text(&at, session->environment),
                                     .channel = keep_text(&at, session->channel),
                                     .consent_of = keep_text(&at, session->consent_of),
                                     .consent = session->consent};
    kept->event = event;
    kept->now_unix = now_unix;
    kept->next = backlog->first;
    backlog->first = kept;
    backlog->count++;
    return ST_OK;
}

static void drop_first(struct session_backlog *backlog)
{
    struct session_kept *kept = backlog->first;

    backlog->first = kept->next;
    backlog->count--;
    free(kept);
}

void session_count_kept(struct session_backlog *backlog, struct spool *spool, const uint8_t machine_id[16])
{
    while (backlog->first &&
           session_count(spool, machine_id, &backlog->first->session, backlog->first->event, backlog->first->now_unix) == ST_OK)
        drop_first(backlog);
}

void session_backlog_done(struct session_backlog *backlog)
{
    while (backlog->first)
        drop_first(backlog);
}
