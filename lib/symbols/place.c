/* place.c - one function's lines and inlines as places: at each address where something changes, the line and the innermost inline.
 *
 * A sweep over the addresses where a line or an inlined range starts or ends keeps what is open at each level. Most functions of most files
 * have plain lines only and take the short way. */
#include "symbols/build.h"
#include <string.h>

struct open_line {
    uint32_t end, file, line;
};

struct open_call {
    uint32_t end, call;
};

struct sweep {
    struct symbol_builder *builder;
    struct build_function *function;
    uint32_t line_at, range_at;           /* next to open */
    uint32_t levels, depths;              /* how many were ever open in this function */
    struct open_line lines[BUILD_LEVELS]; /* open while end is beyond the sweep's position */
    struct open_call calls[SYMBOLS_MAX_INLINES];
};

static void place_add(struct symbol_builder *builder, struct build_function *function, const struct build_place *place)
{
    struct build_place *item;

    if (function->place_count) {
        struct build_place *last = (struct build_place *)builder->places.items + builder->places.count - 1;

        if (last->rva == place->rva) {
            *last = *place;
            return;
        }
        if (last->file == place->file && last->line == place->line && last->inlined == place->inlined)
            return;
    }
    item = build_add(builder, &builder->places, sizeof *item);
    if (item) {
        *item = *place;
        function->place_count++;
    }
}

static void add_plain(struct symbol_builder *builder, struct build_function *function)
{
    const struct build_line *line = builder->lines.items;

    for (uint32_t i = 0; i < builder->lines.count; i++, line++) {
        place_add(builder, function, &(struct build_place){line->start, line->file, line->line, 0});
        if (line->end < function->end && (i + 1 == builder->lines.count || line[1].start > line->end))
            place_add(builder, function, &(struct build_place){line->end, SYMBOL_FILE_NONE, 0, 0});
    }
}

static int compare_lines(const void *a, const void *b)
{
    const struct build_line *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->order > y->order ? -1 : x->order < y->order; /* what is opened last stays: the first given */
}

static int compare_ranges(const void *a, const void *b)
{
    const struct build_call_range *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->order > y->order ? -1 : x->order < y->order;
}

/* Opens what starts at or before pos. */
static void open_at(struct sweep *sweep, uint32_t pos)
{
    const struct build_line *line = sweep->builder->lines.items;
    const struct build_call_range *range = sweep->builder->call_ranges.items;

    for (; sweep->line_at < sweep->builder->lines.count && line[sweep->line_at].start <= pos; sweep->line_at++) {
        const struct build_line *next = &line[sweep->line_at];

        sweep->lines[next->level] = (struct open_line){next->end, next->file, next->line};
        if (next->level >= sweep->levels)
            sweep->levels = next->level + 1;
    }
    for (; sweep->range_at < sweep->builder->call_ranges.count && range[sweep->range_at].start <= pos; sweep->range_at++) {
        const struct build_call_range *next = &range[sweep->range_at];

        sweep->calls[next->depth] = (struct open_call){next->end, next->call};
        if (next->depth >= sweep->depths)
            sweep->depths = next->depth + 1;
    }
}

/* The line of the highest level that is open at pos, not above level; NULL when there is none. */
static const struct open_line *line_at(const struct sweep *sweep, uint32_t pos, uint32_t level)
{
    if (level >= sweep->levels)
        level = sweep->levels - 1;
    for (uint32_t i = sweep->levels ? level + 1 : 0; i-- > 0;) {
        if (sweep->lines[i].end > pos)
            return &sweep->lines[i];
    }
    return NULL;
}

/* The compiled inline of a call under parent, made unless the last one of this call was the same; parent again when the budget is spent. */
static uint32_t inline_of(struct sweep *sweep, uint32_t pos, uint32_t depth, uint32_t parent)
{
    struct symbol_builder *builder = sweep->builder;
    struct build_call *call = (struct build_call *)builder->calls.items + sweep->calls[depth].call;
    uint32_t file = call->call_file, line = call->call_line;
    struct build_inline *item;

    if (file == SYMBOL_FILE_BY_LINES) {
        const struct open_line *open = line_at(sweep, pos, depth);

        file = open ? open->file : SYMBOL_FILE_NONE;
        line = open ? open->line : 0;
    }
    if (call->last_number != UINT32_MAX && call->last_parent == parent && call->last_file == file && call->last_line == line)
        return call->last_number;
    if (!builder->inlines_left)
        return parent;
    builder->inlines_left--;
    item = build_add(builder, &builder->inlines, sizeof *item);
    if (!item)
        return parent;
    *item = (struct build_inline){parent, call->name, file, line};
    call->last_parent = parent;
    call->last_file = file;
    call->last_line = line;
    call->last_number = builder->inlines.count;
    return call->last_number;
}

static void place_at(struct sweep *sweep, uint32_t pos)
{
    uint32_t inlined = 0, depth = 0;
    const struct open_line *line;

    for (; depth < sweep->depths && sweep->calls[depth].end > pos; depth++)
        inlined = inline_of(sweep, pos, depth, inlined);
    line = line_at(sweep, pos, depth);
    place_add(sweep->builder, sweep->function,
              &(struct build_place){pos, line ? line->file : SYMBOL_FILE_NONE, line ? line->line : 0, inlined});
}

/* The next address where something starts or ends; the function's end when there is none. */
static uint32_t next_change(const struct sweep *sweep, uint32_t pos)
{
    const struct build_line *line = sweep->builder->lines.items;
    const struct build_call_range *range = sweep->builder->call_ranges.items;
    uint32_t next = sweep->function->end;

    if (sweep->line_at < sweep->builder->lines.count && line[sweep->line_at].start < next)
        next = line[sweep->line_at].start;
    if (sweep->range_at < sweep->builder->call_ranges.count && range[sweep->range_at].start < next)
        next = range[sweep->range_at].start;
    for (uint32_t i = 0; i < sweep->levels; i++) {
        if (sweep->lines[i].end > pos && sweep->lines[i].end < next)
            next = sweep->lines[i].end;
    }
    for (uint32_t i = 0; i < sweep->depths; i++) {
        if (sweep->calls[i].end > pos && sweep->calls[i].end < next)
            next = sweep->calls[i].end;
    }
    return next;
}

static void add_swept(struct symbol_builder *builder, struct build_function *function)
{
    struct sweep sweep;
    uint32_t pos;

    memset(&sweep, 0, sizeof sweep);
    sweep.builder = builder;
    sweep.function = function;
    list_sort(&builder->lines, sizeof(struct build_line), compare_lines);
    list_sort(&builder->call_ranges, sizeof(struct build_call_range), compare_ranges);
    for (pos = function->start; pos < function->end && !builder->status; pos = next_change(&sweep, pos)) {
        open_at(&sweep, pos);
        place_at(&sweep, pos);
    }
}

void build_function_end(struct symbol_builder *builder)
{
    struct build_function *function;

    if (!builder->is_open)
        return;
    function = (struct build_function *)builder->functions.items + builder->functions.count - 1;
    builder->is_open = false;
    builder->inlines_left += builder->lines.count;
    if (builder->has_plain_lines && !builder->call_ranges.count)
        add_plain(builder, function);
    else
        add_swept(builder, function);
    builder->lines.count = builder->calls.count = builder->call_ranges.count = 0;
}
