/* spool.c - the queue's folders, and files in tmp/ that are locked by whoever writes them. */
#include "base/random.h"
#include "base/text.h"
#include "spool/internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREATE_ATTEMPTS 8

const char *spool_state_name(enum spool_state state)
{
    static const char *const names[SPOOL_STATE_COUNT] = {"new", "pending", "uploading", "done", "discarded", "failed"};

    return (unsigned)state < SPOOL_STATE_COUNT ? names[state] : "";
}

char *spool_text_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

static enum status subfolder_create(const struct spool *spool, const char *name, char **ret)
{
    *ret = path_joined(spool->dir, name);
    return *ret ? folder_create(*ret) : ST_MEMORY;
}

enum status spool_open(struct spool **ret, const char *dir)
{
    struct spool *spool = calloc(1, sizeof *spool);
    enum status status;

    if (!spool)
        return ST_MEMORY;
    spool->turn_lock.os = FILE_CLOSED;
    status = dir && dir[0] ? ST_OK : ST_ARGUMENT;
    if (status == ST_OK && !(spool->dir = spool_text_copy(dir)))
        status = ST_MEMORY;
    if (status == ST_OK)
        status = folder_create(dir);
    if (status == ST_OK)
        status = subfolder_create(spool, "tmp", &spool->tmp);
    if (status == ST_OK)
        status = subfolder_create(spool, "history", &spool->history);
    for (int i = 0; status == ST_OK && i < SPOOL_STATE_COUNT; i++)
        status = subfolder_create(spool, spool_state_name((enum spool_state)i), &spool->states[i]);
    if (status != ST_OK) {
        spool_close(spool);
        return status;
    }
    *ret = spool;
    return ST_OK;
}

void spool_close(struct spool *spool)
{
    if (!spool)
        return;
    spool_turn_end(spool);
    for (int i = 0; i < SPOOL_STATE_COUNT; i++)
        free(spool->states[i]);
    free(spool->history);
    free(spool->tmp);
    free(spool->dir);
    free(spool);
}

const char *spool_dir(const struct spool *spool)
{
    return spool->dir;
}

char *spool_path(const struct spool *spool, enum spool_state state, const char *name)
{
    return path_joined(spool->states[state], name);
}

/* One attempt. A sweep may see the file before it is locked and take it for a dead writer's: then the lock is busy, or the name is gone
 * although the lock was had, and *ret_retry says so. */
static enum status locked_create(const char *path, struct file *ret, bool *ret_retry)
{
    struct file file = {FILE_CLOSED};
    struct file_info info;
    enum status status = file_open(&file, path, FILE_MODE_CREATE);

    *ret_retry = status == ST_EXISTS;
    if (status != ST_OK)
        return status;
    status = file_lock(&file);
    if (status == ST_BUSY || (status == ST_OK && file_stat(path, &info) != ST_OK)) {
        *ret_retry = true;
        status = ST_BUSY;
    }
    if (status != ST_OK) {
        file_close(&file);
        if (!*ret_retry)
            file_remove(path);
        return status;
    }
    *ret = file;
    return ST_OK;
}

enum status spool_tmp_create(struct spool *spool, const char *name, struct file *ret, char **ret_path)
{
    enum status status = ST_BUSY;
    bool retry = true;

    for (int attempt = 0; retry && attempt < CREATE_ATTEMPTS; attempt++) {
        uint8_t random[12];
        char hex[2 * sizeof random + 1], made[sizeof hex + 4];
        char *path;

        status = random_bytes(random, sizeof random);
        if (status != ST_OK)
            return status;
        text_hex(hex, random, sizeof random);
        snprintf(made, sizeof made, "%s.tmp", hex);
        path = path_joined(spool->tmp, name ? name : made);
        if (!path)
            return ST_MEMORY;
        status = locked_create(path, ret, &retry);
        if (status == ST_OK) {
            *ret_path = path;
            return ST_OK;
        }
        free(path);
    }
    return status;
}
