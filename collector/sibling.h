/* sibling.h - reports of one death: finds out whether there are some, and makes one of two. */
#ifndef SALVOR_COLLECTOR_SIBLING_H
#define SALVOR_COLLECTOR_SIBLING_H
#include "spool/spool.h"
#include <stdbool.h>

/* Whether the queue holds, or ever held, a report with this id. */
bool sibling_known(struct spool *spool, const char *id, uint32_t pid);

/* Puts the report `name` of new/ together with one of the same id that waits in pending/, else with one of the count reports of new/ in
 * front of it: the larger dump stays, and its record says which layers saw the death. *ret_waits, on an error too: in pending/.
 * ST_NOT_FOUND: there is none; the report is as it was. A keeper's. */
enum status sibling_merge(struct spool *spool, const char *name, const struct spool_entry *earlier, size_t count, bool *ret_waits);

#endif
