/* test_pdb.c - PDBs: what they say of functions, inlines, lines and frames, moved code, and what happens when they are cut or damaged. */
#include "support_msf.h"
#include "support_symbols.h"
#include "symbols/msf.h"
#include "symbols/pdb.h"
#include "symbols/symbols.h"
#include "unit.h"

#define X64            SALVOR_TEST_DATA "/symbols/plain-x64.pdb"
#define X86            SALVOR_TEST_DATA "/symbols/plain-x86.pdb"
#define BLOCK_BYTES    512u
#define MAX_FILE_BYTES ((size_t)1 << 20)
#define FLIP_ROUNDS    10000u

/* Streams of the files, and places in the debug information stream. */
#define DBI_STREAM          3u
#define SECTION_STREAM      10u
#define FIRST_MODULE_STREAM 11u
#define DBI_AGE             8u
#define DBI_DEBUG_SIZE      48u
#define DEBUG_FPO           0u
#define DEBUG_OMAP          4u
#define DEBUG_ORIGINAL      10u

static void read_file(const char *path, struct buffer *ret)
{
    buffer_init(ret, MAX_FILE_BYTES);
    assert_status(file_read_whole(path, MAX_FILE_BYTES, ret), ST_OK);
}

static void take_file(const char *path, struct msf_streams *ret)
{
    struct buffer file;

    read_file(path, &file);
    msf_streams_take(ret, (struct span){file.data, file.len});
    buffer_done(&file);
}

/* Compiles a copy whose end the sanitizer guards; NULL with the status when it is no PDB. */
static struct symbol_table *compile_bytes(const uint8_t *bytes, size_t size, enum status *ret_status)
{
    uint8_t *copy = malloc(size ? size : 1);
    struct symbol_builder *builder = NULL;
    struct symbol_table *table = NULL;
    const char *why = NULL;

    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    assert_status(symbol_builder_create(&builder), ST_OK);
    *ret_status = pdb_compile((struct span){copy, size}, builder, &why);
    if (*ret_status == ST_OK) {
        table = symbols_compiled(builder);
    } else {
        assert_non_null(why);
        symbol_builder_free(builder);
    }
    free(copy);
    return table;
}

static struct symbol_table *compile_streams(const struct msf_streams *streams, bool is_scattered, enum status *ret_status)
{
    struct buffer file;

    buffer_init(&file, MAX_FILE_BYTES);
    msf_streams_put(streams, BLOCK_BYTES, is_scattered, &file);
    struct symbol_table *table = compile_bytes(file.data, file.len, ret_status);
    buffer_done(&file);
    return table;
}

static struct symbol_table *compile_file(const char *path)
{
    struct buffer file;
    enum status status;

    read_file(path, &file);
    struct symbol_table *table = compile_bytes(file.data, file.len, &status);
    assert_status(status, ST_OK);
    buffer_done(&file);
    return table;
}

/* The frames at rva as "function file:line", innermost first, joined by " < ". */
static const char *frames_at(const struct symbol_table *table, uint32_t rva)
{
    static char text[1024];
    struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count = 0, used = 0;

    if (symbols_lookup(table, rva, frames, SYMBOLS_MAX_FRAMES, &count) != ST_OK)
        return "nothing";
    for (size_t i = 0; i < count && used < sizeof(text); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %s:%u", i ? " < " : "", frames[i].function, frames[i].file,
                                 (unsigned)frames[i].line);
    return text;
}

static void put_debug_stream(struct msf_streams *streams, uint32_t row, uint16_t stream)
{
    struct buffer *dbi = &streams->streams[DBI_STREAM];
    size_t start = dbi->len - bytes_u32(dbi->data + DBI_DEBUG_SIZE);

    bytes_put_u16(dbi->data + start + 2 * (size_t)row, stream);
}

/* Adds a stream of 32-bit words. */
static uint16_t add_stream(struct msf_streams *streams, const void *bytes, size_t size)
{
    struct buffer *added = &streams->streams[streams->count];

    buffer_init(added, MAX_FILE_BYTES);
    assert_status(buffer_append(added, bytes, size), ST_OK);
    return (uint16_t)streams->count++;
}

static uint16_t add_words(struct msf_streams *streams, const uint32_t *words, size_t count)
{
    uint8_t bytes[256];

    for (size_t i = 0; i < count; i++)
        bytes_put_u32(bytes + 4 * i, words[i]);
    return add_stream(streams, bytes, 4 * count);
}

static void compile_when_x64_then_functions_inlines_and_lines_are_there(void **state)
{
    struct symbol_table *table = compile_file(X64);

    (void)state;
    assert_string_equal(frames_at(table, 0x1001), "plain_sum /salvor/plain.c:22");
    assert_string_equal(frames_at(table, 0x1047), "thrice_and_more /salvor/plain.c:14 < plain_sum /salvor/plain.c:23");
    assert_string_equal(frames_at(table, 0x1071),
                        "header_clamp /salvor/./plain.h:23 < thrice_and_more /salvor/plain.c:15 < plain_sum /salvor/plain.c:23");
    assert_string_equal(frames_at(table, 0x1190), "geometry::circle::area /salvor/shapes.cpp:61");
    assert_int_equal(symbols_note_count(table), 0);
    symbols_close(table);
}

static void compile_when_blocks_are_scattered_then_it_says_the_same(void **state)
{
    struct msf_streams streams;
    struct symbol_table *table;
    enum status status;

    (void)state;
    take_file(X64, &streams);
    table = compile_streams(&streams, true, &status);
    assert_status(status, ST_OK);
    assert_string_equal(frames_at(table, 0x1047), "thrice_and_more /salvor/plain.c:14 < plain_sum /salvor/plain.c:23");
    symbols_close(table);
    msf_streams_done(&streams);
}

static void compile_when_x86_then_frame_data_has_its_program(void **state)
{
    struct symbol_table *table = compile_file(X86);
    struct symbol_win win;

    (void)state;
    assert_status(symbols_win(table, 0x1001, &win), ST_OK);
    assert_int_equal(win.type, SYMBOL_WIN_FRAME_DATA);
    assert_int_equal(win.rva, 0x1001);
    assert_int_equal(win.size, 180);
    assert_int_equal(win.parameter_bytes, 4);
    assert_int_equal(win.saved_register_bytes, 4);
    assert_string_equal(win.program, "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = $ebx $T0 4 - ^ = ");
    symbols_close(table);
}

static void compile_when_fpo_rows_then_their_bits_are_apart(void **state)
{
    /* 5 words of locals, 3 of parameters; prologue 7 bytes, 2 registers, base pointer, kind 0 */
    static const uint32_t row[] = {0x9000, 0x40, 5, 3 | 7u << 16 | 0x12u << 24};
    struct msf_streams streams;
    struct symbol_table *table;
    struct symbol_win win;
    enum status status;

    (void)state;
    take_file(X86, &streams);
    put_debug_stream(&streams, DEBUG_FPO, add_words(&streams, row, COUNT_OF(row)));
    table = compile_streams(&streams, false, &status);
    assert_status(status, ST_OK);
    assert_status(symbols_win(table, 0x903f, &win), ST_OK);
    assert_int_equal(win.type, SYMBOL_WIN_FPO);
    assert_int_equal(win.local_bytes, 20);
    assert_int_equal(win.parameter_bytes, 12);
    assert_int_equal(win.prologue_bytes, 7);
    assert_int_equal(win.saved_register_bytes, 8);
    assert_true(win.allocates_base_pointer);
    symbols_close(table);
    msf_streams_done(&streams);
}

static void compile_when_code_was_moved_then_both_parts_are_found_where_they_run(void **state)
{
    static const uint32_t omap[] = {0x1000, 0x9000, 0x1040, 0x20040, 0x10b0, 0};
    struct msf_streams streams;
    struct symbol_table *table;
    enum status status;

    (void)state;
    take_file(X64, &streams);
    put_debug_stream(&streams, DEBUG_OMAP, add_words(&streams, omap, COUNT_OF(omap)));
    put_debug_stream(&streams, DEBUG_ORIGINAL,
                     add_stream(&streams, streams.streams[SECTION_STREAM].data, streams.streams[SECTION_STREAM].len));
    table = compile_streams(&streams, false, &status);
    assert_status(status, ST_OK);
    assert_string_equal(frames_at(table, 0x9001), "plain_sum /salvor/plain.c:22");
    assert_string_equal(frames_at(table, 0x20047), "thrice_and_more /salvor/plain.c:14 < plain_sum /salvor/plain.c:23");
    assert_string_equal(frames_at(table, 0x1001), "nothing");
    symbols_close(table);
    msf_streams_done(&streams);
}

static void identify_when_the_ages_differ_then_both_are_told_and_the_dbi_age_counts(void **state)
{
    struct msf_streams streams;
    struct pdb_identity identity;
    struct symbol_table *table;
    struct buffer file;
    const char *why;
    enum status status;

    (void)state;
    take_file(X64, &streams);
    bytes_put_u32(streams.streams[DBI_STREAM].data + DBI_AGE, 0x2a);
    buffer_init(&file, MAX_FILE_BYTES);
    msf_streams_put(&streams, BLOCK_BYTES, false, &file);
    assert_true(pdb_is((struct span){file.data, file.len}));
    assert_status(pdb_identify((struct span){file.data, file.len}, &identity, &why), ST_OK);
    assert_int_equal(identity.info_age, 1);
    assert_int_equal(identity.dbi_age, 0x2a);
    table = compile_bytes(file.data, file.len, &status);
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_DEBUG_ID), "506DD4D554C735364C4C44205044422E2a");
    symbols_close(table);
    buffer_done(&file);
    msf_streams_done(&streams);
}

static void compile_when_debug_information_is_missing_then_it_says_so(void **state)
{
    struct msf_streams streams;
    enum status status;

    (void)state;
    take_file(X64, &streams);
    buffer_reset(&streams.streams[DBI_STREAM]);
    assert_null(compile_streams(&streams, false, &status));
    assert_status(status, ST_NOT_FOUND);
    msf_streams_done(&streams);
}

static void compile_when_a_module_is_damaged_then_the_others_stay_and_it_is_noted(void **state)
{
    struct msf_streams streams;
    struct symbol_table *table;
    enum status status;

    (void)state;
    take_file(X64, &streams);
    bytes_put_u32(streams.streams[FIRST_MODULE_STREAM].data, 99);
    table = compile_streams(&streams, false, &status);
    assert_status(status, ST_OK);
    assert_string_equal(frames_at(table, 0x1190), "geometry::circle::area /salvor/shapes.cpp:61");
    assert_string_equal(frames_at(table, 0x1001), "plain_sum :0");
    assert_int_equal(symbols_note_count(table), 1);
    symbols_close(table);
    msf_streams_done(&streams);
}

static void compile_when_the_file_is_cut_anywhere_then_it_fails(void **state)
{
    struct buffer file;
    enum status status;

    (void)state;
    read_file(X64, &file);
    for (size_t size = 0; size < file.len; size += size < 4096 ? 1 : 61) {
        assert_null(compile_bytes(file.data, size, &status));
        assert_status(status, size < 32 ? ST_FORMAT : ST_TRUNCATED);
    }
    buffer_done(&file);
}

static void compile_when_any_stream_is_cut_anywhere_then_a_part_or_an_error_comes(void **state)
{
    struct msf_streams streams;
    enum status status;
    uint32_t parts = 0;

    (void)state;
    take_file(X64, &streams);
    for (uint32_t i = 1; i < streams.count; i++) {
        size_t whole = streams.streams[i].len;
        for (size_t size = 0; size < whole; size++) {
            streams.streams[i].len = size;
            struct symbol_table *table = compile_streams(&streams, size & 1, &status);
            if (table)
                symbols_touch(table);
            parts += table != NULL;
            symbols_close(table);
        }
        streams.streams[i].len = whole;
    }
    assert_true(parts > 1000);
    msf_streams_done(&streams);
}

static void flip_in_streams(const char *path, uint64_t seed)
{
    struct msf_streams streams;
    struct buffer file;
    enum status status;

    take_file(path, &streams);
    buffer_init(&file, MAX_FILE_BYTES);
    msf_streams_put(&streams, BLOCK_BYTES, true, &file);
    for (uint32_t round = 0; round < FLIP_ROUNDS; round++) {
        for (int flips = 0; flips < 2; flips++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            file.data[(size_t)(seed >> 33) % file.len] ^= (uint8_t)(1u << (seed >> 60 & 7));
        }
        struct symbol_table *table = compile_bytes(file.data, file.len, &status);
        if (table)
            symbols_touch(table);
        symbols_close(table);
        if (round % 8 == 7) { /* damage adds up for some rounds */
            buffer_reset(&file);
            msf_streams_put(&streams, BLOCK_BYTES, true, &file);
        }
    }
    buffer_done(&file);
    msf_streams_done(&streams);
}

static void compile_when_bytes_are_flipped_then_nothing_breaks(void **state)
{
    (void)state;
    flip_in_streams(X64, 1);
    flip_in_streams(X86, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compile_when_x64_then_functions_inlines_and_lines_are_there),
        cmocka_unit_test(compile_when_blocks_are_scattered_then_it_says_the_same),
        cmocka_unit_test(compile_when_x86_then_frame_data_has_its_program),
        cmocka_unit_test(compile_when_fpo_rows_then_their_bits_are_apart),
        cmocka_unit_test(compile_when_code_was_moved_then_both_parts_are_found_where_they_run),
        cmocka_unit_test(identify_when_the_ages_differ_then_both_are_told_and_the_dbi_age_counts),
        cmocka_unit_test(compile_when_debug_information_is_missing_then_it_says_so),
        cmocka_unit_test(compile_when_a_module_is_damaged_then_the_others_stay_and_it_is_noted),
        cmocka_unit_test(compile_when_the_file_is_cut_anywhere_then_it_fails),
        cmocka_unit_test(compile_when_any_stream_is_cut_anywhere_then_a_part_or_an_error_comes),
        cmocka_unit_test(compile_when_bytes_are_flipped_then_nothing_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
