/* spares.h - dumpers that were started before anything has crashed: a crashed program is not held while one starts.
 *
 * One for each kind of rights that registered clients have, for SPARES_MAX kinds at most; it ends when the last client with these rights
 * has gone, and is used for one dump. A client whose rights are not among them, or that crashes while the spare is still missing, gets a
 * dumper of its own, as if there were no spares. All of this may be called on any thread, and with NULL for none at all. */
#ifndef SALVOR_COLLECTOR_WIN_SPARES_H
#define SALVOR_COLLECTOR_WIN_SPARES_H
#include "dumper_process.h"

#define SPARES_MAX 2

struct spares;
/* command: see dumper_process_start; must outlive the spares. as_client: see dumper_rights_of. */
enum status spares_create(struct spares **ret, const char *const *command, bool as_client);
/* Counts a client in, and another out. 0: there is no spare for its rights. */
uint32_t spares_join(struct spares *spares, HANDLE process);
void spares_leave(struct spares *spares, uint32_t kind);
/* Starts those that are missing and due, on threads of its own. Call it now and then: one is due a little after its first client came, or
 * after the last dump. Whether one is being started. */
bool spares_fill(struct spares *spares);
/* The spare that may be used in the place of a dumper with these rights; NULL when there is none. The caller's from now on. */
struct dumper_process *spares_take(struct spares *spares, const struct dumper_rights *rights);
void spares_free(struct spares *spares); /* waits for starts under way */

#endif
