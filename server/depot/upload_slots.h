/* upload_slots.h - uploads in three steps: a slot is made, filled by whoever knows its key, and emptied when its file is taken in. Kept in
 * memory: after a restart the client begins again. */
#ifndef SALVOR_SERVER_DEPOT_UPLOAD_SLOTS_H
#define SALVOR_SERVER_DEPOT_UPLOAD_SLOTS_H
#include "ingest/spill.h"
#include "store/id.h"

#define UPLOAD_SLOTS_MAX         256u              /* at once */
#define UPLOAD_SLOTS_MAX_PROJECT 64u               /* of one project */
#define UPLOAD_SLOTS_LIFE_MS     (30u * 60 * 1000) /* without a step */

struct upload_slots;
enum status upload_slots_create(struct upload_slots **ret);
void upload_slots_free(struct upload_slots *slots); /* with the files; accepts NULL */

/* ST_BUSY: there are too many. Times are steady. */
enum status upload_slots_make(struct upload_slots *slots, int64_t project_id, uint64_t now_ms, char ret_key[ID_SECRET_BYTES]);
bool upload_slots_know(struct upload_slots *slots, const char *key);
/* Gives a slot its file, in the place of one that it has; the file is the slot's then. ST_NOT_FOUND: no such slot, or it is gone meanwhile.
 */
enum status upload_slots_fill(struct upload_slots *slots, const char *key, uint64_t now_ms, struct spill *file);
/* Takes a slot's file out; the caller frees it, or puts it back by upload_slots_fill. ST_NOT_FOUND: no such slot of this project;
 * ST_STATE: it has no file. */
enum status upload_slots_take(struct upload_slots *slots, const char *key, int64_t project_id, struct spill **ret);
void upload_slots_drop(struct upload_slots *slots, const char *key);
/* Removes those that nobody came back to. */
void upload_slots_sweep(struct upload_slots *slots, uint64_t now_ms);

#endif
