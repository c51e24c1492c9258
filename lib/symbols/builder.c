/* builder.c - collects what readers give; sorting and resolving come when all is there (place.c per function, compile.c at the end). */
#include "base/text.h"
#include "symbols/build.h"
#include "symbols/cache.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IMAGE_BYTES     ((size_t)1 << 30)
#define NOTE_BYTES          300u
#define INLINES_PER_RANGE   8u
#define INLINES_PER_PROGRAM 1024u

void *build_add(struct symbol_builder *builder, struct list *list, size_t size)
{
    if (builder->status)
        return NULL;
    return list_add(list, size, SYMBOL_MAX_RECORDS, &builder->status);
}

static uint32_t end_of(uint32_t rva, uint32_t size)
{
    return size > UINT32_MAX - rva ? UINT32_MAX : rva + size;
}

enum status symbol_builder_create(struct symbol_builder **ret)
{
    struct symbol_builder *builder = calloc(1, sizeof *builder);
    uint32_t *no_file;
    enum status status;

    if (!builder)
        return ST_MEMORY;
    buffer_init(&builder->bytes, MAX_IMAGE_BYTES);
    builder->inlines_left = INLINES_PER_PROGRAM;
    builder->status = texts_init(&builder->texts);
    no_file = build_add(builder, &builder->files, sizeof *no_file);
    if (!no_file) {
        status = builder->status;
        symbol_builder_free(builder);
        return status;
    }
    *no_file = SYMBOL_TEXT_NONE;
    *ret = builder;
    return ST_OK;
}

void symbol_builder_free(struct symbol_builder *builder)
{
    if (!builder)
        return;
    texts_done(&builder->texts);
    idmap_done(&builder->file_of_text);
    list_done(&builder->files);
    list_done(&builder->functions);
    list_done(&builder->places);
    list_done(&builder->inlines);
    list_done(&builder->labels);
    list_done(&builder->cfi);
    list_done(&builder->deltas);
    list_done(&builder->win);
    list_done(&builder->entries);
    list_done(&builder->images);
    list_done(&builder->properties);
    list_done(&builder->notes);
    list_done(&builder->lines);
    list_done(&builder->calls);
    list_done(&builder->call_ranges);
    buffer_done(&builder->bytes);
    free(builder);
}

enum status symbol_builder_status(const struct symbol_builder *builder)
{
    return builder->status;
}

static uint32_t keep_text(struct symbol_builder *builder, const char *text, size_t size)
{
    uint32_t offset = SYMBOL_TEXT_NONE;

    if (!builder->status)
        builder->status = texts_add(&builder->texts, text, size, &offset);
    return offset;
}

uint32_t symbol_builder_text(struct symbol_builder *builder, const char *text, size_t size)
{
    return keep_text(builder, text, size > SYMBOL_MAX_NAME_BYTES ? text_cut(text, size, SYMBOL_MAX_NAME_BYTES) : size);
}

uint32_t symbol_builder_file_new(struct symbol_builder *builder)
{
    uint32_t *file = build_add(builder, &builder->files, sizeof *file);

    if (!file)
        return SYMBOL_FILE_NONE;
    *file = SYMBOL_TEXT_NONE;
    return builder->files.count - 1;
}

void symbol_builder_file_name(struct symbol_builder *builder, uint32_t file, const char *path, size_t size)
{
    uint32_t text = symbol_builder_text(builder, path, size);

    if (file != SYMBOL_FILE_NONE && file < builder->files.count)
        ((uint32_t *)builder->files.items)[file] = text;
}

uint32_t symbol_builder_file(struct symbol_builder *builder, const char *path, size_t size)
{
    uint32_t text = symbol_builder_text(builder, path, size), file;

    if (text == SYMBOL_TEXT_NONE)
        return SYMBOL_FILE_NONE;
    file = idmap_get(&builder->file_of_text, text);
    if (file)
        return file;
    file = symbol_builder_file_new(builder);
    if (builder->status)
        return SYMBOL_FILE_NONE;
    ((uint32_t *)builder->files.items)[file] = text;
    builder->status = idmap_put(&builder->file_of_text, text, file);
    return file;
}

void symbol_builder_function(struct symbol_builder *builder, const struct symbol_function *function)
{
    struct build_function *item;

    build_function_end(builder);
    if (!function->size) {
        symbol_builder_public(builder, function->rva, function->name, function->parameter_bytes, function->is_folded);
        return;
    }
    item = build_add(builder, &builder->functions, sizeof *item);
    if (!item)
        return;
    *item = (struct build_function){.start = function->rva,
                                    .end = end_of(function->rva, function->size),
                                    .order = builder->functions.count,
                                    .name = function->name,
                                    .parameter_bytes = function->parameter_bytes,
                                    .flags = function->is_folded ? CACHE_FLAG_FOLDED : 0,
                                    .place_first = builder->places.count};
    builder->is_open = item->end > item->start;
    builder->has_plain_lines = true;
}

/* Cuts a range to the open function; false when nothing is left. */
static bool clip(const struct symbol_builder *builder, uint32_t rva, uint32_t size, uint32_t *ret_start, uint32_t *ret_end)
{
    const struct build_function *function;

    if (!builder->is_open || builder->status)
        return false;
    function = (const struct build_function *)builder->functions.items + builder->functions.count - 1;
    *ret_end = end_of(rva, size) < function->end ? end_of(rva, size) : function->end;
    *ret_start = rva > function->start ? rva : function->start;
    return *ret_start < *ret_end;
}

void symbol_builder_line(struct symbol_builder *builder, uint32_t rva, uint32_t size, uint32_t file, uint32_t line, uint32_t level)
{
    const struct build_line *last;
    struct build_line *item;
    uint32_t start, end;

    if (level >= BUILD_LEVELS || !clip(builder, rva, size, &start, &end))
        return;
    item = build_add(builder, &builder->lines, sizeof *item);
    if (!item)
        return;
    *item = (struct build_line){start, end, file, line, level, builder->lines.count};
    last = builder->lines.count > 1 ? item - 1 : NULL;
    if (level || (last && last->end > start))
        builder->has_plain_lines = false;
}

uint32_t symbol_builder_inline(struct symbol_builder *builder, uint32_t depth, uint32_t name, uint32_t call_file, uint32_t call_line)
{
    struct build_call *item;

    if (!builder->is_open)
        return UINT32_MAX;
    item = build_add(builder, &builder->calls, sizeof *item);
    if (!item)
        return UINT32_MAX;
    *item = (struct build_call){.depth = depth, .name = name, .call_file = call_file, .call_line = call_line, .last_number = UINT32_MAX};
    return builder->calls.count - 1;
}

void symbol_builder_inline_range(struct symbol_builder *builder, uint32_t number, uint32_t rva, uint32_t size)
{
    const struct build_call *calls = builder->calls.items;
    struct build_call_range *item;
    uint32_t start, end;

    if (number >= builder->calls.count || calls[number].depth >= SYMBOLS_MAX_INLINES || !clip(builder, rva, size, &start, &end))
        return;
    item = build_add(builder, &builder->call_ranges, sizeof *item);
    if (!item)
        return;
    *item = (struct build_call_range){start, end, number, calls[number].depth, builder->call_ranges.count};
    builder->inlines_left += INLINES_PER_RANGE;
}

void symbol_builder_public(struct symbol_builder *builder, uint32_t rva, uint32_t name, uint32_t parameter_bytes, bool is_folded)
{
    struct build_label *item = build_add(builder, &builder->labels, sizeof *item);

    if (item)
        *item = (struct build_label){rva, builder->labels.count, name, parameter_bytes, is_folded ? CACHE_FLAG_FOLDED : 0};
}

void symbol_builder_cfi(struct symbol_builder *builder, uint32_t rva, uint32_t size, uint32_t rules)
{
    struct build_cfi *item = build_add(builder, &builder->cfi, sizeof *item);

    if (item)
        *item = (struct build_cfi){rva, end_of(rva, size), rules, builder->deltas.count, 0};
}

void symbol_builder_cfi_delta(struct symbol_builder *builder, uint32_t rva, uint32_t rules)
{
    struct build_delta *item;
    struct build_cfi *last;

    if (!builder->cfi.count)
        return;
    item = build_add(builder, &builder->deltas, sizeof *item);
    if (!item)
        return;
    *item = (struct build_delta){rva, builder->deltas.count, rules};
    last = (struct build_cfi *)builder->cfi.items + builder->cfi.count - 1;
    last->delta_count++;
}

void symbol_builder_win(struct symbol_builder *builder, const struct symbol_win *win)
{
    uint32_t program = win->program ? symbol_builder_text(builder, win->program, strlen(win->program)) : SYMBOL_TEXT_NONE;
    struct build_win *item = build_add(builder, &builder->win, sizeof *item);

    if (!item)
        return;
    item->win = *win;
    item->win.program = NULL;
    item->program = program;
}

void symbol_builder_entry(struct symbol_builder *builder, const struct symbol_entry *entry)
{
    struct build_entry *item = build_add(builder, &builder->entries, sizeof *item);

    if (item)
        *item = (struct build_entry){entry->rva, end_of(entry->rva, entry->size), entry->unwind, builder->entries.count};
}

void symbol_builder_image(struct symbol_builder *builder, uint32_t rva, const void *bytes, size_t size)
{
    struct build_image *item;

    if (size > UINT32_MAX - rva)
        size = UINT32_MAX - rva;
    item = size ? build_add(builder, &builder->images, sizeof *item) : NULL;
    if (!item)
        return;
    *item = (struct build_image){rva, (uint32_t)size, builder->bytes.len};
    builder->status = buffer_append(&builder->bytes, bytes, size);
}

void symbol_builder_property(struct symbol_builder *builder, const char *key, const char *value, size_t size)
{
    struct build_property *item = builder->properties.items;
    struct build_property wanted = {keep_text(builder, key, strlen(key)), keep_text(builder, value, size)};
    uint32_t i = 0;

    while (i < builder->properties.count && item[i].key != wanted.key)
        i++;
    if (i == builder->properties.count)
        item = build_add(builder, &builder->properties, sizeof *item);
    else
        item += i;
    if (item)
        *item = wanted;
}

void symbol_builder_note(struct symbol_builder *builder, const char *format, ...)
{
    char text[NOTE_BYTES];
    uint32_t *item;
    va_list args;

    if (builder->notes.count == SYMBOL_MAX_NOTES) {
        builder->notes_beyond++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    item = build_add(builder, &builder->notes, sizeof *item);
    if (item)
        *item = symbol_builder_text(builder, text, strlen(text));
}
