/* test_crt.c - deaths by the C run-time, for each of the two that programs are linked with: msvcrt.dll and the universal one. Nothing is
 * raised; the run-time ends the process by itself unless its own handlers are set. */
#include "base/text.h"
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <string.h>

#define WAIT_MS 60000

static const struct {
    const char *kind, *source;
    uint32_t code;
} deaths[] = {
    {"abort", "abort", CODE_ABORT},           {"raise", "abort", CODE_ABORT},
    {"terminate", "abort", CODE_ABORT},       {"invalid-parameter", "invalid-parameter", CODE_INVALID_PARAMETER},
    {"pure-call", "purecall", CODE_PURECALL},
};

/* The program's exit code; it must be linked with that run-time. */
static uint32_t run(const struct harness_collector *collector, const char *program, const char *runtime, const char *kind)
{
    struct process *process = harness_start(program, kind, collector->pipe, harness_folder(), (char *)NULL);
    char line[128], expected[128];

    print_message("%s: %s\n", program, kind);
    snprintf(expected, sizeof expected, "run-time %s", runtime);
    assert_true(harness_read_line(process, "run-time ", line, sizeof line));
    assert_true(text_equal_nocase(line, expected));
    return harness_finish(process, WAIT_MS);
}

static void check_death(const char *program, const char *runtime, size_t index)
{
    struct harness_collector collector;
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread;

    harness_collector_start(&collector, harness_folder());
    assert_int_equal(run(&collector, program, runtime, deaths[index].kind), deaths[index].code);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    assert_string_equal(harness_value(report, RECORD_SOURCE), deaths[index].source);
    assert_int_equal(harness_dump_exception(report, &thread), deaths[index].code);
    spool_report_close(report);
    spool_close(spool);
    harness_collector_stop(&collector);
}

static void deaths_when_by_the_universal_runtime_then_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++)
        check_death("salvor-crt-ucrt.exe", "ucrtbase.dll", i);
}

#if defined(__MINGW32__) /* Microsoft's compiler links with the universal one alone */

static void deaths_when_by_msvcrt_then_reported(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++)
        if (deaths[i].code == CODE_ABORT)
            check_death("salvor-crt-msvcrt.exe", "msvcrt.dll", i);
}

/* It has no handler for this, nor does it end anybody: the call fails, and the program goes on. */
static void msvcrt_when_a_parameter_is_invalid_then_no_death_and_no_report(void **state)
{
    struct harness_collector collector;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    assert_int_equal(run(&collector, "salvor-crt-msvcrt.exe", "msvcrt.dll", "invalid-parameter"), 9);
    harness_wait_log(&collector, "client-exited", WAIT_MS);
    assert_int_equal(harness_reports(collector.queue), 0);
    harness_collector_stop(&collector);
}

/* It has no handler for this either, and ends the process as it stands: only the code is left, which is no exception's. */
static void msvcrt_when_a_pure_function_is_called_then_by_policy(void **state)
{
    static const char *const options[] = {"--no-dump-grace", "0s", "--report-killed", NULL};
    struct harness_collector collector;
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    harness_collector_start_with(&collector, harness_folder(), options);
    assert_int_equal(run(&collector, "salvor-crt-msvcrt.exe", "msvcrt.dll", "pure-call"), 255);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_EXIT_WATCHER);
    assert_int_equal(harness_number(report, RECORD_EXIT_CODE), 255);
    spool_report_close(report);
    spool_close(spool);
    harness_collector_stop(&collector);
}

#endif

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deaths_when_by_the_universal_runtime_then_reported),
#if defined(__MINGW32__)
        cmocka_unit_test(deaths_when_by_msvcrt_then_reported),
        cmocka_unit_test(msvcrt_when_a_parameter_is_invalid_then_no_death_and_no_report),
        cmocka_unit_test(msvcrt_when_a_pure_function_is_called_then_by_policy),
#endif
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
