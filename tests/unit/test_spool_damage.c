/* test_spool_damage.c - report files that are broken, or made to deceive: each is reported as such and hurts nobody. */
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

struct fixture {
    char *dir;
    struct spool *spool;
    struct buffer sound; /* the bytes of a sound report */
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char *name;

    fixture->dir = support_folder();
    fixture->spool = support_spool(fixture->dir);
    name = support_commit(fixture->spool, SPOOL_NEW, NULL);
    support_get(fixture->dir, "new", name, &fixture->sound);
    free(name);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    buffer_done(&fixture->sound);
    spool_close(fixture->spool);
    support_folder_drop(fixture->dir);
    free(fixture);
    return 0;
}

/* Puts bytes into pending/ and says what opening them gives. */
static enum status open_bytes(struct fixture *fixture, const void *bytes, size_t size)
{
    struct spool_report *report = NULL;
    enum status status;

    support_put(fixture->dir, "pending", "x-1700000000-1.dmp", bytes, size);
    status = spool_report_open(fixture->spool, SPOOL_PENDING, "x-1700000000-1.dmp", &report);
    spool_report_close(status == ST_OK ? report : NULL);
    return status;
}

/* A report with this record and a right footer, behind a dump of ten bytes. */
static enum status open_record(struct fixture *fixture, const char *record)
{
    struct container_footer footer = {.record_offset = 10, .record_bytes = (uint32_t)strlen(record)};
    uint8_t encoded[CONTAINER_FOOTER_BYTES];
    struct buffer bytes;
    enum status status;

    buffer_init(&bytes, 2 * RECORD_MAX_BYTES);
    footer.record_crc32 = container_crc32(record, strlen(record));
    container_footer_encode(&footer, encoded);
    assert_int_equal(buffer_append_text(&bytes, "0123456789"), ST_OK);
    assert_int_equal(buffer_append_text(&bytes, record), ST_OK);
    assert_int_equal(buffer_append(&bytes, encoded, sizeof encoded), ST_OK);
    status = open_bytes(fixture, bytes.data, bytes.len);
    buffer_done(&bytes);
    return status;
}

static void report_when_cut_at_any_length_is_refused(void **state)
{
    struct fixture *fixture = *state;

    for (size_t size = 0; size < fixture->sound.len; size++) {
        enum status status = open_bytes(fixture, fixture->sound.data, size);
        assert_true(status == ST_TRUNCATED || status == ST_FORMAT || status == ST_CHECKSUM);
    }
    assert_int_equal(open_bytes(fixture, fixture->sound.data, fixture->sound.len), ST_OK);
}

static void report_when_any_byte_of_record_or_footer_changed_is_refused(void **state)
{
    struct fixture *fixture = *state;

    /* but for the footer's last eight, which are kept for later use */
    for (size_t at = strlen(SUPPORT_DUMP); at < fixture->sound.len - 8; at++) {
        enum status status;

        fixture->sound.data[at] ^= 0x20;
        status = open_bytes(fixture, fixture->sound.data, fixture->sound.len);
        assert_int_not_equal(status, ST_OK);
        fixture->sound.data[at] ^= 0x20;
    }
}

static void report_when_its_record_changed_is_called_damaged(void **state)
{
    struct fixture *fixture = *state;

    fixture->sound.data[strlen(SUPPORT_DUMP) + 3] ^= 1;
    assert_int_equal(open_bytes(fixture, fixture->sound.data, fixture->sound.len), ST_CHECKSUM);
}

static void report_when_it_is_only_a_minidump_is_refused(void **state)
{
    struct fixture *fixture = *state;
    char dump[200] = "MDMP";

    assert_int_equal(open_bytes(fixture, dump, sizeof dump), ST_FORMAT);
}

static void layout_when_it_fits_is_taken(void **state)
{
    assert_int_equal(open_record(*state, "format=1\ndump_bytes=4\nattachment=4 6 a.txt\nattachment=10 0 b.txt\n"), ST_OK);
}

static void layout_when_it_does_not_fit_is_refused(void **state)
{
    static const char *const records[] = {
        "dump_bytes=11\n",
        "dump_bytes=18446744073709551615\n",
        "dump_bytes=99999999999999999999999\n",
        "dump_bytes=-1\n",
        "dump_bytes=\n",
        "dump_bytes=5\nattachment=4 6 a.txt\n",
        "dump_bytes=5\nattachment=5 6 a.txt\n",
        "dump_bytes=5\nattachment=11 0 a.txt\n",
        "dump_bytes=5\nattachment=5 18446744073709551615 a.txt\n",
        "dump_bytes=5\nattachment=18446744073709551615 2 a.txt\n",
        "dump_bytes=5\nattachment=5 1 ../a.txt\n",
        "dump_bytes=5\nattachment=5 1 a\\nb\n",
        "dump_bytes=5\nattachment=5 1 \n",
        "dump_bytes=5\nattachment=5 1\n",
        "dump_bytes=5\nattachment=5\n",
        "dump_bytes=5\nattachment=\n",
        "dump_bytes=5\nattachment=x y z\n",
        "dump_bytes=5\nattachment=  5 1 a\n",
        "dump_bytes=5\nattachment=000000000000000000000000000000000005 1 a\n",
    };

    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_int_equal(open_record(*state, records[i]), ST_FORMAT);
}

static void layout_when_it_has_too_many_attachments_is_refused(void **state)
{
    struct buffer record;

    buffer_init(&record, RECORD_MAX_BYTES);
    for (int i = 0; i < 64; i++)
        assert_int_equal(buffer_printf(&record, "attachment=0 1 a%d\n", i), ST_OK);
    assert_int_equal(open_record(*state, buffer_text(&record)), ST_OK);
    assert_int_equal(buffer_printf(&record, "attachment=0 1 one-more\n"), ST_OK);
    assert_int_equal(open_record(*state, buffer_text(&record)), ST_FORMAT);
    buffer_done(&record);
}

static void record_when_empty_or_not_text_is_taken_as_it_is(void **state)
{
    assert_int_equal(open_record(*state, ""), ST_OK);
    assert_int_equal(open_record(*state, "\x01\x02\xff\n=\n==\nno equals sign"), ST_OK);
}

static void claim_when_damaged_puts_the_report_into_failed_with_its_reason(void **state)
{
    struct fixture *fixture = *state;
    struct spool_report *report = NULL;
    struct buffer text;

    fixture->sound.data[strlen(SUPPORT_DUMP) + 3] ^= 1;
    support_put(fixture->dir, "pending", "x-1700000000-1.dmp", fixture->sound.data, fixture->sound.len);
    assert_int_equal(spool_report_claim(fixture->spool, "x-1700000000-1.dmp", &report), ST_CHECKSUM);
    assert_true(support_has(fixture->dir, "failed", "x-1700000000-1.dmp"));
    assert_int_equal(support_count(fixture->dir, "pending"), 0);
    assert_int_equal(support_count(fixture->dir, "uploading"), 0);
    assert_non_null(
        strstr(support_history(fixture->spool, "x-1700000000-1", &text), " damaged state=failed reason=\"damaged: the checksum"));
    buffer_done(&text);
}

static void sweep_when_an_orphan_is_damaged_puts_it_into_failed(void **state)
{
    struct fixture *fixture = *state;

    support_put(fixture->dir, "uploading", "x-1700000000-1.dmp", fixture->sound.data, fixture->sound.len / 2);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "failed", "x-1700000000-1.dmp"));
    assert_int_equal(support_count(fixture->dir, "uploading"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(report_when_cut_at_any_length_is_refused),
        TEST(report_when_any_byte_of_record_or_footer_changed_is_refused),
        TEST(report_when_its_record_changed_is_called_damaged),
        TEST(report_when_it_is_only_a_minidump_is_refused),
        TEST(layout_when_it_fits_is_taken),
        TEST(layout_when_it_does_not_fit_is_refused),
        TEST(layout_when_it_has_too_many_attachments_is_refused),
        TEST(record_when_empty_or_not_text_is_taken_as_it_is),
        TEST(claim_when_damaged_puts_the_report_into_failed_with_its_reason),
        TEST(sweep_when_an_orphan_is_damaged_puts_it_into_failed),
    };
    return cmocka_run_group_tests_name("spool_damage", tests, NULL, NULL);
}
