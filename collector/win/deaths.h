/* deaths.h - clients that died without a report: after a grace period, in which another layer may bring one, each gets a no-dump report. */
#ifndef SALVOR_COLLECTOR_WIN_DEATHS_H
#define SALVOR_COLLECTOR_WIN_DEATHS_H
#include "dump_job.h"
#include "memory_facts.h"
#include "proto/report.h"

struct death {
    char id[UUID_TEXT_BYTES];
    char consent_of[UUID_TEXT_BYTES];
    char *told; /* what the program told, as lines of a record; NULL: nothing is known */
    size_t told_bytes;
    struct memory_facts memory; /* when the end was noticed */
    char *app;
    uint32_t pid, exit_code;
    int64_t process_start, time; /* Unix seconds */
    uint64_t due_ms;             /* steady */
    bool was_killed;             /* the exit code is no exception's */
    bool is_told;                /* that it could not be reported, in the log */
};

struct deaths {
    struct death *items;
    size_t count, capacity;
    size_t told_bytes; /* of all of them */
};

void deaths_done(struct deaths *deaths); /* may be called twice */
/* Notes a client whose process has ended; exited is the end's FILETIME. */
enum status deaths_add(struct deaths *deaths, const struct dump_policy *policy, const struct client *client, uint32_t exit_code,
                       uint64_t exited, bool was_killed, uint64_t due_ms);
/* Writes the reports that are due at now_ms (all of them with UINT64_MAX) unless the queue knows their ids by now; returns how many. What
 * cannot be written, on a full disk, is due again soon. */
size_t deaths_settle(struct deaths *deaths, const struct dump_policy *policy, uint64_t now_ms);
/* When the next one is due, steady; UINT64_MAX for none. */
uint64_t deaths_next(const struct deaths *deaths);

#endif
