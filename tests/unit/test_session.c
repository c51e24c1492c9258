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

#define DAY     86400
#define SETTLED 60 /* behind midnight a day is over */

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
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY + SETTLED - 1), 0);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY + SETTLED), 1);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY + SETTLED), 0);
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
    static const char name[] = "19999-6a0b54d8-7c7e-5a51-9a3c-2f1f0f2d3e4c", draft[] = "19999-6a0b54d8-7c7e-5a51-9a3c-2f1f0f2d3e4c.12.new";
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    (void)state;
    count(spool, SESSION_STARTED, 20001 * DAY);
    support_put(dir, "sessions", name, "no head", 7);
    support_put(dir, "sessions", draft, "half a head", 11); /* of a monitor that was killed */
    support_put(dir, "sessions", "notes.txt", "somebody's", 10);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY + SETTLED), 0);
    assert_false(support_has(dir, "sessions", name));
    assert_false(support_has(dir, "sessions", draft));
    assert_true(support_has(dir, "sessions", "notes.txt"));
    assert_int_equal(support_count(dir, "new"), 0);
    spool_close(spool);
    support_folder_drop(dir);
}

/* What all reports of new/ count as started, and that no two have one id. */
static uint64_t started_in_all(struct spool *spool, size_t expected_reports)
{
    struct spool_entry *entries;
    char ids[8][40];
    uint64_t started = 0;
    size_t count;

    assert_int_equal(spool_list(spool, SPOOL_NEW, &entries, &count), ST_OK);
    assert_int_equal(count, expected_reports);
    for (size_t i = 0; i < count; i++) {
        struct spool_report *report = NULL;

        assert_int_equal(spool_report_open(spool, SPOOL_NEW, entries[i].name, &report), ST_OK);
        started += number(report, RECORD_STARTED);
        snprintf(ids[i], sizeof ids[i], "%s", spool_report_id(report));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
        spool_report_close(report);
    }
    spool_list_free(entries, count);
    return started;
}

/* Forward by two days, which queues a day that is not over, and back into it: the server must not take the rest for the same. */
static void session_when_clock_jumps_over_a_day_and_back_then_the_day_is_two_reports(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    (void)state;
    count(spool, SESSION_STARTED, 20000 * DAY + 10);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20002 * DAY), 1);
    count(spool, SESSION_STARTED, 20000 * DAY + 20);
    count(spool, SESSION_STARTED, 20000 * DAY + 30);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY + SETTLED), 1);
    assert_int_equal(started_in_all(spool, 2), 3);
    spool_close(spool);
    support_folder_drop(dir);
}

static void session_when_clock_was_years_ahead_then_its_days_are_queued_once_it_is_right(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    (void)state;
    count(spool, SESSION_STARTED, 23650 * DAY);
    count(spool, SESSION_STARTED, 20000 * DAY);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20000 * DAY + 100), 1);
    assert_int_equal(started_in_all(spool, 1), 1);
    assert_int_equal(support_count(dir, "sessions"), 1);
    spool_close(spool);
    support_folder_drop(dir);
}

/* A file stands where the folder would be: what a full disk does to it. */
static void session_when_disk_takes_none_then_kept_until_it_does(void **state)
{
    char *dir = support_folder(), *path = path_joined(dir, "sessions");
    struct spool *spool = support_spool(dir);
    struct session_backlog backlog = {NULL, 0};

    (void)state;
    support_put(dir, ".", "sessions", "x", 1);
    assert_int_not_equal(session_count(spool, machine, &session, SESSION_STARTED, 20000 * DAY), ST_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(session_keep(&backlog, &session, SESSION_STARTED, 20000 * DAY + i), ST_OK);
    session_count_kept(&backlog, spool, machine);
    assert_int_equal(backlog.count, 3);
    assert_int_equal(file_remove(path), ST_OK);
    session_count_kept(&backlog, spool, machine);
    assert_int_equal(backlog.count, 0);
    assert_int_equal(session_flush(spool, SPOOL_NEW, 20001 * DAY + SETTLED), 1);
    check_report(spool, 3, 0, 0);
    while (session_keep(&backlog, &session, SESSION_CLEAN, 0) == ST_OK)
        ;
    assert_int_equal(backlog.count, 1000);
    session_backlog_done(&backlog);
    assert_int_equal(backlog.count, 0);
    free(path);
    spool_close(spool);
    support_folder_drop(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_when_day_is_over_then_counts_are_queued_once),
        cmocka_unit_test(session_when_a_flush_broke_off_then_the_next_one_queues_it),
        cmocka_unit_test(session_when_tally_is_damaged_then_put_away_without_a_report),
        cmocka_unit_test(session_when_clock_jumps_over_a_day_and_back_then_the_day_is_two_reports),
        cmocka_unit_test(session_when_clock_was_years_ahead_then_its_days_are_queued_once_it_is_right),
        cmocka_unit_test(session_when_disk_takes_none_then_kept_until_it_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
