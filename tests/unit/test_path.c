/* test_path.c - paths and names as text. */
#include "unit.h"

#ifdef _WIN32
#define SLASH "\\"
#else
#define SLASH "/"
#endif

static void check_join(const char *a, const char *b, const char *expected)
{
    char *joined = path_joined(a, b);
    assert_string_equal(joined, expected);
    free(joined);
}

static void join_when_separators_vary_then_exactly_one_between(void **state)
{
    (void)state;
    check_join("a", "b", "a" SLASH "b");
    check_join("a/", "b", "a/b");
    check_join("a", "/b", "a" SLASH "b");
    check_join("a/", "//b", "a/b");
    check_join("/", "b", "/b");
    check_join("", "b", "b");
    check_join("", "/b", "/b");
    check_join("a", "", "a" SLASH);
}

#ifdef _WIN32
static void join_when_windows_separators_then_both_count(void **state)
{
    (void)state;
    check_join("C:\\", "b", "C:\\b");
    check_join("C:\\a", "\\b", "C:\\a\\b");
    check_join("C:/a/", "b", "C:/a/b");
}
#endif

static void join_when_full_then_buffer_is_as_it_was(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out, 5);
    assert_status(path_join(&out, "ab", "cde"), ST_TOO_LARGE);
    assert_int_equal(out.len, 0);
    assert_status(path_join(&out, "ab", "cd"), ST_OK);
    assert_string_equal(buffer_text(&out), "ab" SLASH "cd");
    buffer_done(&out);
}

static void base_when_either_separator_then_last_part(void **state)
{
    (void)state;
    assert_string_equal(path_base("a/b/c.exe"), "c.exe");
    assert_string_equal(path_base("C:\\a\\c.exe"), "c.exe");
    assert_string_equal(path_base("C:\\a/c.exe"), "c.exe");
    assert_string_equal(path_base("c.exe"), "c.exe");
    assert_string_equal(path_base("a/"), "");
    assert_string_equal(path_base(""), "");
}

static void plain_name_when_harmless_then_accepted(void **state)
{
    static const char *const cases[] = {"a",
                                        "app.exe-1700000000-42.dmp",
                                        "with space",
                                        "gr\xc3\xbc\xc3\x9f",
                                        "a..b",
                                        "console",
                                        "con1",
                                        "com",
                                        "com10",
                                        "lpt",
                                        "auxiliary.txt",
                                        "nullx",
                                        "_",
                                        "-",
                                        "$conin",
                                        "com\xc2\xba"};
    char longest[201];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(path_is_plain_name(cases[i]));
    memset(longest, 'x', 200);
    longest[200] = 0;
    assert_true(path_is_plain_name(longest));
}

static void plain_name_when_dangerous_then_refused(void **state)
{
    static const char *const cases[] = {"",        ".",          "..",      "a/b",    "a\\b",    "C:x",         "a:stream",
                                        "a*",      "a?",         "a\"",     "a<",     "a>",      "a|b",         "a\nb",
                                        "a\x7f",   "\x01",       ".hidden", "end.",   "end ",    " start",      "con",
                                        "CON",     "nul",        "NUL.txt", "aux",    "prn.log", "com1",        "COM9.dmp",
                                        "lpt1",    "com0",       "con .x",  "conin$", "CONOUT$", "com\xc2\xb9", "lpt\xc2\xb3.txt",
                                        "bad\xff", "cut\xe2\x82"};
    char longer[202];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (path_is_plain_name(cases[i]))
            fail_msg("accepted: \"%s\"", cases[i]);
    }
    memset(longer, 'x', 201);
    longer[201] = 0;
    assert_false(path_is_plain_name(longer));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join_when_separators_vary_then_exactly_one_between),
#ifdef _WIN32
        cmocka_unit_test(join_when_windows_separators_then_both_count),
#endif
        cmocka_unit_test(join_when_full_then_buffer_is_as_it_was),
        cmocka_unit_test(base_when_either_separator_then_last_part),
        cmocka_unit_test(plain_name_when_harmless_then_accepted),
        cmocka_unit_test(plain_name_when_dangerous_then_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
