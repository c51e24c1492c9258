/* test_buffer.c - the bounded buffer. */
#include "base/buffer.h"
#include "unit.h"

static void buffer_when_empty_then_text_is_empty_and_take_is_null(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 10);
    assert_string_equal(buffer_text(&buffer), "");
    assert_null(buffer_take(&buffer));
    buffer_done(&buffer);
}

static void buffer_when_filled_to_ceiling_then_one_more_is_refused_and_nothing_changes(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 5);
    assert_status(buffer_append(&buffer, "1234", 4), ST_OK);
    assert_status(buffer_append(&buffer, "56", 2), ST_TOO_LARGE);
    assert_string_equal(buffer_text(&buffer), "1234");
    assert_status(buffer_append_byte(&buffer, '5'), ST_OK);
    assert_status(buffer_append_byte(&buffer, '6'), ST_TOO_LARGE);
    assert_string_equal(buffer_text(&buffer), "12345");
    assert_int_equal(buffer.len, 5);
    buffer_done(&buffer);
}

static void buffer_when_ceiling_is_zero_then_only_nothing_fits(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 0);
    assert_status(buffer_append(&buffer, "", 0), ST_OK);
    assert_status(buffer_append_byte(&buffer, 'x'), ST_TOO_LARGE);
    buffer_done(&buffer);
}

static void buffer_when_asked_for_everything_then_size_does_not_wrap(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, SIZE_MAX);
    assert_status(buffer_append(&buffer, "abc", 3), ST_OK);
    assert_status(buffer_reserve(&buffer, SIZE_MAX), ST_TOO_LARGE);
    assert_status(buffer_reserve(&buffer, SIZE_MAX - 3), ST_TOO_LARGE);
    assert_string_equal(buffer_text(&buffer), "abc");
    buffer_done(&buffer);
}

static void buffer_when_grown_byte_by_byte_then_keeps_everything(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 100000);
    for (size_t i = 0; i < 100000; i++)
        assert_status(buffer_append_byte(&buffer, (uint8_t)(i * 7)), ST_OK);
    for (size_t i = 0; i < 100000; i++)
        assert_int_equal(buffer.data[i], (uint8_t)(i * 7));
    assert_int_equal(buffer.data[100000], 0);
    assert_true(buffer.cap <= 100001);
    buffer_done(&buffer);
}

static void buffer_when_holding_nul_then_counts_it(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 10);
    assert_status(buffer_append(&buffer, "a\0b", 3), ST_OK);
    assert_int_equal(buffer.len, 3);
    assert_memory_equal(buffer.data, "a\0b\0", 4);
    buffer_done(&buffer);
}

static void buffer_when_printed_to_then_appends_whole_or_not_at_all(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 8);
    assert_status(buffer_printf(&buffer, "%s-%d", "ab", 42), ST_OK);
    assert_string_equal(buffer_text(&buffer), "ab-42");
    assert_status(buffer_printf(&buffer, "%d", 1234), ST_TOO_LARGE);
    assert_string_equal(buffer_text(&buffer), "ab-42");
    assert_status(buffer_printf(&buffer, "%d", 123), ST_OK);
    assert_string_equal(buffer_text(&buffer), "ab-42123");
    buffer_done(&buffer);
}

static void buffer_when_printing_64_bits_then_same_on_every_system(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 100);
    assert_status(buffer_printf(&buffer, "%llu %zu %llx", (unsigned long long)UINT64_MAX, (size_t)7, 0xfeedfacecafebeefull), ST_OK);
    assert_string_equal(buffer_text(&buffer), "18446744073709551615 7 feedfacecafebeef");
    buffer_done(&buffer);
}

static void buffer_when_reset_then_empty_and_usable(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "first");
    buffer_reset(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    assert_status(buffer_append_text(&buffer, "second"), ST_OK);
    assert_string_equal(buffer_text(&buffer), "second");
    buffer_done(&buffer);
}

static void buffer_when_done_twice_then_keeps_its_ceiling(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 3);
    buffer_append_text(&buffer, "abc");
    buffer_done(&buffer);
    buffer_done(&buffer);
    assert_status(buffer_append_text(&buffer, "abcd"), ST_TOO_LARGE);
    assert_status(buffer_append_text(&buffer, "abc"), ST_OK);
    buffer_done(&buffer);
}

static void buffer_when_taken_then_caller_owns_a_string(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "mine");
    char *taken = buffer_take(&buffer);
    assert_string_equal(taken, "mine");
    assert_int_equal(buffer.len, 0);
    assert_string_equal(buffer_text(&buffer), "");
    free(taken);
    buffer_done(&buffer);
}

static void buffer_when_reserved_then_caller_fills_in_place(void **state)
{
    struct buffer buffer;
    (void)state;
    buffer_init(&buffer, 100);
    buffer_append_text(&buffer, "x");
    assert_status(buffer_reserve(&buffer, 99), ST_OK);
    assert_true(buffer.cap >= 101);
    memset(buffer.data + buffer.len, 'y', 99);
    buffer.len += 99;
    assert_status(buffer_reserve(&buffer, 0), ST_OK);
    assert_status(buffer_reserve(&buffer, 1), ST_TOO_LARGE);
    buffer_done(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_when_empty_then_text_is_empty_and_take_is_null),
        cmocka_unit_test(buffer_when_filled_to_ceiling_then_one_more_is_refused_and_nothing_changes),
        cmocka_unit_test(buffer_when_ceiling_is_zero_then_only_nothing_fits),
        cmocka_unit_test(buffer_when_asked_for_everything_then_size_does_not_wrap),
        cmocka_unit_test(buffer_when_grown_byte_by_byte_then_keeps_everything),
        cmocka_unit_test(buffer_when_holding_nul_then_counts_it),
        cmocka_unit_test(buffer_when_printed_to_then_appends_whole_or_not_at_all),
        cmocka_unit_test(buffer_when_printing_64_bits_then_same_on_every_system),
        cmocka_unit_test(buffer_when_reset_then_empty_and_usable),
        cmocka_unit_test(buffer_when_done_twice_then_keeps_its_ceiling),
        cmocka_unit_test(buffer_when_taken_then_caller_owns_a_string),
        cmocka_unit_test(buffer_when_reserved_then_caller_fills_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
