/* test_line.c - short text in an array: numbers at their ends, and what happens at the array's. */
#include "base/line.h"
#include "unit.h"

static void line_when_numbers_are_extreme_then_written_whole(void **state)
{
    char room[64];
    struct line line;

    (void)state;
    line_init(&line, room, sizeof room);
    line_u64(&line, 0);
    line_text(&line, " ");
    line_u64(&line, UINT64_MAX);
    line_text(&line, " ");
    line_hex(&line, 0);
    line_text(&line, " ");
    line_hex(&line, UINT64_MAX);
    assert_string_equal(room, "0 18446744073709551615 0x0 0xffffffffffffffff");
    assert_int_equal(line.len, strlen(room));
    assert_false(line.is_cut);
}

static void line_when_room_ends_then_whole_parts_only(void **state)
{
    char room[8];
    struct line line;

    (void)state;
    line_init(&line, room, sizeof room);
    line_text(&line, "1234567");
    assert_string_equal(room, "1234567");
    assert_false(line.is_cut);
    line_init(&line, room, sizeof room);
    line_text(&line, "12345");
    line_u64(&line, 678);
    assert_string_equal(room, "12345");
    assert_true(line.is_cut);
    line_text(&line, "6"); /* would fit, but something before it is missing */
    assert_string_equal(room, "12345");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_when_numbers_are_extreme_then_written_whole),
        cmocka_unit_test(line_when_room_ends_then_whole_parts_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
