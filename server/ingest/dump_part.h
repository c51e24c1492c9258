/* dump_part.h - the bytes of a part that should be a minidump, unpacked where clients have packed them: gzip, or (old Electron on Linux) a
 * whole multipart body of its own inside the part. */
#ifndef SALVOR_SERVER_INGEST_DUMP_PART_H
#define SALVOR_SERVER_INGEST_DUMP_PART_H
#include "ingest/multipart.h"
#include "ingest/refusal.h"

struct dump_part_target {
    bool (*data)(void *context, const void *bytes, size_t size); /* the dump itself */
    const struct multipart_events *nested;                       /* parts of a body inside; NULL: not looked for */
    void *context;
    struct refusal *refusal;
    uint64_t max_bytes; /* of the unpacked dump */
    unsigned max_parts;
};

struct dump_part;
enum status dump_part_create(struct dump_part **ret, const struct dump_part_target *target);
void dump_part_free(struct dump_part *part); /* accepts NULL */
/* False: the reason is in target.refusal, or data has said no. */
bool dump_part_feed(struct dump_part *part, const void *bytes, size_t size);
/* *ret_nested: the dump, if any, came through target.nested. */
bool dump_part_finish(struct dump_part *part, bool *ret_nested);

#endif
