/* ranges.c - one pass over sorted ranges with a stack of those that are still open. */
#include "symbols/ranges.h"
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct range *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->end != y->end)
        return x->end > y->end ? -1 : 1;
    return x->index > y->index ? -1 : x->index < y->index;
}

static enum status push(struct list *list, const struct range *range)
{
    enum status status = ST_OK;
    struct range *item = list_add(list, sizeof *item, UINT32_MAX, &status);

    if (item)
        *item = *range;
    return status;
}

static enum status piece_add(struct list *pieces, uint32_t start, uint32_t end, uint32_t index)
{
    enum status status = ST_OK;
    struct range_piece *piece = list_add(pieces, sizeof *piece, UINT32_MAX, &status);

    if (piece)
        *piece = (struct range_piece){start, end, index};
    return status;
}

/* Gives out what the open ranges cover from *pos up to limit. */
static enum status drain(struct list *open, struct list *pieces, uint32_t *pos, uint32_t limit)
{
    enum status status = ST_OK;

    while (open->count && *pos < limit && !status) {
        const struct range *top = (const struct range *)open->items + open->count - 1;
        uint32_t end = top->end < limit ? top->end : limit;

        if (end > *pos) {
            status = piece_add(pieces, *pos, end, top->index);
            *pos = end;
        }
        if (top->end <= *pos)
            open->count--;
    }
    *pos = limit;
    return status;
}

enum status ranges_flatten(struct list *ranges, struct list *ret_pieces)
{
    struct list open = {NULL, 0, 0};
    const struct range *range;
    enum status status = ST_OK;
    uint32_t pos = 0;

    memset(ret_pieces, 0, sizeof *ret_pieces);
    list_sort(ranges, sizeof *range, compare);
    range = ranges->items;
    for (uint32_t i = 0; i < ranges->count && !status; i++) {
        status = drain(&open, ret_pieces, &pos, range[i].start);
        if (!status)
            status = push(&open, &range[i]);
    }
    if (!status)
        status = drain(&open, ret_pieces, &pos, UINT32_MAX);
    list_done(&open);
    if (status)
        list_done(ret_pieces);
    return status;
}
