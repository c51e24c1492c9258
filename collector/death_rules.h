/* death_rules.h - what becomes of a program's death that left no report; a setting of each program. */
#ifndef SALVOR_COLLECTOR_DEATH_RULES_H
#define SALVOR_COLLECTOR_DEATH_RULES_H
#include <stdbool.h>
#include <stdint.h>

struct death_rules {
    uint64_t no_dump_grace_ms; /* a report without a dump is made after this long, in which another layer may bring one */
    bool report_killed;        /* also when the exit code is no exception's */
};

/* Changes the rules to those of a program, given by its file name. Called on the monitor's thread. */
typedef void death_rules_of(const char *app, struct death_rules *rules);

#endif
