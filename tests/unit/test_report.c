/* test_report.c - what a record takes from a block that its client may have spoilt. */
#include "proto/report.h"
#include "unit.h"
#include <string.h>

static struct block block;
static struct report_program program;
static char text[1024];

static int fresh(void **state)
{
    (void)state;
    memset(&block, 0, sizeof block);
    strcpy(block.app_version, "2.4.1");
    strcpy(block.channel, "beta");
    block.consent = BLOCK_CONSENT_YES;
    return 0;
}

static void put(void)
{
    struct record_writer writer;

    report_copy_program(&program, &block);
    record_writer_init(&writer, text, sizeof text - 1);
    report_put_program(&writer, &program);
    text[writer.len] = '\0';
}

static void program_when_told_then_in_the_record(void **state)
{
    (void)state;
    put();
    assert_string_equal(text, "version=2.4.1\nchannel=beta\nconsent=yes\n");
}

static void program_when_text_has_no_end_then_left_out(void **state)
{
    (void)state;
    memset(block.app_version, 'x', sizeof block.app_version);
    put();
    assert_string_equal(text, "channel=beta\nconsent=yes\n");
}

static void program_when_text_fills_its_place_then_kept_whole(void **state)
{
    (void)state;
    memset(block.channel, 'x', sizeof block.channel - 1);
    put();
    assert_int_equal(strlen(program.channel), BLOCK_MAX_NAME - 1);
}

static void program_when_text_is_no_utf8_then_left_out(void **state)
{
    (void)state;
    strcpy(block.channel, "be\xc0ta");
    put();
    assert_string_equal(text, "version=2.4.1\nconsent=yes\n");
}

static void program_when_consent_is_no_word_then_it_counts_as_no(void **state)
{
    (void)state;
    block.consent = 7;
    put();
    assert_non_null(strstr(text, "consent=no\n"));
}

static void told(void)
{
    static uint8_t log[BLOCK_LOG_BYTES];
    struct record_writer writer;

    record_writer_init(&writer, text, sizeof text - 1);
    report_put_told(&writer, &block, log);
    text[writer.len] = '\0';
}

static void annotate(size_t slot, const char *key, const char *value)
{
    struct block_annotation *annotation = &block.annotations[slot];

    annotation->key_bytes = (uint16_t)strlen(key);
    annotation->value_bytes = (uint16_t)strlen(value);
    memcpy(annotation->key, key, strlen(key));
    memcpy(annotation->value, value, strlen(value));
}

static void told_when_there_are_annotations_and_breadcrumbs_then_each_has_a_line(void **state)
{
    (void)state;
    annotate(0, "a b", "1\n2");
    annotate(1, "torn", "x");
    block.annotations[1].sequence = 1;
    strcpy((char *)block.log, "one\n\nback\\slash\nunfinished");
    block.log_written = strlen((char *)block.log);
    told();
    assert_string_equal(text, "version=2.4.1\nchannel=beta\nconsent=yes\nannotation.a%20b=1\\n2\n"
                              "log=one\nlog=\nlog=back\\\\slash\nlog=unfinished\n");
}

static void told_when_block_is_damaged_then_it_says_so(void **state)
{
    (void)state;
    block.damaged = 1;
    told();
    assert_string_equal(text, "version=2.4.1\nchannel=beta\nconsent=yes\nblock_damaged=1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(program_when_told_then_in_the_record, fresh),
        cmocka_unit_test_setup(program_when_text_has_no_end_then_left_out, fresh),
        cmocka_unit_test_setup(program_when_text_fills_its_place_then_kept_whole, fresh),
        cmocka_unit_test_setup(program_when_text_is_no_utf8_then_left_out, fresh),
        cmocka_unit_test_setup(told_when_there_are_annotations_and_breadcrumbs_then_each_has_a_line, fresh),
        cmocka_unit_test_setup(told_when_block_is_damaged_then_it_says_so, fresh),
        cmocka_unit_test_setup(program_when_consent_is_no_word_then_it_counts_as_no, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
