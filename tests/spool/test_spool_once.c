/* test_spool_once.c - several reports of one crash in a queue: whatever is done to them, and wherever it is killed or fails, the crash is
 * delivered once or counted once. The killed processes are this program, started again (child.h). Afterwards a keeper and a sender work
 * the queue off, by a policy that counts what it can or one that sends all: in turn, or under SALVOR_TEST_FULL each, and then
 * writes are torn as well. Windows programs, under Wine ten times as slow, meet each fifth step, beginning with
 * another one in each scenario; under SALVOR_TEST_FULL all. STRIDE is the build's. */
#include "base/clock.h"
#include "base/text.h"
#include "child.h"
#include "collector/promotion.h"
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
#define ID_OF     "0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b%04u"
#define DAY_MS    (24ull * 3600 * 1000)
#define ADDRESS   "exception_code=0xc0000005\ncrash_address=app.exe+0x1\n"

static char *put(struct spool *spool, enum spool_state state, unsigned number, const char *more)
{
    char record[512];

    snprintf(record, sizeof record, "format=1\nid=" ID_OF "\napp=app.exe\npid=%u\ncrash_time=%u\n%s", number, number, 1700000000 + number,
             more);
    return support_commit(spool, state, record);
}

static void history_put(struct spool *spool, unsigned number, const char *lines)
{
    char name[64];

    snprintf(name, sizeof name, ID_OF ".log", number);
    support_put(spool_dir(spool), "history", name, lines, strlen(lines));
}

/* -- what is done to a queue -- */

/* One turn of promotion. is_counting: the day's reports were sent already, one with ADDRESS among them. */
static enum status promote(struct spool *spool, bool is_counting, uint64_t signature_per_day)
{
    static const char facts[] = "app=app.exe\n" ADDRESS;
    struct policy_options options = {.count_interval_ms = 1};
    const struct policy_rules rules = {
        .sample_percent = 100, .signature_per_day = signature_per_day, .all_per_day = is_counting && !signature_per_day ? 1 : 0};
    struct policy_crash sent = {.app = "app.exe", .id = ""};
    struct policy *policy = NULL;
    struct promotion *promotion = NULL;
    char bucket[SPOOL_BUCKET_BYTES];
    int64_t now_ms = (int64_t)clock_steady_ms(), next_ms;
    bool any;
    enum status status = policy_create(&policy, &rules);

    spool_bucket(facts, sizeof facts - 1, bucket);
    sent.bucket = bucket;
    if (status == ST_OK && is_counting)
        policy_learn(policy, &sent, now_ms);
    if (status == ST_OK)
        status = promotion_create(&promotion, spool, policy, &options, now_ms);
    if (status == ST_OK)
        status = promotion_run(promotion, now_ms, &any);
    if (status == ST_OK)
        status = promotion_flush(promotion, now_ms, &next_ms, &any);
    promotion_free(promotion);
    policy_free(policy);
    return status;
}

static enum status run_promote(struct spool *spool)
{
    return promote(spool, true, 0);
}

static enum status run_promote_by_signature(struct spool *spool)
{
    return promote(spool, true, 1);
}

static enum status run_sweep_and_promote(struct spool *spool)
{
    enum status status = spool_sweep(spool);

    return status == ST_OK ? promote(spool, true, 0) : status;
}

/* Another layer saw the death too, writes past new/, and is late. */
static enum status run_promote_before_a_late_one(struct spool *spool)
{
    static const char record[] = "format=1\nid=0b4f4ba2-93a5-5d2a-8f44-6f3f1a2b0001\napp=app.exe\npid=1\n" ADDRESS;
    struct spool_draft *draft = NULL;
    enum status status = promote(spool, true, 0);

    if (status == ST_OK)
        status = spool_draft_create(spool, &draft);
    return status == ST_OK ? spool_draft_commit(draft, record, sizeof record - 1, SPOOL_PENDING, NULL) : status;
}

static enum status run_quota(struct spool *spool)
{
    const struct spool_quota quota = {.max_reports = 1};
    size_t removed;

    return spool_quota_enforce(spool, &quota, &removed);
}

static enum status run_retain(struct spool *spool)
{
    const struct spool_retention retention = {DAY_MS, 0};
    size_t removed;

    for (int64_t begin = clock_unix_ms(); clock_unix_ms() < begin + 2;) /* until what is there is old */
        ;
    return spool_retain(spool, &retention, &removed);
}

/* -- what they start from -- */

/* A sender that was killed has claimed a report and not sent it; `from` is its name in pending/, which is freed. */
static void orphan(struct spool *spool, char *from)
{
    struct buffer bytes;
    char *folder = path_joined(spool_dir(spool), "pending"), *path = path_joined(folder, from);

    support_get(spool_dir(spool), "pending", from, &bytes);
    support_put(spool_dir(spool), "uploading", from, bytes.data, bytes.len);
    assert_int_equal(file_remove(path), ST_OK);
    buffer_done(&bytes);
    free(path);
    free(folder);
    free(from);
}

static void begin_two_new(struct spool *spool)
{
    free(put(spool, SPOOL_NEW, 1, ADDRESS));
    free(put(spool, SPOOL_NEW, 1, ADDRESS));
}

static void begin_two_new_of_two_kinds(struct spool *spool)
{
    free(put(spool, SPOOL_NEW, 1, ADDRESS));
    free(put(spool, SPOOL_NEW, 1, ""));
}

static void begin_new_and_pending(struct spool *spool)
{
    free(put(spool, SPOOL_PENDING, 1, ""));
    free(put(spool, SPOOL_NEW, 1, ADDRESS));
}

static void begin_new_and_claimed(struct spool *spool)
{
    orphan(spool, put(spool, SPOOL_PENDING, 1, ""));
    free(put(spool, SPOOL_NEW, 1, ADDRESS));
}

static void begin_one_new(struct spool *spool)
{
    free(put(spool, SPOOL_NEW, 1, ADDRESS));
}

static void begin_two_pending(struct spool *spool)
{
    free(put(spool, SPOOL_PENDING, 1, ""));
    free(put(spool, SPOOL_PENDING, 1, ADDRESS));
    free(put(spool, SPOOL_PENDING, 2, ADDRESS));
}

static void begin_full_of_new_and_pending(struct spool *spool)
{
    begin_new_and_pending(spool);
    free(put(spool, SPOOL_PENDING, 2, ADDRESS));
}

static void begin_pending_and_claimed(struct spool *spool)
{
    orphan(spool, put(spool, SPOOL_PENDING, 1, ""));
    begin_two_pending(spool);
}

static void begin_two_refused(struct spool *spool)
{
    free(put(spool, SPOOL_FAILED, 1, ""));
    free(put(spool, SPOOL_FAILED, 1, ADDRESS));
    history_put(spool, 1, "1 sending\n2 refused state=failed\n");
}

static void begin_refused_and_waiting(struct spool *spool)
{
    free(put(spool, SPOOL_FAILED, 1, ""));
    free(put(spool, SPOOL_PENDING, 1, ADDRESS));
    history_put(spool, 1, "1 sending\n2 refused state=failed\n");
}

static void begin_refused_and_delivered(struct spool *spool)
{
    free(put(spool, SPOOL_DONE, 1, ""));
    free(put(spool, SPOOL_FAILED, 1, ADDRESS));
    history_put(spool, 1, "1 sending\n2 accepted state=done\n3 queued state=pending\n4 sending\n5 refused state=failed\n");
}

static const struct scenario {
    const char *name;
    void (*begin)(struct spool *spool);
    enum status (*run)(struct spool *spool);
    unsigned crashes;
} scenarios[] = {
    {"two in new, counted", begin_two_new, run_promote, 1},
    {"two in new, of which the rules count one kind", begin_two_new_of_two_kinds, run_promote_by_signature, 1},
    {"new and pending, merged", begin_new_and_pending, run_promote, 1},
    {"new and a dead sender's, swept", begin_new_and_claimed, run_sweep_and_promote, 1},
    {"new and a dead sender's", begin_new_and_claimed, run_promote, 1},
    {"counted, then one past new", begin_one_new, run_promote_before_a_late_one, 1},
    {"quota, two pending", begin_two_pending, run_quota, 2},
    {"quota, new and pending", begin_full_of_new_and_pending, run_quota, 2},
    {"quota, pending and a dead sender's", begin_pending_and_claimed, run_quota, 2},
    {"retention, two refused", begin_two_refused, run_retain, 1},
    {"retention, refused and waiting", begin_refused_and_waiting, run_retain, 1},
    {"retention, refused and delivered", begin_refused_and_delivered, run_retain, 1},
};
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)

/* -- working it off -- */

static void send_all(struct spool *spool)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;

    assert_int_equal(spool_list(spool, SPOOL_PENDING, &entries, &count), ST_OK);
    for (size_t i = 0; i < count; i++) {
        struct spool_report *report = NULL;
        enum status status = spool_report_claim(spool, entries[i].name, &report);

        if (status == ST_NOT_FOUND)
            continue;
        assert_int_equal(status, ST_OK);
        assert_int_equal(spool_report_note(report, SPOOL_EVENT_SENDING, NULL), ST_OK);
        assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, false), ST_OK);
        spool_report_close(report);
    }
    spool_list_free(entries, count);
}

static void work_off(const char *dir, bool is_counting)
{
    for (int turn = 0; turn < 2; turn++) { /* the second finds nothing to do, and does nothing */
        struct spool *keeper = support_keeper(dir), *sender;

        assert_int_equal(spool_sweep(keeper), ST_OK);
        assert_int_equal(spool_count_settle(keeper), ST_OK);
        assert_int_equal(run_retain(keeper), ST_OK);
        assert_int_equal(promote(keeper, is_counting, 0), ST_OK);
        spool_close(keeper);
        sender = support_spool(dir);
        send_all(sender);
        spool_close(sender);
    }
}

/* -- what must hold then -- */

/* Whether done/ holds a report of this crash; *counted sums up the counts there. */
static bool is_delivered(struct spool *spool, unsigned number, uint64_t *counted)
{
    struct spool_entry *entries = NULL;
    size_t count = 0, bytes;
    bool found = false;
    char id[UUID_TEXT_BYTES];

    snprintf(id, sizeof id, ID_OF, number);
    *counted = 0;
    assert_int_equal(spool_list(spool, SPOOL_DONE, &entries, &count), ST_OK);
    for (size_t i = 0; i < count; i++) {
        struct spool_report *report = NULL;
        const char *record;

        assert_int_equal(spool_report_open(spool, SPOOL_DONE, entries[i].name, &report), ST_OK);
        found = found || strcmp(spool_report_id(report), id) == 0;
        record = spool_report_record(report, &bytes);
        *counted += spool_record_count(record, bytes);
        spool_report_close(report);
    }
    spool_list_free(entries, count);
    return found;
}

static void assert_each_once(const char *dir, const struct scenario *scenario, const char *where, unsigned at)
{
    static const enum spool_state waiting[] = {SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING, SPOOL_FAILED};
    struct spool *spool = support_spool(dir);
    uint64_t counted = 0, delivered = 0;

    for (unsigned number = 1; number <= scenario->crashes; number++) {
        char id[UUID_TEXT_BYTES];
        enum spool_fate fate = SPOOL_FATE_OPEN;
        bool is_there = is_delivered(spool, number, &counted);

        snprintf(id, sizeof id, ID_OF, number);
        assert_int_equal(spool_fate_read(spool, id, &fate), ST_OK);
        if (is_there == (fate == SPOOL_FATE_COUNTED)) {
            struct buffer text;

            print_message("%s, %s %u: crash %u is %s\n%s", scenario->name, where, at, number, is_there ? "there twice" : "lost",
                          support_history(spool, id, &text));
            fail();
        }
        delivered += is_there;
    }
    if (delivered + counted != scenario->crashes)
        print_message("%s, %s %u: %u crashes\n", scenario->name, where, at, scenario->crashes);
    assert_int_equal(delivered + counted, scenario->crashes);
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        assert_int_equal(support_count(dir, spool_state_name(waiting[i])), 0);
    spool_close(spool);
}

static char *begin(const struct scenario *scenario)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

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
    fault_count_changes_only();
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
    bool is_full = getenv("SALVOR_TEST_FULL"), is_killed = false;

    for (unsigned policy = is_full ? 0 : at % 2; policy < 2; policy += is_full ? 1 : 2) {
        char *dir = begin(&scenarios[index]);

        is_killed = child_kill_at(index, dir, at, kind, name);
        work_off(dir, policy == 0);
        assert_each_once(dir, &scenarios[index], "killed at step", at);
        support_folder_drop(dir);
    }
    return is_killed;
}

static void kill_at_every_step_leaves_each_crash_once(void **state)
{
    bool is_full = getenv("SALVOR_TEST_FULL");
    unsigned stride = is_full ? 1 : STRIDE;

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++) {
        char name[64], names[4096] = "";
        unsigned at = 1 + (unsigned)i % stride, killed = 0, torn = 0;

        for (; at < STEPS_MAX && kill_once(i, at, "stop", name); at += stride) {
            killed++;
            snprintf(names + strlen(names), sizeof names - strlen(names), " %s", name);
            if (is_full && strcmp(name, "write") == 0)
                torn += kill_once(i, at, "torn", name);
        }
        assert_true(killed > 0 && at < STEPS_MAX);
        print_message("%s: killed at %u steps and in %u writes, lost 0, twice 0:%s\n", scenarios[i].name, killed, torn, names);
    }
}

/* -- failing -- */

static bool fail_once(const struct scenario *scenario, unsigned at, enum status with, bool is_counting)
{
    char *dir = begin(scenario);
    struct spool *spool = support_keeper(dir);
    bool is_failed;

    fault_arm(FAULT_FAIL, at, with);
    scenario->run(spool);
    is_failed = fault_step_name()[0] != 0;
    fault_disarm();
    spool_close(spool);
    work_off(dir, is_counting);
    assert_each_once(dir, scenario, status_name(with), at);
    support_folder_drop(dir);
    return is_failed;
}

static void disk_failing_at_every_step_leaves_each_crash_once(void **state)
{
    static const enum status with[] = {ST_FULL, ST_IO, ST_READ_ONLY, ST_MEMORY};
    bool is_full = getenv("SALVOR_TEST_FULL");
    size_t kinds = is_full ? sizeof with / sizeof *with : 1;
    unsigned stride = is_full ? 1 : STRIDE;

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        for (size_t j = 0; j < kinds; j++) {
            unsigned at = 1 + (unsigned)i % stride, failed = 0;

            for (; at < STEPS_MAX && fail_once(&scenarios[i], at, with[j], at % 2); at += stride)
                failed++;
            assert_true(failed > 0 && at < STEPS_MAX);
            print_message("%s: %s at %u steps, lost 0, twice 0\n", scenarios[i].name, status_name(with[j]), failed);
        }
}

int main(int argc, char **argv)
{
    if (argc == 6)
        return child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_every_step_leaves_each_crash_once),
        cmocka_unit_test(disk_failing_at_every_step_leaves_each_crash_once),
    };
    return cmocka_run_group_tests_name("spool_once", tests, NULL, NULL);
}
