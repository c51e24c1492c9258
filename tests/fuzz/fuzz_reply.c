/* fuzz_reply.c - a server's answer: two bytes of status, one of how it came, then the body. */
#include "fuzz.h"
#include "uploader/verdict.h"
#include <stdlib.h>
#include <string.h>

/* What goes into a log, a history and a terminal. */
static void check_text(const char *text, size_t max)
{
    if (strlen(text) > max)
        abort();
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verdict verdict;

    if (size < 3)
        return 0;
    struct reply reply = {.status = (data[0] | data[1] << 8) % 1000,
                          .is_whole = data[2] & 1,
                          .retry_after_s = data[2] & 2 ? UINT64_MAX : data[2],
                          .body = data + 3,
                          .body_bytes = size - 3,
                          .error = data[2] & 4 ? "broken off" : ""};
    verdict_decide(&reply, &verdict);
    check_text(verdict.reply_id, VERDICT_MAX_REPLY_ID);
    check_text(verdict.reason, sizeof verdict.reason - 1);
    if (!verdict_name(verdict.kind)[0] || verdict.retry_after_s > VERDICT_MAX_RETRY_AFTER)
        abort();
    if ((verdict.kind == VERDICT_ACCEPTED || verdict.kind == VERDICT_DISCARDED) &&
        (reply.status < 200 || reply.status > 299 || !reply.is_whole))
        abort();
    if (verdict.kind != VERDICT_ACCEPTED && !verdict.reason[0])
        abort();
    return 0;
}
