/* service.h - symbols over HTTP (docs/protocol.md): builds ask what is missing and put files, debuggers get them. */
#ifndef SALVOR_SERVER_DEPOT_SERVICE_H
#define SALVOR_SERVER_DEPOT_SERVICE_H
#include "depot/depot.h"
#include "http/http.h"
#include "ingest/refusal.h"
#include "ingest/spill.h"

struct chunk_store;
struct upload_slots;

struct symbol_service {
    struct depot *depot;
    struct store *store;
    struct spill_budget *budget;        /* over depot_new_folder */
    struct upload_slots *slots;         /* of symupload's second protocol */
    struct chunk_store *chunks;         /* of sentry-cli's */
    uint64_t max_bytes, min_free_bytes; /* of one file unpacked; of space that stays on the disk */
    void (*on_waiting)(void *context);  /* called after a file came: reports may be due */
    void *on_waiting_context;
    atomic_bool *cancel; /* set when the server stops */
};

/* All with a struct symbol_service as context. */
extern const struct http_service symbol_put_service;      /* PUT /symbols/ */
extern const struct http_service symbol_read_service;     /* GET /symbols/ and POST /api/<project>/symbols/missing */
extern const struct http_service symbol_form_service;     /* POST /symbols, as Breakpad's symupload sends */
extern const struct http_service symbol_breakpad_service; /* /v1/, the same in its second protocol */
extern const struct http_service symbol_sentry_service;   /* /api/0/, as sentry-cli sends */

/* What they share. */
/* Gives back what abandoned uploads held; false, with the reason, when the disk has no space for more. */
bool symbol_service_has_space(struct symbol_service *service, struct refusal *refusal);
/* The server stops: lets the reading of files come to an end. */
void symbol_service_cancel(void *context);
/* Whether a status of depot_put or symbol_take is about the file itself, so that sending it again is of no use. */
bool symbol_service_is_final(enum status status);

#define SYMBOL_FORM_OVERHEAD_BYTES (4u * 1024u * 1024u)  /* of a form around its file */
#define SYMBOL_SENTRY_MAX_BYTES    (40u * 1024u * 1024u) /* of one request of chunks, and what is around them */
#define SYMBOL_RETRY_AFTER_S       "30"                  /* the header's value of a 503 */

#endif
