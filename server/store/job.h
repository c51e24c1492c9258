/* job.h - the work queue seam: a report waits, is leased by one worker at a time, and is done, tried again, or given up. */
#ifndef SALVOR_SERVER_STORE_JOB_H
#define SALVOR_SERVER_STORE_JOB_H
#include "store/db.h"
#include "store/id.h"

#define JOB_MAX_ATTEMPTS 3         /* tries that end badly */
#define JOB_MAX_CLAIMS   20        /* tries that end in any way, also with the server itself */
#define JOB_NEVER        INT64_MAX /* due of a job that was given up */

struct job {
    char report_id[UUID_TEXT_BYTES];
    char lease[ID_SECRET_BYTES];
    int64_t attempts; /* that ended badly, before this one */
    int64_t claims;   /* this one included */
};

/* Makes the report wait for processing from now on; work under way on an older version of it will find its lease gone. */
enum status job_add(struct db_tx *tx, const char *report_id, int64_t now_ms);
/* Leases the job that has been due longest; ST_NOT_FOUND when none is due. When the lease ends without job_done or job_fail, the job is
 * due again. */
enum status job_claim(struct db *db, int64_t now_ms, int64_t lease_ms, struct job *ret);
/* Makes every leased job due again. For the start of a server that is alone on its data: the leases' owners are dead. */
enum status job_release_all(struct db *db, int64_t now_ms);
/* Ends the job inside the transaction that stores its result. ST_NOT_FOUND: the lease is lost; roll back. */
enum status job_done(struct db_tx *tx, const struct job *job);
/* Puts the job off to due_ms, or JOB_NEVER, with the reason. ST_NOT_FOUND as above. */
enum status job_fail(struct db_tx *tx, const struct job *job, int64_t due_ms, const char *error);

/* How many jobs wait or are worked on, and how many were given up. */
enum status job_count(struct db_tx *tx, int64_t *ret_queued, int64_t *ret_dead);

#endif
