/* no_dump.h - the processed form of a report that has no dump: what the collector's record tells. */
#ifndef SALVOR_SERVER_JOBS_NO_DUMP_H
#define SALVOR_SERVER_JOBS_NO_DUMP_H
#include "base/buffer.h"
#include "store/db.h"

/* Appends the same JSON layout as a processed dump, with a signature of program and exit code; of a count-only report with the signature of
 * the report that it names. */
enum status no_dump_result(struct db *db, const char *report_id, struct buffer *out);

#endif
