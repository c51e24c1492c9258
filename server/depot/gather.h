/* gather.h - from files, folders and ZIP archives that an administrator names to single symbol files in the depot. */
#ifndef SALVOR_SERVER_DEPOT_GATHER_H
#define SALVOR_SERVER_DEPOT_GATHER_H
#include "depot/depot.h"

#define GATHER_MAX_DEPTH       32u /* of folders */
#define GATHER_MAX_ZIP_ENTRIES 200000u
#define GATHER_MAX_ZIP_BYTES   ((uint64_t)64 << 30) /* unpacked, all entries together */

/* What is told of each file: taken in, or refused with one sentence part. Files that are no symbol files are counted only. */
enum gather_verdict { GATHER_NEW, GATHER_REPLACED, GATHER_REFUSED };
typedef void gather_tell_fn(void *context, const char *what, enum gather_verdict verdict, const struct symbol_address *address,
                            const char *why);

struct gather {
    struct depot *depot;
    struct process_client *client;
    gather_tell_fn *tell;
    void *context;
    uint64_t max_file_bytes; /* of one file, unpacked */
    uint64_t taken, refused, passed_over;
};

/* Adds a file (also a ZIP or CAB archive) or everything below a folder. Errors: those of reading path itself and of the depot; a file that
 * is refused is none. */
enum status gather_path(struct gather *gather, const char *path);
/* One unpacked file: shown_as names it in messages, file_name is what it is called. It is copied first. */
enum status gather_file(struct gather *gather, const char *path, const char *shown_as, const char *file_name);
/* Takes over a file that stands in the depot's folder for new ones. */
enum status gather_new_file(struct gather *gather, const char *path, const char *shown_as, const char *file_name);
/* A new name in that folder; the caller frees it. NULL without memory. */
char *gather_new_path(const struct gather *gather);

/* Whether the file begins like a ZIP archive. */
bool gather_is_zip(const char *path);
/* Every entry of a ZIP archive. ST_FORMAT when it is damaged. */
enum status gather_zip(struct gather *gather, const char *path);

#endif
