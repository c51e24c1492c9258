/* list.c - growing by half again, so that the copies of a long list stay few and its slack small. */
#include "symbols/list.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64u

static enum status grow(struct list *list, size_t size, uint32_t max)
{
    uint32_t room = list->room < FIRST_ROOM ? FIRST_ROOM : list->room + list->room / 2;
    void *items;

    if (list->count >= max)
        return ST_TOO_LARGE;
    if (room > max)
        room = max;
    if (room > SIZE_MAX / size)
        return ST_MEMORY;
    items = realloc(list->items, room * size);
    if (!items)
        return ST_MEMORY;
    list->items = items;
    list->room = room;
    return ST_OK;
}

void *list_add(struct list *list, size_t size, uint32_t max, enum status *ret_status)
{
    if (list->count == list->room) {
        enum status status = grow(list, size, max);

        if (status) {
            *ret_status = status;
            return NULL;
        }
    }
    return (char *)list->items + list->count++ * size;
}

void list_done(struct list *list)
{
    free(list->items);
    memset(list, 0, sizeof *list);
}

void list_sort(struct list *list, size_t size, int (*compare)(const void *a, const void *b))
{
    const char *items = list->items;

    for (uint32_t i = 1; i < list->count; i++) {
        if (compare(items + (i - 1) * size, items + i * size) > 0) {
            qsort(list->items, list->count, size, compare);
            return;
        }
    }
}
