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

static size_t files_in(const char *path)
{
    struct folder *folder = NULL;
    const char *name;
    size_t count = 0;

    assert_int_equal(folder_open(&folder, path), ST_OK);
    while (folder_next(folder, &name) == ST_OK)
        count++;
    folder_close(folder);
    return count;
}

static void put_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    char *path = path_joined(folder, name);

    assert_int_equal(file_write_whole(path, bytes, size), ST_OK);
    free(path);
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
    assert_int_equal(files_in(collector.inbox), 0);
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

static void inbox_when_files_are_no_reports_then_named_once_and_left(void **state)
{
    static const char dump[64] = "MDMP";
    static const char forged[] = "11111111-2222-5333-8444-555555555555";

    (void)state;
    put_file(collector.inbox, "dump-alone.dmp", dump, sizeof dump);
    put_file(collector.inbox, "empty.dmp", "", 0);
    put_report(collector.inbox, forged, dump, sizeof dump);
    put_report(collector.inbox, forged, "PK\3\4 something else", 20);
    harness_wait_log(&collector, "dump-alone.dmp\" status=FORMAT reason=\"it is no whole report\"", 10000);
    harness_wait_log(&collector, "empty.dmp\" status=FORMAT reason=\"it is no whole report\"", 10000);
    harness_wait_log(&collector, "reason=\"its id does not follow from its process\"", 10000);
    harness_wait_log(&collector, "reason=\"its dump does not begin like a minidump\"", 10000);
    assert_int_equal(files_in(collector.inbox), 4);
    assert_int_equal(harness_reports(collector.queue), 0);
}

#define served(function) cmocka_unit_test_setup_teardown(function, start_collector, stop_collector)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        served(inbox_when_module_writes_a_report_there_then_it_is_in_the_queue),
        served(inbox_when_files_are_no_reports_then_named_once_and_left),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
