/* lookup.c - compiles a PDB or an image and answers for addresses read from standard input, one hex number a line, in the layout that
 * llvm-symbolizer has. With --win it prints the frame records instead, in llvm-pdbutil's units, with --entry the entries of .pdata, and
 * with --properties what the table says about the module. */
#include "base/file.h"
#include "base/text.h"
#include "symbols/pdb.h"
#include "symbols/pe_compile.h"
#include "symbols/symbols.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE_BYTES ((size_t)1 << 30)

static void print_frames(const struct symbol_table *table, uint32_t rva)
{
    struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count = 0;

    if (symbols_lookup(table, rva, frames, SYMBOLS_MAX_FRAMES, &count) != ST_OK)
        printf("??\n??:0\n");
    for (size_t i = 0; i < count; i++)
        printf("%s\n%s:%" PRIu32 "\n", frames[i].function, *frames[i].file ? frames[i].file : "??", frames[i].line);
    printf("\n");
}

static void print_win(const struct symbol_table *table, uint32_t rva)
{
    struct symbol_win win;

    if (symbols_win(table, rva, &win) != ST_OK) {
        printf("none\n");
        return;
    }
    printf("%08" PRIX32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %s\n", win.rva, win.size, win.local_bytes,
           win.parameter_bytes, win.max_stack_bytes, win.prologue_bytes, win.saved_register_bytes, win.program);
}

static void print_entry(const struct symbol_table *table, uint32_t rva)
{
    struct symbol_entry entry;
    struct span bytes = {NULL, 0};

    if (symbols_entry(table, rva, &entry) != ST_OK) {
        printf("none\n");
        return;
    }
    bool is_there = symbols_image(table, entry.rva, &bytes) && bytes.len >= entry.size;
    printf("%" PRIX32 " %" PRIX32 " %" PRIX32 " %s\n", entry.rva, entry.rva + entry.size, entry.unwind, is_there ? "code" : "no code");
}

static void print_properties(const struct symbol_table *table)
{
    static const char *const keys[] = {SYMBOL_PROPERTY_SOURCE,  SYMBOL_PROPERTY_OS,         SYMBOL_PROPERTY_CPU,
                                       SYMBOL_PROPERTY_CODE_ID, SYMBOL_PROPERTY_DEBUG_FILE, SYMBOL_PROPERTY_DEBUG_ID};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        printf("%s %s\n", keys[i], symbols_property(table, keys[i]));
}

static enum status read_symbols(struct span bytes, struct symbol_builder *builder, const char **ret_why)
{
    struct pe pe;

    if (pdb_is(bytes))
        return pdb_compile(bytes, builder, ret_why);
    enum status status = pe_open(&pe, bytes, false);
    return status ? status : pe_compile(&pe, builder);
}

static enum status compile(const char *path, struct buffer *ret_table)
{
    struct symbol_builder *builder = NULL;
    const char *why = "is neither a PDB nor an image";
    struct buffer bytes;
    enum status status;

    buffer_init(&bytes, MAX_FILE_BYTES);
    status = file_read_whole(path, MAX_FILE_BYTES, &bytes);
    if (!status)
        status = symbol_builder_create(&builder);
    if (!status)
        status = read_symbols((struct span){bytes.data, bytes.len}, builder, &why);
    if (!status)
        status = symbol_builder_append(builder, ret_table);
    if (status)
        fprintf(stderr, "%s %s (%s)\n", path, why, status_text(status));
    symbol_builder_free(builder);
    buffer_done(&bytes);
    return status;
}

static void answer(const struct symbol_table *table, const char *mode)
{
    char line[32], text[64];
    uint64_t rva;

    if (strcmp(mode, "--properties") == 0)
        print_properties(table);
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        snprintf(text, sizeof(text), "0x%s", line);
        if (!text_parse_u64(text, &rva) || rva > UINT32_MAX)
            printf("bad address %s\n", line);
        else if (strcmp(mode, "--win") == 0)
            print_win(table, (uint32_t)rva);
        else if (strcmp(mode, "--entry") == 0)
            print_entry(table, (uint32_t)rva);
        else
            print_frames(table, (uint32_t)rva);
    }
}

int main(int argc, char **argv)
{
    struct symbol_table *table = NULL;
    struct buffer bytes;
    int result = 1;

    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: symbols_lookup [--win|--entry|--properties] FILE <ADDRESSES\n");
        return 2;
    }
    buffer_init(&bytes, MAX_FILE_BYTES);
    if (compile(argv[argc - 1], &bytes) == ST_OK && symbols_open(&table, (struct span){bytes.data, bytes.len}) == ST_OK) {
        for (size_t i = 0; i < symbols_note_count(table); i++)
            fprintf(stderr, "note: %s\n", symbols_note(table, i));
        answer(table, argc == 3 ? argv[1] : "");
        result = 0;
    }
    symbols_close(table);
    buffer_done(&bytes);
    return result;
}
