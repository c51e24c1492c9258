/* turn.c - who may move reports: senders beside each other, or a keeper alone. The lock goes with its process, however that ends. */
#include "spool/internal.h"
#include <stdlib.h>

#define TURN_NAME "turn"

enum status spool_turn_begin(struct spool *spool, enum spool_turn turn)
{
    struct file file = {FILE_CLOSED};
    char *path;
    enum status status;

    if (turn == SPOOL_TURN_NONE || spool->turn != SPOOL_TURN_NONE)
        return ST_STATE;
    path = path_joined(spool->dir, TURN_NAME);
    status = path ? file_open(&file, path, FILE_MODE_APPEND) : ST_MEMORY;
    if (status == ST_READ_ONLY && file_open(&file, path, FILE_MODE_READ) == ST_OK) /* what is done then finds out what it cannot do */
        status = ST_OK;
    if (status == ST_OK)
        status = turn == SPOOL_TURN_KEEPING ? file_lock(&file) : file_lock_shared(&file);
    free(path);
    if (status != ST_OK) {
        file_close(&file);
        return status;
    }
    spool->turn_lock = file;
    spool->turn = turn;
    return ST_OK;
}

void spool_turn_end(struct spool *spool)
{
    file_close(&spool->turn_lock);
    spool->turn = SPOOL_TURN_NONE;
}
