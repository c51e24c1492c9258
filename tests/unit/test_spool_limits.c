/* test_spool_limits.c - counting, quota, retention and the order of sending. What becomes of them on a failing disk: tests/spool. */
#include "base/clock.h"
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define ID_OF "0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b%04u"

static char *put(struct spool *spool, enum spool_state state, unsigned number, const char *more)
{
    char record[512];

    snprintf(record, sizeof record, "format=1\nid=" ID_OF "\napp=app.exe\npid=%u\ncrash_time=%u\n%s", number, number, 1700000000 + number,
             more);
    return support_commit(spool, state, record);
}

/* The record of the only count-only report of a state. */
static void count_record(struct spool *spool, enum spool_state state, char *ret, size_t ret_size)
{
    struct spool_entry *entries = NULL;
    size_t count = 0, found = 0, bytes;

    assert_int_equal(spool_list(spool, state, &entries, &count), ST_OK);
    for (size_t i = 0; i < count; i++) {
        struct spool_report *report = NULL;

        if (!spool_name_is_count(entries[i].name))
            continue;
        assert_int_equal(spool_report_open(spool, state, entries[i].name, &report), ST_OK);
        snprintf(ret, ret_size, "%s", spool_report_record(report, &bytes));
        spool_report_close(report);
        found++;
    }
    spool_list_free(entries, count);
    assert_int_equal(found, 1);
}

static void count_when_added_to_twice_then_one_record_with_all_facts(void **state)
{
    char *dir = support_folder(), record[4096];
    struct spool *spool = support_keeper(dir);
    const char *const first[] = {"app.exe-1700000005-5.dmp", "app.exe-1700000003-3.dmp"}, *const then[] = {"app.exe-1700000009-9.dmp"};

    (void)state;
    for (unsigned i = 3; i <= 9; i += i == 3 ? 2 : 4)
        free(put(spool, SPOOL_NEW, i, "version=1.2\nexception_code=0xc0000005\n"));
    assert_int_equal(spool_count_add(spool, first, 2, COUNT_RATE, "11111111-2222-5333-8444-555555555555"), ST_OK);
    assert_int_equal(spool_count_add(spool, then, 1, COUNT_LOOP, NULL), ST_OK);
    count_record(spool, SPOOL_NEW, record, sizeof record);
    assert_non_null(strstr(record, "\ncount=3\n"));
    assert_non_null(strstr(record, "\ndropped=rate loop\n"));
    assert_non_null(strstr(record, "\ncrash_time=1700000003\nlast_time=1700000009\n"));
    assert_non_null(strstr(record, "\nlike=11111111-2222-5333-8444-555555555555\n"));
    assert_non_null(strstr(record, "\nversion=1.2\n"));
    assert_non_null(strstr(record, "\nexception_code=0xc0000005\n"));
    assert_non_null(strstr(record, "\ncounted=0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b0009\n"));
    assert_int_equal(support_count(dir, "new"), 1);
    spool_close(spool);
    support_folder_drop(dir);
}

static void count_when_closed_then_pending_without_ids_and_the_next_is_another(void **state)
{
    char *dir = support_folder(), record[4096];
    struct spool *spool = support_keeper(dir);
    char *one = put(spool, SPOOL_NEW, 1, ""), *two = put(spool, SPOOL_NEW, 2, ""), id[48];
    const char *const first[] = {one}, *const then[] = {two};
    struct spool_entry *entries = NULL;
    size_t count;

    (void)state;
    assert_int_equal(spool_count_add(spool, first, 1, COUNT_RATE, NULL), ST_OK);
    assert_int_equal(spool_list(spool, SPOOL_NEW, &entries, &count), ST_OK);
    assert_int_equal(spool_count_close(spool, entries[0].name), ST_OK);
    spool_list_free(entries, count);
    count_record(spool, SPOOL_PENDING, record, sizeof record);
    assert_null(strstr(record, "counted="));
    snprintf(id, sizeof id, "%.*s", 40, strstr(record, "\nid="));
    assert_int_equal(spool_count_add(spool, then, 1, COUNT_RATE, NULL), ST_OK);
    count_record(spool, SPOOL_NEW, record, sizeof record);
    assert_null(strstr(record, id));
    assert_non_null(strstr(record, "\ncount=1\n"));
    free(one);
    free(two);
    spool_close(spool);
    support_folder_drop(dir);
}

static void count_when_a_counted_report_was_left_then_settling_removes_it_alone(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_keeper(dir);
    char *one = put(spool, SPOOL_NEW, 1, ""), *again, *two;
    const char *const names[] = {one};

    (void)state;
    assert_int_equal(spool_count_add(spool, names, 1, COUNT_RATE, NULL), ST_OK);
    again = put(spool, SPOOL_NEW, 1, "");
    two = put(spool, SPOOL_NEW, 2, "");
    assert_int_equal(spool_count_settle(spool), ST_OK);
    assert_false(support_has(dir, "new", again));
    assert_true(support_has(dir, "new", two));
    assert_int_equal(support_count(dir, "new"), 2);
    free(one);
    free(again);
    free(two);
    spool_close(spool);
    support_folder_drop(dir);
}

static void bucket_when_a_fact_differs_then_another(void **state)
{
    static const char *const records[] = {
        "app=a\nversion=1\nexception_code=0x1\ncrash_address=a+0x1\n", "app=b\nversion=1\nexception_code=0x1\ncrash_address=a+0x1\n",
        "app=a\nversion=2\nexception_code=0x1\ncrash_address=a+0x1\n", "app=a\nversion=1\nexception_code=0x2\ncrash_address=a+0x1\n",
        "app=a\nversion=1\nexception_code=0x1\ncrash_address=a+0x2\n", "app=a\nversion=1\n",
    };
    char buckets[6][SPOOL_BUCKET_BYTES], same[SPOOL_BUCKET_BYTES];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        spool_bucket(records[i], strlen(records[i]), buckets[i]);
        assert_int_equal(strlen(buckets[i]), SPOOL_BUCKET_BYTES - 1);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(buckets[i], buckets[j]);
    }
    spool_bucket("pid=7\napp=a\nversion=1\n", 22, same);
    assert_string_equal(same, buckets[5]);
}

static void order_when_programs_differ_then_each_first_then_newest(void **state)
{
    static const char *const names[] = {"a.exe-1700000001-1.dmp",   "a.exe-1700000002-1.dmp", "b.exe-1700000003-1.dmp",
                                        "a.exe-1700000004-1-1.dmp", "b.exe-1700000005-1.dmp", "c.exe-1700000006-1.dmp"};
    static const size_t expected[] = {0, 2, 5, 4, 3, 1};
    struct spool_entry entries[6];

    (void)state;
    for (size_t i = 0; i < 6; i++)
        entries[i] = (struct spool_entry){.name = (char *)names[i]};
    spool_order_for_sending(entries, 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(entries[i].name, names[expected[i]]);
}

static void quota_when_over_then_finished_first_and_the_newest_of_each_bucket_stays(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_keeper(dir);
    const struct spool_quota quota = {.max_reports = 3};
    char *done = put(spool, SPOOL_DONE, 1, ""), *failed = put(spool, SPOOL_FAILED, 2, ""), *names[5];
    size_t removed = 0;

    (void)state;
    for (unsigned i = 0; i < 5; i++) /* 13 and 14 are the newest of their buckets, 10 is alone in its */
        names[i] = put(spool, SPOOL_PENDING, 10 + i, i == 0 ? "exception_code=0x3\n" : i == 2 || i == 4 ? "exception_code=0x2\n" : "");
    assert_int_equal(spool_quota_enforce(spool, &quota, &removed), ST_OK);
    assert_int_equal(removed, 4);
    assert_false(support_has(dir, "done", done));
    assert_false(support_has(dir, "failed", failed));
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(support_has(dir, "pending", names[i]), i == 0 || i > 2);
    assert_int_equal(support_count(dir, "new"), 2); /* a count for each of two buckets */
    assert_int_equal(spool_quota_enforce(spool, &quota, &removed), ST_OK);
    assert_int_equal(removed, 0);
    for (unsigned i = 0; i < 5; i++)
        free(names[i]);
    free(done);
    free(failed);
    spool_close(spool);
    support_folder_drop(dir);
}

static void quota_when_a_report_is_being_sent_then_there_is_no_keeper_to_enforce_it(void **state)
{
    char *dir = support_folder();
    struct spool *sender = support_spool(dir), *keeper = NULL;
    const struct spool_quota quota = {.max_bytes = 1};
    char *sent = put(sender, SPOOL_PENDING, 1, "");
    struct spool_report *report = NULL;
    size_t removed = 0;

    (void)state;
    assert_int_equal(spool_report_claim(sender, sent, &report), ST_OK);
    assert_int_equal(spool_open(&keeper, dir), ST_OK);
    assert_int_equal(spool_turn_begin(keeper, SPOOL_TURN_KEEPING), ST_BUSY);
    assert_int_equal(spool_quota_enforce(keeper, &quota, &removed), ST_STATE);
    assert_true(support_has(dir, "uploading", sent));
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, false), ST_OK);
    spool_report_close(report);
    spool_turn_end(sender);
    assert_int_equal(spool_turn_begin(keeper, SPOOL_TURN_KEEPING), ST_OK);
    assert_int_equal(spool_turn_begin(sender, SPOOL_TURN_SENDING), ST_BUSY);
    free(sent);
    spool_close(sender);
    spool_close(keeper);
    support_folder_drop(dir);
}

static void quota_when_a_crash_that_was_counted_or_sent_is_new_again_then_it_is_not_counted(void **state)
{
    char *dir = support_folder(), id[64];
    struct spool *spool = support_keeper(dir);
    const struct spool_quota quota = {.max_bytes = 1};
    char *names[] = {put(spool, SPOOL_NEW, 1, ""), put(spool, SPOOL_NEW, 2, ""), put(spool, SPOOL_NEW, 3, "")};
    size_t removed = 0;

    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        snprintf(id, sizeof id, ID_OF, i);
        assert_int_equal(spool_history_add(spool, id, i == 1 ? "counted" : "sending", "reason=x"), ST_OK);
    }
    assert_int_equal(spool_quota_enforce(spool, &quota, &removed), ST_OK);
    assert_int_equal(removed, 1);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(support_has(dir, "new", names[i]), i < 2);
        free(names[i]);
    }
    spool_close(spool);
    support_folder_drop(dir);
}

static void retain_when_young_then_kept_and_when_old_then_gone_but_for_what_waits(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_keeper(dir);
    const struct spool_retention young = {86400000, 86400000}, old = {0, 86400000};
    char *done = put(spool, SPOOL_DONE, 1, ""), *waiting = put(spool, SPOOL_PENDING, 2, ""), *failed = put(spool, SPOOL_FAILED, 3, "");
    size_t removed = 9;

    (void)state;
    for (unsigned i = 1; i <= 3; i++) {
        char id[64];

        snprintf(id, sizeof id, ID_OF, i);
        assert_int_equal(spool_history_add(spool, id, "queued", NULL), ST_OK);
    }
    assert_int_equal(spool_retain(spool, &young, &removed), ST_OK);
    assert_int_equal(removed, 0);
    for (int64_t begin = clock_unix_ms(); clock_unix_ms() < begin + 3;) /* until all is older than nothing */
        ;
    assert_int_equal(spool_retain(spool, &old, &removed), ST_OK);
    assert_int_equal(removed, 1);
    assert_false(support_has(dir, "done", done));
    assert_true(support_has(dir, "pending", waiting));
    assert_true(support_has(dir, "failed", failed));
    assert_int_equal(support_count(dir, "history"), 2);
    free(done);
    free(waiting);
    free(failed);
    spool_close(spool);
    support_folder_drop(dir);
}

static void usage_when_asked_then_reports_bytes_and_no_counts(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_keeper(dir);
    char *one = put(spool, SPOOL_NEW, 1, "");
    const char *const names[] = {one};
    struct spool_usage usage;

    (void)state;
    free(put(spool, SPOOL_PENDING, 2, ""));
    assert_int_equal(spool_count_add(spool, names, 1, COUNT_RATE, NULL), ST_OK);
    assert_int_equal(spool_usage(spool, &usage), ST_OK);
    assert_int_equal(usage.reports[SPOOL_NEW], 0);
    assert_int_equal(usage.reports[SPOOL_PENDING], 1);
    assert_int_equal(usage.all_reports, 1);
    assert_true(usage.bytes[SPOOL_NEW] > 0);
    assert_int_equal(usage.all_bytes, usage.bytes[SPOOL_NEW] + usage.bytes[SPOOL_PENDING]);
    free(one);
    spool_close(spool);
    support_folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_when_added_to_twice_then_one_record_with_all_facts),
        cmocka_unit_test(count_when_closed_then_pending_without_ids_and_the_next_is_another),
        cmocka_unit_test(count_when_a_counted_report_was_left_then_settling_removes_it_alone),
        cmocka_unit_test(bucket_when_a_fact_differs_then_another),
        cmocka_unit_test(order_when_programs_differ_then_each_first_then_newest),
        cmocka_unit_test(quota_when_over_then_finished_first_and_the_newest_of_each_bucket_stays),
        cmocka_unit_test(quota_when_a_report_is_being_sent_then_there_is_no_keeper_to_enforce_it),
        cmocka_unit_test(quota_when_a_crash_that_was_counted_or_sent_is_new_again_then_it_is_not_counted),
        cmocka_unit_test(retain_when_young_then_kept_and_when_old_then_gone_but_for_what_waits),
        cmocka_unit_test(usage_when_asked_then_reports_bytes_and_no_counts),
    };
    return cmocka_run_group_tests_name("spool_limits", tests, NULL, NULL);
}
