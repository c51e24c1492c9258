/* test_symbols_identify.c - which symbol file a file is, whatever it is called. */
#include "unit.h"

#include "base/bytes.h"
#include "symbols/identify.h"

#define DATA SALVOR_TEST_DATA "/symbols/"

static enum status identify(void **state, const char *name, const void *bytes, size_t size, struct symbol_identity *ret)
{
    char *path = in_scratch(state, name);
    const char *why = NULL;
    enum status status;

    assert_status(file_write_whole(path, bytes, size), ST_OK);
    status = symbol_identify(path, ret, &why);
    if (status != ST_OK && status != ST_NOT_FOUND)
        assert_non_null(why);
    free(path);
    return status;
}

static void identify_when_pdb_gives_guid_and_age_of_the_image(void **state)
{
    struct symbol_identity found, image;
    const char *why;

    (void)state;
    assert_status(symbol_identify(DATA "plain-x64.pdb", &found, &why), ST_OK);
    assert_int_equal(found.kind, LOCATE_PDB);
    assert_string_equal(found.name, "plain-x64.pdb");
    assert_string_equal(found.file, "plain-x64.pdb");
    assert_int_equal(strlen(found.id), 33);
    assert_status(symbol_identify(DATA "plain-x86.pdb", &image, &why), ST_OK);
    assert_string_not_equal(image.id, found.id);
}

static void identify_when_image_gives_timestamp_and_size(void **state)
{
    struct symbol_identity found;
    const char *why;

    (void)state;
    assert_status(symbol_identify(DATA "plain-x64.dll", &found, &why), ST_OK);
    assert_int_equal(found.kind, LOCATE_PE);
    assert_string_equal(found.name, "plain-x64.dll");
    assert_true(strlen(found.id) > 8 && strlen(found.id) <= 16);
}

static void identify_when_breakpad_text_is_named_otherwise_goes_by_its_module_line(void **state)
{
    static const char text[] = "MODULE windows x86_64 5A9832E5287241C1838ED98914E9B7FF1 App.PDB\r\nINFO CODE_ID 1\n";
    struct symbol_identity found;

    assert_status(identify(state, "whatever.txt", text, sizeof text - 1, &found), ST_OK);
    assert_int_equal(found.kind, LOCATE_SYM);
    assert_string_equal(found.name, "App.PDB");
    assert_string_equal(found.id, "5A9832E5287241C1838ED98914E9B7FF1");
    assert_string_equal(found.file, "App.sym");
}

static void identify_when_debug_file_is_no_pdb_keeps_its_ending(void **state)
{
    static const char text[] = "MODULE Linux x86_64 0123456789ABCDEF0123456789ABCDEF0 libfoo.so\n";
    struct symbol_identity found;

    assert_status(identify(state, "libfoo.sym", text, sizeof text - 1, &found), ST_OK);
    assert_string_equal(found.name, "libfoo.so");
    assert_string_equal(found.file, "libfoo.so.sym");
}

static void identify_when_something_else_says_not_found(void **state)
{
    static const char dos[128] = "MZ", *const others[] = {"", "M", "MZ", "MODULE", "ELF", "Microsoft Word"};
    struct symbol_identity found;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_status(identify(state, "other", others[i], strlen(others[i]), &found), ST_NOT_FOUND);
    assert_status(identify(state, "dos.exe", dos, sizeof dos, &found), ST_NOT_FOUND);
}

static void identify_when_damaged_says_what_is_wrong(void **state)
{
    static const char module[] = "MODULE windows\n";
    struct symbol_identity found;
    struct buffer file;

    assert_status(identify(state, "bare.sym", module, sizeof module - 1, &found), ST_FORMAT);
    buffer_init(&file, 1 << 20);
    assert_status(file_read_whole(DATA "plain-x64.pdb", 1 << 20, &file), ST_OK);
    for (size_t size = 64; size < file.len / 2; size += 509) {
        enum status status = identify(state, "cut.pdb", file.data, size, &found);

        assert_true(status != ST_OK && status != ST_NOT_FOUND);
    }
    buffer_reset(&file);
    assert_status(file_read_whole(DATA "plain-x64.dll", 1 << 20, &file), ST_OK);
    assert_status(identify(state, "cut.dll", file.data, bytes_u32(file.data + 0x3c) + 20, &found), ST_TRUNCATED);
    buffer_done(&file);
}

static void identify_when_missing_says_so(void **state)
{
    struct symbol_identity found;
    const char *why = NULL;
    char *path = in_scratch(state, "none.pdb");

    assert_status(symbol_identify(path, &found, &why), ST_NOT_FOUND);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_scratch(identify_when_pdb_gives_guid_and_age_of_the_image),
        test_in_scratch(identify_when_image_gives_timestamp_and_size),
        test_in_scratch(identify_when_breakpad_text_is_named_otherwise_goes_by_its_module_line),
        test_in_scratch(identify_when_debug_file_is_no_pdb_keeps_its_ending),
        test_in_scratch(identify_when_something_else_says_not_found),
        test_in_scratch(identify_when_damaged_says_what_is_wrong),
        test_in_scratch(identify_when_missing_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
