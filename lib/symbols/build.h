/* build.h - the inside of a builder, shared by what fills it (builder.c, place.c) and what compiles it (compile.c); not for other folders.
 */
#ifndef SALVOR_SYMBOLS_BUILD_H
#define SALVOR_SYMBOLS_BUILD_H
#include "symbols/builder.h"
#include "symbols/idmap.h"
#include "symbols/list.h"
#include "symbols/texts.h"

#define BUILD_LEVELS (SYMBOLS_MAX_INLINES + 1)

struct build_function {
    uint32_t start, end, order, name, parameter_bytes, flags, place_first, place_count;
    uint32_t place_at; /* where place_first comes to stand in the table */
};

struct build_place {
    uint32_t rva, file, line, inlined; /* inlined: 0 or number + 1 */
};

struct build_inline {
    uint32_t parent, name, call_file, call_line;
};

struct build_label {
    uint32_t rva, order, name, parameter_bytes, flags;
};

struct build_cfi {
    uint32_t start, end, init, delta_first, delta_count;
};

struct build_delta {
    uint32_t rva, order, rules;
};

struct build_win {
    struct symbol_win win; /* program not used */
    uint32_t program;
};

struct build_entry {
    uint32_t start, end, unwind, order;
};

struct build_image {
    uint32_t rva, size;
    uint64_t offset;
};

struct build_property {
    uint32_t key, value;
};

/* A line of the function that is being read. */
struct build_line {
    uint32_t start, end, file, line, level, order;
};

/* An inlined call of the function that is being read; the last_ fields remember the compiled inline that was made of it. */
struct build_call {
    uint32_t depth, name, call_file, call_line;
    uint32_t last_parent, last_file, last_line, last_number;
};

struct build_call_range {
    uint32_t start, end, call, depth, order;
};

struct symbol_builder {
    enum status status;
    struct texts texts;
    struct idmap file_of_text;
    struct list files; /* uint32_t text each */
    struct list functions, places, inlines, labels, cfi, deltas, win, entries, images, properties, notes;
    struct buffer bytes;   /* of images */
    uint32_t notes_beyond; /* SYMBOL_MAX_NOTES */

    /* The function that is being read, and whether there is one. */
    bool is_open, has_plain_lines; /* plain: all of level 0, by address, none overlapping */
    struct list lines, calls, call_ranges;
    uint64_t inlines_left; /* bounds what hostile nesting can multiply */
};

/* A new item of a list; NULL after a failure, which the builder keeps. */
void *build_add(struct symbol_builder *builder, struct list *list, size_t size);
/* Makes places of the open function's lines and inlines (place.c). */
void build_function_end(struct symbol_builder *builder);

#endif
