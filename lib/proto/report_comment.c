/* report_comment.c - a user's words on an earlier report: a record of its own, with an id made of that report's. */
#include "proto/report.h"

static void put_if_set(struct record_writer *writer, const char *key, const char *value)
{
    if (value[0])
        record_put(writer, key, value);
}

bool report_put_comment(struct record_writer *writer, const struct block *copy, const struct report_identity *who, uint32_t number)
{
    const struct block_comment *comment = &copy->comment;
    char id[UUID_TEXT_BYTES];
    uint8_t of[16], uuid[16];

    if (!uuid_parse(of, comment->report_id))
        return false;
    uuid_v5(uuid, of, &number, sizeof number);
    uuid_format(id, uuid);
    record_put(writer, RECORD_FORMAT, "1");
    record_put(writer, RECORD_ID, id);
    record_put(writer, RECORD_KIND, KIND_COMMENT);
    record_put(writer, RECORD_APP, who->app);
    record_put_u64(writer, RECORD_TIME, (uint64_t)who->crash_time);
    put_if_set(writer, RECORD_CONSENT_OF, who->consent_of);
    report_put_consent(writer, copy->consent);
    record_put(writer, RECORD_COMMENT_OF, comment->report_id);
    put_if_set(writer, RECORD_NAME, comment->name);
    put_if_set(writer, RECORD_EMAIL, comment->email);
    record_put(writer, RECORD_COMMENT, comment->text);
    return true;
}
