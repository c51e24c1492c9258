/* schedule.h - moves new reports on as the policy says, and starts the uploader when some wait and the server may be tried. */
#ifndef SALVOR_COLLECTOR_SCHEDULE_H
#define SALVOR_COLLECTOR_SCHEDULE_H
#include "policy_options.h"

struct process_options;
struct schedule_options {
    struct spool *spool;
    const char *url, *key;                                 /* NULL url: reports wait in pending/ */
    const char *upload_program;                            /* salvor-upload's path */
    const char *upload_log;                                /* the file that it logs to; NULL: to our stderr */
    uint64_t upload_log_bytes;                             /* as of log_set_rotated_file */
    void (*limit_upload)(struct process_options *options); /* may be NULL; see upload_run.h */
    const struct policy_options *policy_options;
    struct policy *policy;
};

struct schedule;
/* All of options is borrowed until schedule_stop. Reports that other programs put into new/ are noticed too. ST_BUSY: another collector
 * works on this queue. */
enum status schedule_start(struct schedule **ret, const struct schedule_options *options);
void schedule_wake(struct schedule *schedule); /* a report is in new/, or somebody's consent changed; from any thread */
/* Sends what waits, as far as it goes without waiting for anything, then frees; accepts NULL. For who has nothing else left to do. */
void schedule_finish(struct schedule *schedule);
void schedule_stop(struct schedule *schedule); /* ends an uploader that is under way, waits and frees; accepts NULL */

#endif
