/* test_registry.c - registry values, really written on Windows, the options that come from them, and the machine's id. */
#include "base/machine.h"
#include "base/option.h"
#include "base/registry.h"
#include "unit.h"
#ifdef _WIN32
#include <windows.h>
#endif

#define KEY "SOFTWARE\\Salvor-test"

#ifdef _WIN32
static HKEY opened;

static void write_value(const wchar_t *name, DWORD type, const void *data, size_t size)
{
    assert_int_equal(RegSetValueExW(opened, name, 0, type, data, (DWORD)size), ERROR_SUCCESS);
}

static void write_text(const wchar_t *name, DWORD type, const wchar_t *text)
{
    write_value(name, type, text, (wcslen(text) + 1) * sizeof *text);
}

static void write_u32(const wchar_t *name, DWORD value)
{
    write_value(name, REG_DWORD, &value, sizeof value);
}

static int make_key(void **state)
{
    (void)state;
    RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"" KEY, KEY_WOW64_64KEY, 0);
    return (int)RegCreateKeyExW(HKEY_LOCAL_MACHINE, L"" KEY, 0, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &opened, NULL);
}

static int remove_key(void **state)
{
    (void)state;
    RegCloseKey(opened);
    return (int)RegDeleteKeyExW(HKEY_LOCAL_MACHINE, L"" KEY, KEY_WOW64_64KEY, 0);
}

static void check_text(const char *name, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 100000);
    assert_status(registry_read_text(KEY, name, &out), ST_OK);
    assert_string_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void text_when_string_then_read(void **state)
{
    (void)state;
    write_text(L"a", REG_SZ, L"gr\u00fc\u00df C:\\x");
    write_text(L"empty", REG_SZ, L"");
    check_text("a", "gr\xc3\xbc\xc3\x9f C:\\x");
    check_text("empty", "");
}

static void text_when_longer_than_first_guess_then_whole(void **state)
{
    wchar_t text[5000];
    char expected[5000];
    (void)state;
    for (size_t i = 0; i < 4999; i++)
        text[i] = expected[i] = (char)('a' + i % 26);
    text[4999] = expected[4999] = 0;
    write_text(L"long", REG_SZ, text);
    check_text("long", expected);
}

static void text_when_not_terminated_or_odd_then_read_as_far_as_it_goes(void **state)
{
    (void)state;
    write_value(L"bare", REG_SZ, L"abc", 3 * sizeof(wchar_t));
    write_value(L"odd", REG_SZ, L"abc", 3 * sizeof(wchar_t) - 1);
    write_value(L"twice", REG_SZ, L"ab\0cd", 6 * sizeof(wchar_t));
    check_text("bare", "abc");
    check_text("odd", "ab");
    check_text("twice", "ab");
}

static void text_when_expandable_then_variables_are_put_in(void **state)
{
    (void)state;
    SetEnvironmentVariableW(L"SALVOR_TEST_VARIABLE", L"C:\\Data");
    write_text(L"path", REG_EXPAND_SZ, L"%SALVOR_TEST_VARIABLE%\\dumps");
    check_text("path", "C:\\Data\\dumps");
    write_text(L"plain", REG_SZ, L"%SALVOR_TEST_VARIABLE%\\dumps");
    check_text("plain", "%SALVOR_TEST_VARIABLE%\\dumps");
}

static void number_when_dword_then_read(void **state)
{
    uint32_t value = 0;
    (void)state;
    write_u32(L"n", 0xfffffffe);
    assert_status(registry_read_u32(KEY, "n", &value), ST_OK);
    assert_int_equal(value, 0xfffffffe);
}

static void value_when_of_another_type_then_format(void **state)
{
    struct buffer out;
    uint32_t value = 7;
    (void)state;
    buffer_init(&out, 100);
    write_u32(L"n", 1);
    write_text(L"t", REG_SZ, L"1");
    assert_status(registry_read_text(KEY, "n", &out), ST_FORMAT);
    assert_status(registry_read_u32(KEY, "t", &value), ST_FORMAT);
    assert_int_equal(value, 7);
    buffer_done(&out);
}

static struct {
    bool flag, other_flag;
    uint64_t number, wait_ms;
    const char *text;
    struct option_list list;
} values;

static const struct option table[] = {
    {"flag", OPTION_FLAG, &values.flag, 0, 0, NULL, ""},        {"other-flag", OPTION_FLAG, &values.other_flag, 0, 0, NULL, ""},
    {"number", OPTION_NUMBER, &values.number, 0, 100, "N", ""}, {"wait", OPTION_DURATION, &values.wait_ms, 0, 0, "TIME", ""},
    {"text", OPTION_TEXT, &values.text, 0, 0, "TEXT", ""},      {"list", OPTION_LIST, &values.list, 0, 0, "ITEM", ""},
};

static void options_when_in_the_registry_then_read_by_type(void **state)
{
    struct option_set *set;
    const char *message = NULL;
    (void)state;
    write_u32(L"flag", 1);
    write_text(L"other-flag", REG_SZ, L"yes");
    write_text(L"number", REG_SZ, L"0x10");
    write_u32(L"wait", 30);
    write_text(L"text", REG_SZ, L"some text");
    write_text(L"list", REG_SZ, L"a;;b c;");
    assert_status(option_set_create(&set, table, COUNT_OF(table)), ST_OK);
    assert_status(option_parse_registry(set, KEY, &message), ST_OK);
    assert_true(values.flag);
    assert_true(values.other_flag);
    assert_int_equal(values.number, 16);
    assert_int_equal(values.wait_ms, 30000);
    assert_string_equal(values.text, "some text");
    assert_int_equal(values.list.count, 2);
    assert_string_equal(values.list.items[1], "b c");
    option_set_free(set);
}

static void options_when_registry_is_wrong_then_message_names_the_value(void **state)
{
    struct option_set *set;
    const char *message = NULL;
    (void)state;
    assert_status(option_set_create(&set, table, COUNT_OF(table)), ST_OK);
    write_u32(L"number", 101);
    assert_status(option_parse_registry(set, KEY, &message), ST_ARGUMENT);
    assert_string_equal(message, "HKLM\\" KEY "\\number must be between 0 and 100, not 101");
    write_u32(L"number", 1);
    write_u32(L"text", 1);
    assert_status(option_parse_registry(set, KEY, &message), ST_FORMAT);
    assert_string_equal(message, "HKLM\\" KEY "\\text must be of type REG_SZ");
    option_set_free(set);
}

#define test_registry(function) cmocka_unit_test_setup_teardown(function, make_key, remove_key)
#endif

static void value_when_missing_then_not_found(void **state)
{
    struct buffer out;
    uint32_t value;
    (void)state;
    buffer_init(&out, 100);
    assert_status(registry_read_text(KEY, "none", &out), ST_NOT_FOUND);
    assert_status(registry_read_u32(KEY "\\none", "none", &value), ST_NOT_FOUND);
    buffer_done(&out);
}

static void options_when_key_is_missing_then_ok(void **state)
{
    uint64_t number = 5;
    const struct option one[] = {{"number", OPTION_NUMBER, &number, 0, 0, "N", ""}};
    struct option_set *set;
    const char *message = NULL;
    (void)state;
    assert_status(option_set_create(&set, one, 1), ST_OK);
    assert_status(option_parse_registry(set, KEY "\\none", &message), ST_OK);
    assert_int_equal(number, 5);
    option_set_free(set);
}

static void machine_when_asked_twice_then_same_id_or_none(void **state)
{
    uint8_t first[16] = {0}, second[16] = {0}, zero[16] = {0};
    (void)state;
    enum status status = machine_id(first);
    assert_status(machine_id(second), status);
    assert_memory_equal(first, second, 16);
    if (status)
        assert_status(status, ST_NOT_FOUND);
    else
        assert_memory_not_equal(first, zero, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef _WIN32
        test_registry(text_when_string_then_read),
        test_registry(text_when_longer_than_first_guess_then_whole),
        test_registry(text_when_not_terminated_or_odd_then_read_as_far_as_it_goes),
        test_registry(text_when_expandable_then_variables_are_put_in),
        test_registry(number_when_dword_then_read),
        test_registry(value_when_of_another_type_then_format),
        test_registry(options_when_in_the_registry_then_read_by_type),
        test_registry(options_when_registry_is_wrong_then_message_names_the_value),
#endif
        cmocka_unit_test(value_when_missing_then_not_found),
        cmocka_unit_test(options_when_key_is_missing_then_ok),
        cmocka_unit_test(machine_when_asked_twice_then_same_id_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
