/* comment.c - what a user says about an earlier crash, handed to the monitor as a dump would be asked for. */
#include "base/text.h"
#include "private.h"
#include "proto/uuid.h"

/* NULL counts as "". False when it had to be cut. */
static bool put(char *ret, size_t size, const char *text)
{
    return text_copy(ret, size, text ? text : "");
}

static bool write_comment(struct block *block, const char *report_id, const char *name, const char *email, const char *text)
{
    struct block_comment *comment = &block->comment;
    bool whole = put(comment->name, sizeof comment->name, name);

    whole = put(comment->email, sizeof comment->email, email) && whole;
    whole = put(comment->text, sizeof comment->text, text) && whole;
    put(comment->report_id, sizeof comment->report_id, report_id);
    block->owner_thread = GetCurrentThreadId();
    block->request = BLOCK_REQUEST_COMMENT;
    block->phase = BLOCK_PHASE_WAIT;
    return whole;
}

salvor_status SALVOR_CALL salvor_add_comment(const char *report_id, const char *name, const char *email, const char *text)
{
    salvor_status status = SALVOR_E_NO_MONITOR;
    struct client_link *link;
    uint8_t uuid[16];

    if (!report_id || !text || !*text || !uuid_parse(uuid, report_id))
        return SALVOR_E_ARGUMENT;
    if (client.phase != CLIENT_INSTALLED || !capture_turn_begin())
        return SALVOR_E_STATE;
    link = client.link;
    if (link) {
        status = write_comment(link->block, report_id, name, email, text) ? SALVOR_OK : SALVOR_E_TRUNCATED;
        if (!capture_ask_monitor())
            status = SALVOR_E_TIMEOUT;
        memset(&link->block->comment, 0, sizeof link->block->comment);
    }
    capture_turn_end();
    return status;
}
