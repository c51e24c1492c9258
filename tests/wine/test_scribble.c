/* test_scribble.c - programs that have written over their heap, their stack and the block that they share with the collector before they
 * fault: the hostile block by accident. Their death is reported all the same. */
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <string.h>

#define WAIT_MS 60000

static struct harness_collector collector;

static int start_collector(void **state)
{
    static const char *const options[] = {"--no-dump-grace", "0s", NULL};

    (void)state;
    harness_collector_start_with(&collector, harness_folder(), options);
    return 0;
}

static int stop_collector(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    return 0;
}

/* Lets it die and finds its only report; the caller closes both. */
static struct spool_report *report_of(const char *kind, uint32_t exit_code, const char *more, struct spool **ret_spool)
{
    const char *const arguments[] = {"--pipe", collector.pipe, "--spool", harness_folder(), more, NULL};
    uint32_t pid = harness_let_die(kind, exit_code, arguments);
    struct spool_report *report;

    print_message("%s\n", kind);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, ret_spool);
    assert_int_equal(harness_number(report, RECORD_PID), pid);
    assert_string_equal(harness_value(report, RECORD_APP), "salvor-sample.exe");
    return report;
}

static void check_dump(const char *kind, const char *more, const char *damaged)
{
    struct spool *spool = NULL;
    struct spool_report *report = report_of(kind, CODE_ACCESS_VIOLATION, more, &spool);
    uint32_t thread;

    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_true(thread != 0);
    assert_string_equal(harness_value(report, RECORD_BLOCK_DAMAGED), damaged);
    spool_report_close(report);
    spool_close(spool);
}

static void block_when_filled_with_zeros_then_dump_all_the_same(void **state)
{
    (void)state;
    check_dump("scribble-zero", NULL, "1");
}

static void block_when_filled_with_ones_then_dump_all_the_same(void **state)
{
    (void)state;
    check_dump("scribble-ones", NULL, "1");
}

static void block_when_filled_with_noise_then_dump_all_the_same(void **state)
{
    (void)state;
    check_dump("scribble-noise", NULL, "1");
}

/* The block also says whether an end was clean: only the word itself counts. */
static void block_when_scribbled_and_no_dump_is_made_then_death_is_reported(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    report = report_of("scribble-fast-fail", CODE_FAST_FAIL, NULL, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_EXIT_WATCHER);
    spool_report_close(report);
    spool_close(spool);
}

/* The system finds no handler through a stack that is gone; who looks at first chance does not need one. */
static void stack_when_gone_and_client_is_eager_then_dump(void **state)
{
    (void)state;
    check_dump("scribble-stack", "--eager", "");
}

static void stack_when_gone_and_client_waits_for_second_chance_then_death_is_reported(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    report = report_of("scribble-stack", CODE_ACCESS_VIOLATION, NULL, &spool);
    print_message("by %s\n", harness_value(report, RECORD_LAYER));
    spool_report_close(report);
    spool_close(spool);
}

/* The scribbled block is what the client takes back into its own memory when its monitor has gone. */
static void block_when_scribbled_and_monitor_is_killed_then_last_resort(void **state)
{
    const char *spool_dir = harness_folder();
    const char *const more[] = {"--pipe", collector.pipe, "--spool", spool_dir, NULL};
    struct process *sample = harness_start_sample("scribble-wait", more);
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread;
    char line[64];

    (void)state;
    assert_true(harness_read_line(sample, "scribbled", line, sizeof line));
    harness_collector_stop(&collector);
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    report = harness_only_report(spool_dir, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_IN_PROCESS);
    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    spool_report_close(report);
    spool_close(spool);
}

#define served(function) cmocka_unit_test_setup_teardown(function, start_collector, stop_collector)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        served(block_when_filled_with_zeros_then_dump_all_the_same),
        served(block_when_filled_with_ones_then_dump_all_the_same),
        served(block_when_filled_with_noise_then_dump_all_the_same),
        served(block_when_scribbled_and_no_dump_is_made_then_death_is_reported),
        served(block_when_scribbled_and_monitor_is_killed_then_last_resort),
        served(stack_when_gone_and_client_is_eager_then_dump),
        served(stack_when_gone_and_client_waits_for_second_chance_then_death_is_reported),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
