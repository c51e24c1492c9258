/* comment.c - see comment.h. Nothing of the block's copy is looked at but its four texts and the word on sending. */
#include "comment.h"
#include "base/clock.h"
#include "proto/report.h"
#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES (32u * 1024)

static enum status queue_record(const struct dump_policy *policy, const struct client *client, const struct block *copy, uint32_t number,
                                char *record)
{
    struct report_identity who = {.app = client->peer.app, .crash_time = clock_unix_ms() / 1000};
    struct record_writer writer;
    struct spool_draft *draft = NULL;
    enum status st;

    memcpy(who.consent_of, client->peer.consent_of, sizeof who.consent_of);
    record_writer_init(&writer, record, RECORD_BYTES);
    if (!report_put_comment(&writer, copy, &who, number))
        return ST_ARGUMENT;
    st = spool_draft_create(policy->spool, &draft);
    return st ? st : spool_draft_commit(draft, record, writer.len, policy->queue_state, NULL);
}

enum status comment_queue(const struct dump_policy *policy, const struct client *client, uint32_t number)
{
    struct block *copy = client_copy_block(client);
    char *record = malloc(RECORD_BYTES);
    enum status st = copy && record ? ST_OK : ST_MEMORY;

    if (!st && !copy->comment.text[0])
        st = ST_NOT_FOUND;
    if (!st)
        st = queue_record(policy, client, copy, number, record);
    free(record);
    free(copy);
    return st;
}
