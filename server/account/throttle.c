/* throttle.c - see throttle.h. Keys are hashed with a secret of this process; two keys that share a slot share a count, which can only make
 * it stricter. */
#include "account/throttle.h"
#include "base/thread.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 4096

struct slot {
    uint64_t window_start_ms;
    unsigned failures;
};

struct throttle {
    struct mutex *lock;
    uint8_t secret[crypto_shorthash_KEYBYTES];
    struct slot slots[SLOTS];
};

enum status throttle_create(struct throttle **ret)
{
    struct throttle *throttle = calloc(1, sizeof *throttle);
    if (!throttle)
        return ST_MEMORY;
    enum status status = mutex_create(&throttle->lock);
    if (status) {
        free(throttle);
        return status;
    }
    crypto_shorthash_keygen(throttle->secret);
    *ret = throttle;
    return ST_OK;
}

void throttle_free(struct throttle *throttle)
{
    if (!throttle)
        return;
    mutex_free(throttle->lock);
    free(throttle);
}

static struct slot *slot_of(struct throttle *throttle, const char *key)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, (const uint8_t *)key, strlen(key), throttle->secret);
    return &throttle->slots[(hash[0] | hash[1] << 8) % SLOTS];
}

bool throttle_may_try(struct throttle *throttle, const char *key, unsigned max_failures, uint64_t now_ms, uint64_t *ret_wait_ms)
{
    mutex_lock(throttle->lock);
    struct slot *slot = slot_of(throttle, key);
    if (now_ms - slot->window_start_ms >= THROTTLE_WINDOW_MS)
        slot->failures = 0;
    bool may = slot->failures < max_failures;
    if (!may)
        *ret_wait_ms = slot->window_start_ms + THROTTLE_WINDOW_MS - now_ms;
    mutex_unlock(throttle->lock);
    return may;
}

void throttle_failed(struct throttle *throttle, const char *key, uint64_t now_ms)
{
    mutex_lock(throttle->lock);
    struct slot *slot = slot_of(throttle, key);
    if (!slot->failures)
        slot->window_start_ms = now_ms;
    slot->failures++;
    mutex_unlock(throttle->lock);
}

void throttle_passed(struct throttle *throttle, const char *key)
{
    mutex_lock(throttle->lock);
    slot_of(throttle, key)->failures = 0;
    mutex_unlock(throttle->lock);
}
