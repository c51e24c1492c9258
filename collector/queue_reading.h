/* queue_reading.h - what a queue holds, read by somebody who only looks. */
#ifndef SALVOR_COLLECTOR_QUEUE_READING_H
#define SALVOR_COLLECTOR_QUEUE_READING_H
#include "spool/spool.h"

/* One program's reports. */
struct queue_program {
    char name[201];
    uint64_t waiting, sent, refused; /* reports */
    uint64_t counted;                /* crashes that are in counts, sent or not */
    char reason[256];                /* why the last one that waits does; "" when that is not known */
};

struct queue_reading {
    const char *queue; /* borrowed */
    struct spool_usage usage;
    struct queue_program *programs;
    size_t program_count;
    char *oldest; /* file name of what has waited longest; NULL: nothing waits */
    enum spool_state oldest_state;
    int64_t oldest_unix_ms;
    uint64_t counted_waiting; /* crashes in counts that are not sent yet */
    /* from the schedule; as they were when it last wrote */
    char wait[16], reason[384], looping[512];
    uint64_t failures, held;
    int64_t next_try_unix_ms, paused_unix_ms; /* 0: none */
};

/* Fails when there is no queue; none is made. queue_reading_done may be called in any case. */
enum status queue_reading_make(struct queue_reading *ret, const char *queue);
void queue_reading_done(struct queue_reading *reading);

#endif
