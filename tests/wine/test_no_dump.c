/* test_no_dump.c - what is told of a program that died without a dump: all that it had said before, as far as its block is sound. The
 * hostile ones are this program again. */
#include "base/random.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS   30000
#define REPORT_ID "6f9619ff-8b86-5011-b42d-00c04fc964ff"

static struct harness_collector collector;

static void start(const char *option, const char *value)
{
    const char *const options[] = {"--no-dump-grace", "100ms", option, value, NULL};

    harness_collector_start_with(&collector, harness_folder(), options);
}

static int stop(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    return 0;
}

/* How often the record has the key, and its last value. */
static size_t count_lines(const struct spool_report *report, const char *key, char *ret_last, size_t ret_size)
{
    struct record_line line;
    size_t size, cursor = 0, count = 0;
    const char *record = spool_report_record(report, &size);

    while (record_next(record, size, &cursor, &line))
        if (line.key_bytes == strlen(key) && memcmp(line.key, key, line.key_bytes) == 0) {
            record_decode_value(&line, ret_last, ret_size);
            count++;
        }
    return count;
}

static struct spool_report *only_report(struct spool **ret_spool)
{
    struct spool_report *report;

    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, ret_spool);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    return report;
}

static void let_sample_die(void)
{
    const char *const more[] = {"--pipe", collector.pipe, "--spool", harness_folder(), "--note", "left\\right", NULL};

    harness_let_die("fast-fail", CODE_FAST_FAIL, more);
}

static void no_dump_when_program_told_something_then_it_is_in_the_report(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;
    char last[256] = "";

    (void)state;
    start(NULL, NULL);
    let_sample_die();
    report = only_report(&spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_EXIT_WATCHER);
    assert_string_equal(harness_value(report, RECORD_EXIT_CODE), "0xc0000409");
    assert_string_equal(harness_value(report, RECORD_VERSION), "2.4.1");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "note"), "left\\right");
    assert_string_equal(harness_value(report, RECORD_LOG), "sample started");
    assert_int_equal(count_lines(report, RECORD_LOG, last, sizeof last), 2);
    assert_string_equal(last, "about to draw the first frame");
    assert_string_equal(harness_value(report, RECORD_BLOCK_DAMAGED), "");
    spool_report_close(report);
    spool_close(spool);
}

/* What must not leave the machine is taken out of these reports as of others; without a url they would not be looked at. */
static void no_dump_when_policy_drops_an_annotation_then_it_is_not_sent(void **state)
{
    struct spool *spool = NULL;
    struct spool_entry *entries = NULL;
    struct spool_report *report = NULL;
    size_t count = 0;

    (void)state;
    start("--drop-annotation", "scene");
    let_sample_die();
    for (int i = 0; i < 300 && count == 0; i++) { /* until it may be sent */
        assert_int_equal(spool_open(&spool, collector.queue), ST_OK);
        assert_int_equal(spool_list(spool, SPOOL_PENDING, &entries, &count), ST_OK);
        if (count == 0) {
            spool_list_free(entries, count);
            spool_close(spool);
            Sleep(100);
        }
    }
    assert_int_equal(count, 1);
    assert_int_equal(spool_report_open(spool, SPOOL_PENDING, entries[0].name, &report), ST_OK);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "note"), "left\\right");
    assert_string_equal(harness_value(report, RECORD_LOG), "sample started");
    spool_report_close(report);
    spool_list_free(entries, count);
    spool_close(spool);
}

/* -- blocks that their clients wrote over -- */

static void let_child_die(const char *kind)
{
    assert_int_equal(harness_run(WAIT_MS, "wine-no_dump.exe", "--child", kind, collector.pipe, (char *)NULL), CODE_FAST_FAIL);
}

static void no_dump_when_some_fields_lie_then_the_others_are_told(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;
    char last[64];

    (void)state;
    start(NULL, NULL);
    let_child_die("lie");
    report = only_report(&spool);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "kept"), "word");
    assert_int_equal(count_lines(report, RECORD_ANNOTATION "long", last, sizeof last), 0);
    assert_int_equal(count_lines(report, RECORD_ANNOTATION "torn", last, sizeof last), 0);
    assert_int_equal(count_lines(report, RECORD_LOG, last, sizeof last), 0); /* nobody knows where its ring begins */
    assert_string_equal(harness_value(report, RECORD_BLOCK_DAMAGED), "1");
    assert_string_equal(harness_value(report, RECORD_EXIT_CODE), "0xc0000409");
    spool_report_close(report);
    spool_close(spool);
}

/* The report's first lines are the collector's own, whatever stands in the block. */
static void no_dump_when_block_is_noise_then_report_all_the_same(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    start(NULL, NULL);
    let_child_die("noise");
    report = only_report(&spool);
    assert_string_equal(harness_value(report, RECORD_APP), "wine-no_dump.exe");
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_EXIT_WATCHER);
    assert_string_equal(harness_value(report, RECORD_EXIT_CODE), "0xc0000409");
    assert_string_equal(harness_value(report, RECORD_BLOCK_DAMAGED), "1");
    spool_report_close(report);
    spool_close(spool);
}

/* -- a comment that was written and not handed over any more -- */

static void comment_when_program_died_before_it_asked_then_it_is_queued(void **state)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    start(NULL, NULL);
    assert_int_equal(harness_run(WAIT_MS, "wine-no_dump.exe", "--child", "comment", collector.pipe, (char *)NULL), 0);
    report = only_report(&spool);
    assert_string_equal(harness_value(report, RECORD_KIND), KIND_COMMENT);
    assert_string_equal(harness_value(report, RECORD_COMMENT_OF), REPORT_ID);
    assert_string_equal(harness_value(report, RECORD_COMMENT), "I had opened the hatch");
    spool_report_close(report);
    spool_close(spool);
}

/* -- this program as a client -- */

static void spoil_some(struct raw_client *client)
{
    struct block *block = client->block;

    raw_annotate(client, 0, "kept", "word");
    raw_annotate(client, 1, "long", "word");
    block->annotations[1].value_bytes = 0xffff;
    raw_annotate(client, 2, "torn", "word");
    block->annotations[2].sequence |= 1;
    block->log_written = UINT64_MAX;
}

static int child(const char *kind, const char *pipe)
{
    struct raw_client client;

    raw_register(pipe, &client);
    if (strcmp(kind, "lie") == 0) {
        spoil_some(&client);
    } else if (strcmp(kind, "noise") == 0) {
        assert_int_equal(random_bytes(client.block, sizeof *client.block), ST_OK);
        client.block->state = BLOCK_IDLE;
        client.block->clean_exit = 0;
        client.block->flags = 0;
        client.block->hang_timeout_ms = 0;
    } else {
        strcpy(client.block->comment.text, "I had opened the hatch");
        strcpy(client.block->comment.report_id, REPORT_ID);
        client.block->request = BLOCK_REQUEST_COMMENT;
        client.block->clean_exit = 1;
        return 0;
    }
    TerminateProcess(GetCurrentProcess(), CODE_FAST_FAIL);
    return 1;
}

int main(int argc, char **argv)
{
#define stopped(function) cmocka_unit_test_teardown(function, stop)
    const struct CMUnitTest tests[] = {
        stopped(no_dump_when_program_told_something_then_it_is_in_the_report),
        stopped(no_dump_when_policy_drops_an_annotation_then_it_is_not_sent),
        stopped(no_dump_when_some_fields_lie_then_the_others_are_told),
        stopped(no_dump_when_block_is_noise_then_report_all_the_same),
        stopped(comment_when_program_died_before_it_asked_then_it_is_queued),
    };

    if (argc == 4 && strcmp(argv[1], "--child") == 0)
        return child(argv[2], argv[3]);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
