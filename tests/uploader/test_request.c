/* test_request.c - the bytes of a request. */
#include "base/text.h"
#include "support_spool.h"
#include "uploader/request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
/* cmocka needs the above */
#include <cmocka.h>

struct fixture {
    char *dir;
    struct spool *spool;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->dir = support_folder();
    fixture->spool = support_spool(fixture->dir);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    spool_close(fixture->spool);
    support_folder_drop(fixture->dir);
    free(fixture);
    return 0;
}

/* Builds the request for a report with this record into dir/body and reads that. */
static struct request build(struct fixture *fixture, const char *record, bool gzip, const char *guid, struct buffer *bytes)
{
    char *name = support_commit(fixture->spool, SPOOL_PENDING, record), *path = path_joined(fixture->dir, "body");
    struct request_options options = {.format = format_find("salvor"), .gzip = gzip, .guid = guid};
    struct spool_report *report = NULL;
    struct file body = {FILE_CLOSED};
    struct source source;
    struct request request;

    assert_int_equal(spool_report_open(fixture->spool, SPOOL_PENDING, name, &report), ST_OK);
    assert_int_equal(source_from_report(&source, report), ST_OK);
    assert_int_equal(file_open(&body, path, FILE_MODE_REPLACE), ST_OK);
    assert_int_equal(request_build(&source, &options, &body, &request), ST_OK);
    file_close(&body);
    source_done(&source);
    spool_report_close(report);
    support_get(fixture->dir, ".", "body", bytes);
    assert_int_equal(bytes->len, request.body_bytes);
    free(path);
    free(name);
    return request;
}

/* One text part as it must stand on the wire. */
static void part_expect(struct buffer *out, const char *boundary, const char *name, const char *value)
{
    assert_int_equal(buffer_printf(out, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, name, value), ST_OK);
}

static void request_when_plain_is_exactly_what_servers_read(void **state)
{
    static const char record[] = "format=1\nid=" SUPPORT_ID "\napp=app.exe\nversion=1.2\nenvironment=test\nchannel=beta\n"
                                 "pid=42\ncrash_time=1700000000\nannotation.level=7\n";
    struct buffer bytes, expected;
    struct request request = build(*state, record, false, "0f0f", &bytes);
    const char *boundary = strstr(request.content_type, "boundary=") + strlen("boundary=");
    char whole[512];

    assert_int_equal(strspn(boundary, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"), strlen(boundary));
    assert_true(text_starts(request.content_type, "multipart/form-data; boundary="));
    buffer_init(&expected, 64 * 1024);
    part_expect(&expected, boundary, "prod", "app.exe");
    part_expect(&expected, boundary, "ver", "1.2");
    part_expect(&expected, boundary, "guid", "0f0f");
    part_expect(&expected, boundary, "ptype", "main");
    part_expect(&expected, boundary, "plat", "Windows");
    part_expect(&expected, boundary, "ProductName", "app.exe");
    part_expect(&expected, boundary, "Version", "1.2");
    part_expect(&expected, boundary, "ReleaseChannel", "beta");
    part_expect(&expected, boundary, "sentry[release]", "app.exe@1.2");
    part_expect(&expected, boundary, "sentry[environment]", "test");
    part_expect(&expected, boundary, "sentry[event_id]", "0b4f4ba293a55d2a8f446f3f1a2b3c4d");
    part_expect(&expected, boundary, "sentry[tags][level]", "7");
    snprintf(whole, sizeof whole, "%sdump_bytes=41\n", record);
    part_expect(&expected, boundary, "salvor_record", whole);
    assert_int_equal(buffer_printf(&expected,
                                   "--%s\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"" SUPPORT_NAME
                                   "\"\r\nContent-Type: application/octet-stream\r\n\r\n" SUPPORT_DUMP "\r\n--%s--\r\n",
                                   boundary, boundary),
                     ST_OK);
    assert_string_equal(buffer_text(&bytes), buffer_text(&expected));
    assert_int_equal(bytes.len, expected.len);
    assert_int_equal(request.plain_bytes, expected.len);
    assert_false(request.is_gzip);
    buffer_done(&bytes);
    buffer_done(&expected);
}

static void request_when_gzipped_inflates_to_the_plain_one(void **state)
{
    struct buffer bytes;
    struct request request = build(*state, NULL, true, "", &bytes);
    z_stream stream = {0};
    char *plain = malloc((size_t)request.plain_bytes + 1);

    assert_true(request.is_gzip);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = bytes.data;
    stream.avail_in = (uInt)bytes.len;
    stream.next_out = (Bytef *)plain;
    stream.avail_out = (uInt)request.plain_bytes + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, request.plain_bytes);
    assert_int_equal(stream.avail_in, 0);
    plain[request.plain_bytes] = 0;
    assert_non_null(strstr(plain, SUPPORT_DUMP "\r\n--"));
    inflateEnd(&stream);
    free(plain);
    buffer_done(&bytes);
}

static void request_when_facts_are_missing_leaves_their_fields_out(void **state)
{
    struct buffer bytes;

    build(*state, "format=1\npid=1\ncrash_time=1700000000\n", false, "", &bytes);
    assert_null(strstr(buffer_text(&bytes), "\"prod\""));
    assert_null(strstr(buffer_text(&bytes), "\"ver\""));
    assert_null(strstr(buffer_text(&bytes), "\"guid\""));
    assert_null(strstr(buffer_text(&bytes), "sentry[release]"));
    assert_null(strstr(buffer_text(&bytes), "\"uuid\""));
    assert_non_null(strstr(buffer_text(&bytes), "sentry[event_id]"));
    buffer_done(&bytes);
}

static void request_when_the_id_is_missing_makes_the_same_one_each_time(void **state)
{
    static const char record[] = "format=1\npid=1\ncrash_time=1700000000\n";
    struct buffer first, second;
    const char *mark = "sentry[event_id]\"\r\n\r\n", *a, *b;

    build(*state, record, false, "", &first);
    build(*state, record, false, "", &second);
    a = strstr(buffer_text(&first), mark) + strlen(mark);
    b = strstr(buffer_text(&second), mark) + strlen(mark);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_memory_equal(a, b, 32);
    buffer_done(&first);
    buffer_done(&second);
}

/* A record line with one annotation. */
static bool is_tag(struct fixture *fixture, const char *line)
{
    struct buffer bytes;
    char record[1024];
    bool is;

    snprintf(record, sizeof record, "format=1\npid=1\ncrash_time=1700000000\n%s\n", line);
    build(fixture, record, false, "", &bytes);
    is = strstr(buffer_text(&bytes), "sentry[tags][") != NULL;
    assert_non_null(strstr(buffer_text(&bytes), line)); /* whole in salvor_record in any case */
    buffer_done(&bytes);
    return is;
}

static void annotations_are_tags_only_where_they_fit(void **state)
{
    char line[512];

    assert_true(is_tag(*state, "annotation.gpu=x y"));
    assert_true(is_tag(*state, "annotation.A.b-c_9=\xc3\xa9"));
    assert_true(is_tag(*state, "annotation.abcdefghijklmnopqrstuvwxyz012345=x"));
    assert_false(is_tag(*state, "annotation.abcdefghijklmnopqrstuvwxyz0123456=x"));
    assert_false(is_tag(*state, "annotation.a%20b=x"));
    assert_false(is_tag(*state, "annotation.a%22%0D%0A=x"));
    assert_false(is_tag(*state, "annotation.%5Da%5B=x"));
    assert_false(is_tag(*state, "annotation.a=two\\nlines"));
    assert_false(is_tag(*state, "annotation.a=nul\\0"));
    assert_false(is_tag(*state, "annotation.a="));
    snprintf(line, sizeof line, "annotation.a=%0200d", 1);
    assert_true(is_tag(*state, line));
    snprintf(line, sizeof line, "annotation.a=%0201d", 1);
    assert_false(is_tag(*state, line));
}

static void request_when_texts_are_hostile_stays_well_formed(void **state)
{
    struct buffer bytes;

    build(*state, "format=1\napp=a\\r\\nContent-Disposition: x\nversion=\xff\xfe\npid=1\ncrash_time=1700000000\n", false, "", &bytes);
    assert_non_null(strstr(buffer_text(&bytes), "name=\"prod\"\r\n\r\na\r\nContent-Disposition: x\r\n--")); /* inside its part */
    assert_non_null(strstr(buffer_text(&bytes), "name=\"ver\"\r\n\r\n\xef\xbf\xbd\xef\xbf\xbd\r\n--"));
    buffer_done(&bytes);
}

static void request_when_an_attachment_has_a_foreign_name_sends_ascii(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = NULL;
    struct file log = {FILE_CLOSED}, body = {FILE_CLOSED};
    struct request_options options = {.format = format_find("salvor"), .gzip = false, .guid = ""};
    struct spool_report *report = NULL;
    struct source source;
    struct request request;
    struct buffer bytes;
    char *name = NULL, *path = path_joined(fixture->dir, "body");

    support_put(fixture->dir, ".", "log", "words", 5);
    char *log_path = path_joined(fixture->dir, "log");
    assert_int_equal(spool_draft_create(fixture->spool, &draft), ST_OK);
    assert_int_equal(spool_draft_end_dump(draft, NULL), ST_OK);
    assert_int_equal(file_open(&log, log_path, FILE_MODE_READ), ST_OK);
    assert_int_equal(spool_draft_attach(draft, "my \xc3\xa9 log.txt", &log, 100), ST_OK);
    assert_int_equal(spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_PENDING, &name), ST_OK);
    assert_int_equal(spool_report_open(fixture->spool, SPOOL_PENDING, name, &report), ST_OK);
    assert_int_equal(source_from_report(&source, report), ST_OK);
    assert_int_equal(file_open(&body, path, FILE_MODE_REPLACE), ST_OK);
    assert_int_equal(request_build(&source, &options, &body, &request), ST_OK);
    support_get(fixture->dir, ".", "body", &bytes);
    assert_non_null(strstr(buffer_text(&bytes), "name=\"attachment_1\"; filename=\"my____log.txt\"\r\n"
                                                "Content-Type: application/octet-stream\r\n\r\nwords\r\n--"));
    assert_null(strstr(buffer_text(&bytes), "upload_file_minidump")); /* it has no dump */
    buffer_done(&bytes);
    source_done(&source);
    spool_report_close(report);
    file_close(&log);
    file_close(&body);
    free(name);
    free(path);
    free(log_path);
}

static void request_when_the_file_became_shorter_fails(void **state)
{
    struct fixture *fixture = *state;
    struct source_extras extras = {0};
    struct request_options options = {.format = format_find("salvor"), .gzip = true, .guid = ""};
    struct source source;
    struct request request;
    struct buffer message;
    struct file body = {FILE_CLOSED}, dump = {FILE_CLOSED};
    char bytes[4096] = "MDMP", *path = path_joined(fixture->dir, "x.dmp"), *body_path = path_joined(fixture->dir, "body");

    support_put(fixture->dir, ".", "x.dmp", bytes, sizeof bytes);
    buffer_init(&message, 1000);
    assert_int_equal(source_from_file(&source, path, &extras, &message), ST_OK);
    assert_int_equal(file_open(&dump, path, FILE_MODE_UPDATE), ST_OK);
    assert_int_equal(file_truncate(&dump, 1000), ST_OK);
    assert_int_equal(file_open(&body, body_path, FILE_MODE_REPLACE), ST_OK);
    assert_int_equal(request_build(&source, &options, &body, &request), ST_TRUNCATED);
    source_done(&source);
    file_close(&dump);
    file_close(&body);
    buffer_done(&message);
    free(path);
    free(body_path);
}

static void guid_is_an_uuid_or_nothing_and_stays_the_same(void **state)
{
    char first[UUID_TEXT_BYTES], second[UUID_TEXT_BYTES];
    uint8_t uuid[16];

    (void)state;
    request_guid(first);
    request_guid(second);
    assert_string_equal(first, second);
    assert_true(!first[0] || uuid_parse(uuid, first));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(request_when_plain_is_exactly_what_servers_read),
        TEST(request_when_gzipped_inflates_to_the_plain_one),
        TEST(request_when_facts_are_missing_leaves_their_fields_out),
        TEST(request_when_the_id_is_missing_makes_the_same_one_each_time),
        TEST(annotations_are_tags_only_where_they_fit),
        TEST(request_when_texts_are_hostile_stays_well_formed),
        TEST(request_when_an_attachment_has_a_foreign_name_sends_ascii),
        TEST(request_when_the_file_became_shorter_fails),
        TEST(guid_is_an_uuid_or_nothing_and_stays_the_same),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
