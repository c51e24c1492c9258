/* test_container.c - the footer of report files. */
#include "proto/container.h"
#include "proto/record.h"
#include "unit.h"

#define FILE_BYTES 1140u /* record of 100 bytes at 1000 */

static uint8_t bytes[CONTAINER_FOOTER_BYTES];

static int make_footer(void **state)
{
    (void)state;
    container_footer_encode(&(struct container_footer){.record_offset = 1000, .record_bytes = 100, .record_crc32 = 0x12345678}, bytes);
    return 0;
}

#define test_footer(function) cmocka_unit_test_setup(function, make_footer)

static void footer_when_encoded_then_these_bytes(void **state)
{
    static const uint8_t expected[CONTAINER_FOOTER_BYTES] = {'S',  'A', 'L', 'V', 'R', 'P', 'T', '1', 40,  0, 0, 0, 1,    0,    0,    0,
                                                             0xe8, 3,   0,   0,   0,   0,   0,   0,   100, 0, 0, 0, 0x78, 0x56, 0x34, 0x12};
    (void)state;
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void footer_when_decoded_then_same(void **state)
{
    struct container_footer footer;
    (void)state;
    assert_null(container_footer_decode(bytes, FILE_BYTES, &footer));
    assert_int_equal(footer.record_offset, 1000);
    assert_int_equal(footer.record_bytes, 100);
    assert_int_equal(footer.record_crc32, 0x12345678);
}

static void check_refused(uint64_t file_bytes, const char *expected)
{
    struct container_footer footer = {.record_offset = 7};
    const char *why = container_footer_decode(bytes, file_bytes, &footer);
    assert_non_null(why);
    assert_string_equal(why, expected);
    assert_int_equal(footer.record_offset, 7);
    make_footer(NULL);
}

static void footer_when_file_is_too_short_then_refused(void **state)
{
    (void)state;
    check_refused(CONTAINER_FOOTER_BYTES - 1, "is shorter than a report's footer");
    check_refused(0, "is shorter than a report's footer");
}

static void footer_when_header_is_wrong_then_refused(void **state)
{
    (void)state;
    bytes[0] ^= 1;
    check_refused(FILE_BYTES, "does not end with a report's footer");
    bytes[7] = '2';
    check_refused(FILE_BYTES, "does not end with a report's footer");
    bytes[12] = 2;
    check_refused(FILE_BYTES, "is a report of a version that is not understood");
    bytes[8] = 48;
    check_refused(FILE_BYTES, "states a footer size that is not its version's");
}

static void footer_when_record_is_elsewhere_then_refused(void **state)
{
    (void)state;
    check_refused(FILE_BYTES - 1, "states a record that does not end where the footer begins");
    check_refused(FILE_BYTES + 1, "states a record that does not end where the footer begins");
    check_refused(CONTAINER_FOOTER_BYTES, "states a record that does not end where the footer begins");
    memset(bytes + 16, 0xff, 8); /* an offset with which a sum would wrap */
    check_refused(FILE_BYTES, "states a record that does not end where the footer begins");
}

static void footer_when_record_is_at_its_limit_then_accepted_and_above_refused(void **state)
{
    struct container_footer footer = {.record_offset = 0, .record_bytes = RECORD_MAX_BYTES}, got;
    (void)state;
    container_footer_encode(&footer, bytes);
    assert_null(container_footer_decode(bytes, RECORD_MAX_BYTES + CONTAINER_FOOTER_BYTES, &got));
    footer.record_bytes++;
    container_footer_encode(&footer, bytes);
    check_refused(RECORD_MAX_BYTES + 1 + CONTAINER_FOOTER_BYTES, "states a record that is longer than allowed");
}

static void footer_when_dump_is_huge_then_offsets_are_64_bit(void **state)
{
    struct container_footer footer = {.record_offset = (uint64_t)5 << 32, .record_bytes = 10}, got;
    (void)state;
    container_footer_encode(&footer, bytes);
    assert_null(container_footer_decode(bytes, footer.record_offset + 10 + CONTAINER_FOOTER_BYTES, &got));
    assert_true(got.record_offset == footer.record_offset);
}

static void crc_when_computed_then_as_zlib(void **state)
{
    (void)state;
    assert_int_equal(container_crc32("", 0), 0);
    assert_int_equal(container_crc32("123456789", 9), 0xcbf43926); /* the check value of CRC-32/ISO-HDLC */
    assert_int_equal(container_crc32("\0\0\0\0", 4), 0x2144df1c);
    assert_int_equal(container_crc32("\xff\xff\xff\xff", 4), 0xffffffff);
    assert_int_equal(container_crc32("The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_footer(footer_when_encoded_then_these_bytes),
        test_footer(footer_when_decoded_then_same),
        test_footer(footer_when_file_is_too_short_then_refused),
        test_footer(footer_when_header_is_wrong_then_refused),
        test_footer(footer_when_record_is_elsewhere_then_refused),
        test_footer(footer_when_record_is_at_its_limit_then_accepted_and_above_refused),
        test_footer(footer_when_dump_is_huge_then_offsets_are_64_bit),
        cmocka_unit_test(crc_when_computed_then_as_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
