/* test_backoff.c - the waits after failed uploads. */
#include "collector/backoff.h"
#include "unit.h"

static void delay_when_failures_grow_then_doubles_up_to_its_ceiling(void **state)
{
    uint64_t whole = BACKOFF_FIRST_MS;

    (void)state;
    for (unsigned failures = 1; failures <= 40; failures++) {
        assert_int_equal(backoff_delay_ms(failures, 0), whole / 2);
        whole = whole * 2 > BACKOFF_MOST_MS ? BACKOFF_MOST_MS : whole * 2;
    }
    assert_int_equal(backoff_delay_ms(UINT32_MAX, 0), BACKOFF_MOST_MS / 2);
}

static void delay_when_random_varies_then_between_half_and_whole(void **state)
{
    uint64_t least = UINT64_MAX, most = 0;

    (void)state;
    for (uint32_t random = 0; random < 100000; random += 7) {
        uint64_t delay = backoff_delay_ms(3, random);
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    assert_in_range(least, 10000, 10010);
    assert_in_range(most, 19990, 20000);
    assert_in_range(backoff_delay_ms(3, UINT32_MAX), 10000, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delay_when_failures_grow_then_doubles_up_to_its_ceiling),
        cmocka_unit_test(delay_when_random_varies_then_between_half_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
