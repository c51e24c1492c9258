/* depot.h - the symbols that a server holds. Every file came in through depot_put, which has it read by a child with limits first.
 *
 *   <data>/symbols/<name>/<id>/<file>        address.h
 *   <data>/symbols/.new/                     files on their way in; swept when a server starts
 *   <data>/symbols/.chunks/                  pieces of files, see chunk_store.h
 *   <data>/symbols-cache/<kind>-<name>-<id>.table   what was read of them, in which the workers look up (lib/symbols/store.h) */
#ifndef SALVOR_SERVER_DEPOT_DEPOT_H
#define SALVOR_SERVER_DEPOT_DEPOT_H
#include "depot/address.h"
#include "process/client.h"
#include "store/store.h"

struct depot_options {
    const char *data_dir;
    struct db *db;
    const char *program_path;  /* started as the child that reads files */
    uint32_t timeout_ms;       /* for one file */
    uint64_t max_bytes;        /* of all files together; 0 = no limit */
    const atomic_bool *cancel; /* process_client_options.cancel */
};

struct depot;
/* Opens (makes) the folders. sweep: removes what a dead server left in .new. */
enum status depot_open(struct depot **ret, const struct depot_options *options, bool sweep);
void depot_close(struct depot *depot); /* accepts NULL */

const char *depot_folder(const struct depot *depot); /* a symbol folder in the sense of lib/symbols; absolute */
const char *depot_cache(const struct depot *depot);
const char *depot_new_folder(const struct depot *depot); /* for files that depot_put shall take */
uint32_t depot_timeout_ms(const struct depot *depot);    /* depot_options.timeout_ms */

bool depot_has(const struct depot *depot, const struct symbol_address *address);
/* A file of any kind for that module; name and id in lower case. */
bool depot_has_any(const struct depot *depot, const char *name, const char *id);
enum status depot_path(const struct depot *depot, const struct symbol_address *address, struct buffer *out);

/* A child to read files with, for one thread. */
enum status depot_client_create(const struct depot *depot, struct process_client **ret);

enum depot_outcome {
    DEPOT_NEW,
    DEPOT_REPLACED, /* another file of that address was there */
    DEPOT_SAME      /* this very file was there */
};
/* Reads the file at path, a synced one on the depot's volume, and takes it over when it is what its address says; reports that waited for
 * it become due. Durable when it returns. On an error out_error holds one sentence part, as in "FILE <error>", and the file stays where it
 * is. Errors: ST_REFUSED (of another build or name), ST_FORMAT, ST_NOT_FOUND (no symbol file): the file itself; ST_FULL (the disk, or
 * max_bytes) and others: ours. */
enum status depot_put(struct depot *depot, struct process_client *client, const struct symbol_address *address, const char *path,
                      enum depot_outcome *ret_outcome, struct buffer *out_error);

/* Compiles a symbol file that stands anywhere into the cache, when it has that id. Errors and out_error as depot_put's. */
enum status depot_make_table(struct depot *depot, struct process_client *client, enum locate_kind kind, const char *name, const char *id,
                             const char *path, struct buffer *out_error);

#endif
