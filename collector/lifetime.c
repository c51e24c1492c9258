/* lifetime.c - a ring of process lifetimes. */
#include "lifetime.h"
#include "base/clock.h"
#include "base/thread.h"
#include <stdlib.h>
#include <string.h>

#define LIFETIMES_KEPT 4096
#define AFTER_END_MS   10000 /* how long after its process's end a dump file may be finished */

struct lifetime {
    uint32_t pid;                /* 0 = free */
    int64_t start_ms, end_ms;    /* end_ms 0 = alive */
    uint64_t begun_at, ended_at; /* steady: when we heard of either */
    char *user;                  /* NULL = not known */
};

struct lifetimes {
    struct mutex *mutex;
    struct lifetime items[LIFETIMES_KEPT];
};

enum status lifetimes_create(struct lifetimes **ret)
{
    struct lifetimes *lifetimes = calloc(1, sizeof *lifetimes);
    enum status st;

    if (!lifetimes)
        return ST_MEMORY;
    st = mutex_create(&lifetimes->mutex);
    if (st) {
        free(lifetimes);
        return st;
    }
    *ret = lifetimes;
    return ST_OK;
}

void lifetimes_free(struct lifetimes *lifetimes)
{
    if (!lifetimes)
        return;
    for (size_t i = 0; i < LIFETIMES_KEPT; i++)
        free(lifetimes->items[i].user);
    mutex_free(lifetimes->mutex);
    free(lifetimes);
}

/* A free place, else that of the process gone longest, else the first one's. */
static struct lifetime *place(struct lifetimes *lifetimes)
{
    struct lifetime *oldest = NULL;

    for (size_t i = 0; i < LIFETIMES_KEPT; i++) {
        struct lifetime *item = &lifetimes->items[i];
        if (item->pid == 0)
            return item;
        if (item->end_ms && (!oldest || item->end_ms < oldest->end_ms))
            oldest = item;
    }
    return oldest ? oldest : &lifetimes->items[0];
}

static struct lifetime *find_start(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms)
{
    for (size_t i = 0; i < LIFETIMES_KEPT; i++) {
        struct lifetime *item = &lifetimes->items[i];
        if (item->pid == pid && item->start_ms == start_ms)
            return item;
    }
    return NULL;
}

void lifetimes_begin(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms)
{
    mutex_lock(lifetimes->mutex);
    struct lifetime *item = find_start(lifetimes, pid, start_ms);
    if (!item)
        item = place(lifetimes);
    free(item->user);
    *item = (struct lifetime){.pid = pid, .start_ms = start_ms, .begun_at = clock_steady_ms()};
    mutex_unlock(lifetimes->mutex);
}

void lifetimes_set_user(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms, const char *user)
{
    size_t size = strlen(user) + 1;
    char *copy = malloc(size);

    if (!copy)
        return; /* not known, then */
    memcpy(copy, user, size);
    mutex_lock(lifetimes->mutex);
    struct lifetime *item = find_start(lifetimes, pid, start_ms);
    if (item) {
        free(item->user);
        item->user = copy;
        copy = NULL;
    }
    mutex_unlock(lifetimes->mutex);
    free(copy);
}

bool lifetimes_is_foreign(struct lifetimes *lifetimes, uint32_t pid, int64_t start_s, const char *user)
{
    bool foreign = false;

    mutex_lock(lifetimes->mutex);
    for (size_t i = 0; i < LIFETIMES_KEPT; i++) {
        const struct lifetime *item = &lifetimes->items[i];
        if (item->pid == pid && item->start_ms / 1000 == start_s && item->user && strcmp(item->user, user) != 0)
            foreign = true;
    }
    mutex_unlock(lifetimes->mutex);
    return foreign;
}

void lifetimes_end(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms, int64_t end_ms)
{
    mutex_lock(lifetimes->mutex);
    struct lifetime *item = find_start(lifetimes, pid, start_ms);
    if (item) {
        item->end_ms = end_ms;
        item->ended_at = clock_steady_ms();
    }
    mutex_unlock(lifetimes->mutex);
}

static bool covers(const struct lifetime *item, int64_t time_ms)
{
    return item->start_ms <= time_ms && (item->end_ms == 0 || time_ms <= item->end_ms + AFTER_END_MS);
}

/* The same by steady time, for a file of that age: a wall clock that was set while the process lived puts the file anywhere. */
static bool covers_steadily(const struct lifetime *item, int64_t age_ms)
{
    int64_t then = (int64_t)clock_steady_ms() - age_ms;

    return (int64_t)item->begun_at <= then && (item->end_ms == 0 || then <= (int64_t)item->ended_at + AFTER_END_MS);
}

bool lifetimes_find(struct lifetimes *lifetimes, uint32_t pid, int64_t time_ms, int64_t *ret_start_ms)
{
    const struct lifetime *best = NULL;
    int64_t age_ms = clock_unix_ms() - time_ms;

    mutex_lock(lifetimes->mutex);
    for (size_t i = 0; i < LIFETIMES_KEPT; i++) {
        const struct lifetime *item = &lifetimes->items[i];
        if (item->pid == pid && (covers(item, time_ms) || covers_steadily(item, age_ms)) && (!best || item->start_ms > best->start_ms))
            best = item;
    }
    if (best)
        *ret_start_ms = best->start_ms;
    mutex_unlock(lifetimes->mutex);
    return best != NULL;
}
