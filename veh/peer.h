/* peer.h - one Salvor per process: the second module finds the first through a named section and hands its calls on.
 *
 * The section Local\salvor-client-<pid>-<creation time> holds the address of the first module's table of setters. It is believed only when
 * its owner is us and the address lies inside a loaded image. */
#ifndef SALVOR_VEH_PEER_H
#define SALVOR_VEH_PEER_H
#include "salvor.h"
#include <stdbool.h>

struct peer_table {
    uint32_t magic, size_bytes; /* of a later version it may be larger */
    salvor_status(SALVOR_CALL *set_annotation)(const char *, const char *);
    salvor_status(SALVOR_CALL *log)(const char *);
    salvor_status(SALVOR_CALL *add_attachment)(const char *);
    salvor_status(SALVOR_CALL *remove_attachment)(const char *);
    salvor_status(SALVOR_CALL *add_memory)(const void *, size_t);
    salvor_status(SALVOR_CALL *remove_memory)(const void *);
    salvor_status(SALVOR_CALL *add_stream)(uint32_t, const void *, size_t);
    salvor_status(SALVOR_CALL *set_consent)(uint32_t);
};

/* Makes the section for table. False: another module of this process is the first (peer_current then gives its table, and that module stays
 * loaded). */
bool peer_claim(const struct peer_table *table);
void peer_release(void);
/* The first module's table when that is not us; NULL otherwise. */
const struct peer_table *peer_current(void);

extern const struct peer_table peer_own; /* this module's setters */

#endif
