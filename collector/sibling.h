/* sibling.h - reports of one death: finds those that carry one id, and makes one of two. */
#ifndef SALVOR_COLLECTOR_SIBLING_H
#define SALVOR_COLLECTOR_SIBLING_H
#include "spool/spool.h"
#include <stdbool.h>

/* The name of a report in a state's folder with this id, other than the one named but (may be NULL); the caller frees it. NULL: none. pid
 * tells which files need not be opened. */
char *sibling_find(struct spool *spool, enum spool_state state, const char *id, uint32_t pid, const char *but);
/* Whether the queue holds, or ever held, a report with this id. */
bool sibling_known(struct spool *spool, const char *id, uint32_t pid);

/* Puts the report `name` of new/ together with one of the same id that waits in pending/: the larger dump stays, and its record says which
 * layers saw the death. ST_NOT_FOUND: there is none that could be had; the report is as it was. */
enum status sibling_merge(struct spool *spool, const char *name);

#endif
