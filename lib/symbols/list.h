/* list.h - a growing array of one type of record; not for other folders. */
#ifndef SALVOR_SYMBOLS_LIST_H
#define SALVOR_SYMBOLS_LIST_H
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

struct list {
    void *items;
    uint32_t count, room;
};

/* The place of one more item of size bytes, not initialised; NULL with *ret_status ST_TOO_LARGE (max items) or ST_MEMORY. */
void *list_add(struct list *list, size_t size, uint32_t max, enum status *ret_status);
void list_done(struct list *list); /* may be called twice */
/* Sorts unless it is sorted already, as most symbol files are. compare must tell any two items apart. */
void list_sort(struct list *list, size_t size, int (*compare)(const void *a, const void *b));

#endif
