/* count.c - reports that end as a number.
 *
 * A count-only report names the crashes that were added to it last by their ids, so that a process that dies between counting and removing
 * leaves no doubt: what is in new/ and named there is counted already. Everything that is counted is in new/ first, where only one process
 * works. Once those are removed the ids are not needed any more. */
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "spool/internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH        1000u /* reports that are added in one step */
#define VALUE_BYTES  2048
#define REASON_BYTES 128

/* A count-only report in memory. */
struct tally {
    char *name; /* in new/; NULL: it is yet to be made */
    char id[UUID_TEXT_BYTES], like[UUID_TEXT_BYTES], reason[REASON_BYTES];
    uint64_t count, first_time, last_time;
    struct buffer facts; /* record lines that all its crashes share */
    char (*ids)[SPOOL_NAME_BYTES];
    size_t id_count, capacity;
};

static void tally_done(struct tally *tally)
{
    free(tally->name);
    free(tally->ids);
    buffer_done(&tally->facts);
}

/* -- ids -- */

static bool tally_has(const struct tally *tally, const char *id)
{
    for (size_t i = 0; i < tally->id_count; i++)
        if (strcmp(tally->ids[i], id) == 0)
            return true;
    return false;
}

static enum status tally_name(struct tally *tally, const char *id)
{
    if (tally->id_count == tally->capacity) {
        size_t capacity = tally->capacity ? 2 * tally->capacity : 64;
        void *ids = realloc(tally->ids, capacity * sizeof *tally->ids);

        if (!ids)
            return ST_MEMORY;
        tally->ids = ids;
        tally->capacity = capacity;
    }
    text_copy(tally->ids[tally->id_count++], SPOOL_NAME_BYTES, id);
    return ST_OK;
}

/* -- reading -- */

static enum status facts_copy(struct tally *tally, const char *record, size_t record_bytes)
{
    static const char *const keys[] = {RECORD_APP,   RECORD_VERSION, RECORD_ENVIRONMENT, RECORD_CHANNEL,
                                       RECORD_LAYER, RECORD_CODE,    RECORD_EXIT_CODE,   RECORD_ADDRESS};
    char lines[sizeof keys / sizeof *keys * VALUE_BYTES], value[VALUE_BYTES / 4];
    struct record_writer writer;

    record_writer_init(&writer, lines, sizeof lines);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (record_get(record, record_bytes, keys[i], value, sizeof value))
            record_put(&writer, keys[i], value);
    return buffer_append(&tally->facts, lines, writer.len);
}

static void text_get(const char *record, size_t record_bytes, const char *key, char *ret, size_t ret_size)
{
    if (!record_get(record, record_bytes, key, ret, ret_size))
        ret[0] = 0;
}

/* What a record says of itself that counting goes on from. */
static enum status tally_read(struct tally *tally, const char *record, size_t record_bytes)
{
    struct record_line line;
    size_t cursor = 0;
    enum status status = facts_copy(tally, record, record_bytes);

    text_get(record, record_bytes, RECORD_ID, tally->id, sizeof tally->id);
    text_get(record, record_bytes, RECORD_LIKE, tally->like, sizeof tally->like);
    text_get(record, record_bytes, RECORD_DROPPED, tally->reason, sizeof tally->reason);
    tally->count = spool_record_count(record, record_bytes);
    record_get_u64(record, record_bytes, RECORD_TIME, &tally->first_time);
    record_get_u64(record, record_bytes, RECORD_LAST_TIME, &tally->last_time);
    while (status == ST_OK && record_next(record, record_bytes, &cursor, &line)) {
        char id[SPOOL_NAME_BYTES];

        if (line.key_bytes == strlen(RECORD_COUNTED) && memcmp(line.key, RECORD_COUNTED, line.key_bytes) == 0 &&
            record_decode_value(&line, id, sizeof id) < sizeof id)
            status = tally_name(tally, id);
    }
    return status;
}

static enum status tally_load(struct tally *tally, struct spool *spool, const char *name)
{
    struct spool_report *report = NULL;
    enum status status = spool_report_open(spool, SPOOL_NEW, name, &report);

    if (status == ST_OK)
        status = tally_read(tally, report->record, report->record_bytes);
    spool_report_close(report);
    if (status == ST_OK && !(tally->name = spool_text_copy(name)))
        status = ST_MEMORY;
    return status;
}

/* The name of the bucket's count-only report in new/; the caller frees it. ST_NOT_FOUND when there is none. */
static enum status tally_find(struct spool *spool, const char *bucket, char **ret)
{
    struct spool_entry *entries = NULL;
    size_t count = 0, prefix = strlen(SPOOL_COUNT_PREFIX);
    enum status status = spool_list(spool, SPOOL_NEW, &entries, &count);

    if (status != ST_OK)
        return status;
    status = ST_NOT_FOUND;
    for (size_t i = 0; status == ST_NOT_FOUND && i < count; i++)
        if (spool_name_is_count(entries[i].name) && text_starts(entries[i].name + prefix, bucket)) {
            *ret = entries[i].name;
            entries[i].name = NULL;
            status = ST_OK;
        }
    spool_list_free(entries, count);
    return status;
}

/* -- adding -- */

static enum status id_make(char ret[UUID_TEXT_BYTES])
{
    uint8_t bytes[16];
    enum status status = random_bytes(bytes, sizeof bytes);

    bytes[6] = (uint8_t)(0x40 | (bytes[6] & 15)); /* RFC 9562, version 4 */
    bytes[8] = (uint8_t)(0x80 | (bytes[8] & 63));
    if (status == ST_OK)
        uuid_format(ret, bytes);
    return status;
}

static void time_widen(struct tally *tally, const char *record, size_t record_bytes)
{
    uint64_t time = 0;

    if (!record_get_u64(record, record_bytes, RECORD_TIME, &time))
        return;
    if (!tally->first_time || time < tally->first_time)
        tally->first_time = time;
    if (time > tally->last_time)
        tally->last_time = time;
}

/* The first report finds or makes the bucket's tally. */
static enum status tally_begin(struct tally *tally, struct spool *spool, const struct spool_report *report)
{
    char bucket[SPOOL_BUCKET_BYTES], *name = NULL;
    enum status status;

    spool_bucket(report->record, report->record_bytes, bucket);
    status = tally_find(spool, bucket, &name);
    if (status == ST_OK) {
        status = tally_load(tally, spool, name);
        tally->id_count = 0; /* settled */
    } else if (status == ST_NOT_FOUND) {
        status = facts_copy(tally, report->record, report->record_bytes);
    }
    free(name);
    return status == ST_OK && !tally->id[0] ? id_make(tally->id) : status;
}

static enum status tally_add(struct tally *tally, struct spool *spool, const char *name)
{
    struct spool_report *report = NULL;
    char id[SPOOL_NAME_BYTES];
    enum status status = spool_report_open(spool, SPOOL_NEW, name, &report);

    if (status == ST_OK && spool_record_count(report->record, report->record_bytes))
        status = ST_ARGUMENT;
    if (status == ST_OK && !tally->id[0])
        status = tally_begin(tally, spool, report);
    if (status == ST_OK) {
        spool_report_history_key(report, id);
        time_widen(tally, report->record, report->record_bytes);
        if (!tally_has(tally, id)) {
            status = tally_name(tally, id);
            tally->count++;
        }
    }
    spool_report_close(report);
    return status;
}

static void reason_add(struct tally *tally, const char *reason)
{
    size_t length = strlen(tally->reason);

    if (strstr(tally->reason, reason) || length + strlen(reason) + 2 > REASON_BYTES) /* no word is part of another */
        return;
    if (length)
        tally->reason[length++] = ' ';
    text_copy(tally->reason + length, REASON_BYTES - length, reason);
}

/* -- writing -- */

static enum status tally_record(const struct tally *tally, struct buffer *out)
{
    enum status status = buffer_printf(out, RECORD_FORMAT "=1\n" RECORD_ID "=%s\n" RECORD_COUNT "=%" PRIu64 "\n" RECORD_DROPPED "=%s\n",
                                       tally->id, tally->count, tally->reason);

    if (status == ST_OK && tally->first_time)
        status = buffer_printf(out, RECORD_TIME "=%" PRIu64 "\n" RECORD_LAST_TIME "=%" PRIu64 "\n", tally->first_time, tally->last_time);
    if (status == ST_OK && tally->like[0])
        status = buffer_printf(out, RECORD_LIKE "=%s\n", tally->like);
    if (status == ST_OK)
        status = buffer_append(out, tally->facts.data, tally->facts.len);
    for (size_t i = 0; status == ST_OK && i < tally->id_count; i++)
        status = buffer_printf(out, RECORD_COUNTED "=%s\n", tally->ids[i]);
    return status;
}

static enum status tally_write(struct tally *tally, struct spool *spool)
{
    struct spool_draft *draft = NULL;
    struct buffer record;
    enum status status = spool_draft_create(spool, &draft);

    buffer_init(&record, RECORD_MAX_BYTES);
    if (status == ST_OK) {
        status = tally_record(tally, &record);
        if (status != ST_OK)
            spool_draft_abandon(draft);
        else if (tally->name)
            status = spool_draft_replace(draft, buffer_text(&record), record.len, SPOOL_NEW, tally->name);
        else
            status = spool_draft_commit(draft, buffer_text(&record), record.len, SPOOL_NEW, &tally->name);
    }
    buffer_done(&record);
    return status;
}

/* The line first, and without it the report stays: when the count is closed, the line alone says that a twin that comes late is in it. */
static enum status counted_drop(struct spool_report *report, const char *detail)
{
    enum status status = spool_report_note(report, SPOOL_EVENT_COUNTED, detail);
    char *path = status == ST_OK ? spool_path(report->spool, SPOOL_NEW, report->name) : NULL;

    if (status == ST_OK)
        status = path ? file_remove(path) : ST_MEMORY;
    free(path);
    return status;
}

static enum status counted_drop_named(struct spool *spool, const char *name, const char *detail)
{
    struct spool_report *report = NULL;
    enum status status = spool_report_open(spool, SPOOL_NEW, name, &report);

    if (status == ST_OK)
        status = counted_drop(report, detail);
    spool_report_close(report);
    return status;
}

static enum status counted_remove(struct spool *spool, const struct tally *tally, const char *const *names, size_t count,
                                  const char *reason)
{
    enum status first = ST_OK;
    char detail[256];

    snprintf(detail, sizeof detail, "in=%s reason=%s", tally->id, reason);
    for (size_t i = 0; i < count; i++) {
        enum status status = counted_drop_named(spool, names[i], detail);

        if (first == ST_OK)
            first = status;
    }
    return first;
}

static enum status batch_add(struct spool *spool, const char *const *names, size_t count, const char *reason, const char *like)
{
    struct tally tally = {.name = NULL};
    enum status status = ST_OK;

    buffer_init(&tally.facts, RECORD_MAX_BYTES);
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = tally_add(&tally, spool, names[i]);
    if (status == ST_OK) {
        reason_add(&tally, reason);
        if (like && !tally.like[0])
            text_copy(tally.like, sizeof tally.like, like);
        status = tally_write(&tally, spool);
    }
    if (status == ST_OK)
        status = counted_remove(spool, &tally, names, count, reason);
    tally_done(&tally);
    return status;
}

enum status spool_count_add(struct spool *spool, const char *const *names, size_t count, const char *reason, const char *like)
{
    enum status status = spool->turn == SPOOL_TURN_KEEPING ? ST_OK : ST_STATE;

    for (size_t at = 0; status == ST_OK && at < count; at += BATCH)
        status = batch_add(spool, names + at, count - at < BATCH ? count - at : BATCH, reason, like);
    return status;
}

/* To new/, where nobody sends it; its name may change on the way. The report stays open. */
static enum status recall(struct spool *spool, enum spool_state state, const char *name, struct spool_report **ret)
{
    struct spool_report *report = NULL;
    enum status status = state == SPOOL_PENDING ? spool_report_claim(spool, name, &report) : spool_report_open(spool, state, name, &report);

    if (status == ST_OK && state != SPOOL_NEW)
        status = spool_report_move(report, SPOOL_NEW, "recalled", NULL, true);
    if (status != ST_OK) {
        spool_report_close(report);
        return status;
    }
    *ret = report;
    return ST_OK;
}

/* The twins are not named to the count: they have its id, so whoever works through new/ finds that they are in it. */
static enum status twins_recall(struct spool_report *report)
{
    struct spool_report *twin;
    char *name = NULL;
    enum status status;

    while ((status = spool_report_twin(report, SPOOL_PENDING, &name)) == ST_OK) {
        status = recall(report->spool, SPOOL_PENDING, name, &twin);
        free(name);
        if (status != ST_OK)
            return status;
        spool_report_close(twin);
    }
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status spool_count_recalled(struct spool *spool, enum spool_state state, const char *name, const char *reason, const char *like)
{
    struct spool_report *report = NULL;
    char *recalled = NULL;
    enum status status = spool->turn == SPOOL_TURN_KEEPING ? recall(spool, state, name, &report) : ST_STATE;

    if (status == ST_OK)
        status = twins_recall(report);
    if (status == ST_OK && !(recalled = spool_text_copy(report->name)))
        status = ST_MEMORY;
    spool_report_close(report);
    if (status == ST_OK) {
        const char *const names[] = {recalled};

        status = spool_count_add(spool, names, 1, reason, like);
    }
    free(recalled);
    return status;
}

/* Whether a refused report is to be counted: ST_OK; ST_FORMAT: its crash is delivered or counted, or another of its reports waits for that.
 */
static enum status refused_judge(struct spool *spool, const char *name)
{
    static const enum spool_state waiting[] = {SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING};
    struct spool_report *report = NULL;
    enum spool_fate fate = SPOOL_FATE_OPEN;
    enum status status = spool_report_open(spool, SPOOL_FAILED, name, &report);

    if (status == ST_OK)
        status = spool_report_fate(report, &fate);
    if (status == ST_OK && (fate == SPOOL_FATE_DELIVERED || fate == SPOOL_FATE_COUNTED))
        status = ST_FORMAT;
    for (size_t i = 0; status == ST_OK && i < sizeof waiting / sizeof *waiting; i++) {
        char *twin = NULL;

        status = spool_report_twin(report, waiting[i], &twin);
        status = status == ST_OK ? ST_FORMAT : status == ST_NOT_FOUND ? ST_OK : status;
        free(twin);
    }
    spool_report_close(report);
    return status;
}

enum status spool_finished_remove(struct spool *spool, enum spool_state state, const char *name)
{
    enum status status = ST_FORMAT;
    char *path;

    if (state == SPOOL_FAILED && !spool_name_is_count(name)) {
        status = refused_judge(spool, name);
        if (status == ST_OK)
            status = spool_count_recalled(spool, state, name, COUNT_QUOTA, NULL);
    }
    if (!spool_status_is_damage(status))
        return status;
    path = spool_path(spool, state, name);
    status = path ? file_remove(path) : ST_MEMORY;
    free(path);
    return status;
}

/* -- settling -- */

/* The ids that all count-only reports of new/ name, as one list. */
static enum status ids_gather(struct spool *spool, const struct spool_entry *entries, size_t count, struct tally *all)
{
    enum status status = ST_OK;

    for (size_t i = 0; status == ST_OK && i < count; i++) {
        struct tally tally = {.name = NULL};

        if (!spool_name_is_count(entries[i].name))
            continue;
        buffer_init(&tally.facts, RECORD_MAX_BYTES);
        status = tally_load(&tally, spool, entries[i].name);
        for (size_t j = 0; status == ST_OK && j < tally.id_count; j++)
            status = tally_name(all, tally.ids[j]);
        tally_done(&tally);
        if (spool_status_is_damage(status))
            status = spool_report_bury(spool, SPOOL_NEW, entries[i].name, status);
    }
    return status;
}

static enum status counted_drop_if(struct spool *spool, const char *name, const struct tally *all)
{
    struct spool_report *report = NULL;
    char id[SPOOL_NAME_BYTES];
    enum status status = spool_report_open(spool, SPOOL_NEW, name, &report);

    if (status == ST_OK) {
        spool_report_history_key(report, id);
        if (tally_has(all, id))
            status = counted_drop(report, NULL);
    }
    spool_report_close(report);
    return spool_status_is_damage(status) || status == ST_NOT_FOUND ? ST_OK : status; /* such a one was never counted */
}

enum status spool_count_settle(struct spool *spool)
{
    struct spool_entry *entries = NULL;
    struct tally all = {.name = NULL};
    size_t count = 0;
    enum status status = spool->turn == SPOOL_TURN_KEEPING ? spool_list(spool, SPOOL_NEW, &entries, &count) : ST_STATE;

    buffer_init(&all.facts, 1);
    if (status == ST_OK)
        status = ids_gather(spool, entries, count, &all);
    for (size_t i = 0; status == ST_OK && all.id_count && i < count; i++)
        if (!spool_name_is_count(entries[i].name))
            status = counted_drop_if(spool, entries[i].name, &all);
    spool_list_free(entries, count);
    tally_done(&all);
    return status;
}

enum status spool_count_close(struct spool *spool, const char *name)
{
    struct tally tally = {.name = NULL};
    struct spool_report *report = NULL;
    enum status status;

    buffer_init(&tally.facts, RECORD_MAX_BYTES);
    status = spool->turn == SPOOL_TURN_KEEPING ? tally_load(&tally, spool, name) : ST_STATE;
    if (status == ST_OK && tally.id_count) {
        tally.id_count = 0;
        status = tally_write(&tally, spool);
    }
    if (status == ST_OK)
        status = spool_report_open(spool, SPOOL_NEW, name, &report);
    if (status == ST_OK)
        status = spool_report_move(report, SPOOL_PENDING, "queued", NULL, true);
    spool_report_close(report);
    tally_done(&tally);
    return status;
}
