/* refusal.h - why an upload is not taken: the HTTP status and one sentence for the client. The first reason stands. */
#ifndef SALVOR_SERVER_INGEST_REFUSAL_H
#define SALVOR_SERVER_INGEST_REFUSAL_H
#include "base/status.h"
#include <stdbool.h>

struct refusal {
    unsigned status;      /* 0: none */
    const char *sentence; /* static */
};

/* Keeps the reason unless there is one; always false, so that a sink can return it. */
bool refusal_set(struct refusal *refusal, unsigned status, const char *sentence);
/* The reason for a failure on our side (disk, memory, database): 503, or 500 for what nobody expects. */
bool refusal_set_status(struct refusal *refusal, enum status status);

#endif
