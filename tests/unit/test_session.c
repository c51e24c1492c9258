/* test_session.c - counts of starts and ends: kept by day, queued once when the day is over, and nothing but counts. */
#include "collector/session.h"
#include "proto/block.h"
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define DAY 86400

static const uint8_t machine[16] = {1, 2, 3};
static const struct session session = {"app.exe", "1.2", "", "beta", "6a0b54d8-7c7e-5a51-9a3c-2f1f0f2d3e4c", BLOCK_CONSENT_YES};

static void count(struct spool *spool, enum session_event event, int64_t now)
{
    assert_int_equal(session_count(spool, machine, &session, event, now), ST_OK);
}

static uint64_t number(const struct spool_report *report, const char *key)
{
    size_t size;
    const char *record = spool_report_record(report, &size);
    uint64_t value = 12345;

    assert_true(record_get_u64(record, size, key, &value));
    return value;
}

static void check_report(struct spool *spool, uint64_t started, uint64_t clean, uint64_t crashed)
{
    struct spool_entry *entries;
    struct spool_report *report = NULL;
    size_t count;

    assert_int_equal(spool_list(spool, SPOOL_NEW, &entries, &count), ST_OK);
    assert_int_equal(count, 1);
    assert_int_equal(spool_report_open(spool, SPOOL_NEW, entries[0].name, &report), ST_OK);
    assert_int_equal(number(report, RECORD_STARTED), started);
    assert_int_equal(number(report, RECORD_CLEAN), clean);
    assert_int_equal(number(report, RECORD_CRASHED), crashed);
    assert_int_equal(number(report, RECORD_TIME), 20000 * DAY);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    assert_int_equal(spool_report_consent(spool, report), SPOOL_CONSENT_YES);
    assert_int_equal(strlen(spool_report_id(report)), 36);
    spool_report_close(report);
    spool_list_free(entries, count);
}

static void session_when_day_is_over_then_counts_are_queued_once(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    (void)state;
    for (int i = 0; i < 5; i++)
        count(spool, SESSION_STARTED, 20000 * DAY + i);
    for (int i = 0; i < 3; i++)
        count(spool, SESSION_CLEAN, 20000 * DAY + DAY - 1);
    count(spool, SESSION_CRASHED, 20000 * DAY + 7);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20000 * DAY + DAY - 1), 0);
    count(spool, SESSION_STARTED, 20001 * DAY); /* another day's */
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY), 1);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY), 0);
    check_report(spool, 5, 3, 1);
    assert_int_equal(support_count(dir, "sessions"), 1);
    spool_close(spool);
    support_folder_drop(dir);
}

static void session_when_a_flush_broke_off_then_the_next_one_queues_it(void **state)
{
    char *dir = support_folder(), *folder = path_joined(dir, "sessions"), *from, *to;
    struct spool *spool = support_spool(dir);
    struct folder *open = NULL;
    const char *name;
    char taken[256];

    (void)state;
    count(spool, SESSION_STARTED, 20000 * DAY);
    assert_int_equal(folder_open(&open, folder), ST_OK);
    assert_int_equal(folder_next(open, &name), ST_OK);
    snprintf(taken, sizeof taken, "%s.taken", name);
    from = path_joined(folder, name);
    to = path_joined(folder, taken);
    folder_close(open);
    assert_int_equal(file_rename(from, to, false), ST_OK);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20002 * DAY), 1);
    check_report(spool, 1, 0, 0);
    assert_int_equal(support_count(dir, "sessions"), 0);
    free(to);
    free(from);
    free(folder);
    spool_close(spool);
    support_folder_drop(dir);
}

static void session_when_tally_is_damaged_then_put_away_without_a_report(void **state)
{
    static const char name[] = "19999-6a0b54d8-7c7e-5a51-9a3c-2f1f0f2d3e4c";
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    (void)state;
    count(spool, SESSION_STARTED, 20001 * DAY);
    support_put(dir, "sessions", name, "no head", 7);
    support_put(dir, "sessions", "notes.txt", "somebody's", 10);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY), 0);
    assert_false(support_has(dir, "sessions", name));
    assert_true(support_has(dir, "sessions", "notes.txt"));
    assert_int_equal(support_count(dir, "new"), 0);
    spool_close(spool);
    support_folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_when_day_is_over_then_counts_are_queued_once),
        cmocka_unit_test(session_when_a_flush_broke_off_then_the_next_one_queues_it),
        cmocka_unit_test(session_when_tally_is_damaged_then_put_away_without_a_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
