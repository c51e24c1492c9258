/* test_clock.c - times as text and the clocks themselves. */
#include "base/clock.h"
#include "unit.h"

static void utc_when_formatted_then_iso_8601(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1795454967123, "2026-11-23T17:29:27.123Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},  /* a leap year by the rule of 400 */
        {4107542399999, "2100-02-28T23:59:59.999Z"}, /* and a century without a leap day */
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {-11644473600000, "1601-01-01T00:00:00.000Z"}, /* FILETIME 0 */
        {-62135596800000, "0001-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999Z"},
        {INT64_MIN, "0001-01-01T00:00:00.000Z"},
    };
    char text[25];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        clock_format_utc(text, cases[i].ms);
        assert_string_equal(text, cases[i].text);
    }
}

static void filetime_when_converted_then_unix_milliseconds(void **state)
{
    (void)state;
    assert_int_equal(clock_from_filetime(116444736000000000u), 0);
    assert_int_equal(clock_from_filetime(116444736000000000u + 12345 * 10000), 12345);
    assert_true(clock_from_filetime(0) == -11644473600000);
}

static void clocks_when_read_twice_then_do_not_go_back(void **state)
{
    (void)state;
    uint64_t steady = clock_steady_ms();
    int64_t wall = clock_unix_ms();
    assert_true(wall > 1700000000000); /* later than this code's first year */
    assert_true(clock_steady_ms() >= steady);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_when_formatted_then_iso_8601),
        cmocka_unit_test(filetime_when_converted_then_unix_milliseconds),
        cmocka_unit_test(clocks_when_read_twice_then_do_not_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
