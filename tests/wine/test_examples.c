/* test_examples.c - the programs of docs/examples do what their first lines say: each dies and is reported, by a monitor that it started
 * itself or, where it may start none, by the last resort. */
#include "harness.h"
#include "loopback.h"
#include "proto/code.h"
#include <stdio.h>
#include <string.h>
#include <windows.h>

static char queue[1024];

/* Examples name no folder, so theirs is below %LOCALAPPDATA%. */
static void expect_reports_of(const char *program)
{
    const char *folder = harness_folder();

    assert_true(SetEnvironmentVariableA("LOCALAPPDATA", folder));
    snprintf(queue, sizeof queue, "%s\\Salvor\\%s", folder, program);
}

static void check_report(uint32_t code, const char *version)
{
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread;

    harness_wait_reports(queue, 1, 30000);
    report = harness_only_report(queue, &spool);
    assert_int_equal(harness_dump_exception(report, &thread), code);
    assert_string_equal(harness_value(report, RECORD_VERSION), version);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    spool_report_close(report);
    spool_close(spool);
}

static void example_when_plain_c_then_reported(void **state)
{
    (void)state;
    expect_reports_of("example-plain.exe");
    assert_int_equal(harness_run(60000, "example-plain.exe", (char *)NULL), CODE_ACCESS_VIOLATION);
    check_report(CODE_ACCESS_VIOLATION, "1.0.0");
}

/* mingw's run-time calls terminate, which aborts: the handler of SIGABRT has it. */
static void example_when_exception_leaves_main_then_reported(void **state)
{
    (void)state;
    expect_reports_of("example-throw.exe");
    assert_int_equal(harness_run(60000, "example-throw.exe", (char *)NULL), CODE_ABORT);
    check_report(CODE_ABORT, "1.0.0");
}

static void example_when_exception_leaves_second_thread_then_reported(void **state)
{
    (void)state;
    expect_reports_of("example-throw.exe");
    assert_int_equal(harness_run(60000, "example-throw.exe", "thread", (char *)NULL), CODE_CPP_GCC);
    check_report(CODE_CPP_GCC, "1.0.0");
}

static void example_when_dll_installs_from_dll_main_then_host_is_reported(void **state)
{
    (void)state;
    expect_reports_of("example-host.exe");
    assert_int_equal(harness_run(60000, "example-host.exe", (char *)NULL), CODE_ACCESS_VIOLATION);
    check_report(CODE_ACCESS_VIOLATION, "3.2.1");
}

static void example_when_program_is_its_own_monitor_then_report_is_delivered(void **state)
{
    struct loopback *server = loopback_start();
    const char *head = "";

    (void)state;
    expect_reports_of("example-own-monitor.exe");
    assert_int_equal(harness_run(60000, "example-own-monitor.exe", loopback_url(server), "a-key", (char *)NULL), CODE_ACCESS_VIOLATION);
    assert_true(loopback_next(server, &head, 60000));
    assert_non_null(strstr(head, "Salvor-Key: a-key\r\n"));
    loopback_stop(server);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_when_plain_c_then_reported),
        cmocka_unit_test(example_when_exception_leaves_main_then_reported),
        cmocka_unit_test(example_when_exception_leaves_second_thread_then_reported),
        cmocka_unit_test(example_when_dll_installs_from_dll_main_then_host_is_reported),
        cmocka_unit_test(example_when_program_is_its_own_monitor_then_report_is_delivered),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
