/* verdict.h - what a server's answer, or the lack of one, means for a report. */
#ifndef SALVOR_UPLOADER_VERDICT_H
#define SALVOR_UPLOADER_VERDICT_H
#include "uploader/transfer.h"

#define VERDICT_MAX_REPLY_ID    256
#define VERDICT_MAX_RETRY_AFTER (24u * 60 * 60) /* seconds: no server silences us for longer */

enum verdict_kind {
    VERDICT_ACCEPTED,
    VERDICT_DISCARDED,     /* taken and thrown away by the server's rules: never send it again */
    VERDICT_REFUSED,       /* this report will never be taken */
    VERDICT_CONFIGURATION, /* address, key or server are wrong, the report is not */
    VERDICT_WAIT           /* may be taken later */
};

struct verdict {
    enum verdict_kind kind;
    bool is_endpoint_wide; /* the next report would fare no better now */
    bool is_too_large;     /* a smaller one might be taken */
    bool is_uncertain;     /* the server may have taken it: it had everything, and its answer is not known */
    uint64_t retry_after_s;
    char reply_id[VERDICT_MAX_REPLY_ID + 1]; /* "" when the server gave none */
    char reason[384];                        /* one line for people; "" when accepted */
};

void verdict_decide(const struct reply *reply, struct verdict *ret);
/* The id in a server's answer: first line, trimmed, `CrashID=` taken off, printable ASCII. "" for anything else. */
void verdict_reply_id(const void *body, size_t body_bytes, char ret[VERDICT_MAX_REPLY_ID + 1]);
const char *verdict_name(enum verdict_kind kind); /* "accepted" ...; static */

#endif
