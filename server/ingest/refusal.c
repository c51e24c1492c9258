/* refusal.c - see refusal.h. */
#include "ingest/refusal.h"
#include "base/log.h"

bool refusal_set(struct refusal *refusal, unsigned status, const char *sentence)
{
    if (!refusal->status) {
        refusal->status = status;
        refusal->sentence = sentence;
    }
    return false;
}

bool refusal_set_status(struct refusal *refusal, enum status status)
{
    if (refusal->status)
        return false;
    switch (status) {
    case ST_FULL:
        return refusal_set(refusal, 503, "The server has no space for the upload now; try again later.");
    case ST_BUSY:
        return refusal_set(refusal, 503, "The server's database is busy; try again later.");
    case ST_MEMORY:
        return refusal_set(refusal, 503, "The server is out of memory; try again later.");
    default:
        log_error("ingest-failed", "error=\"%s\"", status_text(status));
        return refusal_set(refusal, 503, "The server could not store the upload; try again later.");
    }
}
