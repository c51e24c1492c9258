/* sym.c - one function per kind of record, chosen by the record's first word; a line that starts with a number is a source line. */
#include "symbols/sym.h"
#include "base/text.h"
#include "symbols/field.h"
#include "symbols/idmap.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define READ_BYTES ((size_t)256 << 10)
#define PROMISED   0x80000000u /* of a file number: a line used it before, or without, its FILE record */
#define MIN_BAD    10u         /* lines, before a file can be called no symbol file */

struct sym_reader {
    struct symbol_builder *builder;
    struct idmap files;   /* FILE number -> the builder's, maybe with PROMISED */
    struct idmap origins; /* INLINE_ORIGIN number -> text + 1 */
    struct buffer carry;  /* the start of a line whose end is in the next piece */
    bool is_skipping;     /* inside a line that is too long */
    bool has_module, in_function, in_cfi;
    uint64_t line, bad_lines;
    uint32_t promised_files;
};

static void bad(struct sym_reader *reader, const char *what)
{
    reader->bad_lines++;
    symbol_builder_note(reader->builder, "line %" PRIu64 ": %s", reader->line, what);
}

static uint32_t rest_text(struct sym_reader *reader, struct field *line)
{
    const char *text;
    size_t size;

    field_rest(line, &text, &size);
    return symbol_builder_text(reader->builder, text, size);
}

static bool copy_word(struct field *line, char *ret, size_t ret_size)
{
    const char *word;
    size_t size;

    if (!field_word(line, &word, &size) || size >= ret_size)
        return false;
    memcpy(ret, word, size);
    ret[size] = 0;
    return true;
}

static bool module_read(struct field *line, struct sym_module *ret)
{
    const char *name;
    size_t size;

    if (!copy_word(line, ret->os, sizeof ret->os) || !copy_word(line, ret->cpu, sizeof ret->cpu) ||
        !copy_word(line, ret->debug_id, sizeof ret->debug_id))
        return false;
    field_rest(line, &name, &size);
    if (!size)
        return false;
    size = size < sizeof ret->debug_file ? size : text_cut(name, size, sizeof ret->debug_file - 1);
    memcpy(ret->debug_file, name, size);
    ret->debug_file[size] = 0;
    return true;
}

enum status sym_identify(struct span bytes, struct sym_module *ret)
{
    const char *text = (const char *)bytes.data, *end = bytes.len ? memchr(text, '\n', bytes.len) : NULL;
    struct field line = {text, end ? end : text};

    if (line.end > line.at && line.end[-1] == '\r')
        line.end--;
    return field_is(&line, "MODULE") && module_read(&line, ret) ? ST_OK : ST_FORMAT;
}

static void property(struct sym_reader *reader, const char *key, const char *value)
{
    symbol_builder_property(reader->builder, key, value, strlen(value));
}

static void read_module(struct sym_reader *reader, struct field *line)
{
    struct sym_module module;

    if (!module_read(line, &module)) {
        bad(reader, "MODULE record without system, processor, id and name");
        return;
    }
    if (reader->has_module) {
        bad(reader, "a second MODULE record");
        return;
    }
    reader->has_module = true;
    property(reader, SYMBOL_PROPERTY_SOURCE, "sym");
    property(reader, SYMBOL_PROPERTY_OS, module.os);
    property(reader, SYMBOL_PROPERTY_CPU, module.cpu);
    property(reader, SYMBOL_PROPERTY_DEBUG_ID, module.debug_id);
    property(reader, SYMBOL_PROPERTY_DEBUG_FILE, module.debug_file);
}

static void read_info(struct sym_reader *reader, struct field *line)
{
    const char *text;
    size_t size;

    if (!field_is(line, "CODE_ID"))
        return; /* GENERATOR, URL: nothing that a look-up needs */
    if (!field_word(line, &text, &size)) {
        bad(reader, "INFO CODE_ID without an id");
        return;
    }
    symbol_builder_property(reader->builder, SYMBOL_PROPERTY_CODE_ID, text, size);
    field_rest(line, &text, &size);
    if (size)
        symbol_builder_property(reader->builder, SYMBOL_PROPERTY_CODE_FILE, text, size);
}

static void file_keep(struct sym_reader *reader, uint32_t id, uint32_t value)
{
    if (value & ~PROMISED && idmap_put(&reader->files, id, value))
        bad(reader, "no memory for its number");
}

static void read_file(struct sym_reader *reader, struct field *line)
{
    const char *path;
    uint32_t id, file;
    size_t size;

    if (!field_decimal(line, &id)) {
        bad(reader, "FILE record without a number");
        return;
    }
    field_rest(line, &path, &size);
    file = idmap_get(&reader->files, id);
    if (file & PROMISED) {
        symbol_builder_file_name(reader->builder, file & ~PROMISED, path, size);
        file_keep(reader, id, file & ~PROMISED);
        reader->promised_files--;
    } else if (file) {
        bad(reader, "FILE number used twice");
    } else {
        file = symbol_builder_file(reader->builder, path, size);
        file_keep(reader, id, file ? file : symbol_builder_file_new(reader->builder));
    }
}

/* The builder's number of a file that a record refers to. */
static uint32_t file_of(struct sym_reader *reader, uint32_t id)
{
    uint32_t file = idmap_get(&reader->files, id);

    if (!file) {
        file = symbol_builder_file_new(reader->builder);
        file_keep(reader, id, file | PROMISED);
        reader->promised_files++;
    }
    return file & ~PROMISED;
}

static void read_function(struct sym_reader *reader, struct field *line)
{
    struct symbol_function function = {.is_folded = field_is(line, "m")};

    reader->in_function = field_hex(line, &function.rva) && field_hex(line, &function.size) && field_hex(line, &function.parameter_bytes);
    if (!reader->in_function) {
        bad(reader, "FUNC record without address, size and parameter size of 32 bits");
        return;
    }
    function.name = rest_text(reader, line);
    symbol_builder_function(reader->builder, &function);
}

static void read_line(struct sym_reader *reader, struct field *line)
{
    uint32_t rva, size, number, file;

    if (!field_hex(line, &rva) || !field_hex(line, &size) || !field_decimal(line, &number) || !field_decimal(line, &file)) {
        bad(reader, "neither a record nor a source line of address, size, line and file");
        return;
    }
    if (reader->in_function)
        symbol_builder_line(reader->builder, rva, size, file_of(reader, file), number, 0);
    else
        bad(reader, "source line outside of a function");
}

static void read_public(struct sym_reader *reader, struct field *line)
{
    bool is_folded = field_is(line, "m");
    uint32_t rva, parameter_bytes;

    reader->in_function = false;
    if (field_hex(line, &rva) && field_hex(line, &parameter_bytes))
        symbol_builder_public(reader->builder, rva, rest_text(reader, line), parameter_bytes, is_folded);
    else
        bad(reader, "PUBLIC record without address and parameter size of 32 bits");
}

static void read_inline_origin(struct sym_reader *reader, struct field *line)
{
    uint32_t id, text;

    if (!field_decimal(line, &id)) {
        bad(reader, "INLINE_ORIGIN record without a number");
        return;
    }
    text = rest_text(reader, line);
    if (idmap_get(&reader->origins, id))
        bad(reader, "INLINE_ORIGIN number used twice");
    else if (idmap_put(&reader->origins, id, text + 1))
        bad(reader, "no memory for its number");
}

static void read_inline_ranges(struct sym_reader *reader, struct field *line, uint32_t number)
{
    uint32_t rva, size, ranges = 0;

    while (field_hex(line, &rva) && field_hex(line, &size)) {
        symbol_builder_inline_range(reader->builder, number, rva, size);
        ranges++;
    }
    if (!ranges || line->at != line->end)
        bad(reader, "INLINE record whose ranges are not pairs of address and size");
}

static void read_inline(struct sym_reader *reader, struct field *line)
{
    uint32_t depth, call_line, call_file, id, origin;

    if (!field_decimal(line, &depth) || !field_decimal(line, &call_line) || !field_decimal(line, &call_file) || !field_decimal(line, &id)) {
        bad(reader, "INLINE record without depth, line, file and origin");
        return;
    }
    if (!reader->in_function) {
        bad(reader, "INLINE record outside of a function");
        return;
    }
    origin = idmap_get(&reader->origins, id);
    if (!origin)
        bad(reader, "INLINE record of an origin that was not named before");
    read_inline_ranges(
        reader, line,
        symbol_builder_inline(reader->builder, depth, origin ? origin - 1 : SYMBOL_TEXT_NONE, file_of(reader, call_file), call_line));
}

static void read_cfi(struct sym_reader *reader, struct field *line)
{
    bool is_init = field_is(line, "INIT");
    uint32_t rva, size;

    if (!field_hex(line, &rva) || (is_init && !field_hex(line, &size))) {
        reader->in_cfi = reader->in_cfi && !is_init;
        bad(reader, "STACK CFI record without address and size of 32 bits");
    } else if (is_init) {
        reader->in_cfi = true;
        symbol_builder_cfi(reader->builder, rva, size, rest_text(reader, line));
    } else if (reader->in_cfi) {
        symbol_builder_cfi_delta(reader->builder, rva, rest_text(reader, line));
    } else {
        bad(reader, "STACK CFI record that no STACK CFI INIT precedes");
    }
}

static void read_win(struct sym_reader *reader, struct field *line)
{
    struct symbol_win win = {0};
    uint32_t has_program;

    if (!field_hex(line, &win.type) || !field_hex(line, &win.rva) || !field_hex(line, &win.size) || !field_hex(line, &win.prologue_bytes) ||
        !field_hex(line, &win.epilogue_bytes) || !field_hex(line, &win.parameter_bytes) || !field_hex(line, &win.saved_register_bytes) ||
        !field_hex(line, &win.local_bytes) || !field_hex(line, &win.max_stack_bytes) || !field_hex(line, &has_program) || has_program > 1) {
        bad(reader, "STACK WIN record whose ten numbers do not hold");
        return;
    }
    if (has_program) {
        char program[1024];
        const char *text;
        size_t size;

        field_rest(line, &text, &size);
        if (size >= sizeof program) {
            bad(reader, "STACK WIN program longer than any tool writes");
            return;
        }
        memcpy(program, text, size);
        program[size] = 0;
        win.program = program;
        symbol_builder_win(reader->builder, &win);
    } else {
        uint32_t allocates = 0;

        if (!field_hex(line, &allocates))
            bad(reader, "STACK WIN record that does not say whether it uses the base pointer");
        win.allocates_base_pointer = allocates != 0;
        symbol_builder_win(reader->builder, &win);
    }
}

static void read_stack(struct sym_reader *reader, struct field *line)
{
    reader->in_function = false;
    if (field_is(line, "CFI"))
        read_cfi(reader, line);
    else if (field_is(line, "WIN"))
        read_win(reader, line);
    else
        bad(reader, "STACK record that is neither CFI nor WIN");
}

static const struct {
    const char *word;
    void (*read)(struct sym_reader *reader, struct field *line);
} records[] = {
    {"FUNC", read_function}, {"INLINE", read_inline}, {"STACK", read_stack},
    {"PUBLIC", read_public}, {"FILE", read_file},     {"INLINE_ORIGIN", read_inline_origin},
    {"MODULE", read_module}, {"INFO", read_info},
};

static void read_record(struct sym_reader *reader, const char *text, size_t size)
{
    struct field line = {text, text + size};

    reader->line++;
    if (size && text[size - 1] == '\r')
        line.end--;
    if (line.at == line.end)
        return;
    if (*line.at >= 'A' && *line.at <= 'Z') {
        for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
            if (field_is(&line, records[i].word)) {
                records[i].read(reader, &line);
                return;
            }
        }
    }
    read_line(reader, &line);
}

enum status sym_reader_create(struct sym_reader **ret, struct symbol_builder *builder)
{
    struct sym_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return ST_MEMORY;
    reader->builder = builder;
    buffer_init(&reader->carry, SYM_MAX_LINE_BYTES);
    *ret = reader;
    return ST_OK;
}

void sym_reader_free(struct sym_reader *reader)
{
    if (!reader)
        return;
    idmap_done(&reader->files);
    idmap_done(&reader->origins);
    buffer_done(&reader->carry);
    free(reader);
}

/* Keeps a part of a line; from the ceiling on, the whole line is left out. */
static void carry_add(struct sym_reader *reader, const char *text, size_t size)
{
    if (!reader->is_skipping && buffer_append(&reader->carry, text, size))
        reader->is_skipping = true;
}

/* The end of a line of which a part was kept. */
static void carry_end(struct sym_reader *reader)
{
    if (reader->is_skipping) {
        reader->line++;
        bad(reader, "longer than any record can be");
    } else {
        read_record(reader, buffer_text(&reader->carry), reader->carry.len);
    }
    reader->is_skipping = false;
    buffer_reset(&reader->carry);
}

void sym_reader_feed(struct sym_reader *reader, const void *text, size_t size)
{
    const char *at = text, *end = size ? at + size : at;

    while (at < end && !symbol_builder_status(reader->builder)) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        if (!newline) {
            carry_add(reader, at, (size_t)(end - at));
            return;
        }
        if (reader->carry.len || reader->is_skipping) {
            carry_add(reader, at, (size_t)(newline - at));
            carry_end(reader);
        } else {
            read_record(reader, at, (size_t)(newline - at));
        }
        at = newline + 1;
    }
}

enum status sym_reader_end(struct sym_reader *reader, const char **ret_why)
{
    enum status status = symbol_builder_status(reader->builder);

    if (!status && (reader->carry.len || reader->is_skipping)) {
        /* The writer ends every line: what is here is a part of one, and the rest of the file is missing. */
        carry_end(reader);
        symbol_builder_note(reader->builder, "line %" PRIu64 ": the file ends inside it and was probably cut off", reader->line);
    }
    if (!status && reader->promised_files)
        symbol_builder_note(reader->builder, "%" PRIu32 " source files are used that no FILE record names", reader->promised_files);
    if (!status)
        status = symbol_builder_status(reader->builder);
    if (status) {
        *ret_why = "needs more memory or has more records than the limits allow";
        return status;
    }
    if (!reader->has_module) {
        *ret_why = "is not a Breakpad symbol file: it has no MODULE record";
        return ST_FORMAT;
    }
    if (reader->bad_lines >= MIN_BAD && reader->bad_lines > reader->line / 2) {
        *ret_why = "is damaged: most of its lines are not those of a Breakpad symbol file";
        return ST_FORMAT;
    }
    return ST_OK;
}

enum status sym_read(struct symbol_builder *builder, struct file *file, const char **ret_why)
{
    struct sym_reader *reader = NULL;
    char *piece = malloc(READ_BYTES);
    size_t size = 1;
    enum status status = piece ? sym_reader_create(&reader, builder) : ST_MEMORY;

    *ret_why = "could not be read";
    while (!status && size && !symbol_builder_status(builder)) {
        status = file_read(file, piece, READ_BYTES, &size);
        if (!status)
            sym_reader_feed(reader, piece, size);
    }
    if (!status)
        status = sym_reader_end(reader, ret_why);
    sym_reader_free(reader);
    free(piece);
    return status;
}
