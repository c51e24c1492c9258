/* test_client.c - real deaths of a program that uses the client: what ends up in the queue, how it exits, how long it is held. */
#include "base/clock.h"
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <string.h>
#include <windows.h>

static struct harness_collector collector;

static int start_collector(void **state)
{
    (void)state;
    harness_collector_start(&collector, harness_folder());
    return 0;
}

static int stop_collector(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    return 0;
}

/* What MiniDumpWriteDump leaves out here and the dumper appends: memory information, and the process's times. */
static void check_appended(struct spool_report *report)
{
    uint32_t offset, size;

    assert_true(harness_dump_stream(report, 16, &offset, &size)); /* MemoryInfoListStream */
    assert_int_equal(harness_dump_u32(report, offset + 4), 48);
    assert_int_equal(harness_dump_u32(report, offset + 8) * 48 + 16, size);
    assert_true(harness_dump_u32(report, offset + 8) > 10);
    assert_true(harness_dump_stream(report, 15, &offset, &size)); /* MiscInfoStream */
    assert_true(harness_dump_u32(report, offset + 4) & 2);        /* MINIDUMP_MISC1_PROCESS_TIMES */
    assert_int_equal(harness_dump_u32(report, offset + 12), harness_number(report, RECORD_START));
}

/* Lets the sample die of kind and checks exit code, exception code in record and dump, layer and source. */
static void check_death_in(const char *kind, const char *where, uint32_t code, const char *source)
{
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread = 0;

    assert_int_equal(harness_run(60000, "salvor-sample.exe", kind, "--pipe", collector.pipe, "--note", kind, where, (char *)NULL), code);
    harness_wait_reports(collector.queue, 1, 10000);
    report = harness_only_report(collector.queue, &spool);
    assert_int_equal(harness_dump_exception(report, &thread), code);
    assert_true(thread != 0);
    check_appended(report);
    assert_int_equal(harness_number(report, RECORD_CODE), code);
    assert_string_equal(harness_value(report, RECORD_SOURCE), source);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    assert_string_equal(harness_value(report, RECORD_APP), "salvor-sample.exe");
    assert_string_equal(harness_value(report, RECORD_VERSION), "2.4.1");
    assert_string_equal(harness_value(report, RECORD_ENVIRONMENT), "test");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "note"), kind);
    assert_int_equal(strlen(spool_report_id(report)), 36);
    spool_report_close(report);
    spool_close(spool);
}

static void check_death(const char *kind, uint32_t code, const char *source)
{
    check_death_in(kind, NULL, code, source);
}

static void client_when_write_violation_then_one_report(void **state)
{
    (void)state;
    check_death("write-av", CODE_ACCESS_VIOLATION, "filter");
}

static void client_when_read_violation_then_one_report(void **state)
{
    (void)state;
    check_death("read-av", CODE_ACCESS_VIOLATION, "filter");
}

static void client_when_divide_by_zero_then_one_report(void **state)
{
    (void)state;
    check_death("divide", CODE_INT_DIVIDE_BY_ZERO, "filter");
}

static void client_when_abort_then_one_report_and_not_exit_code_three(void **state)
{
    (void)state;
    check_death("abort", CODE_ABORT, "abort");
}

static void client_when_execute_violation_then_one_report(void **state)
{
    (void)state;
    check_death("exec-av", CODE_ACCESS_VIOLATION, "filter");
}

static void client_when_illegal_instruction_then_one_report(void **state)
{
    (void)state;
    check_death("illegal", CODE_ILLEGAL_INSTRUCTION, "filter");
}

static void client_when_raised_exception_then_one_report(void **state)
{
    (void)state;
    check_death("raise", 0xe0001234, "filter");
}

static void client_when_heap_corruption_is_raised_then_one_report(void **state)
{
    (void)state;
    check_death("heap", CODE_HEAP_CORRUPTION, "veh");
}

static void client_when_stack_overflow_then_one_report(void **state)
{
    (void)state;
    check_death("stack-overflow", CODE_STACK_OVERFLOW, "filter");
}

static void client_when_stack_overflow_in_second_thread_then_one_report(void **state)
{
    (void)state;
    check_death_in("stack-overflow", "--thread", CODE_STACK_OVERFLOW, "filter");
}

static void client_when_write_violation_in_second_thread_then_one_report(void **state)
{
    (void)state;
    check_death_in("write-av", "--thread", CODE_ACCESS_VIOLATION, "filter");
}

static void client_when_abort_in_second_thread_then_one_report(void **state)
{
    (void)state;
    check_death_in("abort", "--thread", CODE_ABORT, "abort");
}

static void client_when_three_crashes_in_a_row_then_three_reports(void **state)
{
    int i;
    (void)state;
    for (i = 0; i < 3; i++)
        assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--pipe", collector.pipe, (char *)NULL),
                         CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 3, 10000);
}

static void client_when_fast_fail_then_exit_code_kept_and_monitor_has_nothing(void **state)
{
    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "fast-fail", "--pipe", collector.pipe, (char *)NULL), CODE_FAST_FAIL);
    assert_int_equal(harness_reports(collector.queue), 0);
}

static void client_when_clean_exit_then_no_report(void **state)
{
    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "exit", "--pipe", collector.pipe, (char *)NULL), 0);
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "exit-three", "--pipe", collector.pipe, (char *)NULL), 3);
    assert_int_equal(harness_reports(collector.queue), 0);
}

static void client_when_eager_then_first_chance_is_reported(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--eager", "--pipe", collector.pipe, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_SOURCE), "veh");
    spool_report_close(report);
    spool_close(spool);
}

static void client_when_passing_on_then_one_report_and_code_kept(void **state)
{
    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--pass", "--pipe", collector.pipe, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_reports(collector.queue), 1);
}

static void client_when_filter_says_no_then_no_report_and_code_kept(void **state)
{
    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--filter", "ignore", "--pipe", collector.pipe, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_reports(collector.queue), 0);
}

static void client_when_uninstalled_then_handlers_are_gone(void **state)
{
    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--uninstall", "--pipe", collector.pipe, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "abort", "--uninstall", "--pipe", collector.pipe, (char *)NULL), 3);
    assert_int_equal(harness_reports(collector.queue), 0);
}

static void client_when_filter_faults_then_first_fault_is_reported(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--filter", "fault", "--pipe", collector.pipe, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    report = harness_only_report(collector.queue, &spool);
    assert_int_equal(harness_number(report, RECORD_CODE), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_FILTER_FAULTED), "1");
    spool_report_close(report);
    spool_close(spool);
}

static void client_when_filter_hangs_then_first_fault_is_reported(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--filter", "hang", "--timeout", "2000", "--pipe", collector.pipe,
                                 (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    report = harness_only_report(collector.queue, &spool);
    assert_int_equal(harness_number(report, RECORD_CODE), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_FILTER_FAULTED), "1");
    spool_report_close(report);
    spool_close(spool);
}

static void client_when_dump_is_asked_for_then_report_and_program_goes_on(void **state)
{
    struct process *sample = harness_start("salvor-sample.exe", "dump-now", "--pipe", collector.pipe, (char *)NULL);
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread;
    char line[256];

    (void)state;
    assert_true(harness_read_line(sample, "dumped status=0 id=", line, sizeof line));
    assert_int_equal(harness_finish(sample, 20000), 0);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(spool_report_id(report), line + strlen("dumped status=0 id="));
    assert_int_equal(harness_dump_exception(report, &thread), CODE_DUMP_WITHOUT_CRASH);
    assert_string_equal(harness_value(report, RECORD_REASON), "asked for by a test");
    spool_report_close(report);
    spool_close(spool);
}

/* -- without a monitor -- */

/* The in-process dump of the last resort: layer, code, and that the program was not held past its bound. */
static void check_last_resort(const char *spool_dir)
{
    struct spool *spool = NULL;
    struct spool_report *report = harness_only_report(spool_dir, &spool);
    uint32_t thread;

    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_IN_PROCESS);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    spool_report_close(report);
    spool_close(spool);
}

static void client_when_no_monitor_then_last_resort_within_bound(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    /* harness_run fails past 60 s: start-up's bound, the dump's, and room for a busy machine. */
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--pipe", "\\\\.\\pipe\\salvor-test-nobody", "--spool", spool_dir,
                                 (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    check_last_resort(spool_dir);
}

static void client_when_monitor_was_killed_then_next_layer_has_it(void **state)
{
    const char *spool_dir = harness_folder();
    struct harness_collector own;
    struct process *sample;
    char line[256];

    (void)state;
    harness_collector_start(&own, harness_folder());
    sample = harness_start("salvor-sample.exe", "wait-write-av", "--pipe", own.pipe, "--spool", spool_dir, (char *)NULL);
    assert_true(harness_read_line(sample, "crashing", line, sizeof line));
    harness_collector_stop(&own);
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, 60000), CODE_ACCESS_VIOLATION);
    check_last_resort(spool_dir);
}

static void client_when_monitor_is_suspended_then_gives_up_at_its_bound(void **state)
{
    struct harness_collector own;
    struct process *sample;
    char line[256];
    uint64_t start;

    (void)state;
    harness_collector_start(&own, harness_folder());
    sample = harness_start("salvor-sample.exe", "wait-write-av", "--pipe", own.pipe, "--spool", harness_folder(), "--timeout", "1000",
                           (char *)NULL);
    assert_true(harness_read_line(sample, "crashing", line, sizeof line));
    harness_suspend(own.process);
    start = clock_steady_ms();
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, 30000), CODE_ACCESS_VIOLATION);
    assert_true(clock_steady_ms() - start >= 1000);
    harness_collector_stop(&own);
}

static void client_when_last_run_crashed_then_next_start_knows_once(void **state)
{
    const char *spool_dir = harness_folder();
    struct process *sample;
    struct spool *spool = NULL;
    struct spool_report *report;
    char line[256], expected[64];

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--pipe", collector.pipe, "--spool", spool_dir, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    report = harness_only_report(collector.queue, &spool);
    snprintf(expected, sizeof expected, "last run 0 %s", spool_report_id(report));
    spool_report_close(report);
    spool_close(spool);
    sample = harness_start("salvor-sample.exe", "health", "--pipe", collector.pipe, "--spool", spool_dir, (char *)NULL);
    assert_true(harness_read_line(sample, "last run", line, sizeof line));
    assert_string_equal(line, expected);
    assert_int_equal(harness_finish(sample, 20000), 0);
    sample = harness_start("salvor-sample.exe", "health", "--pipe", collector.pipe, "--spool", spool_dir, (char *)NULL);
    assert_true(harness_read_line(sample, "last run", line, sizeof line));
    assert_string_equal(line, "last run -2 ");
    assert_int_equal(harness_finish(sample, 20000), 0);
}

static void client_when_verified_then_health_is_true_to_life(void **state)
{
    struct process *sample = harness_start("salvor-sample.exe", "health", "--pipe", collector.pipe, (char *)NULL);
    char line[256];

    (void)state;
    assert_true(harness_read_line(sample, "health", line, sizeof line));
    assert_string_equal(line, "health filter=1 veh=1 monitor=1 service=0 debugger=0");
    /* Somebody replaces the filter: verify says so, and has it back. */
    assert_true(harness_read_line(sample, "health", line, sizeof line));
    assert_string_equal(line, "health filter=0 veh=1 monitor=1 service=0 debugger=0");
    assert_true(harness_read_line(sample, "health", line, sizeof line));
    assert_string_equal(line, "health filter=1 veh=1 monitor=1 service=0 debugger=0");
    assert_int_equal(harness_finish(sample, 20000), 0);
}

static bool is_elevated(void)
{
    TOKEN_ELEVATION elevation = {0};
    HANDLE token;
    DWORD size;

    assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size));
    CloseHandle(token);
    return elevation.TokenIsElevated != 0;
}

/* Anybody may have set an elevated process's environment, so it looks for a monitor of its own. */
static void client_when_child_is_told_by_environment_then_same_monitor_unless_elevated(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    if (is_elevated()) {
        assert_int_equal(harness_run(60000, "salvor-sample.exe", "child", "--pipe", collector.pipe, (char *)NULL), CODE_ACCESS_VIOLATION);
        assert_int_equal(harness_reports(collector.queue), 0);
        return;
    }
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "child", "--pipe", collector.pipe, (char *)NULL), CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 1, 10000);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "note"), "child");
    spool_report_close(report);
    spool_close(spool);
}

static void client_when_own_monitor_then_report_in_its_spool(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--self-monitor", "--spool", spool_dir, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    harness_wait_reports(spool_dir, 1, 10000);
    report = harness_only_report(spool_dir, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    spool_report_close(report);
    spool_close(spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(client_when_write_violation_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_read_violation_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_divide_by_zero_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_abort_then_one_report_and_not_exit_code_three, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_execute_violation_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_illegal_instruction_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_raised_exception_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_heap_corruption_is_raised_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_stack_overflow_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_stack_overflow_in_second_thread_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_write_violation_in_second_thread_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_abort_in_second_thread_then_one_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_three_crashes_in_a_row_then_three_reports, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_fast_fail_then_exit_code_kept_and_monitor_has_nothing, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_clean_exit_then_no_report, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_eager_then_first_chance_is_reported, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_passing_on_then_one_report_and_code_kept, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_filter_says_no_then_no_report_and_code_kept, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_uninstalled_then_handlers_are_gone, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_filter_faults_then_first_fault_is_reported, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_filter_hangs_then_first_fault_is_reported, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_dump_is_asked_for_then_report_and_program_goes_on, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_last_run_crashed_then_next_start_knows_once, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_verified_then_health_is_true_to_life, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(client_when_child_is_told_by_environment_then_same_monitor_unless_elevated, start_collector,
                                        stop_collector),
        cmocka_unit_test(client_when_no_monitor_then_last_resort_within_bound),
        cmocka_unit_test(client_when_monitor_was_killed_then_next_layer_has_it),
        cmocka_unit_test(client_when_monitor_is_suspended_then_gives_up_at_its_bound),
        cmocka_unit_test(client_when_own_monitor_then_report_in_its_spool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
