/* upload_slots.c - see upload_slots.h. */
#include "depot/upload_slots.h"
#include "base/thread.h"
#include <stdlib.h>
#include <string.h>

struct slot {
    char key[ID_SECRET_BYTES]; /* "": free */
    int64_t project_id;
    uint64_t deadline_ms;
    struct spill *file; /* NULL: it has not come, or somebody took it out */
};

struct upload_slots {
    struct mutex *lock;
    struct slot items[UPLOAD_SLOTS_MAX];
};

enum status upload_slots_create(struct upload_slots **ret)
{
    struct upload_slots *slots = calloc(1, sizeof *slots);
    if (!slots)
        return ST_MEMORY;
    enum status status = mutex_create(&slots->lock);
    if (status) {
        free(slots);
        return status;
    }
    *ret = slots;
    return ST_OK;
}

static void slot_clear(struct slot *slot)
{
    spill_free(slot->file);
    memset(slot, 0, sizeof *slot);
}

void upload_slots_free(struct upload_slots *slots)
{
    if (!slots)
        return;
    for (size_t i = 0; i < UPLOAD_SLOTS_MAX; i++)
        slot_clear(&slots->items[i]);
    mutex_free(slots->lock);
    free(slots);
}

static struct slot *find(struct upload_slots *slots, const char *key)
{
    for (size_t i = 0; i < UPLOAD_SLOTS_MAX && key[0]; i++)
        if (strcmp(slots->items[i].key, key) == 0)
            return &slots->items[i];
    return NULL;
}

static void sweep(struct upload_slots *slots, uint64_t now_ms)
{
    for (size_t i = 0; i < UPLOAD_SLOTS_MAX; i++)
        if (slots->items[i].key[0] && slots->items[i].deadline_ms <= now_ms)
            slot_clear(&slots->items[i]);
}

/* A free slot for the project, or NULL. */
static struct slot *find_free(struct upload_slots *slots, int64_t project_id)
{
    struct slot *found = NULL;
    size_t own = 0;
    for (size_t i = 0; i < UPLOAD_SLOTS_MAX; i++) {
        if (!slots->items[i].key[0])
            found = &slots->items[i];
        else
            own += slots->items[i].project_id == project_id;
    }
    return own < UPLOAD_SLOTS_MAX_PROJECT ? found : NULL;
}

enum status upload_slots_make(struct upload_slots *slots, int64_t project_id, uint64_t now_ms, char ret_key[ID_SECRET_BYTES])
{
    mutex_lock(slots->lock);
    sweep(slots, now_ms);
    struct slot *slot = find_free(slots, project_id);
    if (slot) {
        id_secret(slot->key);
        slot->project_id = project_id;
        slot->deadline_ms = now_ms + UPLOAD_SLOTS_LIFE_MS;
        memcpy(ret_key, slot->key, ID_SECRET_BYTES);
    }
    mutex_unlock(slots->lock);
    return slot ? ST_OK : ST_BUSY;
}

bool upload_slots_know(struct upload_slots *slots, const char *key)
{
    mutex_lock(slots->lock);
    bool known = find(slots, key) != NULL;
    mutex_unlock(slots->lock);
    return known;
}

enum status upload_slots_fill(struct upload_slots *slots, const char *key, uint64_t now_ms, struct spill *file)
{
    mutex_lock(slots->lock);
    struct slot *slot = find(slots, key);
    if (slot) {
        spill_free(slot->file);
        slot->file = file;
        slot->deadline_ms = now_ms + UPLOAD_SLOTS_LIFE_MS;
    }
    mutex_unlock(slots->lock);
    return slot ? ST_OK : ST_NOT_FOUND;
}

enum status upload_slots_take(struct upload_slots *slots, const char *key, int64_t project_id, struct spill **ret)
{
    enum status status = ST_NOT_FOUND;
    mutex_lock(slots->lock);
    struct slot *slot = find(slots, key);
    if (slot && slot->project_id == project_id) {
        status = slot->file ? ST_OK : ST_STATE;
        if (slot->file)
            *ret = slot->file;
        slot->file = NULL;
    }
    mutex_unlock(slots->lock);
    return status;
}

void upload_slots_drop(struct upload_slots *slots, const char *key)
{
    mutex_lock(slots->lock);
    struct slot *slot = find(slots, key);
    if (slot)
        slot_clear(slot);
    mutex_unlock(slots->lock);
}

void upload_slots_sweep(struct upload_slots *slots, uint64_t now_ms)
{
    mutex_lock(slots->lock);
    sweep(slots, now_ms);
    mutex_unlock(slots->lock);
}
