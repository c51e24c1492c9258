/* test_json.c - the JSON writer; the text it must give stands beside the calls. */
#include "base/json.h"
#include "unit.h"

static struct buffer out;
static struct json json;

static void begin(size_t max)
{
    buffer_init(&out, max);
    json_init(&json, &out);
}

static void check(const char *expected)
{
    assert_status(json_done(&json), ST_OK);
    assert_string_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void json_when_nested_then_commas_are_right(void **state)
{
    (void)state;
    begin(1000);
    json_object_begin(&json);
    json_key(&json, "a");
    json_array_begin(&json);
    json_int(&json, -1);
    json_uint(&json, UINT64_MAX);
    json_array_begin(&json);
    json_array_end(&json);
    json_object_begin(&json);
    json_object_end(&json);
    json_array_end(&json);
    json_key(&json, "b");
    json_bool(&json, true);
    json_key(&json, "c");
    json_none(&json);
    json_key(&json, "d");
    json_object_begin(&json);
    json_key(&json, "e");
    json_bool(&json, false);
    json_object_end(&json);
    json_key(&json, "f");
    json_hex(&json, 0xfeed);
    json_object_end(&json);
    check("{\"a\":[-1,18446744073709551615,[],{}],\"b\":true,\"c\":null,\"d\":{\"e\":false},\"f\":\"0xfeed\"}");
}

static void json_when_numbers_are_extreme_then_whole(void **state)
{
    (void)state;
    begin(1000);
    json_array_begin(&json);
    json_int(&json, INT64_MIN);
    json_int(&json, INT64_MAX);
    json_hex(&json, 0);
    json_hex(&json, UINT64_MAX);
    json_array_end(&json);
    check("[-9223372036854775808,9223372036854775807,\"0x0\",\"0xffffffffffffffff\"]");
}

static void json_when_text_holds_specials_then_escaped(void **state)
{
    (void)state;
    begin(1000);
    json_text(&json, "\"q\" C:\\x /\b\f\n\r\t\x01\x1f\x7f gr\xc3\xbc\xc3\x9f");
    check("\"\\\"q\\\" C:\\\\x /\\b\\f\\n\\r\\t\\u0001\\u001f\x7f gr\xc3\xbc\xc3\x9f\"");
}

static void json_when_text_is_malformed_then_cleaned(void **state)
{
    (void)state;
    begin(1000);
    json_array_begin(&json);
    json_text(&json, "a\xff\nb");
    json_text_sized(&json, "a\0b", 3);
    json_text_sized(&json, "abcdef", 3);
    json_text_sized(&json, "", 0);
    json_array_end(&json);
    check("[\"a\xef\xbf\xbd\\nb\",\"a\xef\xbf\xbd"
          "b\",\"abc\",\"\"]");
}

static void json_when_key_holds_specials_then_escaped(void **state)
{
    (void)state;
    begin(1000);
    json_object_begin(&json);
    json_key(&json, "a\"\xff");
    json_text(&json, NULL);
    json_object_end(&json);
    check("{\"a\\\"\xef\xbf\xbd\":null}");
}

static void json_when_left_open_then_state(void **state)
{
    (void)state;
    begin(1000);
    json_array_begin(&json);
    assert_status(json_done(&json), ST_STATE);
    buffer_done(&out);
}

static void json_when_key_has_no_value_then_state(void **state)
{
    (void)state;
    begin(1000);
    json_object_begin(&json);
    json_key(&json, "a");
    json_object_end(&json);
    assert_status(json_done(&json), ST_STATE);
    buffer_done(&out);
}

static void json_when_closed_too_often_then_state(void **state)
{
    (void)state;
    begin(1000);
    json_array_begin(&json);
    json_array_end(&json);
    json_array_end(&json);
    assert_status(json_done(&json), ST_STATE);
    buffer_done(&out);
}

static void json_when_full_then_error_stays(void **state)
{
    (void)state;
    begin(10);
    json_array_begin(&json);
    json_text(&json, "0123456789");
    json_array_end(&json);
    assert_status(json_done(&json), ST_TOO_LARGE);
    json_none(&json);
    assert_status(json_done(&json), ST_TOO_LARGE);
    assert_true(out.len <= 10);
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_when_nested_then_commas_are_right),
        cmocka_unit_test(json_when_numbers_are_extreme_then_whole),
        cmocka_unit_test(json_when_text_holds_specials_then_escaped),
        cmocka_unit_test(json_when_text_is_malformed_then_cleaned),
        cmocka_unit_test(json_when_key_holds_specials_then_escaped),
        cmocka_unit_test(json_when_left_open_then_state),
        cmocka_unit_test(json_when_key_has_no_value_then_state),
        cmocka_unit_test(json_when_closed_too_often_then_state),
        cmocka_unit_test(json_when_full_then_error_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
