/* test_user_quota.c - what one user may bring in an hour. */
#include "collector/user_quota.h"
#include "unit.h"
#include <stdio.h>

#define HOUR_MS (3600u * 1000)

static int make(void **state)
{
    return user_quota_create((struct user_quota **)state, 3, 1000) == ST_OK ? 0 : -1;
}

static int drop(void **state)
{
    user_quota_free(*state);
    return 0;
}

static void take_when_count_is_reached_then_refused_until_the_hour_is_over(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_null(user_quota_take(*state, "S-1-5-21-1", 1, 5000));
    assert_non_null(user_quota_take(*state, "S-1-5-21-1", 1, 5000));
    assert_non_null(user_quota_take(*state, "S-1-5-21-1", 1, 5000 + HOUR_MS));
    assert_null(user_quota_take(*state, "S-1-5-21-1", 1, 5001 + HOUR_MS));
}

static void take_when_bytes_are_reached_then_smaller_ones_still_fit(void **state)
{
    assert_null(user_quota_take(*state, "a", 600, 1));
    assert_non_null(user_quota_take(*state, "a", 401, 2));
    assert_non_null(user_quota_take(*state, "a", UINT64_MAX, 2));
    assert_null(user_quota_take(*state, "a", 400, 3));
    assert_non_null(user_quota_take(*state, "a", 1, 4));
}

static void take_when_one_user_is_over_then_others_are_not(void **state)
{
    for (int i = 0; i < 4; i++)
        user_quota_take(*state, "greedy", 1, 1);
    assert_non_null(user_quota_take(*state, "greedy", 1, 1));
    assert_null(user_quota_take(*state, "modest", 1, 1));
}

static void take_when_users_are_many_then_the_latest_ones_are_counted(void **state)
{
    char user[32];

    for (int i = 0; i < 1000; i++) {
        snprintf(user, sizeof user, "user-%d", i);
        assert_null(user_quota_take(*state, user, 1, (uint64_t)i + 1));
    }
    assert_null(user_quota_take(*state, user, 1, 1001));
    assert_null(user_quota_take(*state, user, 1, 1001));
    assert_non_null(user_quota_take(*state, user, 1, 1001));
}

#define of_users(function) cmocka_unit_test_setup_teardown(function, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        of_users(take_when_count_is_reached_then_refused_until_the_hour_is_over),
        of_users(take_when_bytes_are_reached_then_smaller_ones_still_fit),
        of_users(take_when_one_user_is_over_then_others_are_not),
        of_users(take_when_users_are_many_then_the_latest_ones_are_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
