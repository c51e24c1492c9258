/* service.h - symbols over HTTP (docs/protocol.md): builds ask what is missing and put files, debuggers get them. */
#ifndef SALVOR_SERVER_DEPOT_SERVICE_H
#define SALVOR_SERVER_DEPOT_SERVICE_H
#include "depot/depot.h"
#include "http/http.h"
#include "ingest/spill.h"

struct symbol_service {
    struct depot *depot;
    struct store *store;
    struct spill_budget *budget;        /* over depot_new_folder */
    uint64_t max_bytes, min_free_bytes; /* of one file unpacked; of space that stays on the disk */
    void (*on_waiting)(void *context);  /* called after a file came: reports may be due */
    void *on_waiting_context;
    atomic_bool *cancel; /* set when the server stops */
};

/* Both with a struct symbol_service as context. */
extern const struct http_service symbol_put_service;  /* PUT /symbols/ */
extern const struct http_service symbol_read_service; /* GET /symbols/ and POST /api/<project>/symbols/missing */

#endif
