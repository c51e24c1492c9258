/* enclosed.h - what came with a dump besides its streams: the report's record, annotations from everywhere, breadcrumbs. */
#ifndef SALVOR_SERVER_PROCESS_ENCLOSED_H
#define SALVOR_SERVER_PROCESS_ENCLOSED_H
#include "base/buffer.h"
#include "minidump/minidump.h"

#define ENCLOSED_MAX_ANNOTATIONS 1024u
#define ENCLOSED_MAX_LOG_BYTES   65536u
#define ENCLOSED_VALUE_BYTES     65536u /* one decoded value of a record */

/* A report file taken apart; a bare minidump has no record behind it. */
struct enclosed_file {
    struct span dump, record;
};

/* Splits a report container (proto/container.h) or passes a bare dump on. Returns NULL, or why there is nothing to process as one
 * sentence. */
const char *enclosed_split(struct span file, struct enclosed_file *ret);

/* One annotation; the texts belong to the list. */
struct enclosed_annotation {
    char *key, *value;
};

struct enclosed {
    struct span record; /* the container's, else the dump's own; empty when there is none */
    struct enclosed_annotation *annotations;
    size_t annotation_count;
    struct span log; /* the newest ENCLOSED_MAX_LOG_BYTES, from the start of a line on */
};

/* Collects annotations of the record and of Crashpad's stream; of equal keys the first counts. Errors: ST_MEMORY. */
enum status enclosed_collect(struct enclosed *ret, const struct minidump *minidump, struct span container_record);
void enclosed_done(struct enclosed *enclosed); /* may be called twice */

/* A value of the record as a new string that the caller frees; NULL when there is none. */
char *enclosed_get(const struct enclosed *enclosed, const char *key);

/* Steps through the lines of the log; *cursor starts at 0. Empty lines are passed over. */
bool enclosed_log_next(const struct enclosed *enclosed, size_t *cursor, struct span *ret);

#endif
