/* test_symbols.c - lib/symbols: what a builder is fed comes back from the compiled table, at every address and only there. */
#include "unit.h"

#include "support_symbols.h"
#include "symbols/builder.h"
#include "symbols/symbols.h"

static struct symbol_builder *builder_new(void)
{
    struct symbol_builder *builder = NULL;

    assert_status(symbol_builder_create(&builder), ST_OK);
    return builder;
}

static uint32_t text(struct symbol_builder *builder, const char *value)
{
    return symbol_builder_text(builder, value, strlen(value));
}

static uint32_t source(struct symbol_builder *builder, const char *path)
{
    return symbol_builder_file(builder, path, strlen(path));
}

static void function(struct symbol_builder *builder, uint32_t rva, uint32_t size, const char *name)
{
    symbol_builder_function(builder, &(struct symbol_function){.rva = rva, .size = size, .name = text(builder, name)});
}

/* The frames at an address as "inner@file:line<outer@file:line", or "-" when there are none. */
static const char *at(const struct symbol_table *table, uint32_t rva)
{
    static char out[4096];
    struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
    size_t count = 0, used = 0;

    if (symbols_lookup(table, rva, frames, SYMBOLS_MAX_FRAMES, &count) == ST_NOT_FOUND)
        return "-";
    for (size_t i = 0; i < count; i++) {
        assert_true(frames[i].is_inline == (i + 1 < count));
        used +=
            (size_t)snprintf(out + used, sizeof out - used, "%s%s@%s:%u", i ? "<" : "", frames[i].function, frames[i].file, frames[i].line);
    }
    return out;
}

static void lookup_when_table_is_empty_finds_nothing(void **state)
{
    struct symbol_table *table = symbols_compiled(builder_new());

    (void)state;
    assert_string_equal(at(table, 0), "-");
    assert_string_equal(at(table, UINT32_MAX), "-");
    assert_string_equal(symbols_property(table, "os"), "");
    assert_string_equal(symbols_note(table, 0), "");
    symbols_close(table);
}

static void lookup_when_address_is_at_a_boundary_is_exact(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    uint32_t file = source(builder, "a.c");

    (void)state;
    function(builder, 0x1000, 0x20, "first");
    symbol_builder_line(builder, 0x1004, 4, file, 10, 0);
    symbol_builder_line(builder, 0x1008, 8, file, 11, 0);
    symbol_builder_line(builder, 0x1018, 0x100, file, 12, 0); /* longer than the function */
    function(builder, 0x1020, 0x10, "second");
    function(builder, 0x2000, 1, "third");
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0xfff), "-");
    assert_string_equal(at(table, 0x1000), "first@:0");
    assert_string_equal(at(table, 0x1003), "first@:0");
    assert_string_equal(at(table, 0x1004), "first@a.c:10");
    assert_string_equal(at(table, 0x1007), "first@a.c:10");
    assert_string_equal(at(table, 0x1008), "first@a.c:11");
    assert_string_equal(at(table, 0x100f), "first@a.c:11");
    assert_string_equal(at(table, 0x1010), "first@:0");
    assert_string_equal(at(table, 0x1018), "first@a.c:12");
    assert_string_equal(at(table, 0x101f), "first@a.c:12");
    assert_string_equal(at(table, 0x1020), "second@:0");
    assert_string_equal(at(table, 0x102f), "second@:0");
    assert_string_equal(at(table, 0x1030), "-");
    assert_string_equal(at(table, 0x2000), "third@:0");
    assert_string_equal(at(table, 0x2001), "-");
    symbols_close(table);
}

static void lookup_when_functions_come_in_any_order_finds_each(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    uint32_t file = source(builder, "a.c");

    (void)state;
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t k = i * 7919 % 500;
        char name[16];

        snprintf(name, sizeof name, "f%u", k);
        function(builder, 0x1000 + k * 16, 16, name);
        symbol_builder_line(builder, 0x1000 + k * 16 + 8, 8, file, k + 1, 0);
    }
    table = symbols_compiled(builder);
    for (uint32_t k = 0; k < 500; k++) {
        char expected[32];

        snprintf(expected, sizeof expected, "f%u@:0", k);
        assert_string_equal(at(table, 0x1000 + k * 16 + 7), expected);
        snprintf(expected, sizeof expected, "f%u@a.c:%u", k, k + 1);
        assert_string_equal(at(table, 0x1000 + k * 16 + 8), expected);
    }
    symbols_close(table);
}

static void lookup_when_function_lies_inside_another_prefers_it(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_frame frames[1];
    struct symbol_table *table;
    uint32_t file = source(builder, "a.c");
    size_t count;

    (void)state;
    function(builder, 0x1000, 0x100, "outer");
    symbol_builder_line(builder, 0x1000, 0x100, file, 1, 0);
    function(builder, 0x1040, 0x10, "inner");
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0x103f), "outer@a.c:1");
    assert_string_equal(at(table, 0x1040), "inner@:0");
    assert_string_equal(at(table, 0x104f), "inner@:0");
    assert_string_equal(at(table, 0x1050), "outer@a.c:1");
    assert_status(symbols_lookup(table, 0x1050, frames, 1, &count), ST_OK);
    assert_int_equal(frames[0].rva, 0x1000);
    symbols_close(table);
}

static void lookup_when_names_share_an_address_gives_the_first_and_says_so(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_frame frames[2];
    struct symbol_table *table;
    size_t count;

    (void)state;
    function(builder, 0x1000, 0x10, "one");
    function(builder, 0x1000, 0x10, "two");
    function(builder, 0x2000, 0x10, "alone");
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0x1000), "one@:0");
    assert_status(symbols_lookup(table, 0x1000, frames, 2, &count), ST_OK);
    assert_true(frames[0].is_folded);
    assert_status(symbols_lookup(table, 0x2000, frames, 2, &count), ST_OK);
    assert_false(frames[0].is_folded);
    symbols_close(table);
}

static void lookup_when_only_labels_are_near_uses_them_between_functions(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_frame frames[1];
    struct symbol_table *table;
    size_t count;

    (void)state;
    symbol_builder_public(builder, 0x3000, text(builder, "last"), 8, false);
    symbol_builder_public(builder, 0x1000, text(builder, "begin"), 0, false);
    symbol_builder_public(builder, 0x1010, text(builder, "next"), 0, false);
    symbol_builder_public(builder, 0x2004, text(builder, "hidden"), 0, false);
    function(builder, 0x2000, 0x10, "real");
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0xfff), "-");
    assert_string_equal(at(table, 0x100f), "begin@:0");
    assert_string_equal(at(table, 0x1010), "next@:0");
    assert_string_equal(at(table, 0x1fff), "next@:0");
    assert_string_equal(at(table, 0x2004), "real@:0");
    assert_string_equal(at(table, 0x2010), "-"); /* behind a function no label before it counts */
    assert_string_equal(at(table, 0x7fffffff), "last@:0");
    assert_status(symbols_lookup(table, 0x3005, frames, 1, &count), ST_OK);
    assert_true(frames[0].is_public);
    assert_int_equal(frames[0].parameter_bytes, 8);
    assert_int_equal(frames[0].rva, 0x3000);
    symbols_close(table);
}

static void lookup_when_code_is_inlined_gives_the_chain(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    uint32_t a = source(builder, "a.c"), h = source(builder, "h.h");
    uint32_t outer, inner;

    (void)state;
    function(builder, 0x1000, 0x40, "main");
    outer = symbol_builder_inline(builder, 0, text(builder, "outer"), a, 5);
    inner = symbol_builder_inline(builder, 1, text(builder, "inner"), h, 20);
    symbol_builder_inline_range(builder, inner, 0x1018, 8);
    symbol_builder_inline_range(builder, inner, 0x1034, 2);
    symbol_builder_inline_range(builder, outer, 0x1010, 0x10);
    symbol_builder_inline_range(builder, outer, 0x1030, 8);
    symbol_builder_line(builder, 0x1000, 0x10, a, 4, 0);
    symbol_builder_line(builder, 0x1010, 8, h, 19, 0);
    symbol_builder_line(builder, 0x1018, 8, h, 30, 0);
    symbol_builder_line(builder, 0x1020, 0x10, a, 6, 0);
    symbol_builder_line(builder, 0x1030, 8, h, 21, 0);
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0x100f), "main@a.c:4");
    assert_string_equal(at(table, 0x1010), "outer@h.h:19<main@a.c:5");
    assert_string_equal(at(table, 0x1017), "outer@h.h:19<main@a.c:5");
    assert_string_equal(at(table, 0x1018), "inner@h.h:30<outer@h.h:20<main@a.c:5");
    assert_string_equal(at(table, 0x101f), "inner@h.h:30<outer@h.h:20<main@a.c:5");
    assert_string_equal(at(table, 0x1020), "main@a.c:6");
    assert_string_equal(at(table, 0x1033), "outer@h.h:21<main@a.c:5");
    assert_string_equal(at(table, 0x1034), "inner@h.h:21<outer@h.h:20<main@a.c:5");
    assert_string_equal(at(table, 0x1036), "outer@h.h:21<main@a.c:5");
    assert_string_equal(at(table, 0x1038), "main@:0");
    assert_string_equal(at(table, 0x1040), "-");
    symbols_close(table);
}

static void lookup_when_lines_have_levels_takes_calls_from_the_outer_one(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    uint32_t a = source(builder, "a.c"), h = source(builder, "h.h"), call;

    (void)state;
    function(builder, 0x1000, 0x40, "main");
    call = symbol_builder_inline(builder, 0, text(builder, "in"), SYMBOL_FILE_BY_LINES, 0);
    symbol_builder_inline_range(builder, call, 0x1010, 0x10);
    symbol_builder_line(builder, 0x1000, 0x18, a, 1, 0);
    symbol_builder_line(builder, 0x1018, 0x28, a, 2, 0);
    symbol_builder_line(builder, 0x1010, 4, h, 100, 1);
    symbol_builder_line(builder, 0x1014, 0x20, h, 101, 1); /* reaches beyond the inlined code */
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0x100f), "main@a.c:1");
    assert_string_equal(at(table, 0x1010), "in@h.h:100<main@a.c:1");
    assert_string_equal(at(table, 0x1014), "in@h.h:101<main@a.c:1");
    assert_string_equal(at(table, 0x1018), "in@h.h:101<main@a.c:2");
    assert_string_equal(at(table, 0x101f), "in@h.h:101<main@a.c:2");
    assert_string_equal(at(table, 0x1020), "main@a.c:2");
    symbols_close(table);
}

static void lookup_when_there_is_room_for_fewer_frames_keeps_the_real_one(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_frame frames[3];
    struct symbol_table *table;
    size_t count;

    (void)state;
    function(builder, 0x1000, 0x10, "main");
    for (uint32_t depth = 0; depth < 80; depth++) { /* more than a table keeps */
        char name[8];

        snprintf(name, sizeof name, "i%u", depth);
        symbol_builder_inline_range(builder, symbol_builder_inline(builder, depth, text(builder, name), 0, depth), 0x1000, 0x10);
    }
    table = symbols_compiled(builder);
    assert_status(symbols_lookup(table, 0x1000, frames, 3, &count), ST_OK);
    assert_int_equal(count, 3);
    assert_string_equal(frames[0].function, "i63");
    assert_string_equal(frames[1].function, "i62");
    assert_string_equal(frames[2].function, "main");
    assert_status(symbols_lookup(table, 0x1000, frames, 1, &count), ST_OK);
    assert_int_equal(count, 1);
    assert_string_equal(frames[0].function, "main");
    assert_int_equal(frames[0].line, 0); /* the call of i0 */
    symbols_close(table);
}

static void lookup_when_range_passes_the_end_of_addresses_is_cut(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;

    (void)state;
    function(builder, 0xfffffff0u, 0x100, "high");
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0xfffffff0u), "high@:0");
    assert_string_equal(at(table, 0xfffffffeu), "high@:0");
    assert_string_equal(at(table, 0x10), "-");
    symbols_close(table);
}

static void lookup_when_text_is_no_utf8_replaces_what_is_wrong(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;

    (void)state;
    function(builder, 0x1000, 4, "caf\xe9");
    symbol_builder_public(builder, 0x2000, symbol_builder_text(builder, "a\0b", 3), 0, false);
    table = symbols_compiled(builder);
    assert_string_equal(at(table, 0x1000), "caf\xef\xbf\xbd@:0");
    assert_string_equal(at(table, 0x2000), "a\xef\xbf\xbd"
                                           "b@:0");
    symbols_close(table);
}

static void cfi_when_address_moves_on_adds_deltas(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    struct symbol_cfi cfi;

    (void)state;
    symbol_builder_cfi(builder, 0x1000, 0x20, text(builder, ".cfa: $rsp 8 +"));
    symbol_builder_cfi_delta(builder, 0x1008, text(builder, "b")); /* not in order */
    symbol_builder_cfi_delta(builder, 0x1001, text(builder, "a"));
    symbol_builder_cfi(builder, 0x1020, 0x10, text(builder, ".cfa: $rsp 16 +"));
    table = symbols_compiled(builder);
    assert_status(symbols_cfi(table, 0xfff, &cfi), ST_NOT_FOUND);
    assert_status(symbols_cfi(table, 0x1000, &cfi), ST_OK);
    assert_string_equal(cfi.init, ".cfa: $rsp 8 +");
    assert_int_equal(cfi.delta_count, 0);
    assert_status(symbols_cfi(table, 0x1001, &cfi), ST_OK);
    assert_int_equal(cfi.delta_count, 1);
    assert_string_equal(symbols_cfi_delta(table, &cfi, 0), "a");
    assert_string_equal(symbols_cfi_delta(table, &cfi, 1), "");
    assert_status(symbols_cfi(table, 0x101f, &cfi), ST_OK);
    assert_int_equal(cfi.delta_count, 2);
    assert_string_equal(symbols_cfi_delta(table, &cfi, 1), "b");
    assert_int_equal(cfi.rva, 0x1000);
    assert_int_equal(cfi.size, 0x20);
    assert_status(symbols_cfi(table, 0x1020, &cfi), ST_OK);
    assert_string_equal(cfi.init, ".cfa: $rsp 16 +");
    assert_int_equal(cfi.delta_count, 0);
    assert_status(symbols_cfi(table, 0x1030, &cfi), ST_NOT_FOUND);
    symbols_close(table);
}

static void win_when_records_nest_gives_the_innermost_frame_data(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    struct symbol_win win;

    (void)state;
    symbol_builder_win(builder, &(struct symbol_win){.type = SYMBOL_WIN_FPO, .rva = 0x1000, .size = 0x80, .allocates_base_pointer = true});
    symbol_builder_win(builder, &(struct symbol_win){.type = SYMBOL_WIN_FRAME_DATA, .rva = 0x1000, .size = 0x40, .program = "outer"});
    symbol_builder_win(builder, &(struct symbol_win){.type = SYMBOL_WIN_FRAME_DATA,
                                                     .rva = 0x1004,
                                                     .size = 0x3c,
                                                     .prologue_bytes = 1,
                                                     .epilogue_bytes = 2,
                                                     .parameter_bytes = 3,
                                                     .saved_register_bytes = 4,
                                                     .local_bytes = 5,
                                                     .max_stack_bytes = 6,
                                                     .program = "inner"});
    table = symbols_compiled(builder);
    assert_status(symbols_win(table, 0x1003, &win), ST_OK);
    assert_string_equal(win.program, "outer");
    assert_status(symbols_win(table, 0x1004, &win), ST_OK);
    assert_string_equal(win.program, "inner");
    assert_int_equal(win.rva, 0x1004);
    assert_int_equal(win.size, 0x3c);
    assert_int_equal(win.prologue_bytes, 1);
    assert_int_equal(win.epilogue_bytes, 2);
    assert_int_equal(win.parameter_bytes, 3);
    assert_int_equal(win.saved_register_bytes, 4);
    assert_int_equal(win.local_bytes, 5);
    assert_int_equal(win.max_stack_bytes, 6);
    assert_status(symbols_win(table, 0x1040, &win), ST_OK);
    assert_int_equal(win.type, SYMBOL_WIN_FPO);
    assert_true(win.allocates_base_pointer);
    assert_string_equal(win.program, "");
    assert_status(symbols_win(table, 0x1080, &win), ST_NOT_FOUND);
    symbols_close(table);
}

static void entry_when_image_is_kept_gives_both(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    struct symbol_entry entry;
    struct span bytes;

    (void)state;
    symbol_builder_entry(builder, &(struct symbol_entry){0x1010, 0x10, 0x5008});
    symbol_builder_entry(builder, &(struct symbol_entry){0x1000, 0x10, 0x5000});
    symbol_builder_image(builder, 0x5000, "unwind", 6);
    symbol_builder_image(builder, 0x1000, "code", 4);
    table = symbols_compiled(builder);
    assert_true(symbols_has_entries(table));
    assert_status(symbols_entry(table, 0x100f, &entry), ST_OK);
    assert_int_equal(entry.rva, 0x1000);
    assert_int_equal(entry.size, 0x10);
    assert_int_equal(entry.unwind, 0x5000);
    assert_status(symbols_entry(table, 0x1020, &entry), ST_NOT_FOUND);
    assert_true(symbols_image(table, 0x1001, &bytes));
    assert_int_equal(bytes.len, 3);
    assert_memory_equal(bytes.data, "ode", 3);
    assert_true(symbols_image(table, 0x5005, &bytes));
    assert_memory_equal(bytes.data, "d", 1);
    assert_false(symbols_image(table, 0x5006, &bytes));
    assert_false(symbols_image(table, 0xfff, &bytes));
    symbols_close(table);
}

static void notes_when_there_are_too_many_are_counted(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;

    (void)state;
    for (unsigned i = 0; i < SYMBOL_MAX_NOTES + 10; i++)
        symbol_builder_note(builder, "note %u", i);
    table = symbols_compiled(builder);
    assert_int_equal(symbols_note_count(table), SYMBOL_MAX_NOTES);
    assert_string_equal(symbols_note(table, 0), "note 0");
    assert_string_equal(symbols_note(table, SYMBOL_MAX_NOTES - 1), "and 11 more");
    symbols_close(table);
}

static void property_when_set_twice_keeps_the_last(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;

    (void)state;
    symbol_builder_property(builder, SYMBOL_PROPERTY_OS, "Linux", 5);
    symbol_builder_property(builder, SYMBOL_PROPERTY_CPU, "x86", 3);
    symbol_builder_property(builder, SYMBOL_PROPERTY_OS, "windows", 7);
    table = symbols_compiled(builder);
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_OS), "windows");
    assert_string_equal(symbols_property(table, SYMBOL_PROPERTY_CPU), "x86");
    symbols_close(table);
}

/* Inlines at depth 1..63 whose parent changes at every byte: each would be made anew for each change if nothing bounded it. */
static void compile_when_nesting_multiplies_is_bounded(void **state)
{
    struct symbol_builder *builder = builder_new();
    struct symbol_table *table;
    struct symbol_counts counts;
    uint32_t a, b, ranges = 0;

    (void)state;
    function(builder, 0x1000, 0x4000, "main");
    for (uint32_t depth = 1; depth < SYMBOLS_MAX_INLINES; depth++, ranges++)
        symbol_builder_inline_range(builder, symbol_builder_inline(builder, depth, 0, 0, depth), 0x1000, 0x4000);
    a = symbol_builder_inline(builder, 0, text(builder, "a"), 0, 1);
    b = symbol_builder_inline(builder, 0, text(builder, "b"), 0, 2);
    for (uint32_t i = 0; i < 0x4000; i++, ranges++)
        symbol_builder_inline_range(builder, i % 2 ? a : b, 0x1000 + i, 1);
    table = symbols_compiled(builder);
    symbols_counts(table, &counts);
    assert_true(counts.inlines <= 8 * ranges + 1024);
    symbols_close(table);
}

static void save_when_file_exists_replaces_it_and_leaves_nothing_else(void **state)
{
    struct symbol_builder *builder = builder_new();
    char *path = in_scratch(state, "table");
    struct symbol_table *table = NULL, *second = NULL;
    struct folder *folder = NULL;
    unsigned names = 0;
    const char *name;

    assert_status(file_write_whole(path, "old", 3), ST_OK);
    assert_status(symbols_open_file(&table, path), ST_FORMAT);
    function(builder, 0x1000, 0x10, "saved");
    assert_status(symbol_builder_save(builder, path), ST_OK);
    symbol_builder_free(builder);
    assert_status(symbols_open_file(&table, path), ST_OK);
    assert_status(symbols_open_file(&second, path), ST_OK);
    assert_string_equal(at(table, 0x1005), "saved@:0");
    assert_string_equal(at(second, 0x1005), "saved@:0");
    symbols_close(table);
    symbols_close(second);
    assert_status(folder_open(&folder, *state), ST_OK);
    while (folder_next(folder, &name) == ST_OK)
        names++;
    folder_close(folder);
    assert_int_equal(names, 1);
    free(path);
}

static void open_when_file_is_no_table_says_which_way(void **state)
{
    char *path = in_scratch(state, "table");
    struct symbol_table *table = NULL;

    assert_status(symbols_open_file(&table, path), ST_NOT_FOUND);
    assert_status(file_write_whole(path, "", 0), ST_OK);
    assert_status(symbols_open_file(&table, path), ST_FORMAT);
    assert_status(file_write_whole(path, "SVSYMTAB", 8), ST_OK);
    assert_status(symbols_open_file(&table, path), ST_TRUNCATED);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookup_when_table_is_empty_finds_nothing),
        cmocka_unit_test(lookup_when_address_is_at_a_boundary_is_exact),
        cmocka_unit_test(lookup_when_functions_come_in_any_order_finds_each),
        cmocka_unit_test(lookup_when_function_lies_inside_another_prefers_it),
        cmocka_unit_test(lookup_when_names_share_an_address_gives_the_first_and_says_so),
        cmocka_unit_test(lookup_when_only_labels_are_near_uses_them_between_functions),
        cmocka_unit_test(lookup_when_code_is_inlined_gives_the_chain),
        cmocka_unit_test(lookup_when_lines_have_levels_takes_calls_from_the_outer_one),
        cmocka_unit_test(lookup_when_there_is_room_for_fewer_frames_keeps_the_real_one),
        cmocka_unit_test(lookup_when_range_passes_the_end_of_addresses_is_cut),
        cmocka_unit_test(lookup_when_text_is_no_utf8_replaces_what_is_wrong),
        cmocka_unit_test(cfi_when_address_moves_on_adds_deltas),
        cmocka_unit_test(win_when_records_nest_gives_the_innermost_frame_data),
        cmocka_unit_test(entry_when_image_is_kept_gives_both),
        cmocka_unit_test(notes_when_there_are_too_many_are_counted),
        cmocka_unit_test(property_when_set_twice_keeps_the_last),
        cmocka_unit_test(compile_when_nesting_multiplies_is_bounded),
        test_in_scratch(save_when_file_exists_replaces_it_and_leaves_nothing_else),
        test_in_scratch(open_when_file_is_no_table_says_which_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
