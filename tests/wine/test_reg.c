/* test_reg.c - .reg files through the real regedit: what it makes of them is read back from the registry. */
#include "base/win/wide.h"
#include "harness.h"
#include "keys.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define APP           "salvor-sample.exe"
#define MAX_REG_BYTES 65536

static void check_value(const char *key, const char *name, DWORD type, const char *expected)
{
    char text[4096];

    assert_int_equal(keys_read(key, name, text, sizeof text), type);
    assert_string_equal(text, expected);
}

static void check_no_value(const char *key, const char *name)
{
    char text[4096];

    if (keys_read(key, name, text, sizeof text) != REG_NONE)
        fail_msg("%s has %s=%s", key, name, text);
}

static const char *const taken[] = {NAME_KEY_LOCALDUMPS, NAME_KEY_WER_MODULES, NAME_KEY_WER_MODULES_X86, NAME_KEY_SETTINGS,
                                    NAME_KEY_POLICY};

static struct harness_collector collector;

static int take_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        keys_take(taken[i]);
    return 0;
}

static int give_keys_back(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        keys_give_back(taken[i]);
    return 0;
}

/* What `salvor-collector reg ...` writes to standard output; at least two of the three arguments. */
static size_t generate(uint8_t *ret, const char *a, const char *b, const char *c)
{
    struct process *process = harness_start("salvor-collector.exe", "reg", a, b, c, (char *)NULL);
    size_t len = 0, got;

    while (file_read(process_stdout(process), ret + len, MAX_REG_BYTES - len, &got) == ST_OK && got)
        len += got;
    assert_int_equal(harness_finish(process, 20000), 0);
    return len;
}

static const char *ready_file(const char *name)
{
    static char path[2048];

    snprintf(path, sizeof path, "%s/reg/%s", SALVOR_SOURCE_ROOT, name);
    return path;
}

static void check_ready_file(const char *name, const uint8_t *bytes, size_t len)
{
    struct buffer file;

    buffer_init(&file, MAX_REG_BYTES);
    assert_int_equal(file_read_whole(ready_file(name), MAX_REG_BYTES, &file), ST_OK);
    assert_int_equal(file.len, len);
    assert_memory_equal(file.data, bytes, len);
    buffer_done(&file);
}

static void reg_when_generated_then_equal_to_the_ready_files(void **state)
{
    static uint8_t bytes[MAX_REG_BYTES];

    (void)state;
    check_ready_file("sample-enable.reg", bytes, generate(bytes, "--app", APP, NULL));
    check_ready_file("sample-undo.reg", bytes, generate(bytes, "--app", APP, "--undo"));
}

static void reg_when_imported_then_registry_holds_what_the_programs_look_for(void **state)
{
    (void)state;
    keys_import(ready_file("sample-enable.reg"));
    check_value(NAME_KEY_LOCALDUMPS "\\" APP, NAME_VALUE_DUMP_FOLDER, REG_EXPAND_SZ, NAME_DEFAULT_DUMPS);
    check_value(NAME_KEY_LOCALDUMPS "\\" APP, NAME_VALUE_DUMP_COUNT, REG_DWORD, "10");
    check_value(NAME_KEY_LOCALDUMPS "\\" APP, NAME_VALUE_DUMP_TYPE, REG_DWORD, "1");
    check_value(NAME_KEY_LOCALDUMPS "\\" APP, NAME_VALUE_CUSTOM_FLAGS, REG_DWORD, "289");
    check_value(NAME_KEY_SETTINGS, "dumps", REG_EXPAND_SZ, NAME_DEFAULT_DUMPS);
    assert_true(keys_has(NAME_KEY_SETTINGS "\\" APP));
}

/* The name of a value, in one view of the key and not in the other. */
static void check_module(const char *path, bool is_x86)
{
    char text[64];

    if (keys_read(NAME_KEY_WER_MODULES, path, text, sizeof text) != (is_x86 ? REG_NONE : REG_DWORD))
        fail_msg("%s is wrong in the 64-bit view", path);
    if (keys_read_x86(NAME_KEY_WER_MODULES, path, text, sizeof text) != (is_x86 ? REG_DWORD : REG_NONE))
        fail_msg("%s is wrong in the 32-bit view", path);
}

static void reg_when_imported_then_each_view_has_the_module_of_its_bitness(void **state)
{
    (void)state;
    keys_import(ready_file("sample-enable.reg"));
    check_module(NAME_DEFAULT_MODULE, false);
    check_module(NAME_DEFAULT_MODULE_X86, true);
}

static void reg_when_undone_then_other_modules_stay(void **state)
{
    char text[64];

    (void)state;
    keys_set_number(NAME_KEY_WER_MODULES, "C:\\Other\\wer.dll", 0);
    keys_set_number(NAME_KEY_WER_MODULES_X86, "C:\\Other\\wer.dll", 0);
    keys_import(ready_file("sample-enable.reg"));
    keys_import(ready_file("sample-undo.reg"));
    assert_int_equal(keys_read(NAME_KEY_WER_MODULES, NAME_DEFAULT_MODULE, text, sizeof text), REG_NONE);
    assert_int_equal(keys_read_x86(NAME_KEY_WER_MODULES, NAME_DEFAULT_MODULE_X86, text, sizeof text), REG_NONE);
    assert_int_equal(keys_read(NAME_KEY_WER_MODULES, "C:\\Other\\wer.dll", text, sizeof text), REG_DWORD);
    assert_int_equal(keys_read_x86(NAME_KEY_WER_MODULES, "C:\\Other\\wer.dll", text, sizeof text), REG_DWORD);
}

/* Names that a file system takes and a careless writer of .reg files does not. */
static void reg_when_names_are_ugly_then_read_back_as_given(void **state)
{
    static const char *const apps[] = {"a'b.exe", "100%.exe", "a;b.exe", "gr\xc3\xbc\xc3\x9f.exe", "=.exe", "{@}.exe"};
    static const char module[] = "C:\\Program Files\\a;b 'c' gr\xc3\xbc\xc3\x9f\\salvor-wer.dll";
    char path[2048], key[512], text[64];

    (void)state;
    snprintf(path, sizeof path, "%s\\ugly.reg", harness_folder());
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "reg", "--app", apps[0], "--app", apps[1], "--app", apps[2], "--app",
                                 apps[3], "--app", apps[4], "--app", apps[5], "--module", module, "--module-x86", module, "--output", path,
                                 (char *)NULL),
                     0);
    keys_import(path);
    for (size_t i = 0; i < sizeof apps / sizeof apps[0]; i++) {
        snprintf(key, sizeof key, NAME_KEY_LOCALDUMPS "\\%s", apps[i]);
        check_value(key, NAME_VALUE_DUMP_FOLDER, REG_EXPAND_SZ, NAME_DEFAULT_DUMPS);
        snprintf(key, sizeof key, NAME_KEY_SETTINGS "\\%s", apps[i]);
        assert_true(keys_has(key));
    }
    assert_int_equal(keys_read(NAME_KEY_WER_MODULES, module, text, sizeof text), REG_DWORD);
    assert_int_equal(keys_read_x86(NAME_KEY_WER_MODULES, module, text, sizeof text), REG_DWORD);
}

static void reg_when_program_has_settings_of_its_own_then_in_its_subkey(void **state)
{
    char path[2048];

    (void)state;
    snprintf(path, sizeof path, "%s\\own.reg", harness_folder());
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "reg", "--app", APP, "--report-killed", "--no-dump-grace", "1m", "--output",
                                 path, (char *)NULL),
                     0);
    keys_import(path);
    check_value(NAME_KEY_SETTINGS "\\" APP, "report-killed", REG_DWORD, "1");
    check_value(NAME_KEY_SETTINGS "\\" APP, "no-dump-grace", REG_SZ, "1m");
    check_no_value(NAME_KEY_SETTINGS, "report-killed");
}

static void reg_when_imported_twice_then_no_difference(void **state)
{
    (void)state;
    keys_import(ready_file("sample-enable.reg"));
    keys_import(ready_file("sample-enable.reg"));
    check_value(NAME_KEY_LOCALDUMPS "\\" APP, NAME_VALUE_DUMP_FOLDER, REG_EXPAND_SZ, NAME_DEFAULT_DUMPS);
}

static void reg_when_undone_then_only_ours_is_gone(void **state)
{
    (void)state;
    keys_set_text(NAME_KEY_LOCALDUMPS "\\other.exe", NAME_VALUE_DUMP_FOLDER, "C:\\elsewhere");
    keys_set_text(NAME_KEY_SETTINGS, "url", "https://someone.example");
    keys_import(ready_file("sample-enable.reg"));
    keys_import(ready_file("sample-undo.reg"));
    assert_false(keys_has(NAME_KEY_LOCALDUMPS "\\" APP));
    assert_false(keys_has(NAME_KEY_SETTINGS "\\" APP));
    check_no_value(NAME_KEY_SETTINGS, "dumps");
    check_value(NAME_KEY_LOCALDUMPS "\\other.exe", NAME_VALUE_DUMP_FOLDER, REG_SZ, "C:\\elsewhere");
    check_value(NAME_KEY_SETTINGS, "url", REG_SZ, "https://someone.example");
}

static void reg_when_values_need_escapes_then_read_back_as_given(void **state)
{
    char path[2048];

    (void)state;
    snprintf(path, sizeof path, "%s\\deploy.reg", harness_folder());
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "reg", "--app", APP, "--url", "https://crash.example/submit?a=\"b\"\\c",
                                 "--key", "k\xc3\xbc", "--dump-folder", "D:\\d\xc3\xbcmps\\%USERNAME%", "--output", path, (char *)NULL),
                     0);
    keys_import(path);
    check_value(NAME_KEY_SETTINGS, "url", REG_SZ, "https://crash.example/submit?a=\"b\"\\c");
    check_value(NAME_KEY_SETTINGS, "key", REG_SZ, "k\xc3\xbc");
    check_value(NAME_KEY_SETTINGS, "dumps", REG_EXPAND_SZ, "D:\\d\xc3\xbcmps\\%USERNAME%");
    check_value(NAME_KEY_LOCALDUMPS "\\" APP, NAME_VALUE_DUMP_FOLDER, REG_EXPAND_SZ, "D:\\d\xc3\xbcmps\\%USERNAME%");
}

/* Its pid. */
static uint32_t kill_a_sample(const char *pipe)
{
    struct process *sample = harness_start("salvor-sample.exe", "wait-write-av", "--pipe", pipe, "--spool", harness_folder(), (char *)NULL);
    uint32_t pid = process_id(sample), code;
    char line[256];

    assert_true(harness_read_line(sample, "crashing ", line, sizeof line));
    process_kill(sample);
    assert_int_equal(process_wait(sample, 10000, &code), ST_OK);
    process_free(sample);
    return pid;
}

/* The order: the machine's settings, a program's own, the policy, the policy for that program. Each is read when a program dies. */
static void collector_when_program_has_settings_of_its_own_then_they_hold_unless_policy_says_otherwise(void **state)
{
    static const struct {
        const char *key;
        uint32_t value;
        bool is_reported;
    } steps[] = {
        {NAME_KEY_SETTINGS "\\other.exe", 1, false},
        {NAME_KEY_SETTINGS "\\" APP, 1, true},
        {NAME_KEY_POLICY, 0, false},
        {NAME_KEY_POLICY "\\" APP, 1, true},
    };
    (void)state;
    keys_set_text(NAME_KEY_SETTINGS, "no-dump-grace", "0s");
    harness_collector_start(&collector, harness_folder());
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char line[64];
        keys_set_number(steps[i].key, "report-killed", steps[i].value);
        snprintf(line, sizeof line, "%s pid=%u", steps[i].is_reported ? "client-died" : "client-exited", kill_a_sample(collector.pipe));
        harness_wait_log(&collector, line, 10000);
    }
}

static void collector_when_a_setting_of_a_program_is_wrong_then_named_and_the_general_ones_hold(void **state)
{
    (void)state;
    keys_set_text(NAME_KEY_SETTINGS "\\" APP, "report-killed", "perhaps");
    harness_collector_start(&collector, harness_folder());
    kill_a_sample(collector.pipe);
    harness_wait_log(&collector, "HKLM\\SOFTWARE\\Salvor\\" APP "\\report-killed must be yes or no", 10000);
    harness_wait_log(&collector, "client-exited", 10000);
}

static void collector_when_deployed_by_reg_file_then_watches_its_folder(void **state)
{
    char path[2048], folder[1024], line[4096], expected[2048];
    const char *data = harness_folder();
    struct process *served;

    (void)state;
    snprintf(path, sizeof path, "%s\\deploy.reg", data);
    snprintf(folder, sizeof folder, "%s\\from-registry", data);
    assert_int_equal(
        harness_run(20000, "salvor-collector.exe", "reg", "--app", APP, "--dump-folder", folder, "--output", path, (char *)NULL), 0);
    keys_import(path);
    served = harness_start("salvor-collector.exe", "run", "--data", data, "--pipe", "\\\\.\\pipe\\salvor-test-reg", (char *)NULL);
    bool ready = harness_read_line(served, "salvor-collector ready", line, sizeof line);
    process_kill(served);
    harness_finish(served, 10000);
    assert_true(ready);
    snprintf(expected, sizeof expected, "dumps=%s", folder);
    if (!strstr(line, expected))
        fail_msg("no %s in: %s", expected, line);
}

#define with_keys(function) cmocka_unit_test_setup_teardown(function, take_keys, give_keys_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reg_when_generated_then_equal_to_the_ready_files),
        with_keys(reg_when_imported_then_registry_holds_what_the_programs_look_for),
        with_keys(reg_when_imported_twice_then_no_difference),
        with_keys(reg_when_undone_then_only_ours_is_gone),
        with_keys(reg_when_values_need_escapes_then_read_back_as_given),
        with_keys(reg_when_imported_then_each_view_has_the_module_of_its_bitness),
        with_keys(reg_when_undone_then_other_modules_stay),
        with_keys(reg_when_names_are_ugly_then_read_back_as_given),
        with_keys(reg_when_program_has_settings_of_its_own_then_in_its_subkey),
        with_keys(collector_when_program_has_settings_of_its_own_then_they_hold_unless_policy_says_otherwise),
        with_keys(collector_when_a_setting_of_a_program_is_wrong_then_named_and_the_general_ones_hold),
        with_keys(collector_when_deployed_by_reg_file_then_watches_its_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
