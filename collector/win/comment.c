/* comment.c - see comment.h. Nothing of the block's copy is looked at but its four texts and the word on sending. */
#include "comment.h"
#include "base/clock.h"
#include "proto/report.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES (32u * 1024)

static bool make_id(char ret[UUID_TEXT_BYTES], const char *report_id, uint32_t number)
{
    uint8_t of[16], uuid[16];

    if (!uuid_parse(of, report_id))
        return false;
    uuid_v5(uuid, of, &number, sizeof number);
    uuid_format(ret, uuid);
    return true;
}

static void put_if_set(struct record_writer *writer, const char *key, const char *value)
{
    if (value[0])
        record_put(writer, key, value);
}

static enum status queue_record(const struct dump_policy *policy, const struct client *client, const struct block *copy, const char *id,
                                char *record)
{
    struct record_writer writer;
    struct spool_draft *draft = NULL;
    enum status st = spool_draft_create(policy->spool, &draft);

    if (st)
        return st;
    record_writer_init(&writer, record, RECORD_BYTES);
    record_put(&writer, RECORD_FORMAT, "1");
    record_put(&writer, RECORD_ID, id);
    record_put(&writer, RECORD_KIND, KIND_COMMENT);
    record_put(&writer, RECORD_APP, client->peer.app);
    record_put_u64(&writer, RECORD_TIME, (uint64_t)(clock_unix_ms() / 1000));
    put_if_set(&writer, RECORD_CONSENT_OF, client->peer.consent_of);
    report_put_consent(&writer, copy->consent);
    record_put(&writer, RECORD_COMMENT_OF, copy->comment.report_id);
    put_if_set(&writer, RECORD_NAME, copy->comment.name);
    put_if_set(&writer, RECORD_EMAIL, copy->comment.email);
    record_put(&writer, RECORD_COMMENT, copy->comment.text);
    return spool_draft_commit(draft, record, writer.len, policy->queue_state, NULL);
}

enum status comment_queue(const struct dump_policy *policy, const struct client *client, uint32_t number)
{
    struct block *copy = client_copy_block(client);
    char id[UUID_TEXT_BYTES], *record = malloc(RECORD_BYTES);
    enum status st = copy && record ? ST_OK : ST_MEMORY;

    if (!st && !copy->comment.text[0])
        st = ST_NOT_FOUND;
    if (!st && !make_id(id, copy->comment.report_id, number))
        st = ST_ARGUMENT;
    if (!st)
        st = queue_record(policy, client, copy, id, record);
    free(record);
    free(copy);
    return st;
}
