/* test_symbols_sym.c - Breakpad's symbol files: each record, the whole file in pieces of any size, and files that are wrong. */
#include "unit.h"

#include "support_symbols.h"
#include "symbols/sym.h"

static const char sample[] = "MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 my test.pdb\n"
                             "INFO CODE_ID 5A9832E512000 test.exe\n"
                             "INFO GENERATOR mozilla/dump_syms\n"
                             "FILE 0 c:\\src\\a file.c\n"
                             "FILE 7 h.h\r\n"
                             "INLINE_ORIGIN 0 ns::inlined<int>(int, char)\n"
                             "FUNC 1000 40 0 main(int, char**)\n"
                             "INLINE 0 12 0 0 1010 8 1020 4\n"
                             "1000 10 10 0\n"
                             "1010 8 100 7\n"
                             "1018 8 13 0\n"
                             "1020 4 101 7\n"
                             "1024 1c 14 0\n"
                             "\n"
                             "FUNC m 2000 10 8 folded\n"
                             "2000 10 20 9\n"
                             "FILE 9 late.c\n"
                             "PUBLIC 3000 0 _start\n"
                             "PUBLIC m 3010 4 _end label\n"
                             "STACK CFI INIT 1000 40 .cfa: $rsp 8 + .ra: .cfa 8 - ^\n"
                             "STACK CFI 1004 .cfa: $rsp 48 +\n"
                             "STACK WIN 4 1000 40 4 1 8 c 10 20 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\n"
                             "STACK WIN 0 2000 10 0 0 8 0 0 0 0 1\n";

static struct symbol_table *read_text(const char *text)
{
    const char *why = NULL;
    struct symbol_table *table = symbols_from_sym(text, strlen(text), strlen(text) + 1, &why);

    if (!table)
        fail_msg("%s", why);
    return table;
}

static void check_frame(const struct symbol_table *table, uint32_t rva, size_t index, const char *function, const char *file, uint32_t line)
{
    struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count = 0;

    assert_status(symbols_lookup(table, rva, frames, SYMBOLS_MAX_FRAMES, &count), ST_OK);
    assert_true(index < count);
    assert_string_equal(frames[index].function, function);
    assert_string_equal(frames[index].file, file);
    assert_int_equal(frames[index].line, line);
}

static void check_sample(const struct symbol_table *table)
{
    struct symbol_cfi cfi;
    struct symbol_win win;

    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_OS), "windows");
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_CPU), "x86_64");
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_DEBUG_ID), "5A9832E5287241C1838ED98914E9B7FF1");
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_DEBUG_FILE), "my test.pdb");
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_CODE_ID), "5A9832E512000");
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_CODE_FILE), "test.exe");
    check_frame(table, 0x100f, 0, "main(int, char**)", "c:\\src\\a file.c", 10);
    check_frame(table, 0x1010, 0, "ns::inlined<int>(int, char)", "h.h", 100);
    check_frame(table, 0x1010, 1, "main(int, char**)", "c:\\src\\a file.c", 12);
    check_frame(table, 0x1018, 0, "main(int, char**)", "c:\\src\\a file.c", 13);
    check_frame(table, 0x1023, 0, "ns::inlined<int>(int, char)", "h.h", 101);
    check_frame(table, 0x103f, 0, "main(int, char**)", "c:\\src\\a file.c", 14);
    check_frame(table, 0x2004, 0, "folded", "late.c", 20);
    check_frame(table, 0x300f, 0, "_start", "", 0);
    check_frame(table, 0x3010, 0, "_end label", "", 0);
    assert_status(symbols_cfi(table, 0x1004, &cfi), ST_OK);
    assert_string_equal(cfi.init, ".cfa: $rsp 8 + .ra: .cfa 8 - ^");
    assert_string_equal(symbols_cfi_delta(table, &cfi, 0), ".cfa: $rsp 48 +");
    assert_status(symbols_win(table, 0x1004, &win), ST_OK);
    assert_string_equal(win.program, "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =");
    assert_int_equal(win.saved_register_bytes, 0xc);
    assert_int_equal(win.local_bytes, 0x10);
    assert_status(symbols_win(table, 0x2004, &win), ST_OK);
    assert_true(win.allocates_base_pointer);
    assert_int_equal(win.parameter_bytes, 8);
    assert_int_equal(symbols_note_count(table), 0);
}

static void sym_when_fed_in_pieces_of_any_size_reads_the_same(void **state)
{
    const char *why = NULL;

    (void)state;
    for (size_t step = 1; step <= sizeof sample; step++) {
        struct symbol_table *table = symbols_from_sym(sample, sizeof sample - 1, step, &why);

        assert_non_null(table);
        check_sample(table);
        symbols_close(table);
    }
}

static void sym_when_read_from_a_file_reads_the_same(void **state)
{
    char *path = in_scratch(state, "a.sym"), *cache = in_scratch(state, "a.table");
    struct symbol_builder *builder = NULL;
    struct file file = {FILE_CLOSED};
    struct symbol_table *table = NULL;
    const char *why = NULL;

    assert_status(file_write_whole(path, sample, sizeof sample - 1), ST_OK);
    assert_status(file_open(&file, path, FILE_MODE_READ), ST_OK);
    assert_status(symbol_builder_create(&builder), ST_OK);
    assert_status(sym_read(builder, &file, &why), ST_OK);
    assert_status(symbol_builder_save(builder, cache), ST_OK);
    assert_status(symbols_open_file(&table, cache), ST_OK);
    check_sample(table);
    symbols_close(table);
    symbol_builder_free(builder);
    file_close(&file);
    free(path);
    free(cache);
}

static void sym_when_lines_make_no_sense_notes_their_numbers(void **state)
{
    static const char *const cases[][2] = {
        {"FUNC xyz 10 0 f", "line 2: FUNC record without address, size and parameter size of 32 bits"},
        {"FUNC 100000000 10 0 f", "line 2: FUNC record without address, size and parameter size of 32 bits"},
        {"1000 10 5 0", "line 2: source line outside of a function"},
        {"hello", "line 2: neither a record nor a source line of address, size, line and file"},
        {"PUBLIC 1000", "line 2: PUBLIC record without address and parameter size of 32 bits"},
        {"FILE name", "line 2: FILE record without a number"},
        {"STACK CFI 1000 a", "line 2: STACK CFI record that no STACK CFI INIT precedes"},
        {"STACK CFI INIT 1000 a: b", "line 2: STACK CFI record without address and size of 32 bits"},
        {"STACK WIN 4 1000 10 0 0 0 0 0 0 2 x", "line 2: STACK WIN record whose ten numbers do not hold"},
        {"STACK X", "line 2: STACK record that is neither CFI nor WIN"},
        {"INLINE 0 1 2 3 1000 10", "line 2: INLINE record outside of a function"},
        {"INLINE_ORIGIN a", "line 2: INLINE_ORIGIN record without a number"},
        {"MODULE Linux x86 0 second", "line 2: a second MODULE record"},
        {"INFO CODE_ID", "line 2: INFO CODE_ID without an id"},
        {"FUNC 1000 10 0 f\nINLINE 0 1 2 3 1000 10", "line 3: INLINE record of an origin that was not named before"},
        {"INLINE_ORIGIN 3 o\nFUNC 1000 10 0 f\nINLINE 0 1 2 3 1000",
         "line 4: INLINE record whose ranges are not pairs of address and size"},
        {"FUNC 1000 10 0 f\n1000 10 5 77", "1 source files are used that no FILE record names"},
        {"FILE 1 a\nFILE 1 b", "line 3: FILE number used twice"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[512];
        struct symbol_table *table;

        snprintf(text, sizeof text, "MODULE windows x86 ABC1 m.pdb\n%s\n", cases[i][0]);
        table = read_text(text);
        assert_true(symbols_note_count(table) >= 1);
        assert_string_equal(symbols_note(table, 0), cases[i][1]);
        symbols_close(table);
    }
}

static void sym_when_function_is_unreadable_its_lines_go_to_nobody(void **state)
{
    struct symbol_frame frames[2];
    struct symbol_table *table =
        read_text("MODULE windows x86 ABC1 m.pdb\nFILE 0 a.c\nFUNC 1000 100 0 good\nFUNC ? 10 0 bad\n1010 10 5 0\n");
    size_t count;

    (void)state;
    assert_status(symbols_lookup(table, 0x1010, frames, 2, &count), ST_OK);
    assert_string_equal(frames[0].function, "good");
    assert_int_equal(frames[0].line, 0);
    symbols_close(table);
}

static void sym_when_it_ends_inside_a_line_says_so(void **state)
{
    struct symbol_table *table = read_text("MODULE windows x86 ABC1 m.pdb\nFUNC 1000 10 0 cut_of");

    (void)state;
    assert_int_equal(symbols_note_count(table), 1);
    assert_string_equal(symbols_note(table, 0), "line 2: the file ends inside it and was probably cut off");
    symbols_close(table);
}

static void sym_when_it_is_something_else_is_refused_with_a_reason(void **state)
{
    static const char html[] = "<!DOCTYPE html>\n<html>\n<body>404</body>\n</html>\n";
    const char *why = NULL;
    struct buffer text;

    (void)state;
    assert_null(symbols_from_sym(html, sizeof html - 1, 1000, &why));
    assert_string_equal(why, "is not a Breakpad symbol file: it has no MODULE record");
    assert_null(symbols_from_sym("", 0, 1000, &why));
    assert_string_equal(why, "is not a Breakpad symbol file: it has no MODULE record");
    buffer_init(&text, 100000);
    assert_status(buffer_append_text(&text, "MODULE windows x86 ABC1 m.pdb\n"), ST_OK);
    for (unsigned i = 0; i < 100; i++)
        assert_status(buffer_append_text(&text, "@@ no symbols @@\n"), ST_OK);
    assert_null(symbols_from_sym(text.data, text.len, 1000, &why));
    assert_string_equal(why, "is damaged: most of its lines are not those of a Breakpad symbol file");
    buffer_done(&text);
}

static void sym_when_a_line_is_too_long_leaves_it_out(void **state)
{
    const char *why = NULL;
    struct symbol_frame frames[2];
    struct symbol_table *table;
    struct buffer text;
    size_t count;

    (void)state;
    buffer_init(&text, 2 * SYM_MAX_LINE_BYTES + 1000);
    assert_status(buffer_append_text(&text, "MODULE windows x86 ABC1 m.pdb\nFUNC 1000 10 0 "), ST_OK);
    assert_status(buffer_reserve(&text, SYM_MAX_LINE_BYTES + 1), ST_OK);
    memset(text.data + text.len, 'x', SYM_MAX_LINE_BYTES + 1);
    text.len += SYM_MAX_LINE_BYTES + 1;
    assert_status(buffer_append_text(&text, "\nFUNC 2000 10 0 after\n"), ST_OK);
    table = symbols_from_sym(text.data, text.len, 4096, &why);
    assert_non_null(table);
    assert_status(symbols_lookup(table, 0x1000, frames, 2, &count), ST_NOT_FOUND);
    assert_status(symbols_lookup(table, 0x2000, frames, 2, &count), ST_OK);
    assert_string_equal(frames[0].function, "after");
    assert_string_equal(symbols_note(table, 0), "line 2: longer than any record can be");
    symbols_close(table);
    buffer_done(&text);
}

static void sym_when_a_name_is_very_long_is_cut(void **state)
{
    const char *why = NULL;
    struct symbol_frame frames[1];
    struct symbol_table *table;
    struct buffer text;
    size_t count;

    (void)state;
    buffer_init(&text, 200000);
    assert_status(buffer_append_text(&text, "MODULE windows x86 ABC1 m.pdb\nFUNC 1000 10 0 "), ST_OK);
    for (unsigned i = 0; i < 100000; i++)
        assert_status(buffer_append_byte(&text, 'n'), ST_OK);
    assert_status(buffer_append_text(&text, "\n"), ST_OK);
    table = symbols_from_sym(text.data, text.len, 10000, &why);
    assert_non_null(table);
    assert_status(symbols_lookup(table, 0x1000, frames, 1, &count), ST_OK);
    assert_int_equal(strlen(frames[0].function), SYMBOL_MAX_NAME_BYTES);
    symbols_close(table);
    buffer_done(&text);
}

static void identify_when_only_the_start_is_there_tells_the_module(void **state)
{
    struct sym_module module;

    (void)state;
    assert_status(sym_identify((struct span){(const uint8_t *)sample, 80}, &module), ST_OK);
    assert_string_equal(module.debug_id, "5A9832E5287241C1838ED98914E9B7FF1");
    assert_string_equal(module.debug_file, "my test.pdb");
    assert_status(sym_identify((struct span){(const uint8_t *)sample, 40}, &module), ST_FORMAT);
    assert_status(sym_identify((struct span){(const uint8_t *)"MODULE a b\n", 11}, &module), ST_FORMAT);
    assert_status(sym_identify((struct span){NULL, 0}, &module), ST_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sym_when_fed_in_pieces_of_any_size_reads_the_same),
        test_in_scratch(sym_when_read_from_a_file_reads_the_same),
        cmocka_unit_test(sym_when_lines_make_no_sense_notes_their_numbers),
        cmocka_unit_test(sym_when_function_is_unreadable_its_lines_go_to_nobody),
        cmocka_unit_test(sym_when_it_ends_inside_a_line_says_so),
        cmocka_unit_test(sym_when_it_is_something_else_is_refused_with_a_reason),
        cmocka_unit_test(sym_when_a_line_is_too_long_leaves_it_out),
        cmocka_unit_test(sym_when_a_name_is_very_long_is_cut),
        cmocka_unit_test(identify_when_only_the_start_is_there_tells_the_module),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
