/* ingest.h - the routes that crash clients post to: /submit, /post, /crash, /api/<project>/minidump/ and /api/<project>/envelope/. */
#ifndef SALVOR_SERVER_INGEST_INGEST_H
#define SALVOR_SERVER_INGEST_INGEST_H
#include "http/http.h"
#include "ingest/form.h"
#include "store/store.h"

struct ingest {
    struct store *store;
    struct form_limits limits;
    uint64_t min_free_bytes;          /* with less space on the disk uploads are put off (503) */
    void (*on_report)(void *context); /* called after a report was accepted */
    void *on_report_context;
};

/* The Content-Type of a POST that brings no report and only asks whether one would be taken: 200 and `ready project=<name>`. */
#define INGEST_CHECK_TYPE "application/x-salvor-check"

extern const struct http_service ingest_service; /* context: struct ingest */

#endif
