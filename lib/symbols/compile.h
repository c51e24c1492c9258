/* compile.h - between sorting what a builder holds (compile.c) and writing it as a table (save.c); not for other folders. */
#ifndef SALVOR_SYMBOLS_COMPILE_H
#define SALVOR_SYMBOLS_COMPILE_H
#include "symbols/build.h"
#include "symbols/ranges.h"

#define COMPILED_LABEL 0x80000000u /* in a piece's index: of labels, not of functions */

/* Pieces are struct range_piece by address, index into the builder's list. */
struct compiled {
    struct symbol_builder *builder;
    struct list functions, cfi, win, fpo;
    uint32_t place_count; /* of the functions that are left */
};

/* Sorts the builder's lists and cuts their ranges. Errors: ST_MEMORY. */
enum status compiled_make(struct compiled *ret, struct symbol_builder *builder);
void compiled_done(struct compiled *compiled); /* may be called twice */

#endif
