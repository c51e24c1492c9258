/* test_progress.c - what is told of a transfer, and when. */
#include "uploader/progress.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

static const char sending[] = "sending", packing[] = "packing";

static void progress_when_terminal_shows_bar_rate_and_time_left(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "app.dmp"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    assert_true(progress_line(&progress, sending, 1000, 0, 10000000, line));
    assert_string_equal(line, "app.dmp sending [....................]   0 % of 10.0 MB");
    assert_true(progress_line(&progress, sending, 3000, 2000000, 10000000, line));
    assert_string_equal(line, "app.dmp sending [####................]  20 % of 10.0 MB, 1.0 MB/s, 0:08 left");
    assert_true(progress_line(&progress, sending, 11000, 10000000, 10000000, line));
    assert_string_equal(line, "app.dmp sending [####################] 100 % of 10.0 MB, 1.0 MB/s, 0:00 left");
}

static void progress_when_asked_too_often_says_nothing(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "a"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    assert_true(progress_line(&progress, sending, 1000, 0, 100, line));
    assert_false(progress_line(&progress, sending, 1099, 50, 100, line));
    assert_true(progress_line(&progress, sending, 1100, 60, 100, line));
}

static void progress_when_network_becomes_slower_follows_it(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "a"};
    char line[PROGRESS_LINE_BYTES];
    uint64_t done = 0, now_ms = 1000;

    (void)state;
    for (int i = 0; i < 20; i++, now_ms += 1000, done += 10000000)
        progress_line(&progress, sending, now_ms, done, 1000000000, line);
    for (int i = 0; i < 20; i++, now_ms += 1000, done += 1000000)
        assert_true(progress_line(&progress, sending, now_ms, done, 1000000000, line));
    assert_non_null(strstr(line, ", 1.0 MB/s, "));
    assert_non_null(strstr(line, " 13:01 left"));
}

static void progress_when_time_left_is_long_says_hours_or_days(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "a"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    progress_line(&progress, sending, 1000, 0, 40000000, line);
    assert_true(progress_line(&progress, sending, 2000, 10000, 40000000, line));
    assert_non_null(strstr(line, " 1:06:39 left"));
    progress = (struct progress){.is_terminal = true, .label = "a"};
    progress_line(&progress, sending, 1000, 0, 1000000000, line);
    assert_true(progress_line(&progress, sending, 2000, 1000, 1000000000, line));
    assert_non_null(strstr(line, "days left"));
}

static void progress_when_no_terminal_tells_a_line_now_and_then(void **state)
{
    struct progress progress = {.label = "app.dmp"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    assert_false(progress_line(&progress, packing, 1000, 0, 1000, line));
    assert_false(progress_line(&progress, packing, 5999, 500, 1000, line));
    assert_true(progress_line(&progress, packing, 6000, 600, 1000, line));
    assert_string_equal(line, "packing file=\"app.dmp\" percent=60 done_bytes=600 total_bytes=1000 bytes_per_s=120 left_s=4");
    assert_false(progress_line(&progress, sending, 6100, 0, 200, line));
    assert_true(progress_line(&progress, sending, 11100, 100, 200, line));
    assert_string_equal(line, "sending file=\"app.dmp\" percent=50 done_bytes=100 total_bytes=200 bytes_per_s=20 left_s=5");
}

static void progress_when_transfer_starts_again_forgets_the_rate(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "a"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    progress_line(&progress, sending, 1000, 1000000, 10000000, line);
    progress_line(&progress, sending, 2000, 5000000, 10000000, line);
    assert_true(progress_line(&progress, sending, 3000, 0, 10000000, line));
    assert_null(strstr(line, "MB/s"));
}

static void progress_when_name_moves_the_cursor_is_harmless(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "a\x1b[2J\"\n.dmp"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    assert_true(progress_line(&progress, sending, 1000, 0, 100, line));
    assert_memory_equal(line, "a?[2J??.dmp sending", 19);
}

static void progress_when_there_is_nothing_to_measure_says_nothing(void **state)
{
    struct progress progress = {.is_terminal = true, .label = "a"};
    char line[PROGRESS_LINE_BYTES];

    (void)state;
    assert_false(progress_line(&progress, sending, 1000, 0, 0, line));
    assert_false(progress_line(&progress, sending, 1000, 11, 10, line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_when_terminal_shows_bar_rate_and_time_left),
        cmocka_unit_test(progress_when_asked_too_often_says_nothing),
        cmocka_unit_test(progress_when_network_becomes_slower_follows_it),
        cmocka_unit_test(progress_when_time_left_is_long_says_hours_or_days),
        cmocka_unit_test(progress_when_no_terminal_tells_a_line_now_and_then),
        cmocka_unit_test(progress_when_transfer_starts_again_forgets_the_rate),
        cmocka_unit_test(progress_when_name_moves_the_cursor_is_harmless),
        cmocka_unit_test(progress_when_there_is_nothing_to_measure_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
