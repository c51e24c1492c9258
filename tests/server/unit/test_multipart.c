/* test_multipart.c - the multipart reader: every body is read whole, split in two at every byte, and byte by byte, always with one result.
 */
#include "base/buffer.h"
#include "ingest/multipart.h"
#include "unit/unit.h"

#define LONG_BOUNDARY "---------------------------0A1B2C3D4E5F6071"

/* What came out, as text: "[name|file]data;" for each part, and the status at the end. */
struct transcript {
    struct buffer text;
    enum status status;
    char error[128];
};

static bool on_begin(void *context, const struct multipart_part *part)
{
    struct transcript *transcript = context;
    const char *file = part->has_file_name ? part->file_name : "-";
    return buffer_printf(&transcript->text, "[%s|%s|%s]", part->name, file, part->content_type) == ST_OK;
}

static bool on_data(void *context, const void *bytes, size_t size)
{
    struct transcript *transcript = context;
    return buffer_append(&transcript->text, bytes, size) == ST_OK;
}

static bool on_end(void *context)
{
    struct transcript *transcript = context;
    return buffer_append_byte(&transcript->text, ';') == ST_OK;
}

static const struct multipart_events EVENTS = {on_begin, on_data, on_end};

/* Reads body in pieces: up to first, then step bytes at a time. */
static void read_body(struct transcript *ret, const char *boundary, const char *body, size_t size, size_t first, size_t step)
{
    struct multipart *multipart = NULL;
    buffer_init(&ret->text, 1 << 20);
    ret->error[0] = 0;
    ret->status = multipart_create(&multipart, boundary, 100, &EVENTS, ret);
    if (ret->status)
        return;
    ret->status = multipart_feed(multipart, body, first);
    for (size_t at = first; at < size && !ret->status; at += step)
        ret->status = multipart_feed(multipart, body + at, step < size - at ? step : size - at);
    if (!ret->status)
        ret->status = multipart_finish(multipart);
    text_copy(ret->error, sizeof ret->error, multipart_error(multipart));
    multipart_free(multipart);
}

static void assert_same(const struct transcript *got, enum status status, const char *text, size_t text_bytes)
{
    assert_status(got->status, status);
    if (status)
        return;
    assert_int_equal(got->text.len, text_bytes);
    assert_memory_equal(buffer_text(&got->text), text, text_bytes);
}

static void check_sized(const char *boundary, const char *body, size_t size, enum status status, const char *text, size_t text_bytes)
{
    struct transcript transcript;
    for (size_t split = 0; split <= size; split++) {
        read_body(&transcript, boundary, body, size, split, size + 1);
        assert_same(&transcript, status, text, text_bytes);
        buffer_done(&transcript.text);
    }
    read_body(&transcript, boundary, body, size, 0, 1);
    assert_same(&transcript, status, text, text_bytes);
    buffer_done(&transcript.text);
}

static void check(const char *boundary, const char *body, enum status status, const char *text)
{
    check_sized(boundary, body, strlen(body), status, text, strlen(text));
}

static void multipart_when_correct_then_parts_come_in_order(void **state)
{
    (void)state;
    check("b",
          "--b\r\nContent-Disposition: form-data; name=\"one\"\r\n\r\nfirst\r\n"
          "--b\r\nContent-Disposition: form-data; name=\"two\"; filename=\"f.bin\"\r\nContent-Type: text/plain\r\n\r\nsecond\r\n--b--\r\n",
          ST_OK, "[one|-|]first;[two|f.bin|text/plain]second;");
}

static void multipart_when_data_holds_near_delimiters_then_they_stay_data(void **state)
{
    (void)state;
    check("b",
          "--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n"
          "\r\n--\r\n--a\r\n--bc\r\n--b-\r\n--b x\r\n-\r\n--b \tx--b--\r--b--\n--b--\r\n--b--",
          ST_OK, "[n|-|]\r\n--\r\n--a\r\n--bc\r\n--b-\r\n--b x\r\n-\r\n--b \tx--b--\r--b--\n--b--;");
}

static void multipart_when_no_line_break_before_a_long_closing_boundary_then_data_is_exact(void **state)
{
    (void)state;
    check(LONG_BOUNDARY,
          "--" LONG_BOUNDARY "\r\nContent-Disposition: form-data; name=\"d\"; filename=\"x\"\r\n\r\nbytes\n--" LONG_BOUNDARY "--\r\n",
          ST_OK, "[d|x|]bytes\n;");
}

static void multipart_when_no_line_break_before_a_long_inner_boundary_then_the_next_part_begins(void **state)
{
    (void)state;
    check(LONG_BOUNDARY,
          "--" LONG_BOUNDARY "\r\nContent-Disposition: form-data; name=\"d\"; filename=\"x\"\r\n\r\nbytes--" LONG_BOUNDARY
          "\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\nmore--" LONG_BOUNDARY "--",
          ST_OK, "[d|x|]bytes;[e|-|]more;");
}

static void multipart_when_a_short_boundary_lacks_its_line_break_then_it_is_data(void **state)
{
    (void)state;
    check("b", "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\nbytes--b--\r\n", ST_TRUNCATED, "");
}

static void multipart_when_a_part_is_empty_then_it_begins_and_ends(void **state)
{
    (void)state;
    check("b",
          "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n--b--\r\n",
          ST_OK, "[d|-|];[e|-|];");
}

static void multipart_when_there_is_a_preamble_an_epilogue_and_blanks_then_they_are_passed_over(void **state)
{
    (void)state;
    check("b", "a preamble\r\n--b \t\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\nx\r\n--b--\r\nan epilogue\r\n--b\r\n", ST_OK,
          "[d|-|]x;");
}

static void multipart_when_lines_end_in_lf_then_headers_are_read(void **state)
{
    (void)state;
    check("b", "--b\nContent-Disposition: form-data;\n name=\"d\";\n\tfilename=f\n\nx\r\n--b--\n", ST_OK, "[d|f|]x;");
}

static void multipart_when_names_are_escaped_then_they_are_turned_back(void **state)
{
    (void)state;
    check("b", "--b\r\ncontent-disposition:form-data;NAME=\"a%22b\"; filename=\"C:\\dir\\f \\\"1\\\".dmp\"\r\n\r\nx\r\n--b--\r\n", ST_OK,
          "[a\"b|C:\\dir\\f \"1\".dmp|]x;");
}

static void multipart_when_data_is_binary_then_it_comes_back_byte_for_byte(void **state)
{
    static const char HEAD[] = "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n";
    char body[sizeof HEAD + 512 + 16], expected[600];
    size_t size = sizeof HEAD - 1, length = 0;
    (void)state;
    memcpy(body, HEAD, size);
    memcpy(expected, "[d|-|]", 6);
    length = 6;
    for (unsigned i = 0; i < 512; i++)
        body[size++] = expected[length++] = (char)(i * 37);
    expected[length++] = ';';
    memcpy(body + size, "\r\n--b--", 7);
    check_sized("b", body, size + 7, ST_OK, expected, length);
}

static void multipart_when_data_is_longer_than_the_window_then_nothing_is_lost(void **state)
{
    static const char HEAD[] = "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n";
    static char body[200000];
    struct transcript transcript;
    size_t size = sizeof HEAD - 1;
    (void)state;
    memcpy(body, HEAD, size);
    while (size < sizeof body - 7)
        body[size] = "\r\n--c"[size % 5], size++;
    memcpy(body + sizeof body - 7, "\r\n--b--", 7);
    size_t data = sizeof body - 7 - (sizeof HEAD - 1);
    for (size_t step = 1; step < 70000; step = step * 3 + 1) {
        read_body(&transcript, "b", body, sizeof body, 0, step);
        assert_status(transcript.status, ST_OK);
        assert_int_equal(transcript.text.len, data + 7);
        assert_memory_equal(transcript.text.data + 6, body + sizeof HEAD - 1, data);
        buffer_done(&transcript.text);
    }
}

static void multipart_when_it_ends_early_then_truncated(void **state)
{
    static const char BODY[] = "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\nx\r\n--b--";
    struct transcript transcript;
    (void)state;
    for (size_t size = 0; size < sizeof BODY - 1; size++) {
        read_body(&transcript, "b", BODY, size, 0, 7);
        assert_status(transcript.status, ST_TRUNCATED);
        buffer_done(&transcript.text);
    }
}

static void multipart_when_a_part_has_no_name_then_refused(void **state)
{
    (void)state;
    check("b", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", ST_FORMAT, "");
    check("b", "--b\r\n\r\nx\r\n--b--\r\n", ST_FORMAT, "");
    check("b", "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--b--\r\n", ST_FORMAT, "");
}

static void multipart_when_a_limit_is_passed_then_refused(void **state)
{
    struct transcript transcript;
    struct buffer body;
    (void)state;
    buffer_init(&body, 1 << 20);
    for (int i = 0; i < 101; i++)
        buffer_append_text(&body, "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\n\r\n");
    read_body(&transcript, "b", buffer_text(&body), body.len, 0, 1000);
    assert_status(transcript.status, ST_TOO_LARGE);
    buffer_done(&transcript.text);
    buffer_reset(&body);
    buffer_append_text(&body, "--b\r\nX: ");
    for (int i = 0; i < MULTIPART_MAX_HEADER_BYTES; i++)
        buffer_append_byte(&body, 'x');
    read_body(&transcript, "b", buffer_text(&body), body.len, 0, 1000);
    assert_status(transcript.status, ST_TOO_LARGE);
    buffer_done(&transcript.text);
    buffer_reset(&body);
    for (int i = 0; i <= MULTIPART_MAX_PREAMBLE + 100; i++)
        buffer_append_byte(&body, 'x');
    read_body(&transcript, "b", buffer_text(&body), body.len, 0, 1000);
    assert_status(transcript.status, ST_FORMAT);
    buffer_done(&transcript.text);
    buffer_done(&body);
}

static void multipart_when_the_boundary_is_wrong_then_not_created(void **state)
{
    struct multipart *multipart = NULL;
    char longest[72];
    (void)state;
    memset(longest, 'b', sizeof longest);
    longest[71] = 0;
    assert_status(multipart_create(&multipart, longest, 1, &EVENTS, NULL), ST_FORMAT);
    assert_status(multipart_create(&multipart, "", 1, &EVENTS, NULL), ST_FORMAT);
    assert_status(multipart_create(&multipart, "a\nb", 1, &EVENTS, NULL), ST_FORMAT);
    longest[70] = 0;
    assert_status(multipart_create(&multipart, longest, 1, &EVENTS, NULL), ST_OK);
    multipart_free(multipart);
}

static bool refuse_begin(void *context, const struct multipart_part *part)
{
    (void)context;
    (void)part;
    return false;
}

static void multipart_when_an_event_says_no_then_it_stays_refused(void **state)
{
    static const struct multipart_events REFUSING = {refuse_begin, on_data, on_end};
    static const char BODY[] = "--b\r\nContent-Disposition: form-data; name=\"d\"\r\n\r\nx\r\n--b--";
    struct multipart *multipart = NULL;
    (void)state;
    assert_status(multipart_create(&multipart, "b", 1, &REFUSING, NULL), ST_OK);
    assert_status(multipart_feed(multipart, BODY, sizeof BODY - 1), ST_REFUSED);
    assert_status(multipart_feed(multipart, "x", 1), ST_REFUSED);
    assert_status(multipart_finish(multipart), ST_REFUSED);
    multipart_free(multipart);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multipart_when_correct_then_parts_come_in_order),
        cmocka_unit_test(multipart_when_data_holds_near_delimiters_then_they_stay_data),
        cmocka_unit_test(multipart_when_no_line_break_before_a_long_closing_boundary_then_data_is_exact),
        cmocka_unit_test(multipart_when_no_line_break_before_a_long_inner_boundary_then_the_next_part_begins),
        cmocka_unit_test(multipart_when_a_short_boundary_lacks_its_line_break_then_it_is_data),
        cmocka_unit_test(multipart_when_a_part_is_empty_then_it_begins_and_ends),
        cmocka_unit_test(multipart_when_there_is_a_preamble_an_epilogue_and_blanks_then_they_are_passed_over),
        cmocka_unit_test(multipart_when_lines_end_in_lf_then_headers_are_read),
        cmocka_unit_test(multipart_when_names_are_escaped_then_they_are_turned_back),
        cmocka_unit_test(multipart_when_data_is_binary_then_it_comes_back_byte_for_byte),
        cmocka_unit_test(multipart_when_data_is_longer_than_the_window_then_nothing_is_lost),
        cmocka_unit_test(multipart_when_it_ends_early_then_truncated),
        cmocka_unit_test(multipart_when_a_part_has_no_name_then_refused),
        cmocka_unit_test(multipart_when_a_limit_is_passed_then_refused),
        cmocka_unit_test(multipart_when_the_boundary_is_wrong_then_not_created),
        cmocka_unit_test(multipart_when_an_event_says_no_then_it_stays_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
