/* save.c - writes a compiled builder in the format of cache.h: into a buffer, or into a new file that then takes the old one's name.
 *
 * The file is not synced: after a power cut the checksum finds what is missing, and the table is compiled again. */
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "symbols/cache.h"
#include "symbols/compile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES    65536u
#define MAX_PATH_BYTES 65536u
#define SECTION_ALIGN  64u

struct writer {
    struct file *file;  /* or */
    struct buffer *out; /* one of them */
    struct cache_checksum checksum;
    uint64_t written; /* all of the table so far, chunk included */
    size_t used;
    enum status status;
    uint8_t chunk[CHUNK_BYTES];
};

static void flush(struct writer *writer)
{
    if (!writer->status && writer->file)
        writer->status = file_write(writer->file, writer->chunk, writer->used);
    else if (!writer->status)
        writer->status = buffer_append(writer->out, writer->chunk, writer->used);
    cache_checksum_add(&writer->checksum, writer->chunk, writer->used);
    writer->used = 0;
}

static void put_bytes(struct writer *writer, const uint8_t *bytes, size_t size)
{
    while (size && !writer->status) {
        size_t room = CHUNK_BYTES - writer->used, part = size < room ? size : room;

        memcpy(writer->chunk + writer->used, bytes, part);
        writer->used += part;
        writer->written += part;
        bytes += part;
        size -= part;
        if (writer->used == CHUNK_BYTES)
            flush(writer);
    }
}

static void put_u32(struct writer *writer, uint32_t value)
{
    if (CHUNK_BYTES - writer->used < 4)
        flush(writer);
    bytes_put_u32(writer->chunk + writer->used, value);
    writer->used += 4;
    writer->written += 4;
}

static void put_u64(struct writer *writer, uint64_t value)
{
    put_u32(writer, (uint32_t)value);
    put_u32(writer, (uint32_t)(value >> 32));
}

static void put_words(struct writer *writer, const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put_u32(writer, words[i]);
}
#define PUT(writer, ...) put_words(writer, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void put_piece_rvas(struct writer *writer, const struct list *pieces)
{
    const struct range_piece *piece = pieces->items;

    for (uint32_t i = 0; i < pieces->count; i++)
        put_u32(writer, piece[i].start);
}

static void put_functions(struct writer *writer, const struct compiled *compiled)
{
    const struct range_piece *piece = compiled->functions.items;
    const struct build_function *functions = compiled->builder->functions.items;
    const struct build_label *labels = compiled->builder->labels.items;

    for (uint32_t i = 0; i < compiled->functions.count; i++) {
        put_u32(writer, piece[i].start);
        if (piece[i].index & COMPILED_LABEL) {
            const struct build_label *label = &labels[piece[i].index & ~COMPILED_LABEL];

            PUT(writer, piece[i].end, label->rva, label->name, label->parameter_bytes, label->flags | CACHE_FLAG_PUBLIC, 0, 0);
        } else {
            const struct build_function *function = &functions[piece[i].index];

            PUT(writer, piece[i].end, function->start, function->name, function->parameter_bytes, function->flags, function->place_at,
                function->place_count);
        }
    }
}

/* How many bits of an address the index leaves out: as few as give at most two entries per piece. */
static uint32_t index_shift(const struct list *pieces)
{
    const struct range_piece *piece = pieces->items;
    uint32_t last = pieces->count ? piece[pieces->count - 1].start : 0, shift = 0;

    while (last >> shift > pieces->count * 2u)
        shift++;
    return shift;
}

/* Entries for k up to two past the last piece's, and the shift before them. */
static uint32_t index_count(const struct list *pieces)
{
    const struct range_piece *piece = pieces->items;

    return pieces->count ? (piece[pieces->count - 1].start >> index_shift(pieces)) + 3 : 0;
}

static void put_index(struct writer *writer, const struct list *pieces)
{
    const struct range_piece *piece = pieces->items;
    uint32_t shift = index_shift(pieces), count = index_count(pieces), at = 0;

    if (count)
        put_u32(writer, shift);
    for (uint32_t k = 0; k + 1 < count; k++) {
        while (at < pieces->count && piece[at].start < (uint64_t)k << shift)
            at++;
        put_u32(writer, at);
    }
}

/* Each function's run, in the order of addresses. */
static void put_places(struct writer *writer, const struct symbol_builder *builder)
{
    const struct build_function *function = builder->functions.items;

    for (uint32_t i = 0; i < builder->functions.count; i++) {
        const struct build_place *place = builder->places.items;

        if (function[i].place_count)
            place += function[i].place_first;
        for (uint32_t k = 0; k < function[i].place_count; k++)
            put_u32(writer, place[k].rva);
        for (uint32_t k = 0; k < function[i].place_count; k++)
            PUT(writer, place[k].file, place[k].line, place[k].inlined);
    }
}

static void put_inlines(struct writer *writer, const struct list *inlines)
{
    const struct build_inline *item = inlines->items;

    for (uint32_t i = 0; i < inlines->count; i++)
        PUT(writer, item[i].parent, item[i].name, item[i].call_file, item[i].call_line);
}

static void put_cfi(struct writer *writer, const struct compiled *compiled)
{
    const struct range_piece *piece = compiled->cfi.items;
    const struct build_cfi *items = compiled->builder->cfi.items;

    for (uint32_t i = 0; i < compiled->cfi.count; i++) {
        const struct build_cfi *cfi = &items[piece[i].index];

        PUT(writer, piece[i].end, cfi->start, cfi->end, cfi->init, cfi->delta_first, cfi->delta_count);
    }
}

static void put_deltas(struct writer *writer, const struct list *deltas)
{
    const struct build_delta *delta = deltas->items;

    for (uint32_t i = 0; i < deltas->count; i++)
        PUT(writer, delta[i].rva, delta[i].rules);
}

static void put_win(struct writer *writer, const struct compiled *compiled, const struct list *pieces)
{
    const struct range_piece *piece = pieces->items;
    const struct build_win *items = compiled->builder->win.items;

    for (uint32_t i = 0; i < pieces->count; i++) {
        const struct symbol_win *win = &items[piece[i].index].win;

        PUT(writer, piece[i].end, win->rva, win->size, win->type, win->prologue_bytes, win->epilogue_bytes, win->parameter_bytes,
            win->saved_register_bytes, win->local_bytes, win->max_stack_bytes, win->allocates_base_pointer, items[piece[i].index].program);
    }
}

static void put_entry_rvas(struct writer *writer, const struct list *entries)
{
    const struct build_entry *entry = entries->items;

    for (uint32_t i = 0; i < entries->count; i++)
        put_u32(writer, entry[i].start);
}

static void put_entries(struct writer *writer, const struct list *entries)
{
    const struct build_entry *entry = entries->items;

    for (uint32_t i = 0; i < entries->count; i++)
        PUT(writer, entry[i].end, entry[i].unwind);
}

static void put_images(struct writer *writer, const struct list *images)
{
    const struct build_image *image = images->items;

    for (uint32_t i = 0; i < images->count; i++) {
        PUT(writer, image[i].rva, image[i].size);
        put_u64(writer, image[i].offset);
    }
}

static void put_section(struct writer *writer, const struct compiled *compiled, enum cache_section section)
{
    const struct symbol_builder *builder = compiled->builder;

    switch (section) {
    case CACHE_FUNCTIONS:
        put_functions(writer, compiled);
        break;
    case CACHE_FUNCTION_INDEX:
        put_index(writer, &compiled->functions);
        break;
    case CACHE_PLACES:
        put_places(writer, builder);
        break;
    case CACHE_INLINES:
        put_inlines(writer, &builder->inlines);
        break;
    case CACHE_FILES:
        put_words(writer, builder->files.items, builder->files.count);
        break;
    case CACHE_CFI_RVAS:
        put_piece_rvas(writer, &compiled->cfi);
        break;
    case CACHE_CFI:
        put_cfi(writer, compiled);
        break;
    case CACHE_DELTAS:
        put_deltas(writer, &builder->deltas);
        break;
    case CACHE_WIN_RVAS:
        put_piece_rvas(writer, &compiled->win);
        break;
    case CACHE_WIN:
        put_win(writer, compiled, &compiled->win);
        break;
    case CACHE_FPO_RVAS:
        put_piece_rvas(writer, &compiled->fpo);
        break;
    case CACHE_FPO:
        put_win(writer, compiled, &compiled->fpo);
        break;
    case CACHE_ENTRY_RVAS:
        put_entry_rvas(writer, &builder->entries);
        break;
    case CACHE_ENTRIES:
        put_entries(writer, &builder->entries);
        break;
    case CACHE_IMAGES:
        put_images(writer, &builder->images);
        break;
    case CACHE_BYTES:
        put_bytes(writer, builder->bytes.data, builder->bytes.len);
        break;
    case CACHE_PROPERTIES:
        put_words(writer, builder->properties.items, builder->properties.count * 2);
        break;
    case CACHE_NOTES:
        put_words(writer, builder->notes.items, builder->notes.count);
        break;
    case CACHE_TEXTS:
        put_bytes(writer, builder->texts.data, builder->texts.len);
        break;
    case CACHE_SECTIONS:
        break;
    }
}

static void count_entries(const struct compiled *compiled, uint64_t ret[CACHE_SECTIONS])
{
    const struct symbol_builder *builder = compiled->builder;

    ret[CACHE_FUNCTIONS] = compiled->functions.count;
    ret[CACHE_FUNCTION_INDEX] = index_count(&compiled->functions);
    ret[CACHE_PLACES] = compiled->place_count;
    ret[CACHE_INLINES] = builder->inlines.count;
    ret[CACHE_FILES] = builder->files.count;
    ret[CACHE_CFI_RVAS] = ret[CACHE_CFI] = compiled->cfi.count;
    ret[CACHE_DELTAS] = builder->deltas.count;
    ret[CACHE_WIN_RVAS] = ret[CACHE_WIN] = compiled->win.count;
    ret[CACHE_FPO_RVAS] = ret[CACHE_FPO] = compiled->fpo.count;
    ret[CACHE_ENTRY_RVAS] = ret[CACHE_ENTRIES] = builder->entries.count;
    ret[CACHE_IMAGES] = builder->images.count;
    ret[CACHE_BYTES] = builder->bytes.len;
    ret[CACHE_PROPERTIES] = builder->properties.count;
    ret[CACHE_NOTES] = builder->notes.count;
    ret[CACHE_TEXTS] = builder->texts.len;
}

static uint64_t aligned(uint64_t offset)
{
    return (offset + SECTION_ALIGN - 1) & ~(uint64_t)(SECTION_ALIGN - 1);
}

/* The section table, with the whole file's size into *ret_size. */
static void put_section_table(uint8_t *table, const uint64_t counts[CACHE_SECTIONS], uint64_t *ret_size)
{
    uint64_t offset = CACHE_HEADER_BYTES, size = 0;

    for (unsigned i = 0; i < CACHE_SECTIONS; i++) {
        offset = aligned(offset + size);
        size = counts[i] * cache_entry_bytes((enum cache_section)i);
        bytes_put_u64(table + 16 * i, offset);
        bytes_put_u64(table + 16 * i + 8, size);
    }
    *ret_size = offset + size;
}

/* Writes everything behind the header, with the header's place left to be filled, and makes the header. */
static void write_table(struct writer *writer, const struct compiled *compiled, uint8_t header[CACHE_HEADER_BYTES])
{
    static const uint8_t zeros[SECTION_ALIGN];
    uint64_t counts[CACHE_SECTIONS] = {0}, size;

    count_entries(compiled, counts);
    memcpy(header, CACHE_MAGIC, 8);
    bytes_put_u32(header + CACHE_OFFSET_VERSION, CACHE_VERSION);
    bytes_put_u32(header + CACHE_OFFSET_HEADER, CACHE_HEADER_BYTES);
    bytes_put_u64(header + CACHE_OFFSET_CHECKSUM, 0);
    put_section_table(header + CACHE_OFFSET_SECTIONS, counts, &size);
    bytes_put_u64(header + CACHE_OFFSET_SIZE, size);
    put_bytes(writer, header, CACHE_HEADER_BYTES);
    flush(writer);
    /* The checksum begins behind its own field. */
    cache_checksum_init(&writer->checksum);
    cache_checksum_add(&writer->checksum, header + CACHE_OFFSET_SECTIONS, CACHE_HEADER_BYTES - CACHE_OFFSET_SECTIONS);
    for (unsigned i = 0; i < CACHE_SECTIONS && !writer->status; i++) {
        put_bytes(writer, zeros, (size_t)(aligned(writer->written) - writer->written));
        put_section(writer, compiled, (enum cache_section)i);
    }
    flush(writer);
    bytes_put_u64(header + CACHE_OFFSET_CHECKSUM, cache_checksum_end(&writer->checksum));
}

/* What remains to be done once all records are there. */
static enum status finish(struct symbol_builder *builder, struct compiled *ret)
{
    uint32_t beyond = builder->notes_beyond;

    build_function_end(builder);
    if (beyond && builder->notes.count) {
        char text[64];
        int size = snprintf(text, sizeof text, "and %u more", beyond + 1);

        ((uint32_t *)builder->notes.items)[builder->notes.count - 1] = symbol_builder_text(builder, text, (size_t)size);
    }
    texts_finish(&builder->texts);
    return builder->status ? builder->status : compiled_make(ret, builder);
}

enum status symbol_builder_append(struct symbol_builder *builder, struct buffer *out)
{
    struct compiled compiled = {0};
    struct writer *writer = NULL;
    uint8_t header[CACHE_HEADER_BYTES];
    size_t before = out->len;
    enum status status = finish(builder, &compiled);

    if (status)
        return status;
    writer = calloc(1, sizeof *writer);
    if (!writer) {
        status = ST_MEMORY;
        goto out;
    }
    writer->out = out;
    write_table(writer, &compiled, header);
    status = writer->status;
    if (status)
        out->len = before;
    else
        memcpy(out->data + before, header, CACHE_HEADER_BYTES);
out:
    free(writer);
    compiled_done(&compiled);
    return status;
}

static enum status temporary_name(struct buffer *out, const char *path)
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    enum status status = random_bytes(random, sizeof random);

    if (status)
        return status;
    text_hex(hex, random, sizeof random);
    return buffer_printf(out, "%s.%s.tmp", path, hex);
}

static enum status write_file(const struct compiled *compiled, const char *path)
{
    struct writer *writer = calloc(1, sizeof *writer);
    struct file file = {FILE_CLOSED};
    uint8_t header[CACHE_HEADER_BYTES];
    enum status status;

    if (!writer)
        return ST_MEMORY;
    status = file_open(&file, path, FILE_MODE_CREATE);
    if (!status) {
        writer->file = &file;
        write_table(writer, compiled, header);
        status = writer->status;
    }
    if (!status)
        status = file_seek(&file, 0);
    if (!status)
        status = file_write(&file, header, sizeof header);
    file_close(&file);
    free(writer);
    return status;
}

enum status symbol_builder_save(struct symbol_builder *builder, const char *path)
{
    struct compiled compiled = {0};
    struct buffer temporary;
    enum status status = finish(builder, &compiled);

    if (status)
        return status;
    buffer_init(&temporary, MAX_PATH_BYTES);
    status = temporary_name(&temporary, path);
    if (!status) {
        status = write_file(&compiled, buffer_text(&temporary));
        if (!status)
            status = file_rename(buffer_text(&temporary), path, true);
        if (status)
            file_remove(buffer_text(&temporary));
    }
    buffer_done(&temporary);
    compiled_done(&compiled);
    return status;
}
