/* test_regfile.c - the .reg generator's bytes. What regedit makes of them is tests/wine/test_reg.c's. */
#include "base/bytes.h"
#include "collector/regfile.h"
#include "unit.h"

/* One program, no modules: what a test is about is added to it. */
static struct regfile plain(void)
{
    static const char *apps[] = {"app.exe"};
    struct regfile regfile;

    regfile_init(&regfile);
    regfile.apps = (struct option_list){apps, 1};
    regfile.modules = regfile.modules_x86 = (struct option_list){0};
    return regfile;
}

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

#define LOCALDUMPS "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps"
#define MODULES    "Microsoft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules"

static struct regfile whole(void)
{
    static const char *modules[] = {"C:\\App\\salvor-wer.dll", "D:\\a\xc3\xbc\\salvor-wer.dll"};
    static const char *modules_x86[] = {"C:\\App\\x86\\SALVOR-WER.DLL"};
    struct regfile regfile = plain();

    regfile.modules = (struct option_list){modules, 2};
    regfile.modules_x86 = (struct option_list){modules_x86, 1};
    regfile.url = "https://crash.example/submit";
    regfile.key = "a\"b\\c";
    regfile.dump_folder = "D:\\d";
    regfile.dump_type = "custom";
    regfile.dump_count = 25;
    regfile.custom_dump_flags = 0x41;
    regfile.report_killed = true;
    regfile.no_dump_grace = "30s";
    return regfile;
}

static void build_when_enable_then_whole_file_as_expected(void **state)
{
    static const char expected[] = "Windows Registry Editor Version 5.00\r\n"
                                   "\r\n"
                                   "[" LOCALDUMPS "\\app.exe]\r\n"
                                   "\"DumpFolder\"=hex(2):44,00,3a,00,5c,00,64,00,00,00\r\n"
                                   "\"DumpCount\"=dword:00000019\r\n"
                                   "\"DumpType\"=dword:00000000\r\n"
                                   "\"CustomDumpFlags\"=dword:00000041\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\" MODULES "]\r\n"
                                   "\"C:\\\\App\\\\salvor-wer.dll\"=dword:00000000\r\n"
                                   "\"D:\\\\a\xc3\xbc\\\\salvor-wer.dll\"=dword:00000000\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\" MODULES "]\r\n"
                                   "\"C:\\\\App\\\\x86\\\\SALVOR-WER.DLL\"=dword:00000000\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Salvor]\r\n"
                                   "\"dumps\"=hex(2):44,00,3a,00,5c,00,64,00,00,00\r\n"
                                   "\"url\"=\"https://crash.example/submit\"\r\n"
                                   "\"key\"=\"a\\\"b\\\\c\"\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Salvor\\app.exe]\r\n"
                                   "\"report-killed\"=dword:00000001\r\n"
                                   "\"no-dump-grace\"=\"30s\"\r\n";
    struct regfile regfile = whole();
    char *text = build(&regfile);

    (void)state;
    assert_string_equal(text, expected);
    free(text);
}

static void build_when_undo_then_deletes_exactly_what_enable_wrote(void **state)
{
    static const char expected[] = "Windows Registry Editor Version 5.00\r\n"
                                   "\r\n"
                                   "[-" LOCALDUMPS "\\app.exe]\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\" MODULES "]\r\n"
                                   "\"C:\\\\App\\\\salvor-wer.dll\"=-\r\n"
                                   "\"D:\\\\a\xc3\xbc\\\\salvor-wer.dll\"=-\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\" MODULES "]\r\n"
                                   "\"C:\\\\App\\\\x86\\\\SALVOR-WER.DLL\"=-\r\n"
                                   "\r\n"
                                   "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Salvor]\r\n"
                                   "\"dumps\"=-\r\n"
                                   "\"url\"=-\r\n"
                                   "\"key\"=-\r\n"
                                   "\r\n"
                                   "[-HKEY_LOCAL_MACHINE\\SOFTWARE\\Salvor\\app.exe]\r\n";
    struct regfile regfile = whole();

    (void)state;
    regfile.undo = true;
    char *text = build(&regfile);
    assert_string_equal(text, expected);
    free(text);
}

static void build_when_nothing_is_said_then_mini_dumps_and_both_default_modules(void **state)
{
    static const char *apps[] = {"app.exe", "other tool.EXE"};
    struct regfile regfile;

    (void)state;
    regfile_init(&regfile);
    regfile.apps = (struct option_list){apps, 2};
    char *text = build(&regfile);
    check_contains(text, "\\LocalDumps\\app.exe]\r\n\"DumpFolder\"=hex(2):");
    check_contains(text, "\\LocalDumps\\other tool.EXE]\r\n\"DumpFolder\"=hex(2):");
    check_contains(text, "\"DumpCount\"=dword:0000000a\r\n\"DumpType\"=dword:00000001\r\n\"CustomDumpFlags\"=dword:00000121\r\n");
    check_contains(text, "\"C:\\\\Program Files\\\\Salvor\\\\salvor-wer.dll\"=dword:00000000\r\n");
    check_contains(text, "\"C:\\\\Program Files\\\\Salvor\\\\x86\\\\salvor-wer.dll\"=dword:00000000\r\n");
    check_contains(text, "\\SOFTWARE\\Salvor\\other tool.EXE]\r\n");
    free(text);
}

static void build_when_folder_is_long_then_lines_stay_below_80_characters(void **state)
{
    struct regfile regfile = plain();
    size_t continued = 0;

    (void)state;
    regfile.dump_folder = "C:\\ProgramData\\Some Company\\Some Product\\Crash Dumps";
    char *text = build(&regfile);
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
    struct regfile regfile = plain();

    (void)state;
    regfile.dump_folder = "D:\\\xc3\xbc";
    char *text = build(&regfile);
    check_contains(text, "\"DumpFolder\"=hex(2):44,00,3a,00,5c,00,fc,00,00,00\r\n");
    check_contains(text, "\"dumps\"=hex(2):44,00,3a,00,5c,00,fc,00,00,00\r\n");
    free(text);
}

static void build_when_app_could_leave_its_key_then_refused(void **state)
{
    static const char *bad[] = {"",
                                "app",
                                "a\\b.exe",
                                "a/b.exe",
                                "..\\app.exe",
                                "app.exe]\r\n[-HKEY_LOCAL_MACHINE",
                                "a[b].exe",
                                "a\nb.exe",
                                "a\"b.exe",
                                "\xff.exe",
                                "%x*.exe",
                                "nul.exe",
                                "a.exe ",
                                "\xed\xa0\x80.exe"};
    struct regfile regfile = plain();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        regfile.apps = (struct option_list){&bad[i], 1};
        check_refused(regfile, "--app");
    }
    regfile.apps = (struct option_list){0};
    check_refused(regfile, "--app");
}

static void build_when_app_is_ugly_but_possible_then_written_as_it_is(void **state)
{
    static const char *ugly[] = {"a'b.exe",  "100%.exe", "a;b.exe", "gr\xc3\xbc\xc3\x9f.exe", "-.exe", "=.exe", "\xf0\x9f\x92\xa5.exe",
                                 "a.b c.exe"};
    struct regfile regfile = plain();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ugly); i++) {
        char expected[128];
        regfile.apps = (struct option_list){&ugly[i], 1};
        char *text = build(&regfile);
        snprintf(expected, sizeof expected, "LocalDumps\\%s]\r\n", ugly[i]);
        check_contains(text, expected);
        free(text);
    }
}

static void build_when_module_is_no_full_path_of_ours_then_refused(void **state)
{
    static const char *bad[] = {"salvor-wer.dll",
                                "",
                                "C:salvor-wer.dll",
                                "C:\\x\\other.dll",
                                "C:/x/salvor-wer.dll",
                                "%ProgramFiles%\\salvor-wer.dll",
                                "C:\\%x%\\salvor-wer.dll",
                                "C:\\a\"=-\\salvor-wer.dll",
                                "C:\\a\r\n[-HKEY_LOCAL_MACHINE\\SOFTWARE]\\salvor-wer.dll"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct regfile regfile = plain();
        regfile.modules = (struct option_list){&bad[i], 1};
        check_refused(regfile, "--module");
        regfile = plain();
        regfile.modules_x86 = (struct option_list){&bad[i], 1};
        check_refused(regfile, "--module-x86");
    }
}

static void refuse_text(const char *url, const char *key, const char *folder, const char *option)
{
    struct regfile regfile = plain();

    regfile.url = url;
    regfile.key = key;
    if (folder)
        regfile.dump_folder = folder;
    check_refused(regfile, option);
}

static void build_when_setting_cannot_stand_in_the_file_then_refused(void **state)
{
    static char long_text[1026];
    struct regfile regfile = plain();

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    refuse_text("http://x\r\n[-HKEY_LOCAL_MACHINE\\SOFTWARE]", NULL, NULL, "--url");
    refuse_text("\xff", NULL, NULL, "--url");
    refuse_text(long_text, NULL, NULL, "--url");
    refuse_text(NULL, "k\n", NULL, "--key");
    refuse_text(NULL, NULL, "C:\\a;C:\\b", "--dump-folder");
    refuse_text(NULL, NULL, "", "--dump-folder");
    refuse_text(NULL, NULL, "dumps", "--dump-folder");
    regfile.dump_type = "huge";
    check_refused(regfile, "--dump-type");
    regfile = plain();
    regfile.no_dump_grace = "soon";
    check_refused(regfile, "--no-dump-grace");
}

static void build_when_text_is_as_long_as_allowed_then_written(void **state)
{
    static char longest[1025];
    struct regfile regfile = plain();

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    regfile.url = longest;
    free(build(&regfile));
}

static void build_when_too_many_programs_then_says_so(void **state)
{
    enum { COUNT = 20000 };
    static const char *apps[COUNT];
    static char name[200];
    struct regfile regfile = plain();
    struct buffer bytes;
    const char *message = "";

    (void)state;
    memset(name, 'a', sizeof name - 1);
    memcpy(name + sizeof name - 5, ".exe", 4);
    for (size_t i = 0; i < COUNT; i++)
        apps[i] = name;
    regfile.apps = (struct option_list){apps, COUNT};
    buffer_init(&bytes, REGFILE_MAX_BYTES);
    assert_status(regfile_build(&regfile, &bytes, &message), ST_TOO_LARGE);
    assert_string_equal(message, "too many programs for one file");
    buffer_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(build_when_enable_then_whole_file_as_expected),
        cmocka_unit_test(build_when_undo_then_deletes_exactly_what_enable_wrote),
        cmocka_unit_test(build_when_nothing_is_said_then_mini_dumps_and_both_default_modules),
        cmocka_unit_test(build_when_folder_is_long_then_lines_stay_below_80_characters),
        cmocka_unit_test(build_when_folder_is_not_ascii_then_utf16_units_are_written),
        cmocka_unit_test(build_when_app_could_leave_its_key_then_refused),
        cmocka_unit_test(build_when_app_is_ugly_but_possible_then_written_as_it_is),
        cmocka_unit_test(build_when_module_is_no_full_path_of_ours_then_refused),
        cmocka_unit_test(build_when_setting_cannot_stand_in_the_file_then_refused),
        cmocka_unit_test(build_when_text_is_as_long_as_allowed_then_written),
        cmocka_unit_test(build_when_too_many_programs_then_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
