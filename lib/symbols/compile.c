/* compile.c - sorts what a builder collected, drops what stands twice, and cuts ranges so that each address has one answer. */
#include "symbols/compile.h"
#include "symbols/cache.h"
#include <string.h>

/* By the first and then the second number of two records that start with start and hold order at another place. */
#define COMPARE(name, type, first)                                                                                                         \
    static int name(const void *a, const void *b)                                                                                          \
    {                                                                                                                                      \
        const type *x = a, *y = b;                                                                                                         \
        if (x->first != y->first)                                                                                                          \
            return x->first < y->first ? -1 : 1;                                                                                           \
        return x->order < y->order ? -1 : x->order > y->order;                                                                             \
    }
COMPARE(compare_functions, struct build_function, start)
COMPARE(compare_labels, struct build_label, rva)
COMPARE(compare_deltas, struct build_delta, rva)
COMPARE(compare_entries, struct build_entry, start)

static int compare_images(const void *a, const void *b)
{
    const struct build_image *x = a, *y = b;

    if (x->rva != y->rva)
        return x->rva < y->rva ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static enum status range_add(struct list *ranges, uint32_t start, uint32_t end, uint32_t index)
{
    enum status status = ST_OK;
    struct range *item;

    if (start >= end)
        return ST_OK;
    item = list_add(ranges, sizeof *item, UINT32_MAX, &status);
    if (item)
        *item = (struct range){start, end, index};
    return status;
}

static enum status piece_add(struct list *pieces, uint32_t start, uint32_t end, uint32_t index)
{
    enum status status = ST_OK;
    struct range_piece *item = list_add(pieces, sizeof *item, UINT32_MAX, &status);

    if (item)
        *item = (struct range_piece){start, end, index};
    return status;
}

static void functions_unique(struct list *functions)
{
    struct build_function *item = functions->items;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < functions->count; i++) {
        if (kept && item[kept - 1].start == item[i].start)
            item[kept - 1].flags |= item[kept - 1].name == item[i].name ? 0 : CACHE_FLAG_FOLDED;
        else
            item[kept++] = item[i];
    }
    functions->count = kept;
}

/* Lays the places out by the functions' addresses; gives their number. */
static uint32_t places_order(struct list *functions)
{
    struct build_function *item = functions->items;
    uint32_t count = 0;

    for (uint32_t i = 0; i < functions->count; i++) {
        item[i].place_at = count;
        count += item[i].place_count;
    }
    return count;
}

static void labels_unique(struct list *labels)
{
    struct build_label *item = labels->items;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < labels->count; i++) {
        if (kept && item[kept - 1].rva == item[i].rva)
            item[kept - 1].flags |= item[kept - 1].name == item[i].name ? 0 : CACHE_FLAG_FOLDED;
        else
            item[kept++] = item[i];
    }
    labels->count = kept;
}

static void entries_unique(struct list *entries)
{
    struct build_entry *item = entries->items;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < entries->count; i++) {
        if (item[i].start >= item[i].end || (kept && item[kept - 1].start == item[i].start))
            continue;
        if (kept && item[kept - 1].end > item[i].start)
            item[kept - 1].end = item[i].start;
        item[kept++] = item[i];
    }
    entries->count = kept;
}

static enum status function_pieces(const struct symbol_builder *builder, struct list *ret)
{
    const struct build_function *function = builder->functions.items;
    struct list ranges = {NULL, 0, 0};
    enum status status = ST_OK;

    for (uint32_t i = 0; i < builder->functions.count && !status; i++)
        status = range_add(&ranges, function[i].start, function[i].end, i);
    if (!status)
        status = ranges_flatten(&ranges, ret);
    list_done(&ranges);
    return status;
}

/* Gives the labels in a gap between functions the code up to the next label, or to the gap's end. *at walks over all labels. */
static enum status fill_gap(const struct list *labels, uint32_t *at, uint32_t start, uint32_t end, struct list *pieces)
{
    const struct build_label *label = labels->items;
    enum status status = ST_OK;

    for (; *at < labels->count && label[*at].rva < end && !status; ++*at) {
        uint32_t stop = *at + 1 < labels->count && label[*at + 1].rva < end ? label[*at + 1].rva : end;

        if (label[*at].rva >= start)
            status = piece_add(pieces, label[*at].rva, stop, *at | COMPILED_LABEL);
    }
    return status;
}

/* Functions, and labels where there is no function. */
static enum status compile_functions(struct compiled *compiled)
{
    struct symbol_builder *builder = compiled->builder;
    struct list pieces = {NULL, 0, 0};
    const struct range_piece *piece;
    uint32_t label = 0, gap = 0;
    enum status status;

    list_sort(&builder->functions, sizeof(struct build_function), compare_functions);
    functions_unique(&builder->functions);
    compiled->place_count = places_order(&builder->functions);
    list_sort(&builder->labels, sizeof(struct build_label), compare_labels);
    labels_unique(&builder->labels);
    status = function_pieces(builder, &pieces);
    piece = pieces.items;
    for (uint32_t i = 0; i < pieces.count && !status; i++) {
        status = fill_gap(&builder->labels, &label, gap, piece[i].start, &compiled->functions);
        if (!status)
            status = piece_add(&compiled->functions, piece[i].start, piece[i].end, piece[i].index);
        gap = piece[i].end;
    }
    if (!status)
        status = fill_gap(&builder->labels, &label, gap, UINT32_MAX, &compiled->functions);
    list_done(&pieces);
    return status;
}

static enum status compile_cfi(struct compiled *compiled)
{
    const struct symbol_builder *builder = compiled->builder;
    const struct build_cfi *cfi = builder->cfi.items;
    struct list ranges = {NULL, 0, 0};
    enum status status = ST_OK;

    for (uint32_t i = 0; i < builder->cfi.count && !status; i++) {
        if (cfi[i].delta_count) {
            struct list run = {(struct build_delta *)builder->deltas.items + cfi[i].delta_first, cfi[i].delta_count, cfi[i].delta_count};

            list_sort(&run, sizeof(struct build_delta), compare_deltas);
        }
        status = range_add(&ranges, cfi[i].start, cfi[i].end, i);
    }
    if (!status)
        status = ranges_flatten(&ranges, &compiled->cfi);
    list_done(&ranges);
    return status;
}

static enum status compile_win(const struct symbol_builder *builder, bool frame_data, struct list *ret)
{
    const struct build_win *item = builder->win.items;
    struct list ranges = {NULL, 0, 0};
    enum status status = ST_OK;

    for (uint32_t i = 0; i < builder->win.count && !status; i++) {
        const struct symbol_win *win = &item[i].win;
        uint32_t end = win->size > UINT32_MAX - win->rva ? UINT32_MAX : win->rva + win->size;

        if ((win->type == SYMBOL_WIN_FRAME_DATA) == frame_data)
            status = range_add(&ranges, win->rva, end, i);
    }
    if (!status)
        status = ranges_flatten(&ranges, ret);
    list_done(&ranges);
    return status;
}

enum status compiled_make(struct compiled *ret, struct symbol_builder *builder)
{
    enum status status;

    memset(ret, 0, sizeof *ret);
    ret->builder = builder;
    status = compile_functions(ret);
    if (!status)
        status = compile_cfi(ret);
    if (!status)
        status = compile_win(builder, true, &ret->win);
    if (!status)
        status = compile_win(builder, false, &ret->fpo);
    list_sort(&builder->entries, sizeof(struct build_entry), compare_entries);
    entries_unique(&builder->entries);
    list_sort(&builder->images, sizeof(struct build_image), compare_images);
    if (status)
        compiled_done(ret);
    return status;
}

void compiled_done(struct compiled *compiled)
{
    list_done(&compiled->functions);
    list_done(&compiled->cfi);
    list_done(&compiled->win);
    list_done(&compiled->fpo);
}
