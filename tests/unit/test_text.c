/* test_text.c - UTF-8, UTF-16LE, numbers and hex. */
#include "unit.h"

#define REPLACED "\xef\xbf\xbd"

static void utf8_when_well_formed_then_accepted(void **state)
{
    static const char *const cases[] = {"",
                                        "plain",
                                        "\x7f",
                                        "\xc2\x80",         /* U+0080, the first of two bytes */
                                        "\xdf\xbf",         /* U+07FF */
                                        "\xe0\xa0\x80",     /* U+0800 */
                                        "\xed\x9f\xbf",     /* U+D7FF */
                                        "\xee\x80\x80",     /* U+E000 */
                                        "\xef\xbf\xbf",     /* U+FFFF */
                                        "\xf0\x90\x80\x80", /* U+10000 */
                                        "\xf4\x8f\xbf\xbf"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_true(text_is_utf8(cases[i], strlen(cases[i])));
    assert_true(text_is_utf8("a\0b", 3));
}

static void utf8_when_malformed_then_refused(void **state)
{
    static const char *const cases[] = {"\x80",                  /* a continuation alone */
                                        "\xbf",                  /* the last one alone */
                                        "\xc0\x80",              /* overlong NUL */
                                        "\xc1\xbf",              /* overlong */
                                        "\xe0\x80\x80",          /* overlong */
                                        "\xe0\x9f\xbf",          /* overlong */
                                        "\xf0\x80\x80\x80",      /* overlong */
                                        "\xf0\x8f\xbf\xbf",      /* overlong */
                                        "\xed\xa0\x80",          /* U+D800 */
                                        "\xed\xbf\xbf",          /* U+DFFF */
                                        "\xf4\x90\x80\x80",      /* U+110000 */
                                        "\xf5\x80\x80\x80",      /* beyond */
                                        "\xff",                  /* never */
                                        "\xfe",                  /* never */
                                        "\xc2",                  /* cut */
                                        "\xe2\x82",              /* cut */
                                        "\xf0\x9f\x98",          /* cut */
                                        "\xc2\x41",              /* no continuation */
                                        "\xe2\x28\xa1",          /* no continuation */
                                        "\xf8\x88\x80\x80\x80"}; /* five bytes */
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(text_is_utf8(cases[i], strlen(cases[i])));
}

static void check_clean(const void *bytes, size_t size, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 1000);
    assert_status(text_clean(&out, bytes, size), ST_OK);
    assert_string_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void clean_when_well_formed_then_unchanged(void **state)
{
    (void)state;
    check_clean("", 0, "");
    check_clean("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", 11, "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
}

static void clean_when_malformed_then_replaced_as_unicode_recommends(void **state)
{
    (void)state;
    check_clean("a\xff"
                "b",
                3, "a" REPLACED "b");
    check_clean("a\0b", 3, "a" REPLACED "b");
    /* Unicode 15, table 3-8 and 3-11: one for each longest start of a character */
    check_clean("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", 9, REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED "A");
    check_clean("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", 9, REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED REPLACED "A");
    check_clean("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", 9, REPLACED REPLACED REPLACED REPLACED REPLACED "A" REPLACED REPLACED "B");
    check_clean("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 9, REPLACED REPLACED REPLACED REPLACED "A");
    check_clean("end\xe2\x82", 5, "end" REPLACED);
}

static void clean_when_ceiling_is_met_then_appends_nothing(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out, 6);
    buffer_append_text(&out, "12");
    assert_status(text_clean(&out, "ab\xff", 3), ST_TOO_LARGE);
    assert_string_equal(buffer_text(&out), "12");
    assert_status(text_clean(&out, "a\xff", 2), ST_OK);
    assert_string_equal(buffer_text(&out), "12a" REPLACED);
    buffer_done(&out);
}

static void cut_when_inside_a_character_then_steps_back(void **state)
{
    const char *text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80z"; /* boundaries: 0 1 3 6 10 11 */
    static const size_t expected[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
    (void)state;
    for (size_t max = 0; max < COUNT_OF(expected); max++)
        assert_int_equal(text_cut(text, 11, max), expected[max]);
}

static void cut_when_bytes_are_no_text_then_still_cuts_near_the_limit(void **state)
{
    (void)state;
    assert_int_equal(text_cut("\x80\x80\x80\x80\x80\x80\x80\x80", 8, 6), 6);
    assert_int_equal(text_cut("\x80\x80\x80", 3, 1), 1);
}

static void check_utf16(const char *units, size_t size, bool keep, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 1000);
    assert_status(text_from_utf16le(&out, (const uint8_t *)units, size, keep), ST_OK);
    assert_string_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void utf16_when_well_formed_then_becomes_utf8(void **state)
{
    (void)state;
    check_utf16("", 0, false, "");
    check_utf16("A\0\xfc\0\xac\x20", 6, false, "A\xc3\xbc\xe2\x82\xac");
    check_utf16("\x3d\xd8\x00\xde", 4, false, "\xf0\x9f\x98\x80");
    check_utf16("\x00\xd8\x00\xdc", 4, false, "\xf0\x90\x80\x80");
    check_utf16("\xff\xdb\xff\xdf", 4, false, "\xf4\x8f\xbf\xbf");
}

static void utf16_when_surrogate_is_alone_then_replaced_or_kept(void **state)
{
    (void)state;
    check_utf16("\x00\xd8", 2, false, REPLACED);
    check_utf16("\x00\xdc", 2, false, REPLACED);
    check_utf16("\x00\xd8z\0", 4, false, REPLACED "z");
    check_utf16("\x00\xdc\x00\xd8", 4, false, REPLACED REPLACED);
    check_utf16("\x00\xd8\x3d\xd8\x00\xde", 6, false, REPLACED "\xf0\x9f\x98\x80");
    check_utf16("\x00\xd8", 2, true, "\xed\xa0\x80");
    check_utf16("\xff\xdfz\0", 4, true, "\xed\xbf\xbfz");
}

static void utf16_when_size_is_odd_then_last_byte_is_dropped(void **state)
{
    (void)state;
    check_utf16("A\0B", 3, false, "A");
    check_utf16("A", 1, false, "");
    check_utf16("\x3d\xd8\x00", 3, false, REPLACED);
}

static void check_to_utf16(const char *text, const char *expected, size_t expected_size)
{
    struct buffer out;
    buffer_init(&out, 1000);
    assert_status(text_to_utf16le(&out, text, strlen(text)), ST_OK);
    assert_int_equal(out.len, expected_size);
    assert_memory_equal(buffer_text(&out), expected, expected_size);
    buffer_done(&out);
}

static void to_utf16_when_given_utf8_then_encodes(void **state)
{
    (void)state;
    check_to_utf16("", "", 0);
    check_to_utf16("A\xc3\xbc", "A\0\xfc\0", 4);
    check_to_utf16("\xf0\x9f\x98\x80", "\x3d\xd8\x00\xde", 4);
    check_to_utf16("\xf4\x8f\xbf\xbf", "\xff\xdb\xff\xdf", 4);
    check_to_utf16("a\xff", "a\0\xfd\xff", 4);
}

static void to_utf16_when_ceiling_is_met_then_appends_nothing(void **state)
{
    struct buffer out;
    (void)state;
    buffer_init(&out, 3);
    assert_status(text_to_utf16le(&out, "ab", 2), ST_TOO_LARGE);
    assert_int_equal(out.len, 0);
    buffer_done(&out);
}

static void wtf8_when_any_units_go_round_then_survive(void **state)
{
    struct buffer utf8, units;
    uint8_t random[256];
    (void)state;
    buffer_init(&utf8, 4096);
    buffer_init(&units, 4096);
    for (int round = 0; round < 200; round++) {
        assert_status(random_bytes(random, sizeof random), ST_OK);
        for (size_t i = 1; i < sizeof random; i += 6) /* many surrogates, paired and alone */
            random[i] = (uint8_t)(0xd8 | (random[i] & 7));
        buffer_reset(&utf8);
        buffer_reset(&units);
        assert_status(text_from_utf16le(&utf8, random, sizeof random, true), ST_OK);
        assert_status(text_to_utf16le(&units, buffer_text(&utf8), utf8.len), ST_OK);
        assert_int_equal(units.len, sizeof random);
        assert_memory_equal(units.data, random, sizeof random);
    }
    buffer_done(&utf8);
    buffer_done(&units);
}

static void compare_when_case_differs_then_equal_for_ascii_only(void **state)
{
    (void)state;
    assert_true(text_equal_nocase("", ""));
    assert_true(text_equal_nocase("App.EXE", "aPP.exe"));
    assert_false(text_equal_nocase("app", "apps"));
    assert_false(text_equal_nocase("apps", "app"));
    assert_false(text_equal_nocase("@", "`")); /* differ by the bit of case, but are no letters */
    assert_false(text_equal_nocase("[", "{"));
    assert_false(text_equal_nocase("\xc3\x84", "\xc3\xa4"));
}

static void starts_and_ends_when_compared_then_look_at_that_side(void **state)
{
    (void)state;
    assert_true(text_starts("abc", "ab"));
    assert_true(text_starts("abc", ""));
    assert_false(text_starts("ab", "abc"));
    assert_false(text_starts("ABC", "ab"));
    assert_true(text_starts_nocase("ABC", "ab"));
    assert_false(text_starts_nocase("A", "ab"));
    assert_true(text_ends_nocase("x.DMP", ".dmp"));
    assert_true(text_ends_nocase(".dmp", ".dmp"));
    assert_true(text_ends_nocase("x", ""));
    assert_false(text_ends_nocase("dmp", ".dmp"));
}

static void number_when_whole_then_read(void **state)
{
    uint64_t value = 1;
    (void)state;
    assert_true(text_parse_u64("0", &value));
    assert_int_equal(value, 0);
    assert_true(text_parse_u64("00042", &value));
    assert_int_equal(value, 42);
    assert_true(text_parse_u64("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
    assert_true(text_parse_u64("0xFFFFFFFFFFFFFFFF", &value));
    assert_true(value == UINT64_MAX);
    assert_true(text_parse_u64("0Xc0000005", &value));
    assert_int_equal(value, 0xc0000005);
}

static void number_when_not_whole_then_refused_and_result_untouched(void **state)
{
    static const char *const cases[] = {"",
                                        " 1",
                                        "1 ",
                                        "-1",
                                        "+1",
                                        "0x",
                                        "x1",
                                        "1x",
                                        "0x1g",
                                        "1.5",
                                        "1e3",
                                        "0b1",
                                        "abc",
                                        "18446744073709551616",
                                        "0x10000000000000000",
                                        "99999999999999999999"};
    uint64_t value = 77;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(text_parse_u64(cases[i], &value));
    assert_int_equal(value, 77);
}

static void size_when_given_with_unit_then_in_bytes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0}, {"1", 1}, {"1k", 1024}, {"10m", 10485760}, {"10M", 10485760}, {"2g", 2147483648u}, {"17179869183g", 0xffffffffc0000000u}};
    uint64_t value;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(text_parse_size(cases[i].text, &value));
        assert_int_equal(value, cases[i].bytes);
    }
}

static void size_when_malformed_then_refused(void **state)
{
    static const char *const cases[] = {"", "k", "1kb", "1 k", "-1k", "1.5m", "1t", "17179869184g", "0x10"};
    uint64_t value;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(text_parse_size(cases[i], &value));
}

static void duration_when_given_then_in_milliseconds(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = {{"5", 5000},    {"0", 0},        {"250ms", 250},    {"30s", 30000},
                 {"2m", 120000}, {"1h", 3600000}, {"7d", 604800000}, {"1H", 3600000}};
    uint64_t value;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(text_parse_duration(cases[i].text, &value));
        assert_int_equal(value, cases[i].ms);
    }
}

static void duration_when_malformed_then_refused(void **state)
{
    static const char *const cases[] = {"", "s", "1 s", "1w", "-5s", "1m30s", "99999999999999999999s", "213503982335d"};
    uint64_t value;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(text_parse_duration(cases[i], &value));
}

static void hex_when_there_and_back_then_same(void **state)
{
    const uint8_t bytes[] = {0x00, 0x01, 0x9a, 0xff};
    uint8_t back[4];
    char text[9];
    (void)state;
    text_hex(text, bytes, sizeof bytes);
    assert_string_equal(text, "00019aff");
    assert_true(text_unhex(back, sizeof back, text));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(text_unhex(back, sizeof back, "00019AFF"));
    text_hex(text, bytes, 0);
    assert_string_equal(text, "");
}

static void unhex_when_malformed_then_refused_and_result_untouched(void **state)
{
    static const char *const cases[] = {"", "00019af", "00019aff0", "00019afg", "0x019aff", " 0019aff"};
    uint8_t back[4] = {1, 2, 3, 4};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_false(text_unhex(back, sizeof back, cases[i]));
    assert_memory_equal(back, "\1\2\3\4", 4);
}

static void copy_when_it_fits_then_true_else_cut_at_a_character(void **state)
{
    char room[5];
    (void)state;
    assert_true(text_copy(room, sizeof room, "abcd"));
    assert_string_equal(room, "abcd");
    assert_false(text_copy(room, sizeof room, "abcde"));
    assert_string_equal(room, "abcd");
    assert_false(text_copy(room, sizeof room, "abc\xc3\xbc"));
    assert_string_equal(room, "abc");
    assert_false(text_copy(room, 1, "a"));
    assert_string_equal(room, "");
    assert_true(text_copy(room, 1, ""));
    room[0] = 'x';
    assert_false(text_copy(room, 0, "a"));
    assert_int_equal(room[0], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_when_well_formed_then_accepted),
        cmocka_unit_test(utf8_when_malformed_then_refused),
        cmocka_unit_test(clean_when_well_formed_then_unchanged),
        cmocka_unit_test(clean_when_malformed_then_replaced_as_unicode_recommends),
        cmocka_unit_test(clean_when_ceiling_is_met_then_appends_nothing),
        cmocka_unit_test(cut_when_inside_a_character_then_steps_back),
        cmocka_unit_test(cut_when_bytes_are_no_text_then_still_cuts_near_the_limit),
        cmocka_unit_test(utf16_when_well_formed_then_becomes_utf8),
        cmocka_unit_test(utf16_when_surrogate_is_alone_then_replaced_or_kept),
        cmocka_unit_test(utf16_when_size_is_odd_then_last_byte_is_dropped),
        cmocka_unit_test(to_utf16_when_given_utf8_then_encodes),
        cmocka_unit_test(to_utf16_when_ceiling_is_met_then_appends_nothing),
        cmocka_unit_test(wtf8_when_any_units_go_round_then_survive),
        cmocka_unit_test(compare_when_case_differs_then_equal_for_ascii_only),
        cmocka_unit_test(starts_and_ends_when_compared_then_look_at_that_side),
        cmocka_unit_test(number_when_whole_then_read),
        cmocka_unit_test(number_when_not_whole_then_refused_and_result_untouched),
        cmocka_unit_test(size_when_given_with_unit_then_in_bytes),
        cmocka_unit_test(size_when_malformed_then_refused),
        cmocka_unit_test(duration_when_given_then_in_milliseconds),
        cmocka_unit_test(duration_when_malformed_then_refused),
        cmocka_unit_test(hex_when_there_and_back_then_same),
        cmocka_unit_test(unhex_when_malformed_then_refused_and_result_untouched),
        cmocka_unit_test(copy_when_it_fits_then_true_else_cut_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
