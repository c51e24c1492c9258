/* tables.h - keeps the cache of compiled symbols: makes the tables that processing did not find in it, so that the next report does, notes
 * which are used, and removes what was not used for longest. A thread of its own: a large symbol file takes its time. */
#ifndef SALVOR_SERVER_DEPOT_TABLES_H
#define SALVOR_SERVER_DEPOT_TABLES_H
#include "depot/depot.h"

/* One table that the processing of a report looked up in. name and id may be hostile texts. */
struct table_use {
    enum locate_kind kind;
    char name[IDENTIFY_NAME_BYTES];
    char id[LOCATE_MAX_ID_BYTES + 1];
    bool is_cached; /* else it was compiled for this report alone */
};

struct tables_options {
    struct depot *depot;
    const char *const *folders; /* where symbol files are looked for, the depot's own among them; must stay */
    size_t folder_count;
    uint64_t max_bytes; /* of the cache */
    atomic_bool *cancel;
};

struct tables;
enum status tables_start(struct tables **ret, const struct tables_options *options);
void tables_stop(struct tables *tables); /* cancels and joins; accepts NULL */
/* Takes note of one use; what comes faster than it can be dealt with is forgotten. */
void tables_used(struct tables *tables, const struct table_use *use);

#endif
