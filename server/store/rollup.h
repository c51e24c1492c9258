/* rollup.h - counts of reports per project, group, version and hour or day, kept in the transaction that changes a report. */
#ifndef SALVOR_SERVER_STORE_ROLLUP_H
#define SALVOR_SERVER_STORE_ROLLUP_H
#include "store/db.h"

#define ROLLUP_HOUR     3600
#define ROLLUP_DAY      86400
#define ROLLUP_NO_GROUP "" /* reports that are not in a group yet */

struct rollup_key {
    int64_t project_id;
    const char *group_id, *version;
    int64_t received_ms;
};

/* Counts so many reports, and crashes without a dump, more or less under the key, in both spans. */
enum status rollup_add(struct db_tx *tx, const struct rollup_key *key, int64_t reports, int64_t counted);

#endif
