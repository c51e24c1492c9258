/* idmap.h - from numbers that a file chose to our own; not for other folders. */
#ifndef SALVOR_SYMBOLS_IDMAP_H
#define SALVOR_SYMBOLS_IDMAP_H
#include "base/status.h"
#include <stdbool.h>

struct idmap_slot {
    uint32_t key, value;
};

/* All zero is an empty map. */
struct idmap {
    struct idmap_slot *slots; /* value 0 = free */
    uint32_t slot_count, used;
    uint32_t last_key, last_value; /* the last look-up that found something: lines of one function mostly share a file */
};

void idmap_done(struct idmap *map); /* may be called twice */
/* The value, or 0 when there is none. */
uint32_t idmap_get(struct idmap *map, uint32_t key);
/* Sets or replaces; value is not 0. Errors: ST_MEMORY. */
enum status idmap_put(struct idmap *map, uint32_t key, uint32_t value);

#endif
