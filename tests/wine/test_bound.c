/* test_bound.c - max_dump_bytes of salvor.h and the collector's dump-size: whoever writes the dump, it fits, and what is left is of use. */
#include "base/text.h"
#include "harness.h"
#include "minidump/minidump.h"
#include "proto/code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY         "\\\\.\\pipe\\salvor-test-nobody"
#define SMART          "2" /* SALVOR_DUMP_SMART */
#define FULL           "3"
#define FOUR_MB        "4000000" /* under Wine the last resort's least dump has 2 MB: it takes its own stacks whole */
#define ATTACHED_BYTES 5000000u
#define STREAM_EXTRA   0x5a0001u
#define MAX_DUMP_BYTES (256u << 20)
#define FITS_NOT       "it does not fit the bound of the dump"
#define LEAST          "the least that is of use has "

struct dump {
    struct spool *spool;
    struct spool_report *report;
    uint64_t bytes, attached_bytes;
    uint8_t *content;
    struct minidump *minidump;
};

/* Opens the only report of a queue and its dump. */
static void dump_open(struct dump *ret, const char *queue)
{
    const struct spool_attachment *files;
    const char *why = "";
    size_t count;

    memset(ret, 0, sizeof *ret);
    harness_wait_reports(queue, 1, 30000);
    ret->report = harness_only_report(queue, &ret->spool);
    ret->bytes = spool_report_dump_bytes(ret->report);
    count = spool_report_attachments(ret->report, &files);
    for (size_t i = 0; i < count; i++)
        ret->attached_bytes += files[i].size_bytes;
    assert_true(ret->bytes > 0 && ret->bytes < MAX_DUMP_BYTES);
    ret->content = malloc((size_t)ret->bytes);
    assert_non_null(ret->content);
    assert_int_equal(file_read_at(spool_report_file(ret->report), 0, ret->content, (size_t)ret->bytes), ST_OK);
    if (minidump_open(&ret->minidump, (struct span){ret->content, (size_t)ret->bytes}, &why) != ST_OK)
        fail_msg("the dump cannot be read: %s", why);
}

static void dump_close(struct dump *dump)
{
    minidump_close(dump->minidump);
    free(dump->content);
    spool_report_close(dump->report);
    spool_close(dump->spool);
}

/* Modules, the exception, and every thread's stack from its stack pointer on. */
static void check_of_use(const struct dump *dump, uint32_t code)
{
    const struct minidump *minidump = dump->minidump;
    struct cpu_state state;
    struct span stack;

    for (size_t i = 0; i < minidump->soft_error_count; i++)
        fail_msg("the dump has a fault: %s", minidump->soft_errors[i]);
    assert_true(minidump->exception.present);
    assert_int_equal(minidump->exception.code, code);
    assert_true(minidump_crashing_thread(minidump) != MINIDUMP_NONE);
    assert_true(minidump->module_count > 3);
    assert_true(minidump->thread_count > 0);
    for (size_t i = 0; i < minidump->thread_count; i++) {
        assert_null(minidump_thread_state(minidump, i, &state));
        assert_true(minidump_memory_at(minidump, cpu_sp(&state), &stack));
    }
    assert_string_equal(harness_value(dump->report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    assert_true(minidump->record.len > 0 && minidump->log.len > 0);
}

static bool has_stream(const struct dump *dump, uint32_t type)
{
    for (size_t i = 0; i < dump->minidump->stream_count; i++)
        if (dump->minidump->streams[i].type == type)
            return true;
    return false;
}

static const char *folder_with_file(void)
{
    const char *folder = harness_folder();
    uint8_t *bytes = calloc(1, ATTACHED_BYTES);

    assert_non_null(bytes);
    harness_put_file(folder, "large.log", bytes, ATTACHED_BYTES);
    free(bytes);
    return folder;
}

/* What a death at its largest is: a dump with memory, streams and a file of 5 MB, and bounded. */
static const char *const *arguments_of(const char *kind, const char *pipe, const char *spool_dir, const char *bound)
{
    static char file[1024];
    static const char *arguments[HARNESS_MAX_ARGS];
    size_t count = 0;

    snprintf(file, sizeof file, "%s\\large.log", folder_with_file());
    if (pipe) {
        arguments[count++] = "--pipe";
        arguments[count++] = pipe;
        arguments[count++] = "--spool";
        arguments[count++] = spool_dir;
    }
    arguments[count++] = "--dump-kind";
    arguments[count++] = kind;
    arguments[count++] = "--extra";
    arguments[count++] = "--attach";
    arguments[count++] = file;
    arguments[count++] = "--max-dump";
    arguments[count++] = bound;
    arguments[count] = NULL;
    return arguments;
}

static const char *const *arguments_with(const char *pipe, const char *spool_dir, const char *bound)
{
    return arguments_of(FULL, pipe, spool_dir, bound);
}

static void check_fits(const struct dump *dump, uint64_t bound)
{
    assert_true(dump->bytes + dump->attached_bytes <= bound);
    assert_true(text_starts(harness_value(dump->report, RECORD_DUMP_CUT), "smart instead of full, to fit "));
    assert_string_equal(harness_value(dump->report, RECORD_ATTACHMENT_REFUSED), "large.log: " FITS_NOT);
    assert_true(has_stream(dump, STREAM_EXTRA)); /* what fits is there */
}

/* -- the collector's dumper -- */

static void monitor_when_bound_is_less_than_the_dump_then_it_fits_and_says_so(void **state)
{
    struct harness_collector collector;
    struct dump dump;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    harness_let_die("write-av", CODE_ACCESS_VIOLATION, arguments_with(collector.pipe, harness_folder(), FOUR_MB));
    dump_open(&dump, collector.queue);
    check_fits(&dump, 4000000);
    check_of_use(&dump, CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(dump.report, RECORD_LAYER), LAYER_MONITOR);
    dump_close(&dump);
    harness_collector_stop(&collector);
}

static void monitor_when_bound_is_one_byte_then_the_poorest_dump_comes(void **state)
{
    struct harness_collector collector;
    struct dump dump;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    harness_let_die("write-av", CODE_ACCESS_VIOLATION, arguments_with(collector.pipe, harness_folder(), "1"));
    dump_open(&dump, collector.queue);
    check_of_use(&dump, CODE_ACCESS_VIOLATION);
    assert_false(has_stream(&dump, STREAM_EXTRA));
    assert_int_equal(dump.attached_bytes, 0);
    assert_true(text_starts(harness_value(dump.report, RECORD_DUMP_CUT),
                            "mini instead of full, without memory information, to fit 1 bytes; " LEAST));
    dump_close(&dump);
    harness_collector_stop(&collector);
}

static void monitor_when_bound_is_as_large_as_can_be_then_nothing_is_left_out(void **state)
{
    struct harness_collector collector;
    struct dump dump;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    harness_let_die("write-av", CODE_ACCESS_VIOLATION, arguments_of(SMART, collector.pipe, harness_folder(), "18446744073709551615"));
    dump_open(&dump, collector.queue);
    check_of_use(&dump, CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(dump.report, RECORD_DUMP_CUT), "");
    assert_int_equal(dump.attached_bytes, ATTACHED_BYTES);
    assert_true(has_stream(&dump, STREAM_EXTRA));
    dump_close(&dump);
    harness_collector_stop(&collector);
}

/* The policy caps what the program asks for, and stands alone where it asks for nothing. */
static void monitor_when_policy_bounds_dumps_then_the_smaller_bound_holds(void **state)
{
    static const char *const options[] = {"--dump-size", FOUR_MB, NULL}, *const bounds[] = {"0", "5000000", "1000000"};
    static const uint64_t expected[] = {4000000, 4000000, 1000000};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct harness_collector collector;
        struct dump dump;
        char number[32];

        harness_collector_start_with(&collector, harness_folder(), options);
        harness_let_die("write-av", CODE_ACCESS_VIOLATION, arguments_with(collector.pipe, harness_folder(), bounds[i]));
        dump_open(&dump, collector.queue);
        assert_true(dump.bytes + dump.attached_bytes <= expected[i]);
        snprintf(number, sizeof number, "to fit %llu bytes", (unsigned long long)expected[i]);
        if (!strstr(harness_value(dump.report, RECORD_DUMP_CUT), number))
            fail_msg("the record says '%s' and not '%s'", harness_value(dump.report, RECORD_DUMP_CUT), number);
        dump_close(&dump);
        harness_collector_stop(&collector);
    }
}

static void dump_now_when_bound_is_less_than_the_dump_then_it_fits_and_program_goes_on(void **state)
{
    struct harness_collector collector;
    struct dump dump;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    harness_let_die("dump-now", 0, arguments_with(collector.pipe, harness_folder(), FOUR_MB));
    dump_open(&dump, collector.queue);
    check_fits(&dump, 4000000);
    check_of_use(&dump, CODE_DUMP_WITHOUT_CRASH);
    dump_close(&dump);
    harness_collector_stop(&collector);
}

/* -- those who write without it -- */

static void last_resort_when_bound_is_less_than_the_dump_then_it_fits_and_says_so(void **state)
{
    const char *spool_dir = harness_folder();
    struct dump dump;

    (void)state;
    harness_let_die("write-av", CODE_ACCESS_VIOLATION, arguments_with(NOBODY, spool_dir, FOUR_MB));
    dump_open(&dump, spool_dir);
    assert_string_equal(harness_value(dump.report, RECORD_LAYER), LAYER_IN_PROCESS);
    check_fits(&dump, 4000000);
    check_of_use(&dump, CODE_ACCESS_VIOLATION);
    dump_close(&dump);
}

static void last_resort_when_bound_is_one_byte_then_the_poorest_dump_comes(void **state)
{
    const char *spool_dir = harness_folder();
    struct dump dump;

    (void)state;
    harness_let_die("write-av", CODE_ACCESS_VIOLATION, arguments_with(NOBODY, spool_dir, "1"));
    dump_open(&dump, spool_dir);
    check_of_use(&dump, CODE_ACCESS_VIOLATION);
    assert_true(text_starts(harness_value(dump.report, RECORD_DUMP_CUT),
                            "mini instead of full, without memory information, to fit 1 bytes; " LEAST));
    dump_close(&dump);
}

/* The monitor's policy is known to the program when the monitor is gone. */
static void last_resort_when_monitor_had_a_policy_then_it_holds_after_its_end(void **state)
{
    static const char *const options[] = {"--dump-size", FOUR_MB, NULL};
    const char *spool_dir = harness_folder();
    struct harness_collector collector;
    struct process *sample;
    struct dump dump;

    (void)state;
    harness_collector_start_with(&collector, harness_folder(), options);
    sample = harness_start_sample("wait-write-av", arguments_with(collector.pipe, spool_dir, "0"));
    harness_collector_stop(&collector);
    harness_say(sample, "die\n");
    assert_int_equal(harness_finish(sample, 60000), CODE_ACCESS_VIOLATION);
    dump_open(&dump, spool_dir);
    assert_string_equal(harness_value(dump.report, RECORD_LAYER), LAYER_IN_PROCESS);
    check_fits(&dump, 4000000);
    check_of_use(&dump, CODE_ACCESS_VIOLATION);
    dump_close(&dump);
}

static void module_when_bound_is_less_than_the_dump_then_it_fits_and_says_so(void **state)
{
    const char *spool_dir = harness_folder();
    struct dump dump;

    (void)state;
    harness_wer_module(true);
    assert_int_equal(harness_run_under_werhost_with("fast-fail", NOBODY, spool_dir, arguments_with(NULL, NULL, FOUR_MB)), CODE_FAST_FAIL);
    dump_open(&dump, spool_dir);
    assert_string_equal(harness_value(dump.report, RECORD_LAYER), LAYER_WER);
    check_fits(&dump, 4000000);
    check_of_use(&dump, CODE_FAST_FAIL);
    dump_close(&dump);
}

static void module_when_policy_bounds_dumps_then_it_holds_there_too(void **state)
{
    static const char *const options[] = {"--dump-size", FOUR_MB, "--dump-kind", "mini", NULL};
    struct harness_collector collector;
    struct dump dump;

    (void)state;
    harness_wer_module(true);
    harness_collector_start_with(&collector, harness_folder(), options);
    assert_int_equal(
        harness_run_under_werhost_with("fast-fail", collector.pipe, harness_folder(), arguments_with(NULL, NULL, "18446744073709551615")),
        CODE_FAST_FAIL);
    dump_open(&dump, collector.queue);
    assert_string_equal(harness_value(dump.report, RECORD_LAYER), LAYER_WER);
    assert_true(dump.bytes + dump.attached_bytes <= 4000000);
    assert_string_equal(harness_value(dump.report, RECORD_ATTACHMENT_REFUSED), "large.log: " FITS_NOT);
    assert_string_equal(harness_value(dump.report, RECORD_DUMP_CUT), ""); /* it was never to be more than a mini one */
    check_of_use(&dump, CODE_FAST_FAIL);
    dump_close(&dump);
    harness_collector_stop(&collector);
}

static int forget_module(void **state)
{
    (void)state;
    harness_wer_module(false);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(monitor_when_bound_is_less_than_the_dump_then_it_fits_and_says_so),
        cmocka_unit_test(monitor_when_bound_is_one_byte_then_the_poorest_dump_comes),
        cmocka_unit_test(monitor_when_bound_is_as_large_as_can_be_then_nothing_is_left_out),
        cmocka_unit_test(monitor_when_policy_bounds_dumps_then_the_smaller_bound_holds),
        cmocka_unit_test(dump_now_when_bound_is_less_than_the_dump_then_it_fits_and_program_goes_on),
        cmocka_unit_test(last_resort_when_bound_is_less_than_the_dump_then_it_fits_and_says_so),
        cmocka_unit_test(last_resort_when_bound_is_one_byte_then_the_poorest_dump_comes),
        cmocka_unit_test(last_resort_when_monitor_had_a_policy_then_it_holds_after_its_end),
        cmocka_unit_test_teardown(module_when_bound_is_less_than_the_dump_then_it_fits_and_says_so, forget_module),
        cmocka_unit_test_teardown(module_when_policy_bounds_dumps_then_it_holds_there_too, forget_module),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
