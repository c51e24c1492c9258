/* accept.h - a complete upload becomes a durable report, or is refused and leaves nothing. */
#ifndef SALVOR_SERVER_INGEST_ACCEPT_H
#define SALVOR_SERVER_INGEST_ACCEPT_H
#include "ingest/form.h"
#include "store/report.h"
#include "store/store.h"

struct accept_request {
    struct store *store;
    struct form *form;
    bool is_form; /* multipart, not a bare dump */
    int64_t project_id;
    const char *idempotency_key; /* or NULL */
};

/* When it returns true the report (and its files) are on disk and committed: only now may the client hear 200. */
bool accept_report(const struct accept_request *request, char ret_id[UUID_TEXT_BYTES], enum report_outcome *ret_outcome,
                   struct refusal *refusal);

#endif
