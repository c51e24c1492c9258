/* test_spool_limits_faults.c - counting, quota and retention, killed or failed at each of their steps. Afterwards every crash is there
 * once: as a report, or as one in a count. The killed processes are this program, started again (child.h). */
#include "base/clock.h"
#include "base/text.h"
#include "child.h"
#include "disk.h"
#include "fault.h"
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define STEPS_MAX 400
#define PAGES_MAX 10 /* of disk that none of this needs */

/* A report of one bucket whose pid is its number. */
static void put(struct spool *spool, enum spool_state state, unsigned number)
{
    char record[256];

    snprintf(record, sizeof record, "format=1\nid=0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b%04u\napp=app.exe\npid=%u\ncrash_time=%u\n", number,
             number, 1700000000 + number);
    free(support_commit(spool, state, record));
}

static char *only_count(struct spool *spool, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    char *found = NULL;

    spool_list(spool, state, &entries, &count);
    for (size_t i = 0; i < count; i++)
        if (spool_name_is_count(entries[i].name) && !found) {
            found = entries[i].name;
            entries[i].name = NULL;
        }
    spool_list_free(entries, count);
    return found;
}

/* -- what is done to a queue -- */

static enum status run_count(struct spool *spool)
{
    static const char *const names[] = {"app.exe-1700000002-2.dmp", "app.exe-1700000003-3.dmp"};

    return spool_count_add(spool, names, 2, COUNT_RATE, NULL);
}

static enum status run_close(struct spool *spool)
{
    char *name = only_count(spool, SPOOL_NEW);
    enum status status = name ? spool_count_close(spool, name) : ST_OK;

    free(name);
    return status;
}

static enum status run_quota(struct spool *spool)
{
    const struct spool_quota quota = {.max_reports = 1};
    size_t removed;

    return spool_quota_enforce(spool, &quota, &removed);
}

static enum status run_retain(struct spool *spool)
{
    const struct spool_retention retention = {0};
    size_t removed;

    for (int64_t begin = clock_unix_ms(); clock_unix_ms() < begin + 2;) /* until what is there is old */
        ;
    return spool_retain(spool, &retention, &removed);
}

/* -- what they start from -- */

static void begin_new(struct spool *spool)
{
    for (unsigned i = 1; i <= 3; i++)
        put(spool, SPOOL_NEW, i);
}

static void begin_counted(struct spool *spool)
{
    static const char *const first[] = {"app.exe-1700000001-1.dmp"};

    begin_new(spool);
    assert_int_equal(spool_count_add(spool, first, 1, COUNT_LOOP, NULL), ST_OK);
}

static void begin_full(struct spool *spool)
{
    put(spool, SPOOL_DONE, 1);
    put(spool, SPOOL_FAILED, 2);
    for (unsigned i = 3; i <= 4; i++)
        put(spool, SPOOL_PENDING, i);
}

/* The answer to the first one's sending was never heard. */
static void begin_tried(struct spool *spool)
{
    for (unsigned i = 1; i <= 3; i++)
        put(spool, SPOOL_PENDING, i);
    assert_int_equal(spool_history_add(spool, "0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b0001", "sending", "to=\"x\""), ST_OK);
}

static const struct scenario {
    const char *name;
    void (*begin)(struct spool *spool);
    enum status (*run)(struct spool *spool);
    uint64_t crashes; /* that the server does not have yet */
    uint64_t counted; /* of these, once it ran to its end */
} scenarios[] = {
    {"count", begin_new, run_count, 3, 2},  {"count again", begin_counted, run_count, 3, 3},  {"close", begin_counted, run_close, 3, 1},
    {"quota", begin_full, run_quota, 3, 2}, {"quota of tried", begin_tried, run_quota, 3, 2}, {"retain", begin_full, run_retain, 3, 1},
};
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)

/* -- what must hold afterwards -- */

struct tally {
    uint64_t reports, counted;
};

static void tally_state(struct spool *spool, enum spool_state state, struct tally *tally)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;

    assert_int_equal(spool_list(spool, state, &entries, &count), ST_OK);
    for (size_t i = 0; i < count; i++) {
        struct spool_report *report = NULL;
        size_t bytes;
        const char *record;
        uint64_t counted;

        assert_int_equal(spool_report_open(spool, state, entries[i].name, &report), ST_OK);
        record = spool_report_record(report, &bytes);
        counted = spool_record_count(record, bytes);
        tally->counted += counted;
        tally->reports += counted ? 0 : 1;
        assert_int_equal(spool_name_is_count(entries[i].name), counted != 0);
        spool_report_close(report);
    }
    spool_list_free(entries, count);
}

static void assert_all_counted_once(const char *dir, const struct scenario *scenario, bool is_ended)
{
    struct spool *spool = support_keeper(dir);
    struct tally tally = {0, 0};

    assert_int_equal(spool_sweep(spool), ST_OK);
    assert_int_equal(spool_count_settle(spool), ST_OK);
    assert_int_equal(support_count(dir, "tmp"), 0);
    for (int state = 0; state < SPOOL_STATE_COUNT; state++)
        if (state != SPOOL_DONE)
            tally_state(spool, (enum spool_state)state, &tally);
    assert_int_equal(tally.reports + tally.counted, scenario->crashes);
    if (is_ended)
        assert_int_equal(tally.counted, scenario->counted);
    spool_close(spool);
}

static char *begin(const struct scenario *scenario)
{
    char *dir = support_folder();
    struct spool *spool = support_keeper(dir);

    scenario->begin(spool);
    spool_close(spool);
    return dir;
}

/* -- killing -- */

static int child_main(char **argv)
{
    uint64_t index = 0, at = 0;
    struct spool *spool = NULL;
    enum status status;

    if (!text_parse_u64(argv[2], &index) || index >= SCENARIOS || !text_parse_u64(argv[4], &at))
        return 1;
    status = spool_open(&spool, argv[3]);
    fault_arm(strcmp(argv[5], "torn") == 0 ? FAULT_TORN : FAULT_STOP, (unsigned)at, ST_OK);
    if (status == ST_OK)
        status = spool_turn_begin(spool, SPOOL_TURN_KEEPING);
    if (status == ST_OK)
        status = scenarios[index].run(spool);
    printf("ended %s\n", status_name(status));
    fflush(stdout);
    return status == ST_OK ? 0 : 1;
}

static bool kill_once(size_t index, unsigned at, const char *kind, char name[64])
{
    char *dir = begin(&scenarios[index]);
    bool is_killed = child_kill_at(index, dir, at, kind, name);

    assert_all_counted_once(dir, &scenarios[index], !is_killed);
    support_folder_drop(dir);
    return is_killed;
}

static void kill_at_every_step_counts_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        char name[64], names[4096] = "";
        unsigned at = 1, torn = 0;

        for (; at < STEPS_MAX && kill_once(i, at, "stop", name); at++) {
            snprintf(names + strlen(names), sizeof names - strlen(names), " %s", name);
            if (strcmp(name, "write") == 0)
                torn += kill_once(i, at, "torn", name);
        }
        assert_true(at > 3 && at < STEPS_MAX && torn > 0);
        print_message("%s: killed at %u steps and in %u writes, lost 0, counted twice 0:%s\n", scenarios[i].name, at - 1, torn, names);
    }
}

/* -- failing -- */

static bool fail_once(const struct scenario *scenario, unsigned at, enum status with)
{
    char *dir = begin(scenario);
    struct spool *spool = support_keeper(dir);
    bool is_failed;

    fault_arm(FAULT_FAIL, at, with);
    scenario->run(spool);
    is_failed = fault_step_name()[0] != 0;
    fault_disarm();
    spool_close(spool);
    assert_all_counted_once(dir, scenario, !is_failed);
    support_folder_drop(dir);
    return is_failed;
}

static void disk_failing_at_every_step_counts_once(void **state)
{
    static const enum status with[] = {ST_FULL, ST_IO, ST_READ_ONLY, ST_MEMORY};
    size_t kinds = getenv("SALVOR_TEST_FULL") ? sizeof with / sizeof *with : 1;

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        for (size_t j = 0; j < kinds; j++) {
            unsigned at = 1;

            while (at < STEPS_MAX && fail_once(&scenarios[i], at, with[j]))
                at++;
            assert_true(at > 3 && at < STEPS_MAX);
            print_message("%s: %s at %u steps, lost 0, counted twice 0\n", scenarios[i].name, status_name(with[j]), at - 1);
        }
}

/* -- a real disk -- */

static void full_disk_at_every_page_counts_once(void **state)
{
    const char *why = *state;

    if (why) {
        print_message("not tried: %s\n", why);
        skip(); /* only root mounts a disk */
    }
    for (size_t i = 0; i < SCENARIOS; i++) {
        unsigned failed = 0;

        for (unsigned pages = 0; pages < PAGES_MAX; pages++) {
            char *dir = begin(&scenarios[i]);
            struct spool *spool = support_keeper(dir);
            enum status status;

            disk_fill(pages);
            status = scenarios[i].run(spool);
            assert_true(status == ST_OK || status == ST_FULL);
            disk_drain();
            spool_close(spool);
            assert_all_counted_once(dir, &scenarios[i], status == ST_OK);
            support_folder_drop(dir);
            failed += status != ST_OK;
        }
        assert_true(failed < PAGES_MAX); /* with so many left it goes well */
        print_message("%s: with 0 to %u pages left, failed %u times, lost 0, counted twice 0\n", scenarios[i].name, PAGES_MAX - 1, failed);
    }
}

int main(int argc, char **argv)
{
    if (argc == 6)
        return child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_every_step_counts_once),
        cmocka_unit_test(disk_failing_at_every_step_counts_once),
        disk_unit_test(full_disk_at_every_page_counts_once),
    };
    return cmocka_run_group_tests_name("spool_limits_faults", tests, NULL, NULL);
}
