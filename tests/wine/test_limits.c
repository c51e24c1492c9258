/* test_limits.c - every field that a program may fill, at its limit, below it and above; and all of it at once in the report, whoever
 * writes it. The program is this one again, with the library by its archive alone. */
#include "harness.h"
#include "proto/block.h"
#include "proto/code.h"
#include "salvor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define NOBODY        "\\\\.\\pipe\\salvor-test-nobody"
#define WAIT_MS       60000
#define NAME_BYTES    (BLOCK_MAX_NAME - 1) /* app, version, environment, channel, key */
#define PATH_BYTES    (BLOCK_MAX_PATH - 1)
#define REASON_BYTES  255
#define COMMENT_BYTES 4095
#define COMMENTER     127
#define EMAIL_BYTES   255
#define FIRST_STREAM  0x5b0000u
#define RANGE_BYTES   16u
#define SOME_ID       "11111111-2222-5333-8444-555555555555"

/* -- the program that fills everything -- */

static int wrong;

static void expect(const char *what, salvor_status got, salvor_status wanted)
{
    if (got == wanted)
        return;
    printf("%s: %d, not %d\n", what, (int)got, (int)wanted);
    wrong++;
}

/* size times the letter; heap. */
static char *text_of(size_t size, char letter)
{
    char *text = malloc(size + 1);

    memset(text, letter, size);
    text[size] = 0;
    return text;
}

static void fill_install(const char *pipe, const char *spool_dir)
{
    salvor_options options;
    const char **names[] = {&options.app, &options.version, &options.environment, &options.channel, &options.key};

    salvor_options_init(&options);
    options.pipe = pipe;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *names[i] = text_of(NAME_BYTES + 1, 'n');
        expect("a name above", salvor_install(&options), SALVOR_E_ARGUMENT);
        *names[i] = text_of(NAME_BYTES, 'n');
    }
    options.url = text_of(BLOCK_MAX_URL, 'u');
    expect("url above", salvor_install(&options), SALVOR_E_ARGUMENT);
    options.url = text_of(BLOCK_MAX_URL - 1, 'u');
    options.spool_dir = text_of(BLOCK_MAX_PATH, 's');
    expect("spool_dir above", salvor_install(&options), SALVOR_E_ARGUMENT);
    options.spool_dir = spool_dir;
    options.crash_timeout_ms = 10 * 60 * 1000 + 1;
    expect("crash_timeout_ms above", salvor_install(&options), SALVOR_E_ARGUMENT);
    options.crash_timeout_ms = 10 * 60 * 1000;
    expect("install at", salvor_install(&options), SALVOR_OK);
    expect("ready", salvor_wait_ready(10000), strcmp(pipe, NOBODY) == 0 ? SALVOR_E_NO_MONITOR : SALVOR_OK);
}

/* Line feeds and these keys are the longest in a record: each byte of them is escaped. */
static void fill_annotations(void)
{
    char *value = text_of(SALVOR_MAX_VALUE, '\n'), *above = text_of(SALVOR_MAX_VALUE + 1, '\n'), key[SALVOR_MAX_KEY + 2];

    above[SALVOR_MAX_VALUE - 1] = (char)0xc3; /* a letter of two bytes across the limit */
    above[SALVOR_MAX_VALUE] = (char)0xa9;
    for (int i = 0; i < SALVOR_MAX_ANNOTATIONS; i++) {
        snprintf(key, sizeof key, "%03d%s", i, "///////////////////////////////////////////////////////////////");
        key[SALVOR_MAX_KEY + 1] = 0;
        expect("key above", salvor_set_annotation(key, value), SALVOR_E_ARGUMENT);
        key[SALVOR_MAX_KEY] = 0;
        expect("key at", salvor_set_annotation(key, i ? value : above), i ? SALVOR_OK : SALVOR_E_TRUNCATED);
    }
    expect("annotations above", salvor_set_annotation("one more", "x"), SALVOR_E_FULL);
}

static void fill_attachments(const char *folder)
{
    char path[1200], *longest = text_of(PATH_BYTES, 'p'), *above = text_of(PATH_BYTES + 1, 'p');
    FILE *file;

    expect("path at", salvor_add_attachment(longest), SALVOR_OK);
    expect("path gone", salvor_remove_attachment(longest), SALVOR_OK);
    expect("path above", salvor_add_attachment(above), SALVOR_E_ARGUMENT);
    for (int i = 0; i < SALVOR_MAX_ATTACHMENTS; i++) {
        snprintf(path, sizeof path, "%s\\%02d.log", folder, i);
        file = fopen(path, "wb");
        if (file) {
            fputs(path, file);
            fclose(file);
        }
        expect("attachment", salvor_add_attachment(path), SALVOR_OK);
    }
    expect("attachments above", salvor_add_attachment("C:\\one-more.log"), SALVOR_E_FULL);
}

static void fill_memory(void)
{
    static unsigned char bytes[SALVOR_MAX_MEMORY_RANGES + 1][2 * RANGE_BYTES];

    for (uint32_t i = 0; i < SALVOR_MAX_MEMORY_RANGES; i++) {
        memset(bytes[i], (int)i + 1, sizeof bytes[i]);
        expect("memory", salvor_add_memory(bytes[i], RANGE_BYTES), SALVOR_OK);
    }
    expect("memory above", salvor_add_memory(bytes[SALVOR_MAX_MEMORY_RANGES], RANGE_BYTES), SALVOR_E_FULL);
    for (uint32_t i = 0; i < SALVOR_MAX_STREAMS; i++)
        expect("stream", salvor_add_stream(FIRST_STREAM + i, bytes[i], i + 1), SALVOR_OK);
    expect("streams above", salvor_add_stream(FIRST_STREAM + SALVOR_MAX_STREAMS, bytes[0], 1), SALVOR_E_FULL);
}

static void fill_log(void)
{
    expect("line above", salvor_log(text_of(SALVOR_LOG_BYTES - 1, 'l')), SALVOR_E_TRUNCATED);
    expect("line at", salvor_log(text_of(SALVOR_LOG_BYTES - 2, 'm')), SALVOR_OK);
}

static void fill_words(void)
{
    char id[37];
    char *name = text_of(COMMENTER, 'n'), *email = text_of(EMAIL_BYTES, 'e'), *text = text_of(COMMENT_BYTES, 't');
    char *name_above = text_of(COMMENTER + 1, 'n'), *email_above = text_of(EMAIL_BYTES + 1, 'e');
    char *text_above = text_of(COMMENT_BYTES + 1, 't'), *reason = text_of(REASON_BYTES + 1, 'r');

    expect("reason above", salvor_dump_now(reason, id), SALVOR_OK);
    expect("comment at", salvor_add_comment(SOME_ID, name, email, text), SALVOR_OK);
    expect("commenter above", salvor_add_comment(SOME_ID, name_above, email, text), SALVOR_E_TRUNCATED);
    expect("email above", salvor_add_comment(SOME_ID, name, email_above, text), SALVOR_E_TRUNCATED);
    expect("comment above", salvor_add_comment(SOME_ID, name, email, text_above), SALVOR_E_TRUNCATED);
    expect("id below", salvor_add_comment("1111", name, email, text), SALVOR_E_ARGUMENT);
}

static int child_fill(const char *pipe, const char *spool_dir, bool with_words)
{
    static int *volatile nowhere;

    fill_install(pipe, spool_dir);
    fill_annotations();
    fill_attachments(spool_dir);
    fill_memory();
    fill_log();
    if (with_words)
        fill_words();
    printf("filled, %d wrong\n", wrong);
    fflush(stdout);
    *nowhere = 1;
    return 9;
}

/* -- what the report holds -- */

static size_t lines_of(const struct spool_report *report, const char *prefix, size_t value_bytes)
{
    struct record_line line;
    size_t size, cursor = 0, count = 0;
    const char *record = spool_report_record(report, &size);

    while (record_next(record, size, &cursor, &line))
        if (line.key_bytes >= strlen(prefix) && memcmp(line.key, prefix, strlen(prefix)) == 0)
            count += record_decode_value(&line, NULL, 0) == value_bytes;
    return count;
}

static void check_streams(struct spool_report *report)
{
    uint32_t offset, size;

    for (uint32_t i = 0; i < SALVOR_MAX_STREAMS; i++) {
        assert_true(harness_dump_stream(report, FIRST_STREAM + i, &offset, &size));
        assert_int_equal(size, i + 1);
    }
    assert_true(harness_dump_stream(report, PROTO_STREAM_LOG, &offset, &size));
    assert_int_equal(size, SALVOR_LOG_BYTES - 1); /* the last line at its longest, and its end */
}

static void check_report(struct spool_report *report, const char *layer)
{
    const struct spool_attachment *files;
    uint32_t thread;

    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_LAYER), layer);
    assert_string_equal(harness_value(report, RECORD_BLOCK_DAMAGED), "");
    assert_int_equal(strlen(harness_value(report, RECORD_VERSION)), NAME_BYTES);
    assert_int_equal(strlen(harness_value(report, RECORD_ENVIRONMENT)), NAME_BYTES);
    assert_int_equal(strlen(harness_value(report, RECORD_CHANNEL)), NAME_BYTES);
    assert_int_equal(lines_of(report, RECORD_ANNOTATION, SALVOR_MAX_VALUE), SALVOR_MAX_ANNOTATIONS - 1);
    assert_int_equal(lines_of(report, RECORD_ANNOTATION, SALVOR_MAX_VALUE - 1), 1); /* cut before the letter */
    assert_int_equal(spool_report_attachments(report, &files), SALVOR_MAX_ATTACHMENTS);
    check_streams(report);
}

static void let_fill(const char *pipe, const char *spool_dir, const char *words)
{
    struct process *process = harness_start("wine-limits.exe", "--child=fill", pipe, spool_dir, words, (char *)NULL);
    char line[256];

    assert_true(harness_read_line(process, "", line, sizeof line));
    assert_string_equal(line, "filled, 0 wrong");
    assert_int_equal(harness_finish(process, WAIT_MS), CODE_ACCESS_VIOLATION);
}

static void limits_when_all_are_reached_and_monitor_writes_then_all_is_there(void **state)
{
    struct harness_collector collector;
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    let_fill(collector.pipe, harness_folder(), NULL);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, &spool);
    check_report(report, LAYER_MONITOR);
    spool_report_close(report);
    spool_close(spool);
    harness_collector_stop(&collector);
}

static void limits_when_all_are_reached_and_last_resort_writes_then_all_is_there(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct spool_report *report;

    (void)state;
    let_fill(NOBODY, spool_dir, NULL);
    report = harness_only_report(spool_dir, &spool);
    check_report(report, LAYER_IN_PROCESS);
    spool_report_close(report);
    spool_close(spool);
}

/* How many waiting records have a value of that length. */
static size_t reports_with(const char *queue, const char *key, size_t value_bytes)
{
    static const enum spool_state states[] = {SPOOL_NEW, SPOOL_PENDING};
    struct spool *spool = NULL;
    size_t found = 0;

    assert_int_equal(spool_open(&spool, queue), ST_OK);
    for (size_t i = 0; i < 2; i++) {
        struct spool_entry *entries;
        size_t count;
        assert_int_equal(spool_list(spool, states[i], &entries, &count), ST_OK);
        for (size_t j = 0; j < count; j++) {
            struct spool_report *report;
            assert_int_equal(spool_report_open(spool, states[i], entries[j].name, &report), ST_OK);
            found += lines_of(report, key, value_bytes);
            spool_report_close(report);
        }
        spool_list_free(entries, count);
    }
    spool_close(spool);
    return found;
}

/* A comment that is too long comes cut, and says so to its program. */
static void words_when_at_their_limits_and_above_then_queued_in_their_limits(void **state)
{
    struct harness_collector collector;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    let_fill(collector.pipe, harness_folder(), "words");
    harness_wait_reports(collector.queue, 6, WAIT_MS); /* the crash, the dump without one, four comments */
    harness_collector_stop(&collector);
    assert_int_equal(reports_with(collector.queue, RECORD_REASON, REASON_BYTES), 1);
    assert_int_equal(reports_with(collector.queue, RECORD_NAME, COMMENTER), 4);
    assert_int_equal(reports_with(collector.queue, RECORD_EMAIL, EMAIL_BYTES), 4);
    assert_int_equal(reports_with(collector.queue, RECORD_COMMENT, COMMENT_BYTES), 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_when_all_are_reached_and_monitor_writes_then_all_is_there),
        cmocka_unit_test(limits_when_all_are_reached_and_last_resort_writes_then_all_is_there),
        cmocka_unit_test(words_when_at_their_limits_and_above_then_queued_in_their_limits),
    };

    if (argc >= 4 && strcmp(argv[1], "--child=fill") == 0)
        return child_fill(argv[2], argv[3], argc > 4);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
