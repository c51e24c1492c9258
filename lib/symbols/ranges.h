/* ranges.h - from ranges that may nest or overlap to pieces that do not; not for other folders. */
#ifndef SALVOR_SYMBOLS_RANGES_H
#define SALVOR_SYMBOLS_RANGES_H
#include "symbols/list.h"

struct range {
    uint32_t start, end; /* end > start */
    uint32_t index;      /* the caller's record; of equal ranges the one with the lowest index wins */
};

struct range_piece {
    uint32_t start, end, index;
};

/* Cuts ranges (a list of struct range, sorted by the call) into pieces by address: everywhere the range that starts last wins, among those
 * the shorter one; behind it the outer one goes on. At most two pieces per range. Errors: ST_MEMORY. */
enum status ranges_flatten(struct list *ranges, struct list *ret_pieces);

#endif
