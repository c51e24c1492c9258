/* run.h - the collector's work, for `run` in a console and for the Windows service. */
#ifndef SALVOR_COLLECTOR_RUN_H
#define SALVOR_COLLECTOR_RUN_H
#include "configuration.h"

/* Who is told that clients are served from now on. */
struct run_host {
    void (*ready)(void *context); /* may be NULL */
    void *context;
};

/* Works until platform_wait_stop returns. The exit code: 0, or 1 when it could not start, which the log explains. */
int run_collector(const struct configuration *configuration, const struct run_host *host);

#endif
