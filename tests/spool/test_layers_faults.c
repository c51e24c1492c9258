/* test_layers_faults.c - what the collector does to a queue beside moving and counting reports, killed or failed at each of its steps:
 * sessions, reports of one death put together, privacy, dumps and reports taken in by folders, a user's word, the schedule's own state (the
 * pause of an endpoint). The killed processes are this program, started again (child.h). */
#include "base/text.h"
#include "child.h"
#include "collector/intake.h"
#include "collector/privacy.h"
#include "collector/queue_state.h"
#include "collector/session.h"
#include "collector/sibling.h"
#include "fault.h"
#include "proto/block.h"
#include "proto/report.h"
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define STEPS_MAX 400
#define DAY       86400
#define DUMP      "MDMP and what else makes a minidump of some bytes"
#define SECRET    "s3cret-word"
#define PRIVATE   SUPPORT_RECORD "annotation.token=" SECRET "\n"
#define POORER    "format=1\nid=" SUPPORT_ID "\napp=app.exe\npid=42\ncrash_time=1700000000\nlayer=exit-watcher\n"
#define CONSENT   "6a0b54d8-7c7e-5a51-9a3c-2f1f0f2d3e4c"
#define PAUSED    "wait=paused\nreason=the server answered 403\n"
#define READY     "wait=ready\n"

static const uint8_t machine[16] = {1, 2, 3};
static const struct session session = {"app.exe", "1.2", "", "beta", CONSENT, BLOCK_CONSENT_YES};

static char *path_in(struct spool *spool, const char *name)
{
    char *path = path_joined(spool_dir(spool), name);

    assert_non_null(path);
    return path;
}

/* -- what is done -- */

static enum status run_sessions(struct spool *spool)
{
    enum status status = session_count(spool, machine, &session, SESSION_STARTED, 20000 * DAY);

    session_flush(spool, SPOOL_NEW, 20002 * DAY);
    return status;
}

static enum status run_merge(struct spool *spool)
{
    bool waits;

    return sibling_merge(spool, SUPPORT_NAME, NULL, 0, &waits);
}

static enum status run_privacy(struct spool *spool)
{
    const char *dropped[] = {"token"};
    const struct policy_options options = {.drop_annotations = {dropped, 1}};

    return privacy_apply(spool, SUPPORT_NAME, &options);
}

static struct intake intake_of(struct spool *spool)
{
    return (struct intake){.spool = spool, .queue_state = SPOOL_NEW, .max_dump_bytes = 1u << 20};
}

static enum status run_take(struct spool *spool)
{
    const struct intake intake = intake_of(spool);
    char *path = path_in(spool, "app.exe.42.dmp");
    const char *why;
    enum status status = intake_take(&intake, path, LAYER_LOCALDUMPS, NULL, &why);

    free(path);
    return status;
}

static enum status run_admit(struct spool *spool)
{
    const struct intake intake = intake_of(spool);
    char *path = path_in(spool, "inbox/" SUPPORT_NAME);
    const char *why;
    enum status status = intake_admit(&intake, path, NULL, &why);

    free(path);
    return status;
}

static enum status run_consent(struct spool *spool)
{
    return spool_consent_set(spool, CONSENT, SPOOL_CONSENT_NO);
}

static enum status run_pause(struct spool *spool)
{
    struct buffer last;
    enum status status;

    buffer_init(&last, QUEUE_STATE_BYTES);
    status = queue_state_write(spool_dir(spool), PAUSED, strlen(PAUSED), &last);
    buffer_done(&last);
    return status;
}

/* -- what it starts from -- */

static void begin_sessions(struct spool *spool)
{
    for (int i = 0; i < 2; i++)
        assert_int_equal(session_count(spool, machine, &session, SESSION_STARTED, 20000 * DAY), ST_OK);
}

/* One without a dump waits, and the dump of the same death comes. */
static void begin_siblings(struct spool *spool)
{
    struct spool_draft *draft = NULL;

    assert_int_equal(spool_draft_create(spool, &draft), ST_OK);
    assert_int_equal(spool_draft_commit(draft, POORER, strlen(POORER), SPOOL_PENDING, NULL), ST_OK);
    char *name = support_commit(spool, SPOOL_NEW, NULL), *from = path_in(spool, "new"), *to;
    char *made = path_joined(from, name);
    to = path_joined(from, SUPPORT_NAME);
    assert_int_equal(file_rename(made, to, false), ST_OK); /* so that the step has a name that is known */
    free(to);
    free(made);
    free(from);
    free(name);
}

static void begin_private(struct spool *spool)
{
    free(support_commit(spool, SPOOL_NEW, PRIVATE));
}

static void begin_dump(struct spool *spool)
{
    support_put(spool_dir(spool), ".", "app.exe.42.dmp", DUMP, strlen(DUMP));
}

static void begin_inbox(struct spool *spool)
{
    char *folder = path_in(spool, "inbox"), id[UUID_TEXT_BYTES], record[512], *name = NULL;
    const uint8_t no_machine[16] = {0};
    struct spool *inbox = NULL;

    assert_int_equal(folder_create(folder), ST_OK);
    assert_int_equal(spool_open_inbox(&inbox, folder), ST_OK);
    uuid_report_id(id, no_machine, 42, 1699999999, 0);
    snprintf(record, sizeof record, "format=1\nid=%s\napp=app.exe\npid=42\nprocess_start=1699999999\ncrash_time=1700000000\nlayer=wer\n",
             id);
    name = support_commit(inbox, SPOOL_NEW, record);
    assert_string_equal(name, SUPPORT_NAME);
    free(name);
    free(folder);
    spool_close(inbox);
}

static void begin_yes(struct spool *spool)
{
    assert_int_equal(spool_consent_set(spool, CONSENT, SPOOL_CONSENT_YES), ST_OK);
}

static void begin_ready(struct spool *spool)
{
    char *path = path_in(spool, "schedule");

    assert_int_equal(file_write_whole(path, READY, strlen(READY)), ST_OK);
    free(path);
}

/* -- what must hold -- */

/* The reports of new/ and pending/, as a server counts them: by their ids. */
struct seen {
    char ids[8][UUID_TEXT_BYTES];
    size_t reports, ids_count;
    uint64_t started, most_dump_bytes;
    bool is_secret;
};

static void see_report(struct seen *seen, struct spool_report *report)
{
    size_t bytes;
    const char *record = spool_report_record(report, &bytes);
    uint64_t started = 0;

    seen->reports++;
    if (spool_report_dump_bytes(report) > seen->most_dump_bytes)
        seen->most_dump_bytes = spool_report_dump_bytes(report);
    seen->is_secret = seen->is_secret || strstr(record, SECRET);
    for (size_t i = 0; i < seen->ids_count; i++)
        if (strcmp(seen->ids[i], spool_report_id(report)) == 0)
            return;
    assert_true(seen->ids_count < 8);
    text_copy(seen->ids[seen->ids_count++], UUID_TEXT_BYTES, spool_report_id(report));
    if (record_get_u64(record, bytes, RECORD_STARTED, &started))
        seen->started += started;
}

static struct seen see(struct spool *spool)
{
    static const enum spool_state states[] = {SPOOL_NEW, SPOOL_PENDING};
    struct seen seen = {.reports = 0};

    for (size_t s = 0; s < 2; s++) {
        struct spool_entry *entries = NULL;
        size_t count = 0;

        assert_int_equal(spool_list(spool, states[s], &entries, &count), ST_OK);
        for (size_t i = 0; i < count; i++) {
            struct spool_report *report = NULL;

            assert_int_equal(spool_report_open(spool, states[s], entries[i].name, &report), ST_OK); /* none is half written */
            see_report(&seen, report);
            spool_report_close(report);
        }
        spool_list_free(entries, count);
    }
    return seen;
}

/* A start that was being counted may or may not have been; the two before it were. */
static void check_sessions(struct spool *spool, bool is_done)
{
    struct seen seen;

    session_flush(spool, SPOOL_NEW, 20002 * DAY);
    seen = see(spool);
    assert_in_range(seen.started, is_done ? 3 : 2, 3);
}

/* One death, its dump kept; two files of one id are put together at the next look, or by the server. */
static void check_merge(struct spool *spool, bool is_done)
{
    struct seen seen = see(spool);

    assert_int_equal(seen.ids_count, 1);
    assert_int_equal(seen.most_dump_bytes, strlen(SUPPORT_DUMP));
    if (is_done)
        assert_int_equal(seen.reports, 1);
}

static void check_privacy(struct spool *spool, bool is_done)
{
    struct seen seen = see(spool);

    assert_int_equal(seen.reports, 1);
    assert_int_equal(seen.most_dump_bytes, strlen(SUPPORT_DUMP));
    if (is_done)
        assert_false(seen.is_secret);
    assert_int_equal(run_privacy(spool), ST_OK); /* before it goes on */
    seen = see(spool);
    assert_int_equal(seen.reports, 1);
    assert_false(seen.is_secret);
}

/* The file stays until its report is in the queue, so a second try brings the same id again and no other. */
static void check_taken(struct spool *spool, enum status (*again)(struct spool *spool), bool is_done)
{
    struct seen seen = see(spool);

    assert_in_range(seen.reports, is_done, 1);
    assert_int_equal(again(spool), ST_OK);
    seen = see(spool);
    assert_int_equal(seen.ids_count, 1);
    assert_true(seen.most_dump_bytes > 0);
}

static void check_take(struct spool *spool, bool is_done)
{
    check_taken(spool, run_take, is_done);
}

static void check_admit(struct spool *spool, bool is_done)
{
    check_taken(spool, run_admit, is_done);
}

static void check_consent(struct spool *spool, bool is_done)
{
    struct buffer word;

    support_get(spool_dir(spool), "consent", CONSENT, &word);
    assert_true(strcmp(buffer_text(&word), "no") == 0 || (!is_done && strcmp(buffer_text(&word), "yes") == 0));
    buffer_done(&word);
}

static void check_pause(struct spool *spool, bool is_done)
{
    struct buffer state;

    buffer_init(&state, QUEUE_STATE_BYTES + 1);
    assert_int_equal(queue_state_read(spool_dir(spool), &state), ST_OK);
    assert_true(strcmp(buffer_text(&state), PAUSED) == 0 || (!is_done && strcmp(buffer_text(&state), READY) == 0));
    buffer_done(&state);
}

static const struct scenario {
    const char *name;
    void (*begin)(struct spool *spool);
    enum status (*run)(struct spool *spool);
    void (*check)(struct spool *spool, bool is_done);
} scenarios[] = {
    {"sessions", begin_sessions, run_sessions, check_sessions},
    {"merge", begin_siblings, run_merge, check_merge},
    {"privacy", begin_private, run_privacy, check_privacy},
    {"take", begin_dump, run_take, check_take},
    {"admit", begin_inbox, run_admit, check_admit},
    {"consent", begin_yes, run_consent, check_consent},
    {"pause", begin_ready, run_pause, check_pause},
};
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)

static char *begin(const struct scenario *scenario)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    scenario->begin(spool);
    spool_close(spool);
    return dir;
}

static void end(const struct scenario *scenario, char *dir, bool is_done)
{
    struct spool *spool = support_spool(dir);

    assert_int_equal(spool_sweep(spool), ST_OK);
    assert_int_equal(support_count(dir, "tmp"), 0);
    scenario->check(spool, is_done);
    spool_close(spool);
    support_folder_drop(dir);
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
        status = scenarios[index].run(spool);
    printf("ended %s\n", status_name(status));
    fflush(stdout);
    return status == ST_OK ? 0 : 1;
}

static bool kill_once(size_t index, unsigned at, const char *kind, char name[64])
{
    char *dir = begin(&scenarios[index]);
    bool is_killed = child_kill_at(index, dir, at, kind, name);

    end(&scenarios[index], dir, !is_killed);
    return is_killed;
}

static void kill_at_every_step_loses_nothing(void **state)
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
    struct spool *spool = support_spool(dir);
    bool is_failed, is_done;

    fault_arm(FAULT_FAIL, at, with);
    is_done = scenario->run(spool) == ST_OK;
    is_failed = fault_step_name()[0] != 0;
    fault_disarm();
    spool_close(spool);
    end(scenario, dir, is_done);
    return is_failed;
}

static void disk_failing_at_every_step_loses_nothing(void **state)
{
    static const enum status with[] = {ST_FULL, ST_IO, ST_READ_ONLY, ST_MEMORY};

    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        for (size_t j = 0; j < sizeof with / sizeof *with; j++) {
            unsigned at = 1;

            while (at < STEPS_MAX && fail_once(&scenarios[i], at, with[j]))
                at++;
            assert_true(at > 3 && at < STEPS_MAX);
            print_message("%s: %s at %u steps, lost 0, counted twice 0\n", scenarios[i].name, status_name(with[j]), at - 1);
        }
}

int main(int argc, char **argv)
{
    if (argc == 6)
        return child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_every_step_loses_nothing),
        cmocka_unit_test(disk_failing_at_every_step_loses_nothing),
    };
    return cmocka_run_group_tests_name("layers_faults", tests, NULL, NULL);
}
