/* own_crash.h - the collector is watched too, and must not keep itself busy with its own deaths. */
#ifndef SALVOR_COLLECTOR_OWN_CRASH_H
#define SALVOR_COLLECTOR_OWN_CRASH_H
#include <stdbool.h>
#include <stdint.h>

#define OWN_CRASHES_A_DAY 3

/* Whether a dump of this name (`<exe>.<pid>.dmp`) is of a program of ours. */
bool own_crash_is(const char *name);
/* Notes one in the file at path; false when the last day had its OWN_CRASHES_A_DAY already. The notes outlive us: what crashes may be the
 * collector itself, started again each time. */
bool own_crash_note(const char *path, int64_t now_unix_s);

#endif
