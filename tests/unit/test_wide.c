/* test_wide.c - the edge to Windows: wide text, long paths, command lines. Nothing to test elsewhere, where lib/base has no such edge. */
#include "unit.h"
#ifdef _WIN32
#include "base/win/command.h"
#include "base/win/wide.h"
#include <wchar.h>

static void wide_when_unpaired_surrogates_then_survive(void **state)
{
    static const wchar_t name[] = {'a', 0xd800, 'b', 0xdc00, 0xd83d, 0xde00, 0};
    (void)state;
    char *utf8 = wide_to_utf8(name);
    assert_string_equal(utf8, "a\xed\xa0\x80"
                              "b\xed\xb0\x80\xf0\x9f\x98\x80");
    wchar_t *back = wide_from_utf8(utf8);
    assert_int_equal(wcscmp(back, name), 0);
    free(utf8);
    free(back);
}

static void wide_when_empty_then_empty(void **state)
{
    (void)state;
    char *utf8 = wide_to_utf8(L"");
    wchar_t *wide = wide_from_utf8("");
    assert_string_equal(utf8, "");
    assert_int_equal(wide[0], 0);
    free(utf8);
    free(wide);
}

static void check_path(const char *path, const char *expected)
{
    wchar_t *wide = wide_path(path);
    char *utf8 = wide_to_utf8(wide);
    assert_string_equal(utf8, expected);
    free(wide);
    free(utf8);
}

static void path_when_short_then_unchanged(void **state)
{
    (void)state;
    check_path("C:\\a\\b", "C:\\a\\b");
    check_path("a/b", "a/b");
    check_path("", "");
    check_path("\\\\.\\pipe\\salvor", "\\\\.\\pipe\\salvor");
    check_path("NUL", "NUL");
}

/* prefix and 'x's behind it, length units in all. */
static char *padded(const char *prefix, size_t length)
{
    char *text = malloc(length + 1);
    size_t used = strlen(prefix);
    assert_non_null(text);
    memset(text, 'x', length);
    memcpy(text, prefix, used);
    text[length] = 0;
    return text;
}

static void path_when_long_then_prefixed_by_kind(void **state)
{
    static const struct {
        const char *given, *expected;
        size_t cut; /* of what was given before the part that both share */
    } cases[] = {
        {"C:\\a\\", "\\\\?\\C:\\a\\", 5}, {"C:/a/../", "\\\\?\\C:\\", 8}, {"\\\\server\\share\\", "\\\\?\\UNC\\server\\share\\", 15}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *given = padded(cases[i].given, 300);
        char *expected = padded(cases[i].expected, 300 - cases[i].cut + strlen(cases[i].expected));
        check_path(given, expected);
        free(given);
        free(expected);
    }
}

static void path_when_around_the_limit_then_prefixed_from_240(void **state)
{
    char *below = padded("C:\\", 239), *at = padded("C:\\", 240), *expected = padded("\\\\?\\C:\\", 244);
    (void)state;
    check_path(below, below);
    check_path(at, expected);
    check_path(expected, expected);
    free(below);
    free(at);
    free(expected);
}

static void command_when_arguments_need_quotes_then_as_documented(void **state)
{
    static const char *const argv[] = {"C:\\Program Files\\x.exe", "plain", "a b", "", "say \"hi\"", "end\\", "two words\\", NULL};
    (void)state;
    wchar_t *line = command_line(argv);
    assert_non_null(line);
    char *utf8 = wide_to_utf8(line);
    assert_string_equal(utf8, "\"C:\\Program Files\\x.exe\" plain \"a b\" \"\" \"say \\\"hi\\\"\" end\\ \"two words\\\\\"");
    free(line);
    free(utf8);
}

static void command_when_program_holds_a_quote_then_refused(void **state)
{
    static const char *const argv[] = {"a\"b.exe", NULL};
    (void)state;
    assert_null(command_line(argv));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wide_when_unpaired_surrogates_then_survive),
        cmocka_unit_test(wide_when_empty_then_empty),
        cmocka_unit_test(path_when_short_then_unchanged),
        cmocka_unit_test(path_when_long_then_prefixed_by_kind),
        cmocka_unit_test(path_when_around_the_limit_then_prefixed_from_240),
        cmocka_unit_test(command_when_arguments_need_quotes_then_as_documented),
        cmocka_unit_test(command_when_program_holds_a_quote_then_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
int main(void)
{
    return 0;
}
#endif
