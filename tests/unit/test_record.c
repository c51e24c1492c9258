/* test_record.c - records written, read back, and read from what others wrote. */
#include "proto/record.h"
#include "unit.h"

static char room[4096];
static struct record_writer writer;

static int make_writer(void **state)
{
    (void)state;
    memset(room, '?', sizeof room);
    record_writer_init(&writer, room, sizeof room);
    return 0;
}

#define test_record(function) cmocka_unit_test_setup(function, make_writer)

static void check_written(const char *expected)
{
    assert_int_equal(writer.len, strlen(expected));
    assert_memory_equal(writer.data, expected, writer.len);
}

static void put_when_plain_then_a_line_each(void **state)
{
    (void)state;
    record_put(&writer, RECORD_FORMAT, "1");
    record_put_u64(&writer, RECORD_PID, 1234);
    record_put_u64(&writer, "zero", 0);
    record_put_u64(&writer, "most", UINT64_MAX);
    record_put_hex(&writer, RECORD_CODE, 0xc0000005);
    record_put_hex(&writer, "none", 0);
    record_put_hex(&writer, "all", UINT64_MAX);
    record_put(&writer, "empty", "");
    check_written("format=1\npid=1234\nzero=0\nmost=18446744073709551615\nexception_code=0xc0000005\nnone=0x0\nall=0xffffffffffffffff\n"
                  "empty=\n");
    assert_false(writer.overflow);
}

static void put_when_value_holds_specials_then_escaped(void **state)
{
    (void)state;
    static const char value[] = "a\\b\nc\rd\0e=f%\t";
    record_put_sized(&writer, "", "v", 1, value, sizeof value - 1);
    check_written("v=a\\\\b\\nc\\rd\\0e=f%\t\n");
}

static void put_when_key_holds_specials_then_percent_encoded(void **state)
{
    (void)state;
    static const char key[] = "a b=c\n\0gr\xc3\xbc%Az-_.9";
    record_put_sized(&writer, RECORD_ANNOTATION, key, sizeof key - 1, "x", 1);
    check_written("annotation.a%20b%3Dc%0A%00gr%C3%BC%25Az-_.9=x\n");
}

static void put_when_a_line_does_not_fit_then_left_out_whole(void **state)
{
    (void)state;
    record_writer_init(&writer, room, 10);
    record_put(&writer, "ab", "cdefg"); /* nine bytes */
    assert_false(writer.overflow);
    record_put(&writer, "x", "");
    assert_true(writer.overflow);
    check_written("ab=cdefg\n");
    assert_int_equal(room[10], '?');
}

static void put_when_a_short_line_follows_a_long_one_then_still_written(void **state)
{
    (void)state;
    record_writer_init(&writer, room, 10);
    record_put(&writer, "long", "does not fit");
    record_put(&writer, "ab", "cdefgh"); /* ten bytes, exactly */
    assert_true(writer.overflow);
    check_written("ab=cdefgh\n");
}

static void put_when_escapes_cross_the_end_then_left_out(void **state)
{
    (void)state;
    record_writer_init(&writer, room, 5);
    record_put(&writer, "a", "\n\n");
    assert_int_equal(writer.len, 0);
    assert_true(writer.overflow);
    record_put(&writer, "a", "\n");
    check_written("a=\\n\n");
}

static void record_when_written_and_read_then_same(void **state)
{
    char keys[3][16], values[3][64];
    (void)state;
    for (int i = 0; i < 200; i++) {
        uint8_t random[3 * (15 + 63)];
        const uint8_t *p = random;
        make_writer(NULL);
        assert_status(random_bytes(random, sizeof random), ST_OK);
        for (int j = 0; j < 3; j++) {
            memcpy(keys[j], p, 15);
            memcpy(values[j], p + 15, 63);
            p += 15 + 63;
            values[j][3] = '\n';
            values[j][4] = '\\';
            values[j][5] = 0;
            record_put_sized(&writer, "", keys[j], 15, values[j], 63);
        }
        assert_false(writer.overflow);
        struct record_line line;
        size_t cursor = 0;
        for (int j = 0; j < 3; j++) {
            char key[16], value[64];
            assert_true(record_next(room, writer.len, &cursor, &line));
            assert_int_equal(record_decode_key(&line, key, sizeof key), 15);
            assert_memory_equal(key, keys[j], 15);
            assert_int_equal(record_decode_value(&line, value, sizeof value), 63);
            assert_memory_equal(value, values[j], 63);
        }
        assert_false(record_next(room, writer.len, &cursor, &line));
    }
}

static void check_next(const char *text, size_t *cursor, const char *key, const char *value)
{
    struct record_line line;
    assert_true(record_next(text, strlen(text), cursor, &line));
    assert_int_equal(line.key_bytes, strlen(key));
    assert_memory_equal(line.key, key, line.key_bytes);
    assert_int_equal(line.value_bytes, strlen(value));
    assert_memory_equal(line.value, value, line.value_bytes);
}

static void next_when_lines_are_odd_then_passed_over(void **state)
{
    const char *text = "\n\nno sign\n=no key\na=1\n\nb=x=y\nc=\nlast=no line end";
    struct record_line line;
    size_t cursor = 0;
    (void)state;
    check_next(text, &cursor, "a", "1");
    check_next(text, &cursor, "b", "x=y");
    check_next(text, &cursor, "c", "");
    check_next(text, &cursor, "last", "no line end");
    assert_false(record_next(text, strlen(text), &cursor, &line));
    assert_false(record_next(text, strlen(text), &cursor, &line));
}

static void next_when_empty_then_end(void **state)
{
    struct record_line line;
    size_t cursor = 0;
    (void)state;
    assert_false(record_next("", 0, &cursor, &line));
    assert_false(record_next(NULL, 0, &cursor, &line));
}

static void decode_when_escapes_are_malformed_then_taken_as_they_are(void **state)
{
    const char *text = "a%2=x\\q\\\n%zz%=\\\\\\0\\n\\r\\";
    struct record_line line;
    size_t cursor = 0;
    char out[32];
    (void)state;
    assert_true(record_next(text, strlen(text), &cursor, &line));
    assert_int_equal(record_decode_key(&line, out, sizeof out), 3);
    assert_string_equal(out, "a%2");
    assert_int_equal(record_decode_value(&line, out, sizeof out), 4);
    assert_string_equal(out, "x\\q\\");
    assert_true(record_next(text, strlen(text), &cursor, &line));
    record_decode_key(&line, out, sizeof out);
    assert_string_equal(out, "%zz%");
    assert_int_equal(record_decode_value(&line, out, sizeof out), 5);
    assert_memory_equal(out, "\\\0\n\r\\", 6);
}

static void decode_when_room_is_short_then_cut_and_length_told(void **state)
{
    struct record_line line;
    size_t cursor = 0;
    char out[4] = "???";
    (void)state;
    assert_true(record_next("k=abcdef", 8, &cursor, &line));
    assert_int_equal(record_decode_value(&line, out, sizeof out), 6);
    assert_string_equal(out, "abc");
    assert_int_equal(record_decode_value(&line, out, 1), 6);
    assert_string_equal(out, "");
    assert_int_equal(record_decode_value(&line, NULL, 0), 6);
}

static void get_when_key_repeats_then_first(void **state)
{
    const char *text = "ab=0\na=1\na=2\n";
    char out[8];
    (void)state;
    assert_true(record_get(text, strlen(text), "a", out, sizeof out));
    assert_string_equal(out, "1");
    assert_false(record_get(text, strlen(text), "b", out, sizeof out));
    assert_false(record_get(text, strlen(text), "", out, sizeof out));
    assert_false(record_get(text, strlen(text), "abc", out, sizeof out));
}

static void get_when_key_is_encoded_then_compared_decoded(void **state)
{
    const char *text = "annotation.a%20b=x\n";
    char out[8];
    (void)state;
    assert_true(record_get(text, strlen(text), "annotation.a b", out, sizeof out));
    assert_string_equal(out, "x");
}

static void get_when_value_does_not_fit_then_false_and_untouched(void **state)
{
    char out[4] = "old";
    (void)state;
    assert_false(record_get("a=1234\n", 7, "a", out, sizeof out));
    assert_string_equal(out, "old");
    assert_true(record_get("a=123\n", 6, "a", out, sizeof out));
    assert_string_equal(out, "123");
}

static void get_u64_when_decimal_or_hex_then_number(void **state)
{
    const char *text = "d=18446744073709551615\nx=0xC0000005\nz=0\n";
    uint64_t value;
    (void)state;
    assert_true(record_get_u64(text, strlen(text), "d", &value));
    assert_true(value == UINT64_MAX);
    assert_true(record_get_u64(text, strlen(text), "x", &value));
    assert_int_equal(value, 0xc0000005);
    assert_true(record_get_u64(text, strlen(text), "z", &value));
    assert_int_equal(value, 0);
}

static void get_u64_when_no_number_then_false_and_untouched(void **state)
{
    const char *text = "a=\nb=0x\nc=-1\nd=18446744073709551616\ne=12x\nf=0x10000000000000000\ng= 1\n"
                       "h=0000000000000000000000000000000000001\n";
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h", "none"};
    uint64_t value = 5;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        assert_false(record_get_u64(text, strlen(text), keys[i], &value));
    assert_int_equal(value, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_record(put_when_plain_then_a_line_each),
        test_record(put_when_value_holds_specials_then_escaped),
        test_record(put_when_key_holds_specials_then_percent_encoded),
        test_record(put_when_a_line_does_not_fit_then_left_out_whole),
        test_record(put_when_a_short_line_follows_a_long_one_then_still_written),
        test_record(put_when_escapes_cross_the_end_then_left_out),
        test_record(record_when_written_and_read_then_same),
        cmocka_unit_test(next_when_lines_are_odd_then_passed_over),
        cmocka_unit_test(next_when_empty_then_end),
        cmocka_unit_test(decode_when_escapes_are_malformed_then_taken_as_they_are),
        cmocka_unit_test(decode_when_room_is_short_then_cut_and_length_told),
        cmocka_unit_test(get_when_key_repeats_then_first),
        cmocka_unit_test(get_when_key_is_encoded_then_compared_decoded),
        cmocka_unit_test(get_when_value_does_not_fit_then_false_and_untouched),
        cmocka_unit_test(get_u64_when_decimal_or_hex_then_number),
        cmocka_unit_test(get_u64_when_no_number_then_false_and_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
