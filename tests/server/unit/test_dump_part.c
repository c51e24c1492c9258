/* test_dump_part.c - unpacking: gzip, deflate, a body within the part; split at every byte. */
#include "base/buffer.h"
#include "ingest/dump_part.h"
#include "ingest/inflate.h"
#include "unit/unit.h"
#include <zlib.h>

#define PLAIN "MDMP and so on, and so on, and so on, and so on"

struct outcome {
    struct buffer out;
    struct refusal refusal;
    bool done, nested;
};

static bool take(void *context, const void *bytes, size_t size)
{
    struct outcome *outcome = context;
    return buffer_append(&outcome->out, bytes, size) == ST_OK;
}

static bool take_name(void *context, const struct multipart_part *part)
{
    struct outcome *outcome = context;
    return buffer_printf(&outcome->out, "[%s]", part->name) == ST_OK;
}

static bool take_end(void *context)
{
    (void)context;
    return true;
}

static const struct multipart_events NESTED = {take_name, take, take_end};

static void read_part(struct outcome *ret, const void *bytes, size_t size, size_t split, uint64_t max_bytes)
{
    struct dump_part *part = NULL;
    memset(ret, 0, sizeof *ret);
    buffer_init(&ret->out, 1 << 20);
    struct dump_part_target target = {
        .data = take, .nested = &NESTED, .context = ret, .refusal = &ret->refusal, .max_bytes = max_bytes, .max_parts = 10};
    assert_status(dump_part_create(&part, &target), ST_OK);
    ret->done = dump_part_feed(part, bytes, split) && dump_part_feed(part, (const char *)bytes + split, size - split) &&
                dump_part_finish(part, &ret->nested);
    dump_part_free(part);
}

static void check(const void *bytes, size_t size, const char *text, bool nested)
{
    struct outcome outcome;
    for (size_t split = 0; split <= size; split++) {
        read_part(&outcome, bytes, size, split, 1000);
        assert_true(outcome.done);
        assert_int_equal(outcome.nested, nested);
        assert_string_equal(buffer_text(&outcome.out), text);
        buffer_done(&outcome.out);
    }
}

static void refuse(const void *bytes, size_t size, uint64_t max_bytes, unsigned status)
{
    struct outcome outcome;
    for (size_t split = 0; split <= size; split++) {
        read_part(&outcome, bytes, size, split, max_bytes);
        assert_false(outcome.done);
        assert_int_equal(outcome.refusal.status, status);
        buffer_done(&outcome.out);
    }
}

static size_t pack(const char *text, int window_bits, uint8_t *ret, size_t room)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = ret;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

static void dump_part_when_plain_then_passed_on(void **state)
{
    (void)state;
    check(PLAIN, strlen(PLAIN), PLAIN, false);
    check("", 0, "", false);
    check("M", 1, "M", false);
    check("\r\n-", 3, "\r\n-", false);
    check("--no boundary line in sight", 27, "--no boundary line in sight", false);
}

static void dump_part_when_gzip_then_unpacked(void **state)
{
    uint8_t packed[256];
    size_t size = pack(PLAIN, 31, packed, sizeof packed);
    (void)state;
    check(packed, size, PLAIN, false);
    size += pack(PLAIN, 31, packed + size, sizeof packed - size);
    check(packed, size, PLAIN PLAIN, false);
    packed[size++] = 0; /* padding behind the last member */
    check(packed, size, PLAIN PLAIN, false);
}

static void dump_part_when_gzip_is_cut_then_400(void **state)
{
    uint8_t packed[256];
    size_t size = pack(PLAIN, 31, packed, sizeof packed);
    (void)state;
    for (size_t cut = 2; cut < size; cut++)
        refuse(packed, cut, 1000, 400);
    packed[size - 6] ^= 1; /* the checksum */
    refuse(packed, size, 1000, 400);
}

static void dump_part_when_gzip_grows_too_large_then_413(void **state)
{
    uint8_t packed[256];
    size_t size = pack(PLAIN, 31, packed, sizeof packed);
    (void)state;
    refuse(packed, size, strlen(PLAIN) - 1, 413);
    struct outcome outcome;
    read_part(&outcome, packed, size, 0, strlen(PLAIN));
    assert_true(outcome.done);
    buffer_done(&outcome.out);
}

static void dump_part_when_it_holds_a_body_then_its_parts_come(void **state)
{
    static const char BODY[] = "\r\n--inner\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                               "--inner\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n2\r\n--inner--\r\n";
    (void)state;
    check(BODY, sizeof BODY - 1, "[a]1[b]2", true);
    refuse(BODY, sizeof BODY - 9, 1000, 400);
}

static bool collect(void *context, const void *bytes, size_t size)
{
    return buffer_append(context, bytes, size) == ST_OK;
}

static void inflate_when_deflate_is_zlib_or_raw_then_both_are_read(void **state)
{
    static const int KINDS[] = {15, -15};
    uint8_t packed[256];
    struct inflater *inflater = NULL;
    struct buffer out;
    (void)state;
    for (size_t kind = 0; kind < COUNT_OF(KINDS); kind++) {
        size_t size = pack(PLAIN, KINDS[kind], packed, sizeof packed);
        buffer_init(&out, 1000);
        assert_status(inflater_create(&inflater, INFLATE_DEFLATE, 1000, collect, &out), ST_OK);
        for (size_t i = 0; i < size; i++)
            assert_status(inflater_feed(inflater, packed + i, 1), ST_OK);
        assert_status(inflater_finish(inflater), ST_OK);
        assert_string_equal(buffer_text(&out), PLAIN);
        inflater_free(inflater);
        buffer_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dump_part_when_plain_then_passed_on),
        cmocka_unit_test(dump_part_when_gzip_then_unpacked),
        cmocka_unit_test(dump_part_when_gzip_is_cut_then_400),
        cmocka_unit_test(dump_part_when_gzip_grows_too_large_then_413),
        cmocka_unit_test(dump_part_when_it_holds_a_body_then_its_parts_come),
        cmocka_unit_test(inflate_when_deflate_is_zlib_or_raw_then_both_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
