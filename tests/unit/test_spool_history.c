/* test_spool_history.c - the lines that tell what happened to a report. */
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

struct fixture {
    char *dir;
    struct spool *spool;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->dir = support_folder();
    fixture->spool = support_spool(fixture->dir);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    spool_close(fixture->spool);
    support_folder_drop(fixture->dir);
    free(fixture);
    return 0;
}

static void read_when_there_is_none_finds_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct buffer text;

    buffer_init(&text, 1000);
    assert_int_equal(spool_history_read(fixture->spool, SUPPORT_ID, &text), ST_NOT_FOUND);
    buffer_done(&text);
}

static void add_writes_time_event_and_detail_in_order(void **state)
{
    struct fixture *fixture = *state;
    struct buffer text;
    const char *history;
    char *end;

    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "queued", NULL), ST_OK);
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "sending", "to=\"https://x/\" bytes=5"), ST_OK);
    history = support_history(fixture->spool, SUPPORT_ID, &text);
    assert_true(strtoll(history, &end, 10) > 1500000000000LL);
    assert_int_equal(strncmp(end, " queued\n", 8), 0);
    assert_true(strtoll(end + 8, &end, 10) > 1500000000000LL);
    assert_string_equal(end, " sending to=\"https://x/\" bytes=5\n");
    buffer_done(&text);
}

static void add_when_the_detail_has_line_ends_keeps_one_line(void **state)
{
    struct fixture *fixture = *state;
    struct buffer text;
    const char *history;

    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "waits", "a\r\n1 accepted state=done\tb\x7f"), ST_OK);
    history = support_history(fixture->spool, SUPPORT_ID, &text);
    assert_ptr_equal(strchr(history, '\n'), history + strlen(history) - 1);
    assert_non_null(strstr(history, " waits a  1 accepted state=done b \n"));
    buffer_done(&text);
}

static void add_when_the_detail_is_long_cuts_it_between_characters(void **state)
{
    struct fixture *fixture = *state;
    struct buffer text;
    char detail[9001];

    for (size_t i = 0; i < 9000; i += 3)
        memcpy(detail + i, "\xe2\x82\xac", 3);
    detail[9000] = 0;
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "waits", detail), ST_OK);
    assert_true(strlen(support_history(fixture->spool, SUPPORT_ID, &text)) < 4096);
    assert_string_equal(buffer_text(&text) + text.len - 4, "\xe2\x82\xac\n");
    buffer_done(&text);
}

static void add_when_the_last_line_is_torn_begins_a_new_one(void **state)
{
    struct fixture *fixture = *state;
    struct buffer text;

    support_put(fixture->dir, "history", SUPPORT_ID ".log", "1 queued\n2 send", 15);
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "waits", NULL), ST_OK);
    assert_int_equal(strncmp(support_history(fixture->spool, SUPPORT_ID, &text), "1 queued\n2 send\n", 16), 0);
    assert_non_null(strstr(buffer_text(&text), " waits\n"));
    buffer_done(&text);
}

/* The history of a crash that was tried and then accepted, cut by a power failure after any of its bytes. */
static void history_when_cut_at_any_byte_then_its_whole_lines_tell_the_fate_and_it_goes_on(void **state)
{
    static const char whole[] = "1 queued state=pending\n2 sending to=\"x\"\n3 accepted state=done reply=\"y\"\n";
    struct fixture *fixture = *state;

    for (size_t cut = 0; cut < sizeof whole; cut++) {
        enum spool_fate fate = SPOOL_FATE_COUNTED, expected = cut == sizeof whole - 1 ? SPOOL_FATE_DELIVERED : SPOOL_FATE_TRIED;
        struct buffer text;
        const char *history;

        if (cut < strlen("1 queued state=pending\n2 sending to=\"x\"\n"))
            expected = SPOOL_FATE_OPEN;
        support_put(fixture->dir, "history", SUPPORT_ID ".log", whole, cut);
        assert_int_equal(spool_fate_read(fixture->spool, SUPPORT_ID, &fate), ST_OK);
        assert_int_equal(fate, expected);
        assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "counted", "in=z"), ST_OK);
        history = support_history(fixture->spool, SUPPORT_ID, &text);
        assert_memory_equal(history, whole, cut);
        assert_true(cut == 0 || history[cut] == '\n' || history[cut - 1] == '\n');
        assert_string_equal(history + text.len - strlen(" counted in=z\n"), " counted in=z\n");
        assert_int_equal(spool_fate_read(fixture->spool, SUPPORT_ID, &fate), ST_OK);
        assert_int_equal(fate, SPOOL_FATE_COUNTED);
        buffer_done(&text);
    }
}

/* What a disk leaves where a file had grown and its bytes had not come. */
static void history_when_it_ends_in_zeros_then_the_lines_before_and_after_them_count(void **state)
{
    static const char torn[] = "1 sending to=\"x\"\n\0\0\0\0\0\0\0";
    struct fixture *fixture = *state;
    enum spool_fate fate = SPOOL_FATE_OPEN;

    support_put(fixture->dir, "history", SUPPORT_ID ".log", torn, sizeof torn - 1);
    assert_int_equal(spool_fate_read(fixture->spool, SUPPORT_ID, &fate), ST_OK);
    assert_int_equal(fate, SPOOL_FATE_TRIED);
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "counted", NULL), ST_OK);
    assert_int_equal(spool_fate_read(fixture->spool, SUPPORT_ID, &fate), ST_OK);
    assert_int_equal(fate, SPOOL_FATE_COUNTED);
}

static void fate_when_a_server_words_an_event_then_it_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    enum spool_fate fate = SPOOL_FATE_COUNTED;

    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "waits", "reason=\"x counted 1 sending state=done \""), ST_OK);
    assert_int_equal(spool_fate_read(fixture->spool, SUPPORT_ID, &fate), ST_OK);
    assert_int_equal(fate, SPOOL_FATE_OPEN);
}

static void add_when_id_or_event_are_unfit_is_refused(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(spool_history_add(fixture->spool, "../x", "queued", NULL), ST_ARGUMENT);
    assert_int_equal(spool_history_add(fixture->spool, "", "queued", NULL), ST_ARGUMENT);
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "two words", NULL), ST_ARGUMENT);
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "", NULL), ST_ARGUMENT);
    assert_int_equal(support_count(fixture->dir, "history"), 0);
}

static void read_when_very_long_gives_the_end_from_a_whole_line(void **state)
{
    struct fixture *fixture = *state;
    static const char last[] = "\n1029999 waits state=pending\n";
    struct buffer lines, text;

    buffer_init(&lines, 1024 * 1024);
    for (int i = 0; i < 30000; i++)
        assert_int_equal(buffer_printf(&lines, "%d waits state=pending\n", 1000000 + i), ST_OK);
    support_put(fixture->dir, "history", SUPPORT_ID ".log", lines.data, lines.len);
    support_history(fixture->spool, SUPPORT_ID, &text);
    assert_true(text.len <= 256 * 1024 && text.len > 255 * 1024);
    assert_int_equal(buffer_text(&text)[0], '1');
    assert_int_equal(buffer_text(&text)[7], ' ');
    assert_string_equal(buffer_text(&text) + text.len - strlen(last), last);
    buffer_done(&lines);
    buffer_done(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(read_when_there_is_none_finds_nothing),
        TEST(add_writes_time_event_and_detail_in_order),
        TEST(add_when_the_detail_has_line_ends_keeps_one_line),
        TEST(add_when_the_detail_is_long_cuts_it_between_characters),
        TEST(add_when_the_last_line_is_torn_begins_a_new_one),
        TEST(history_when_cut_at_any_byte_then_its_whole_lines_tell_the_fate_and_it_goes_on),
        TEST(history_when_it_ends_in_zeros_then_the_lines_before_and_after_them_count),
        TEST(fate_when_a_server_words_an_event_then_it_is_not_believed),
        TEST(add_when_id_or_event_are_unfit_is_refused),
        TEST(read_when_very_long_gives_the_end_from_a_whole_line),
    };
    return cmocka_run_group_tests_name("spool_history", tests, NULL, NULL);
}
