/* test_regfile.c - the .reg generator's bytes. What regedit makes of them is tests/wine/test_reg.c's. */
#include "base/bytes.h"
#include "collector/regfile.h"
#include "unit.h"

static const char *const one_app[] = {"app.exe"};

/* The file as UTF-8 with its line ends; freed by the caller. Checks the BOM. */
static char *build(const struct regfile *regfile)
{
    struct buffer bytes, text;
    const char *message = "";

    buffer_init(&bytes, REGFILE_MAX_BYTES);
    buffer_init(&text, REGFILE_MAX_BYTES);
    assert_status(regfile_build(regfile, &bytes, &message), ST_OK);
    assert_true(bytes.len > 2);
    assert_int_equal(bytes_u16(bytes.data), 0xfeff);
    assert_status(text_from_utf16le(&text, bytes.data + 2, bytes.len - 2, false), ST_OK);
    buffer_done(&bytes);
    return buffer_take(&text);
}

static void check_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("the file does not hold:\n%s\nbut is:\n%s", part, text);
}

static void check_refused(struct regfile regfile, const char *option)
{
    struct buffer bytes;
    const char *message = "";

    buffer_init(&bytes, REGFILE_MAX_BYTES);
    assert_status(regfile_build(&regfile, &bytes, &message), ST_ARGUMENT);
    assert_int_equal(bytes.len, 0);
    if (!strstr(message, option))
        fail_msg("the message does not name %s: %s", option, message);
    buffer_done(&bytes);
}

static void build_when_enable_then_whole_file_as_expected(void **state)
{
    static const char expected[] = "Windows Registry Editor Version 5.00\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps\\app.exe]\r\n"
                                   "\"DumpFolder\"=hex(2):44,00,3a,00,5c,00,64,00,00,00\r\n"
                                   "\"DumpCount\"=dword:0000000a\r\n"
                                   "\"DumpType\"=dword:00000001\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Salvor]\r\n"
                                   "\"dumps\"=hex(2):44,00,3a,00,5c,00,64,00,00,00\r\n"
                                   "\"url\"=\"https://crash.example/submit\"\r\n"
                                   "\"key\"=\"a\\\"b\\\\c\"\r\n";
    struct regfile regfile = {one_app, 1, "https://crash.example/submit", "a\"b\\c", "D:\\d", false};
    char *text = build(&regfile);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

static void build_when_undo_then_deletes_exactly_what_enable_wrote(void **state)
{
    static const char expected[] = "Windows Registry Editor Version 5.00\r\n"
                                   "\r\n"
                                   "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps\\app.exe]\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Salvor]\r\n"
                                   "\"dumps\"=-\r\n"
                                   "\"url\"=-\r\n";
    struct regfile regfile = {one_app, 1, "https://crash.example/submit", NULL, NULL, true};
    char *text = build(&regfile);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

static void build_when_two_apps_then_each_has_its_key(void **state)
{
    static const char *const apps[] = {"app.exe", "other tool.EXE"};
    struct regfile regfile = {apps, 2, NULL, NULL, NULL, false};
    char *text = build(&regfile);

    (void)state;
    check_contains(text, "\\LocalDumps\\app.exe]\r\n\"DumpFolder\"=hex(2):");
    check_contains(text, "\\LocalDumps\\other tool.EXE]\r\n\"DumpFolder\"=hex(2):");
    free(text);
}

static void build_when_folder_is_long_then_lines_stay_below_80_characters(void **state)
{
    struct regfile regfile = {one_app, 1, NULL, NULL, "C:\\ProgramData\\Some Company\\Some Product\\Crash Dumps", false};
    char *text = build(&regfile);
    size_t continued = 0;

    (void)state;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\r");
        continued += len && line[len - 1] == '\\';
        if (len && line[0] != '[' && len > 80)
            fail_msg("a line of %zu characters: %.*s", len, (int)len, line);
    }
    assert_true(continued >= 2);
    free(text);
}

static void build_when_folder_is_not_ascii_then_utf16_units_are_written(void **state)
{
    struct regfile regfile = {one_app, 1, NULL, NULL, "D:\\\xc3\xbc", false};
    char *text = build(&regfile);

    (void)state;
    check_contains(text, "\"DumpFolder\"=hex(2):44,00,3a,00,5c,00,fc,00,00,00\r\n");
    check_contains(text, "\"dumps\"=hex(2):44,00,3a,00,5c,00,fc,00,00,00\r\n");
    free(text);
}

static void build_when_app_could_leave_its_key_then_refused(void **state)
{
    static const char *const bad[] = {"",         "app",     "a\\b.exe", "a/b.exe", "..\\app.exe", "app.exe]\r\n[-HKEY_LOCAL_MACHINE",
                                      "a[b].exe", "a\nb.exe"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        check_refused((struct regfile){&bad[i], 1, NULL, NULL, NULL, false}, "--app");
    check_refused((struct regfile){NULL, 0, NULL, NULL, NULL, false}, "--app");
}

static void build_when_setting_has_more_than_one_line_then_refused(void **state)
{
    (void)state;
    check_refused((struct regfile){one_app, 1, "http://x\r\n[-HKEY_LOCAL_MACHINE\\SOFTWARE]", NULL, NULL, false}, "--url");
    check_refused((struct regfile){one_app, 1, NULL, "k\n", NULL, false}, "--key");
    check_refused((struct regfile){one_app, 1, NULL, NULL, "C:\\a;C:\\b", false}, "--dump-folder");
    check_refused((struct regfile){one_app, 1, NULL, NULL, "", false}, "--dump-folder");
    check_refused((struct regfile){one_app, 1, "\xff", NULL, NULL, false}, "--url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(build_when_enable_then_whole_file_as_expected),
        cmocka_unit_test(build_when_undo_then_deletes_exactly_what_enable_wrote),
        cmocka_unit_test(build_when_two_apps_then_each_has_its_key),
        cmocka_unit_test(build_when_folder_is_long_then_lines_stay_below_80_characters),
        cmocka_unit_test(build_when_folder_is_not_ascii_then_utf16_units_are_written),
        cmocka_unit_test(build_when_app_could_leave_its_key_then_refused),
        cmocka_unit_test(build_when_setting_has_more_than_one_line_then_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
