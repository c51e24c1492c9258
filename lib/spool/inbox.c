/* inbox.c - a flat folder into which others write reports and from which only its owner takes them. */
#include "spool/internal.h"
#include <stdlib.h>

enum status spool_open_inbox(struct spool **ret, const char *folder)
{
    struct spool *spool = calloc(1, sizeof *spool);
    bool have;

    if (!spool)
        return ST_MEMORY;
    spool->turn_lock.os = FILE_CLOSED;
    /* One folder for everything: a draft there becomes a report there. */
    spool->dir = spool_text_copy(folder);
    spool->tmp = spool_text_copy(folder);
    have = spool->dir && spool->tmp;
    for (int i = 0; i < SPOOL_STATE_COUNT; i++)
        have = (spool->states[i] = spool_text_copy(folder)) != NULL && have;
    if (!have) {
        spool_close(spool);
        return ST_MEMORY;
    }
    *ret = spool;
    return ST_OK;
}
