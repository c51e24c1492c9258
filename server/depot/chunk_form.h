/* chunk_form.h - a form of chunks, as sentry-cli sends them: each a part called file (as it is) or file_gzip, whose file name is the SHA-1
 * of the unpacked bytes. Each chunk goes into the store when it has come whole and has its sum. */
#ifndef SALVOR_SERVER_DEPOT_CHUNK_FORM_H
#define SALVOR_SERVER_DEPOT_CHUNK_FORM_H
#include "depot/chunk_store.h"
#include "ingest/refusal.h"

#define CHUNK_FORM_MAX_CHUNKS 64u

struct chunk_form;
struct chunk_form_target {
    struct chunk_store *store;
    struct spill_budget *budget; /* on the store's volume */
    int64_t project_id;
    struct refusal *refusal;
};
/* content_type: the header's value, or NULL. These return false when the refusal says why. */
bool chunk_form_create(struct chunk_form **ret, const struct chunk_form_target *target, const char *content_type);
void chunk_form_free(struct chunk_form *form); /* accepts NULL */
bool chunk_form_feed(struct chunk_form *form, const void *bytes, size_t size);
bool chunk_form_finish(struct chunk_form *form);

#endif
