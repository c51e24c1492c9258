/* idmap.c - open addressing; memory goes with the number of entries, whatever numbers a file uses. */
#include "symbols/idmap.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 256u

/* The multiplier spreads the strides that numbers come in. */
static uint32_t slot_of(const struct idmap *map, uint32_t key)
{
    uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (map->slot_count - 1);

    while (map->slots[at].value && map->slots[at].key != key)
        at = (at + 1) & (map->slot_count - 1);
    return at;
}

void idmap_done(struct idmap *map)
{
    free(map->slots);
    memset(map, 0, sizeof *map);
}

uint32_t idmap_get(struct idmap *map, uint32_t key)
{
    uint32_t value;

    if (!map->used)
        return 0;
    if (map->last_value && map->last_key == key)
        return map->last_value;
    value = map->slots[slot_of(map, key)].value;
    if (value) {
        map->last_key = key;
        map->last_value = value;
    }
    return value;
}

static enum status grow(struct idmap *map)
{
    struct idmap bigger = {NULL, map->slot_count ? map->slot_count * 2 : FIRST_SLOTS, map->used, 0, 0};

    bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
    if (!bigger.slots)
        return ST_MEMORY;
    for (uint32_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i].value)
            bigger.slots[slot_of(&bigger, map->slots[i].key)] = map->slots[i];
    }
    free(map->slots);
    *map = bigger;
    return ST_OK;
}

enum status idmap_put(struct idmap *map, uint32_t key, uint32_t value)
{
    enum status status = map->used >= map->slot_count / 2 ? grow(map) : ST_OK;
    struct idmap_slot *slot;

    if (status)
        return status;
    slot = &map->slots[slot_of(map, key)];
    map->used += !slot->value;
    *slot = (struct idmap_slot){key, value};
    map->last_value = 0;
    return ST_OK;
}
