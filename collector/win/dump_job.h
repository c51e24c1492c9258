/* dump_job.h - one dump, from a client's request to a report in the queue: starts the dumper, bounds it, checks what it left. */
#ifndef SALVOR_COLLECTOR_WIN_DUMP_JOB_H
#define SALVOR_COLLECTOR_WIN_DUMP_JOB_H
#include "../dump_limits.h"
#include "client.h"
#include "spares.h"
#include "spool/spool.h"

/* What all dumps of one monitor share. */
struct dump_policy {
    struct spool *spool;
    enum spool_state queue_state;      /* where finished reports go */
    const char *const *dumper_command; /* program and words that start a dumper; NULL-terminated; the task's handle is appended */
    uint8_t machine_id[16];
    struct spares *spares;  /* may be NULL */
    bool as_client;         /* dumpers run with the client's token, less its privileges */
    dump_limits_of *limits; /* NULL: none */
    void *limits_context;
    HANDLE stop; /* manual-reset event: dumps under way are given up */
};

/* Runs one dump of a client whose block is in BLOCK_DUMPING, on the caller's thread, which it keeps until the report is durable in the
 * queue or the dump has failed. Sets the block's result and state and the client's done event, of a crash as soon as the report is in the
 * queue. The client must not be freed meanwhile. sequence: see uuid_report_id. */
enum status dump_job_run(const struct dump_policy *policy, struct client *client, uint32_t sequence);

#endif
