/* schedule.h - moves new reports on and starts the uploader when some wait. */
#ifndef SALVOR_COLLECTOR_SCHEDULE_H
#define SALVOR_COLLECTOR_SCHEDULE_H
#include "spool/spool.h"

struct schedule_options {
    struct spool *spool;
    const char *url, *key;      /* NULL url: reports wait in pending/ */
    const char *upload_program; /* salvor-upload's path */
};

struct schedule;
/* All of options is borrowed until schedule_stop. Reports that other programs put into new/ are noticed too. */
enum status schedule_start(struct schedule **ret, const struct schedule_options *options);
void schedule_wake(struct schedule *schedule); /* a report is in new/; from any thread */
void schedule_stop(struct schedule *schedule); /* ends an uploader that is under way, waits and frees; accepts NULL */

#endif
