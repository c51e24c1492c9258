/* test_layers.c - one death seen by several layers, or by none that writes dumps: inbox, exit watcher, merging, and what a program asks to
 * have put into its dump. */
#include "base/clock.h"
#include "base/text.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUMP_WAIT_MS 60000

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
    harness_wer_module(false);
    return 0;
}

/* -- inbox -- */

static void inbox_when_module_writes_a_report_there_then_it_is_in_the_queue(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t thread;

    (void)state;
    harness_wer_module(true);
    assert_int_equal(harness_run_under_werhost("fast-fail", collector.pipe, spool_dir), CODE_FAST_FAIL);
    harness_wait_reports(collector.queue, 1, 20000);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_WER);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    assert_int_equal(harness_dump_exception(report, &thread), CODE_FAST_FAIL);
    spool_report_close(report);
    spool_close(spool);
    assert_int_equal(harness_reports(spool_dir), 0);
    harness_wait_log(&collector, "from=inbox", 10000);
    assert_int_equal(harness_files_in(collector.inbox), 0);
}

/* A report of this process, made as the module makes one. */
static void put_report(const char *inbox, const char *id, const char *dump, size_t dump_bytes)
{
    struct spool *spool = NULL;
    struct spool_draft *draft = NULL;
    char record[512];

    snprintf(record, sizeof record, "format=1\nid=%s\napp=app.exe\npid=77\nprocess_start=1700000000\ncrash_time=1700000100\nlayer=%s\n", id,
             LAYER_WER);
    assert_int_equal(spool_open_inbox(&spool, inbox), ST_OK);
    assert_int_equal(spool_draft_create(spool, &draft), ST_OK);
    assert_int_equal(file_write(spool_draft_file(draft), dump, dump_bytes), ST_OK);
    assert_int_equal(spool_draft_commit(draft, record, strlen(record), SPOOL_PENDING, NULL), ST_OK);
    spool_close(spool);
}

static void inbox_when_files_are_no_reports_then_named_and_removed(void **state)
{
    static const char dump[64] = "MDMP";
    static const char forged[] = "11111111-2222-5333-8444-555555555555";

    (void)state;
    harness_put_file(collector.inbox, "dump-alone.dmp", dump, sizeof dump);
    harness_put_file(collector.inbox, "empty.dmp", "", 0);
    put_report(collector.inbox, forged, dump, sizeof dump);
    put_report(collector.inbox, forged, "PK\3\4 something else", 20);
    harness_wait_log(&collector, "dump-alone.dmp\" owner=S-1-5-", 10000);
    harness_wait_log(&collector, "empty.dmp\" owner=S-1-5-", 10000);
    harness_wait_log(&collector, "status=FORMAT reason=\"it is no whole report\"", 10000);
    harness_wait_log(&collector, "reason=\"its id does not follow from its process\"", 10000);
    harness_wait_log(&collector, "reason=\"its dump does not begin like a minidump\"", 10000);
    for (int i = 0; i < 500 && harness_files_in(collector.inbox); i++)
        Sleep(20); /* the log comes before the removal; a folder has no event for that here */
    assert_int_equal(harness_files_in(collector.inbox), 0);
    assert_int_equal(harness_reports(collector.queue), 0);
}

/* -- exit watcher -- */

static void start_with_grace(const char *grace, const char *more)
{
    const char *const options[] = {"--no-dump-grace", grace, more, NULL};

    harness_collector_start_with(&collector, harness_folder(), options);
}

/* Lets a sample of the collector's die; its pid. */
static uint32_t let_die(const char *kind, uint32_t exit_code)
{
    const char *const more[] = {"--pipe", collector.pipe, "--spool", harness_folder(), NULL};

    return harness_let_die(kind, exit_code, more);
}

static void check_value(const char *key, const char *expected)
{
    struct spool *spool = NULL;
    struct spool_report *report = harness_only_report(collector.queue, &spool);

    assert_string_equal(harness_value(report, key), expected);
    spool_report_close(report);
    spool_close(spool);
}

static uint64_t only_dump_bytes(void)
{
    struct spool *spool = NULL;
    struct spool_report *report = harness_only_report(collector.queue, &spool);
    uint64_t bytes = spool_report_dump_bytes(report);

    spool_report_close(report);
    spool_close(spool);
    return bytes;
}

static void exit_watcher_when_fast_fail_leaves_no_dump_then_one_report_without(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t pid;

    (void)state;
    start_with_grace("100ms", NULL);
    pid = let_die("fast-fail", CODE_FAST_FAIL);
    harness_wait_reports(collector.queue, 1, 20000);
    report = harness_only_report(collector.queue, &spool);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_EXIT_WATCHER);
    assert_string_equal(harness_value(report, RECORD_APP), "salvor-sample.exe");
    assert_string_equal(harness_value(report, RECORD_EXIT_CODE), "0xc0000409");
    assert_string_equal(harness_value(report, RECORD_VERSION), "2.4.1");
    assert_string_equal(harness_value(report, RECORD_CONSENT), CONSENT_UNSET);
    assert_int_equal(harness_number(report, RECORD_PID), pid);
    spool_report_close(report);
    spool_close(spool);
}

static void exit_watcher_when_exit_is_clean_then_nothing(void **state)
{
    (void)state;
    start_with_grace("0s", "--report-killed");
    let_die("exit", 0);
    let_die("exit-three", 3);
    let_die("fast-fail", CODE_FAST_FAIL); /* and this one is seen, after them */
    harness_wait_reports(collector.queue, 1, 20000);
    check_value(RECORD_EXIT_CODE, "0xc0000409");
}

static void kill_a_sample(void)
{
    const char *const more[] = {"--pipe", collector.pipe, "--spool", harness_folder(), NULL};
    struct process *sample = harness_start_sample("wait-write-av", more);
    uint32_t code;

    process_kill(sample);
    assert_int_equal(process_wait(sample, 10000, &code), ST_OK);
    assert_true(code < 16);
    process_free(sample);
}

static void exit_watcher_when_killed_then_by_policy(void **state)
{
    (void)state;
    start_with_grace("0s", NULL);
    kill_a_sample();
    harness_wait_log(&collector, "client-exited", 10000);
    assert_int_equal(harness_reports(collector.queue), 0);
    harness_collector_stop(&collector);
    start_with_grace("0s", "--report-killed");
    kill_a_sample();
    harness_wait_reports(collector.queue, 1, 20000);
    check_value(RECORD_LAYER, LAYER_EXIT_WATCHER);
    check_value(RECORD_REASON, "ended from outside, or by abort()");
}

static void exit_watcher_when_dump_comes_in_time_then_that_alone(void **state)
{
    (void)state;
    start_with_grace("4s", NULL);
    harness_put_local_dump(collector.dumps, let_die("fast-fail", CODE_FAST_FAIL), 5000);
    harness_wait_reports(collector.queue, 1, 20000);
    check_value(RECORD_LAYER, LAYER_LOCALDUMPS);
    harness_wait_log(&collector, "death-has-report", 20000);
    check_value(RECORD_LAYER, LAYER_LOCALDUMPS);
}

static void exit_watcher_when_module_wrote_the_dump_then_that_alone(void **state)
{
    (void)state;
    start_with_grace("4s", NULL);
    harness_wer_module(true);
    assert_int_equal(harness_run_under_werhost("fast-fail", collector.pipe, harness_folder()), CODE_FAST_FAIL);
    harness_wait_log(&collector, "death-has-report", 30000);
    check_value(RECORD_LAYER, LAYER_WER);
}

/* -- merging -- */

static void merge_when_dump_comes_after_the_grace_then_it_takes_the_empty_ones_place(void **state)
{
    uint32_t pid;

    (void)state;
    start_with_grace("0s", NULL);
    pid = let_die("fast-fail", CODE_FAST_FAIL);
    harness_wait_reports(collector.queue, 1, 20000);
    assert_int_equal(only_dump_bytes(), 0);
    harness_put_local_dump(collector.dumps, pid, 5000);
    harness_wait_log(&collector, "reports-merged", 20000);
    assert_int_equal(only_dump_bytes(), 5000);
    check_value(RECORD_LAYERS, LAYER_LOCALDUMPS " " LAYER_EXIT_WATCHER);
    check_value(RECORD_EXIT_CODE, "0xc0000409");
}

static void merge_when_monitor_and_localdumps_saw_it_then_the_larger_dump_stays(void **state)
{
    uint64_t monitors;
    uint32_t pid;

    (void)state;
    start_with_grace("0s", NULL);
    pid = let_die("write-av", CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 1, 20000);
    monitors = only_dump_bytes();
    assert_true(monitors > 5000);
    harness_put_local_dump(collector.dumps, pid, 5000);
    harness_wait_log(&collector, "reports-merged", 20000);
    assert_int_equal(only_dump_bytes(), monitors);
    check_value(RECORD_LAYERS, LAYER_MONITOR " " LAYER_LOCALDUMPS);
    check_value(RECORD_ANNOTATION "scene", "harbour at dusk");
}

static void merge_when_later_dump_is_larger_then_it_stays_with_the_annotations(void **state)
{
    uint32_t pid;

    (void)state;
    start_with_grace("0s", NULL);
    pid = let_die("write-av", CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 1, 20000);
    harness_put_local_dump(collector.dumps, pid, 3000000);
    harness_wait_log(&collector, "reports-merged", 20000);
    assert_int_equal(only_dump_bytes(), 3000000);
    check_value(RECORD_LAYERS, LAYER_LOCALDUMPS " " LAYER_MONITOR);
    check_value(RECORD_ANNOTATION "scene", "harbour at dusk");
}

/* -- what a program asks to have put into its dump -- */

static void request_when_streams_are_asked_for_then_dump_holds_them_and_bad_ones_are_left_out(void **state)
{
    static const char content[] = "forty-two barrels";
    struct raw_client client;
    struct spool *spool = NULL;
    struct spool_report *report;
    uint32_t offset, size;
    char found[sizeof content];

    (void)state;
    raw_register(collector.pipe, &client);
    raw_fault(&client);
    client.block->streams[0] = (struct block_stream){(uint64_t)(uintptr_t)content, sizeof content, 0x12345, 0};
    client.block->streams[1] = (struct block_stream){0x10, 100, 0x12346, 0};                                /* not readable */
    client.block->streams[2] = (struct block_stream){(uint64_t)(uintptr_t)content, UINT32_MAX, 0x12347, 0}; /* not so long */
    client.block->streams[3] = (struct block_stream){(uint64_t)(uintptr_t)content, sizeof content, PROTO_STREAM_RECORD, 0};
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE);
    harness_wait_reports(collector.queue, 1, 10000);
    report = harness_only_report(collector.queue, &spool);
    assert_true(harness_dump_stream(report, 0x12345, &offset, &size));
    assert_int_equal(size, sizeof content);
    assert_int_equal(file_read_at(spool_report_file(report), offset, found, sizeof found), ST_OK);
    assert_memory_equal(found, content, sizeof content);
    assert_false(harness_dump_stream(report, 0x12346, &offset, &size));
    assert_true(harness_dump_stream(report, PROTO_STREAM_RECORD, &offset, &size));
    assert_true(size > sizeof content);
    spool_report_close(report);
    spool_close(spool);
    raw_forget(&client);
}

/* -- hangs -- */

static void beat(struct raw_client *client)
{
    *(volatile uint64_t *)&client->block->heartbeat = GetTickCount64();
}

static void hang_when_heartbeat_stops_then_one_dump_for_each_silence(void **state)
{
    struct raw_client client;
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    raw_register(collector.pipe, &client);
    client.block->hang_timeout_ms = 1000;
    beat(&client);
    harness_wait_reports(collector.queue, 1, DUMP_WAIT_MS);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_SOURCE), "hang");
    assert_int_equal(harness_number(report, RECORD_CODE), CODE_HANG);
    spool_report_close(report);
    spool_close(spool);
    assert_int_equal(WaitForSingleObject(client.done, 2500), WAIT_TIMEOUT); /* two timeouts more */
    assert_int_equal(harness_reports(collector.queue), 1);
    assert_int_equal(client.block->state, BLOCK_IDLE);
    beat(&client);
    harness_wait_reports(collector.queue, 2, DUMP_WAIT_MS);
    raw_fault(&client);
    while (*(volatile uint32_t *)&client.block->state != BLOCK_IDLE)
        Sleep(10);
    assert_int_equal(raw_request(&client, DUMP_WAIT_MS), BLOCK_DONE); /* and a crash is served as ever */
    raw_forget(&client);
}

#define stopped(function) cmocka_unit_test_teardown(function, stop_collector)
#define served(function)  cmocka_unit_test_setup_teardown(function, start_collector, stop_collector)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        served(inbox_when_module_writes_a_report_there_then_it_is_in_the_queue),
        served(inbox_when_files_are_no_reports_then_named_and_removed),
        stopped(exit_watcher_when_fast_fail_leaves_no_dump_then_one_report_without),
        stopped(exit_watcher_when_exit_is_clean_then_nothing),
        stopped(exit_watcher_when_killed_then_by_policy),
        stopped(exit_watcher_when_dump_comes_in_time_then_that_alone),
        stopped(exit_watcher_when_module_wrote_the_dump_then_that_alone),
        served(request_when_streams_are_asked_for_then_dump_holds_them_and_bad_ones_are_left_out),
        served(hang_when_heartbeat_stops_then_one_dump_for_each_silence),
        stopped(merge_when_dump_comes_after_the_grace_then_it_takes_the_empty_ones_place),
        stopped(merge_when_monitor_and_localdumps_saw_it_then_the_larger_dump_stays),
        stopped(merge_when_later_dump_is_larger_then_it_stays_with_the_annotations),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
