/* take.h - a symbol file whose contents tell its address, from a client that says besides what it takes it for. */
#ifndef SALVOR_SERVER_DEPOT_TAKE_H
#define SALVOR_SERVER_DEPOT_TAKE_H
#include "depot/depot.h"

/* Texts may be NULL or "": nothing is said. */
struct take_claim {
    const char *module;    /* whose file it is, as Breakpad's text names it itself */
    const char *file_name; /* without a path; images and PDBs do not tell it themselves */
    const char *debug_id;  /* of the build, with hyphens or without; an image's own id is another one, so it is not held against it */
    bool is_kind_known;
    enum locate_kind kind;
};

/* depot_put, with the address found first. Errors as there. */
enum status symbol_take(struct depot *depot, struct process_client *client, const char *path, const struct take_claim *claim,
                        struct symbol_address *ret_address, enum depot_outcome *ret_outcome, struct buffer *out_error);

#endif
