/* test_carried.c - what a report carries because the program asked for it: memory and streams in the dump, files behind it. Each of the
 * three who write dumps must carry the same: the collector's dumper, the WER module, and the last resort in the process itself. */
#include "base/bytes.h"
#include "base/text.h"
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY        "\\\\.\\pipe\\salvor-test-nobody"
#define MEMORY_BYTES  70000u
#define STREAM_BYTES  301u
#define STREAM_GOOD   0x5a0001u
#define STREAM_CLOSED 0x5a0002u
#define STREAM_MEMORY 5u
#define LOG_TEXT      "level loaded\nboat launched\n"

static const char *folder; /* with the files of one test */

static void path_of(char ret[1024], const char *name)
{
    snprintf(ret, 1024, "%s\\%s", folder, name);
}

static void put_file(const char *name, const void *bytes, size_t size)
{
    char path[1024];

    path_of(path, name);
    assert_int_equal(file_write_whole(path, bytes, size), ST_OK);
}

/* Asks for one good file and a bad one of each kind. */
static const char *const *ask(void)
{
    static char good[1024], missing[1024], large[1024], inner[1024], stream[1024];
    static const char *arguments[] = {"--extra",
                                      "--attach",
                                      good,
                                      "--attach",
                                      missing,
                                      "--attach",
                                      large,
                                      "--attach",
                                      inner,
                                      "--attach",
                                      "\\\\server\\share\\far.log",
                                      "--attach",
                                      stream,
                                      "--attach",
                                      "C:\\nul",
                                      NULL};
    struct file file;

    folder = harness_folder();
    put_file("good.log", LOG_TEXT, strlen(LOG_TEXT));
    path_of(good, "good.log");
    path_of(missing, "missing.log");
    path_of(large, "large.log");
    path_of(inner, "folder.log");
    path_of(stream, "good.log:inner");
    assert_int_equal(folder_create(inner), ST_OK);
    assert_int_equal(file_open(&file, large, FILE_MODE_CREATE), ST_OK);
    assert_int_equal(file_truncate(&file, 16 * 1024 * 1024 + 1), ST_OK);
    file_close(&file);
    return arguments;
}

/* Whether the record has a line of key whose value starts with text. */
static bool has_line(const struct spool_report *report, const char *key, const char *text)
{
    struct record_line line;
    size_t size, cursor = 0;
    const char *record = spool_report_record(report, &size);
    char value[1024];

    while (record_next(record, size, &cursor, &line)) {
        if (line.key_bytes != strlen(key) || memcmp(line.key, key, line.key_bytes) != 0)
            continue;
        record_decode_value(&line, value, sizeof value);
        if (text_starts(value, text))
            return true;
    }
    return false;
}

static void check_refused(const struct spool_report *report, const char *text)
{
    if (!has_line(report, RECORD_ATTACHMENT_REFUSED, text))
        fail_msg("the record has no line " RECORD_ATTACHMENT_REFUSED "=%s", text);
}

static void check_attachments(struct spool_report *report)
{
    const struct spool_attachment *files;
    char content[sizeof LOG_TEXT] = "";

    assert_int_equal(spool_report_attachments(report, &files), 1);
    assert_string_equal(files[0].name, "good.log");
    assert_int_equal(files[0].size_bytes, strlen(LOG_TEXT));
    assert_int_equal(file_read_at(spool_report_file(report), files[0].offset, content, strlen(LOG_TEXT)), ST_OK);
    assert_string_equal(content, LOG_TEXT);
    check_refused(report, "missing.log: there is no such file");
    check_refused(report, "large.log: it is too large");
    check_refused(report, "folder.log: ");
    check_refused(report, "far.log: its path does not begin with a drive");
    check_refused(report, "attachment-6: its path names a stream within a file");
    check_refused(report, "attachment-7: its path is no file's");
}

static void check_streams(struct spool_report *report)
{
    uint8_t bytes[STREAM_BYTES];
    uint32_t offset, size;

    assert_true(harness_dump_stream(report, STREAM_GOOD, &offset, &size));
    assert_int_equal(size, STREAM_BYTES);
    assert_int_equal(file_read_at(spool_report_file(report), offset, bytes, size), ST_OK);
    for (uint32_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], (uint8_t)(i * 3));
    assert_false(harness_dump_stream(report, STREAM_CLOSED, &offset, &size));
    assert_true(has_line(report, RECORD_STREAM_REFUSED, "0x5a0002 16 not readable"));
}

/* How many bytes of [from, from + size) the piece of the dump at (start, bytes) holds; each must be the program's. */
static uint64_t check_piece(struct spool_report *report, uint64_t start, uint32_t bytes, uint32_t offset, uint64_t from, uint64_t size)
{
    uint64_t first = start > from ? start : from, end = start + bytes < from + size ? start + bytes : from + size;
    uint8_t *piece;

    if (first >= end)
        return 0;
    piece = malloc((size_t)(end - first));
    assert_non_null(piece);
    assert_int_equal(file_read_at(spool_report_file(report), offset + (first - start), piece, (size_t)(end - first)), ST_OK);
    for (uint64_t at = first; at < end; at++)
        assert_int_equal(piece[at - first], (uint8_t)((at - from) * 7));
    free(piece);
    return end - first;
}

static void check_memory(struct spool_report *report)
{
    uint64_t address = harness_number(report, RECORD_ANNOTATION "extra"), found = 0;
    uint32_t list, size, count;

    assert_true(address != 0);
    assert_true(harness_dump_stream(report, STREAM_MEMORY, &list, &size));
    count = harness_dump_u32(report, list);
    assert_int_equal(size, 4 + 16 * count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = list + 4 + 16 * i;
        uint64_t start = harness_dump_u32(report, entry) | (uint64_t)harness_dump_u32(report, entry + 4) << 32;
        found +=
            check_piece(report, start, harness_dump_u32(report, entry + 8), harness_dump_u32(report, entry + 12), address, MEMORY_BYTES);
    }
    assert_int_equal(found, MEMORY_BYTES); /* all of it, and no byte twice */
    assert_true(has_line(report, RECORD_MEMORY_REFUSED, "0x"));
}

static void check_carried(const char *queue, const char *layer)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    harness_wait_reports(queue, 1, 30000);
    report = harness_only_report(queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), layer);
    assert_string_equal(harness_value(report, RECORD_CONSENT), CONSENT_UNSET);
    assert_int_equal(strlen(harness_value(report, RECORD_CONSENT_OF)), 36);
    check_streams(report);
    check_memory(report);
    check_attachments(report);
    spool_report_close(report);
    spool_close(spool);
}

static uint32_t run_sample(const char *pipe, const char *spool_dir)
{
    const char *arguments[HARNESS_MAX_ARGS] = {"write-av", "--pipe", pipe, "--spool", spool_dir};
    const char *const *more = ask();
    size_t count = 5;

    while (*more)
        arguments[count++] = *more++;
    return harness_run_with(60000, "salvor-sample.exe", arguments);
}

static void dump_when_monitor_writes_it_then_carries_all_and_names_what_it_refused(void **state)
{
    struct harness_collector collector;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    assert_int_equal(run_sample(collector.pipe, harness_folder()), CODE_ACCESS_VIOLATION);
    check_carried(collector.queue, LAYER_MONITOR);
    harness_collector_stop(&collector);
}

static void dump_when_last_resort_writes_it_then_carries_all_and_names_what_it_refused(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    assert_int_equal(run_sample(NOBODY, spool_dir), CODE_ACCESS_VIOLATION);
    check_carried(spool_dir, LAYER_IN_PROCESS);
}

static void dump_when_module_writes_it_then_carries_all_and_names_what_it_refused(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    harness_wer_module(true);
    assert_int_equal(harness_run_under_werhost_with("fast-fail", NOBODY, spool_dir, ask()), CODE_FAST_FAIL);
    check_carried(spool_dir, LAYER_WER);
}

static void check_withheld(struct spool_report *report)
{
    const struct spool_attachment *files;

    assert_int_equal(spool_report_attachments(report, &files), 0);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "");
    assert_true(harness_number(report, RECORD_ANNOTATION "extra") != 0); /* the other one stays */
    assert_true(text_starts(harness_value(report, RECORD_ADDRESS), "salvor-sample.exe+0x"));
}

static void dump_when_policy_withholds_then_files_and_annotation_are_not_written(void **state)
{
    static const char *const options[] = {"--drop-attachments", "--drop-annotation", "scene", "--dump-kind", "mini", NULL};
    struct harness_collector collector;
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    harness_collector_start_with(&collector, harness_folder(), options);
    assert_int_equal(run_sample(collector.pipe, harness_folder()), CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 1, 30000);
    report = harness_only_report(collector.queue, &spool);
    check_withheld(report);
    spool_report_close(report);
    spool_close(spool);
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
        cmocka_unit_test(dump_when_monitor_writes_it_then_carries_all_and_names_what_it_refused),
        cmocka_unit_test(dump_when_policy_withholds_then_files_and_annotation_are_not_written),
        cmocka_unit_test(dump_when_last_resort_writes_it_then_carries_all_and_names_what_it_refused),
        cmocka_unit_test_teardown(dump_when_module_writes_it_then_carries_all_and_names_what_it_refused, forget_module),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
