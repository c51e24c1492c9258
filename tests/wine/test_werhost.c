/* test_werhost.c - the stand-in for WerFault does what WER does: for a fast fail below it, and for an ordinary exception that the system
 * starts it for. On real Windows the same deaths go to WerFault itself; only the folder's contents count here. */
#include "harness.h"
#include "keys.h"
#include "proto/code.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APP_KEY      NAME_KEY_LOCALDUMPS "\\salvor-sample.exe"
#define NOBODY       "\\\\.\\pipe\\salvor-test-nobody"
#define HEADER_BYTES 32
#define WAIT_MS      60000

static const char *folder;

static int take_keys(void **state)
{
    (void)state;
    keys_take(NAME_KEY_LOCALDUMPS);
    keys_take(NAME_KEY_WER_MODULES);
    keys_werhost(true);
    folder = harness_folder();
    keys_set_path(APP_KEY, NAME_VALUE_DUMP_FOLDER, folder);
    return 0;
}

static int give_keys_back(void **state)
{
    (void)state;
    keys_werhost(false);
    keys_give_back(NAME_KEY_WER_MODULES);
    keys_give_back(NAME_KEY_LOCALDUMPS);
    return 0;
}

/* Lets a sample without Salvor die; its pid. */
static uint32_t let_die(const char *kind, uint32_t expected_code)
{
    static const char *const more[] = {"--no-salvor", NULL};

    return harness_let_die(kind, expected_code, more);
}

static char *dump_path(uint32_t pid)
{
    char name[64];

    snprintf(name, sizeof name, "salvor-sample.exe.%u.dmp", pid);
    return path_joined(folder, name);
}

static bool has_dump(uint32_t pid)
{
    struct file_info info;
    char *path = dump_path(pid);
    bool has = file_stat(path, &info) == ST_OK && info.size_bytes > HEADER_BYTES;

    free(path);
    return has;
}

/* The header's flags: the MINIDUMP_TYPE that was asked for. */
static uint32_t dump_flags(uint32_t pid)
{
    struct file file = {FILE_CLOSED};
    uint32_t header[HEADER_BYTES / 4] = {0};
    char *path = dump_path(pid);

    assert_int_equal(file_open(&file, path, FILE_MODE_READ), ST_OK);
    assert_int_equal(file_read_at(&file, 0, header, sizeof header), ST_OK);
    file_close(&file);
    free(path);
    assert_int_equal(header[0], 0x504d444d);
    return header[6];
}

static void werhost_when_exception_is_unhandled_then_started_by_the_system_and_dump_by_the_registry(void **state)
{
    (void)state;
    assert_true(has_dump(let_die("write-av", CODE_ACCESS_VIOLATION)));
    assert_true(has_dump(let_die("divide", CODE_INT_DIVIDE_BY_ZERO)));
    assert_int_equal(harness_files_in(folder), 2);
}

static void werhost_when_not_registered_then_no_dump(void **state)
{
    (void)state;
    keys_drop_value(KEYS_AEDEBUG, "Debugger");
    let_die("write-av", CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_files_in(folder), 0);
}

static void werhost_when_program_has_no_key_then_no_dump(void **state)
{
    (void)state;
    keys_drop(APP_KEY);
    keys_set_path(NAME_KEY_LOCALDUMPS "\\other.exe", NAME_VALUE_DUMP_FOLDER, folder);
    let_die("write-av", CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_files_in(folder), 0);
}

static void localdumps_when_general_count_is_zero_then_inherited_unless_program_has_its_own(void **state)
{
    (void)state;
    keys_set_number(NAME_KEY_LOCALDUMPS, NAME_VALUE_DUMP_COUNT, 0);
    let_die("write-av", CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_files_in(folder), 0);
    keys_set_number(APP_KEY, NAME_VALUE_DUMP_COUNT, 10);
    let_die("write-av", CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_files_in(folder), 1);
}

static void localdumps_when_count_is_reached_then_oldest_goes(void **state)
{
    uint32_t pids[4];

    (void)state;
    keys_set_number(APP_KEY, NAME_VALUE_DUMP_COUNT, 3);
    for (size_t i = 0; i < 4; i++)
        pids[i] = let_die("write-av", CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_files_in(folder), 3);
    assert_false(has_dump(pids[0]));
    assert_true(has_dump(pids[3]));
    keys_set_number(APP_KEY, NAME_VALUE_DUMP_COUNT, 1);
    pids[0] = let_die("write-av", CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_files_in(folder), 1);
    assert_true(has_dump(pids[0]));
}

static void localdumps_when_type_is_set_then_dump_is_of_it(void **state)
{
    (void)state;
    keys_set_number(APP_KEY, NAME_VALUE_DUMP_TYPE, 1);
    assert_int_equal(dump_flags(let_die("write-av", CODE_ACCESS_VIOLATION)), 0);
    keys_set_number(APP_KEY, NAME_VALUE_DUMP_TYPE, 2);
    assert_int_equal(dump_flags(let_die("write-av", CODE_ACCESS_VIOLATION)), 2); /* MiniDumpWithFullMemory */
    keys_set_number(APP_KEY, NAME_VALUE_DUMP_TYPE, 0);
    assert_int_equal(dump_flags(let_die("write-av", CODE_ACCESS_VIOLATION)), 0x121);
    keys_set_number(APP_KEY, NAME_VALUE_CUSTOM_FLAGS, 0x41);
    assert_int_equal(dump_flags(let_die("write-av", CODE_ACCESS_VIOLATION)), 0x41);
}

static void localdumps_when_fast_fail_below_werhost_then_dump(void **state)
{
    (void)state;
    assert_int_equal(harness_run_under_werhost("fast-fail", NOBODY, harness_folder()), CODE_FAST_FAIL);
    assert_int_equal(harness_files_in(folder), 1);
}

/* No monitor answers, WER is set up: the client passes the fault on, and the module has it. */
static void module_when_client_passes_an_exception_on_then_it_writes_the_report(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread;

    (void)state;
    harness_wer_module(true);
    assert_int_equal(harness_run(WAIT_MS, "salvor-sample.exe", "write-av", "--pipe", NOBODY, "--spool", spool_dir, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    report = harness_only_report(spool_dir, &spool);
    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_WER);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    spool_report_close(report);
    spool_close(spool);
}

#define with_keys(function) cmocka_unit_test_setup_teardown(function, take_keys, give_keys_back)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        with_keys(werhost_when_exception_is_unhandled_then_started_by_the_system_and_dump_by_the_registry),
        with_keys(werhost_when_not_registered_then_no_dump),
        with_keys(werhost_when_program_has_no_key_then_no_dump),
        with_keys(localdumps_when_general_count_is_zero_then_inherited_unless_program_has_its_own),
        with_keys(localdumps_when_count_is_reached_then_oldest_goes),
        with_keys(localdumps_when_type_is_set_then_dump_is_of_it),
        with_keys(localdumps_when_fast_fail_below_werhost_then_dump),
        with_keys(module_when_client_passes_an_exception_on_then_it_writes_the_report),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
