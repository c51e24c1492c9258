/* test_lifetime.c - which process a pid at a time was. */
#include "base/clock.h"
#include "collector/lifetime.h"
#include "unit.h"

static int make(void **state)
{
    return lifetimes_create((struct lifetimes **)state) == ST_OK ? 0 : -1;
}

static int drop(void **state)
{
    lifetimes_free(*state);
    return 0;
}

static void check_start(struct lifetimes *lifetimes, uint32_t pid, int64_t time_ms, int64_t expected_ms)
{
    int64_t start_ms = -1;

    assert_true(lifetimes_find(lifetimes, pid, time_ms, &start_ms));
    assert_int_equal(start_ms, expected_ms);
}

static void check_unknown(struct lifetimes *lifetimes, uint32_t pid, int64_t time_ms)
{
    int64_t start_ms = -1;

    assert_false(lifetimes_find(lifetimes, pid, time_ms, &start_ms));
    assert_int_equal(start_ms, -1);
}

static void find_when_process_lives_then_any_time_after_its_start(void **state)
{
    lifetimes_begin(*state, 42, 1000000);
    check_unknown(*state, 42, 999999);
    check_start(*state, 42, 1000000, 1000000);
    check_start(*state, 42, 9000000, 1000000);
    check_unknown(*state, 43, 1000000);
}

static void find_when_process_has_gone_then_a_file_may_be_a_little_late(void **state)
{
    lifetimes_begin(*state, 42, 1000000);
    lifetimes_end(*state, 42, 1000000, 2000000);
    check_start(*state, 42, 2000000, 1000000);
    check_start(*state, 42, 2005000, 1000000);
    check_unknown(*state, 42, 2600000);
}

static void find_when_pid_was_used_again_then_the_later_process_wins(void **state)
{
    lifetimes_begin(*state, 42, 1000000);
    lifetimes_end(*state, 42, 1000000, 2000000);
    lifetimes_begin(*state, 42, 2001000);
    check_start(*state, 42, 1500000, 1000000);
    check_start(*state, 42, 2002000, 2001000);
}

#define TEN_YEARS_MS (10ll * 365 * 86400 * 1000)

/* Started when the clock was ten years ahead; then it was set right, and the process died. */
static void find_when_clock_was_set_back_while_it_lived_then_a_file_of_now_is_its(void **state)
{
    int64_t now = clock_unix_ms(), start = now + TEN_YEARS_MS;

    lifetimes_begin(*state, 42, start);
    check_start(*state, 42, clock_unix_ms(), start);
    lifetimes_end(*state, 42, start, now);
    check_start(*state, 42, clock_unix_ms(), start);
    check_unknown(*state, 42, now - 60000); /* before we knew it */
    check_unknown(*state, 43, now);
}

static void begin_when_repeated_then_process_is_alive_again(void **state)
{
    lifetimes_begin(*state, 42, 1000000);
    lifetimes_begin(*state, 42, 1000000);
    lifetimes_end(*state, 42, 1000000, 2000000);
    check_unknown(*state, 42, 5000000);
}

static void begin_when_table_is_full_then_longest_gone_is_forgotten(void **state)
{
    lifetimes_begin(*state, 1, 1000000);
    lifetimes_begin(*state, 2, 1000000);
    lifetimes_end(*state, 1, 1000000, 1100000);
    lifetimes_end(*state, 2, 1000000, 1200000);
    for (uint32_t pid = 3; pid <= 4097; pid++)
        lifetimes_begin(*state, pid, 1000000);
    check_unknown(*state, 1, 1050000);
    check_start(*state, 2, 1050000, 1000000);
    check_start(*state, 4097, 1050000, 1000000);
}

static void user_when_known_then_others_are_foreign_to_that_process_alone(void **state)
{
    lifetimes_begin(*state, 42, 1000500);
    assert_false(lifetimes_is_foreign(*state, 42, 1000, "S-1-5-21-7")); /* nobody has said whose it is */
    lifetimes_set_user(*state, 42, 1000500, "S-1-5-21-7");
    lifetimes_end(*state, 42, 1000500, 2000000);
    assert_false(lifetimes_is_foreign(*state, 42, 1000, "S-1-5-21-7"));
    assert_true(lifetimes_is_foreign(*state, 42, 1000, "S-1-5-21-8"));
    assert_false(lifetimes_is_foreign(*state, 42, 1001, "S-1-5-21-8"));
    assert_false(lifetimes_is_foreign(*state, 43, 1000, "S-1-5-21-8"));
    lifetimes_begin(*state, 42, 1000500); /* registered anew: its user comes anew */
    assert_false(lifetimes_is_foreign(*state, 42, 1000, "S-1-5-21-8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(find_when_process_lives_then_any_time_after_its_start, make, drop),
        cmocka_unit_test_setup_teardown(find_when_process_has_gone_then_a_file_may_be_a_little_late, make, drop),
        cmocka_unit_test_setup_teardown(find_when_pid_was_used_again_then_the_later_process_wins, make, drop),
        cmocka_unit_test_setup_teardown(find_when_clock_was_set_back_while_it_lived_then_a_file_of_now_is_its, make, drop),
        cmocka_unit_test_setup_teardown(begin_when_repeated_then_process_is_alive_again, make, drop),
        cmocka_unit_test_setup_teardown(begin_when_table_is_full_then_longest_gone_is_forgotten, make, drop),
        cmocka_unit_test_setup_teardown(user_when_known_then_others_are_foreign_to_that_process_alone, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
