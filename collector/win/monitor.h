/* monitor.h - serves crash clients: registers them over a pipe, has dumps written when they ask, notices when they go.
 *
 * The same code is the machine-wide collector's broker and a program's own child monitor. */
#ifndef SALVOR_COLLECTOR_WIN_MONITOR_H
#define SALVOR_COLLECTOR_WIN_MONITOR_H
#include "../death_rules.h"
#include "../dump_limits.h"
#include "../lifetime.h"
#include "spool/spool.h"
#include <windows.h>

/* Whom the pipe serves. */
enum monitor_access {
    MONITOR_MACHINE,            /* every local user */
    MONITOR_OWNER,              /* this user alone */
    MONITOR_OWNER_AND_SANDBOXED /* also this user's programs of low integrity and in AppContainers */
};

struct monitor_options {
    const char *pipe_name;
    enum monitor_access access;
    bool is_service;   /* told to clients */
    bool as_client;    /* dumpers run with their client's token where the system allows it; see dump_job.h */
    bool has_spares;   /* dumpers are started before they are needed; see spares.h */
    const char *inbox; /* told to clients' blocks; NULL: they use their own queue */
    struct spool *spool;
    enum spool_state queue_state;      /* where reports go */
    const char *const *dumper_command; /* see dump_job.h; must outlive the monitor, as all of this */
    struct lifetimes *lifetimes;       /* may be NULL */
    struct death_rules death_rules;
    death_rules_of *app_rules;   /* NULL: the same for all programs */
    dump_limits_of *dump_limits; /* NULL: none */
    void *dump_limits_context;
    void (*on_report)(void *context); /* called on the monitor's thread after a report was queued; may be NULL */
    void *context;
    HANDLE
    root; /* child mode: the process that started us; the monitor ends when it and every client have gone. NULL: runs until stopped */
};

struct monitor;
/* From here on clients can connect; they are served once monitor_run runs. */
enum status monitor_create(struct monitor **ret, const struct monitor_options *options);
void monitor_run(struct monitor *monitor);
void monitor_stop(struct monitor *monitor); /* makes monitor_run return; from any thread */
void monitor_free(struct monitor *monitor); /* accepts NULL; not while it runs */

#endif
