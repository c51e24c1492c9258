/* comment.c - what a user says about an earlier crash, handed to the monitor as a dump would be asked for; without one it goes into
 * spool_dir, where the last resort leaves reports, and is sent with them. */
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
    salvor_status status;
    struct client_link *link;
    struct block *block;
    uint8_t uuid[16];

    if (!report_id || !text || !*text || !uuid_parse(uuid, report_id))
        return SALVOR_E_ARGUMENT;
    if (client.phase != CLIENT_INSTALLED || !capture_turn_begin())
        return SALVOR_E_STATE;
    link = capture_find_link();
    block = client.block;
    status = write_comment(block, report_id, name, email, text) ? SALVOR_OK : SALVOR_E_TRUNCATED;
    if (link && !capture_ask_monitor())
        status = SALVOR_E_TIMEOUT;
    if (!link && !resort_queue_comment(block))
        status = SALVOR_E_NO_MONITOR;
    memset(&block->comment, 0, sizeof block->comment);
    capture_turn_end();
    return status;
}
