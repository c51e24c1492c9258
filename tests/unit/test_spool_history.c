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
        TEST(add_when_id_or_event_are_unfit_is_refused),
        TEST(read_when_very_long_gives_the_end_from_a_whole_line),
    };
    return cmocka_run_group_tests_name("spool_history", tests, NULL, NULL);
}
