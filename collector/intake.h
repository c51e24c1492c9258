/* intake.h - takes a dump or a report that somebody else wrote into the queue. */
#ifndef SALVOR_COLLECTOR_INTAKE_H
#define SALVOR_COLLECTOR_INTAKE_H
#include "lifetime.h"
#include "spool/spool.h"
#include "user_quota.h"

#define INTAKE_MAX_DUMP_BYTES (4ull * 1024 * 1024 * 1024) /* also the most for a report with its attachments */

struct intake {
    struct spool *spool;
    enum spool_state queue_state;
    uint8_t machine_id[16];
    struct lifetimes *lifetimes; /* may be NULL */
    struct user_quota *quota;    /* of those whose files these are; NULL: none */
    uint64_t max_dump_bytes;
};

/* Copies the dump at path into the queue with a record made of its name (`<exe>.<pid>.dmp`, as LocalDumps writes) and its time; layer is
 * one of LAYER_*. The file itself stays. On an error *ret_why is one sentence part. ST_BUSY: its writer has not finished. ST_FORMAT and
 * ST_TOO_LARGE: no dump that could be taken, now or later. ST_REFUSED: its owner may not bring it. ret_id, if not NULL, receives the
 * report's id. */
enum status intake_take(const struct intake *intake, const char *path, const char *layer, char ret_id[UUID_TEXT_BYTES],
                        const char **ret_why);

/* Copies a whole report that another layer left at path, dump, attachments and record, into the queue. Its record must carry the id that
 * its own pid and process start make, and its dump must begin like one. Results as intake_take's. */
enum status intake_admit(const struct intake *intake, const char *path, char ret_id[UUID_TEXT_BYTES], const char **ret_why);

/* What a dump's file name says: `app.exe.1234.dmp` and `app.exe(1).1234.dmp` give "app.exe" and 1234; any other name gives itself, as far
 * as it is fit to name a file, and 0. app is for at least 201 bytes. */
void intake_parse_name(const char *name, char app[201], uint32_t *ret_pid);

#endif
