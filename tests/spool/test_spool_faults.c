/* test_spool_faults.c - each way of working on a queue is run once for each of its steps: the process is killed in front of that step, or
 * the step fails. Then the queue is opened again and swept: every report is there once, whole, in a state that agrees with its history,
 * and nothing else is left. The killed processes are this program, started again as `--child SCENARIO DIR STEP KIND`. */
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

/* -- what is done to a queue -- */

/* A dump with an attachment; what fails is left to be removed by the caller, as *ret. */
static enum status write_draft(struct spool *spool, struct spool_draft **ret)
{
    struct spool_draft *draft = NULL;
    struct file attachment = {FILE_CLOSED};
    char *path = path_joined(spool_dir(spool), "attached");
    enum status status = path ? spool_draft_create(spool, &draft) : ST_MEMORY;

    if (status == ST_OK)
        status = fault_file_write(spool_draft_file(draft), SUPPORT_DUMP, strlen(SUPPORT_DUMP));
    if (status == ST_OK)
        status = spool_draft_end_dump(draft, NULL);
    if (status == ST_OK)
        status = file_open(&attachment, path, FILE_MODE_READ);
    if (status == ST_OK)
        status = spool_draft_attach(draft, "log.txt", &attachment, 100);
    file_close(&attachment);
    free(path);
    *ret = draft;
    return status;
}

static enum status commit(struct spool *spool, enum spool_state state)
{
    struct spool_draft *draft;
    enum status status = write_draft(spool, &draft);

    if (status == ST_OK)
        return spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), state, NULL);
    spool_draft_abandon(draft);
    return status;
}

static enum status run_commit(struct spool *spool)
{
    return commit(spool, SPOOL_NEW);
}

/* What publishing says counts: from there on the report exists. */
static enum status run_publish(struct spool *spool)
{
    struct spool_draft *draft;
    enum status status = write_draft(spool, &draft);
    char *name = NULL;

    if (status != ST_OK) {
        spool_draft_abandon(draft);
        return status;
    }
    status = spool_draft_publish(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_NEW, &name);
    if (status == ST_OK)
        (void)spool_draft_settle(draft);
    free(name);
    return status;
}

static enum status run_queue(struct spool *spool)
{
    struct spool_report *report = NULL;
    enum status status = spool_report_open(spool, SPOOL_NEW, SUPPORT_NAME, &report);

    if (status == ST_OK)
        status = spool_report_move(report, SPOOL_PENDING, "queued", NULL, true);
    spool_report_close(report);
    return status;
}

static enum status send_to(struct spool *spool, enum spool_state state, const char *event, bool keep_dump)
{
    struct spool_report *report = NULL;
    enum status status = spool_report_claim(spool, SUPPORT_NAME, &report);

    if (status != ST_OK)
        return status;
    spool_history_add(spool, SUPPORT_ID, "sending", NULL);
    status = spool_report_move(report, state, event, "reply=\"x\"", keep_dump);
    spool_report_close(report);
    return status;
}

static enum status run_accept(struct spool *spool)
{
    return send_to(spool, SPOOL_DONE, "accepted", false);
}

static enum status run_refuse(struct spool *spool)
{
    return send_to(spool, SPOOL_FAILED, "refused", true);
}

static enum status run_wait(struct spool *spool)
{
    return send_to(spool, SPOOL_PENDING, "waits", true);
}

static enum status run_sweep(struct spool *spool)
{
    return spool_sweep(spool);
}

/* -- what they start from -- */

static void begin_empty_folder(const char *dir)
{
    support_put(dir, ".", "attached", "first words", 11);
}

static void begin_empty(struct spool *spool)
{
    begin_empty_folder(spool_dir(spool));
}

static void begin_new(struct spool *spool)
{
    begin_empty(spool);
    assert_int_equal(commit(spool, SPOOL_NEW), ST_OK);
}

static void begin_pending(struct spool *spool)
{
    begin_empty(spool);
    assert_int_equal(commit(spool, SPOOL_PENDING), ST_OK);
}

/* A sender died after its server had accepted the report and before the report had moved; a writer died too. */
static void begin_orphaned(struct spool *spool)
{
    struct spool_report *report = NULL;

    begin_pending(spool);
    assert_int_equal(spool_report_claim(spool, SUPPORT_NAME, &report), ST_OK);
    fault_arm(FAULT_FAIL, 0, ST_OK);
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, false), ST_OK);
    fault_disarm();
    spool_report_close(report);
    /* back to where it stood before the rename */
    char *done = path_joined(spool_dir(spool), "done/" SUPPORT_NAME), *cut = path_joined(spool_dir(spool), "tmp/cut-done-" SUPPORT_NAME);
    char *uploading = path_joined(spool_dir(spool), "uploading/" SUPPORT_NAME), *made;
    assert_int_equal(file_rename(done, cut, false), ST_OK);
    assert_int_equal(commit(spool, SPOOL_PENDING), ST_OK);
    made = path_joined(spool_dir(spool), "pending/" SUPPORT_NAME);
    assert_int_equal(file_rename(made, uploading, false), ST_OK);
    support_put(spool_dir(spool), "tmp", "0123.tmp", "MDMP", 4);
    free(done);
    free(cut);
    free(uploading);
    free(made);
}

static const struct scenario {
    const char *name;
    void (*begin)(struct spool *spool);
    enum status (*run)(struct spool *spool);
    unsigned reports_before;    /* that exist before it runs */
    enum spool_state goal;      /* where the report stands when all went well */
    enum spool_state otherwise; /* where it may stand instead; SPOOL_STATE_COUNT: nowhere, it does not exist then */
    bool is_sent;               /* the server has it once the history says so */
    bool loses_dump;            /* at the goal */
} scenarios[] = {
    {"commit", begin_empty, run_commit, 0, SPOOL_NEW, SPOOL_STATE_COUNT, false, false},
    {"publish", begin_empty, run_publish, 0, SPOOL_NEW, SPOOL_STATE_COUNT, false, false},
    {"queue", begin_new, run_queue, 1, SPOOL_PENDING, SPOOL_NEW, false, false},
    {"accept", begin_pending, run_accept, 1, SPOOL_DONE, SPOOL_PENDING, true, true},
    {"refuse", begin_pending, run_refuse, 1, SPOOL_FAILED, SPOOL_PENDING, true, false},
    {"wait", begin_pending, run_wait, 1, SPOOL_PENDING, SPOOL_PENDING, false, false},
    {"sweep", begin_orphaned, run_sweep, 1, SPOOL_DONE, SPOOL_DONE, true, true},
};
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)

/* -- what must hold afterwards -- */

static void assert_report_whole(struct spool *spool, const struct scenario *scenario, enum spool_state state, bool is_whole_run)
{
    struct spool_report *report = NULL;
    const struct spool_attachment *attachments;
    size_t attachment_count;

    assert_int_equal(spool_report_open(spool, state, SUPPORT_NAME, &report), ST_OK);
    assert_string_equal(spool_report_id(report), SUPPORT_ID);
    attachment_count = spool_report_attachments(report, &attachments);
    if (spool_report_dump_bytes(report)) {
        char dump[sizeof SUPPORT_DUMP - 1], words[11];

        assert_int_equal(spool_report_dump_bytes(report), sizeof dump);
        assert_int_equal(file_read_at(spool_report_file(report), 0, dump, sizeof dump), ST_OK);
        assert_memory_equal(dump, SUPPORT_DUMP, sizeof dump);
        assert_int_equal(attachment_count, 1);
        assert_int_equal(file_read_at(spool_report_file(report), attachments[0].offset, words, sizeof words), ST_OK);
        assert_memory_equal(words, "first words", sizeof words);
        /* a kill leaves the short file for the sweep, so the dump is gone in the end; a disk that fails may have no room for it */
        assert_false(is_whole_run && scenario->loses_dump && state == scenario->goal);
    } else {
        assert_true(scenario->loses_dump && state == scenario->goal);
        assert_int_equal(attachment_count, 0);
    }
    spool_report_close(report);
}

/* Exactly one report in all states, or none where that may be; returns its state. */
static enum spool_state assert_queue_sound(const char *dir, const struct scenario *scenario, bool is_whole_run)
{
    struct spool *spool = support_spool(dir);
    enum spool_state found = SPOOL_STATE_COUNT;
    size_t total = 0;

    assert_int_equal(spool_sweep(spool), ST_OK);
    for (int i = 0; i < SPOOL_STATE_COUNT; i++) {
        struct spool_entry *entries = NULL;
        size_t count = 0;

        assert_int_equal(spool_list(spool, (enum spool_state)i, &entries, &count), ST_OK);
        assert_int_equal(support_count(dir, spool_state_name((enum spool_state)i)), count);
        if (count) {
            found = (enum spool_state)i;
            assert_string_equal(entries[0].name, SUPPORT_NAME);
        }
        total += count;
        spool_list_free(entries, count);
    }
    assert_int_equal(support_count(dir, "tmp"), 0);
    assert_true(total <= 1 && total >= scenario->reports_before);
    assert_true(found == scenario->goal || found == scenario->otherwise);
    if (total)
        assert_report_whole(spool, scenario, found, is_whole_run);
    spool_close(spool);
    return found;
}

/* Once the verdict is in the history for good, the report must not be sent again. */
static void assert_not_sent_twice(const char *dir, const struct scenario *scenario, enum spool_state found)
{
    struct spool *spool = support_spool(dir);
    struct buffer text;
    const char *history = support_history(spool, SUPPORT_ID, &text);
    bool is_told = strstr(history, " accepted state=done") || strstr(history, " refused state=failed");
    bool is_whole = text.len && history[text.len - 1] == '\n';

    if (scenario->is_sent && is_told && is_whole)
        assert_int_equal(found, scenario->goal);
    buffer_done(&text);
    spool_close(spool);
}

/* -- killing -- */

static int child_main(char **argv)
{
    uint64_t index = 0, at = 0;
    struct spool *spool = NULL;
    enum status status;

    if (!text_parse_u64(argv[2], &index) || index >= SCENARIOS || !text_parse_u64(argv[4], &at))
        return 1;
    status = index ? spool_open(&spool, argv[3]) : ST_OK; /* opening has the same steps for all: it is cut in one scenario */
    fault_arm(strcmp(argv[5], "torn") == 0 ? FAULT_TORN : FAULT_STOP, (unsigned)at, ST_OK);
    if (!index)
        status = spool_open(&spool, argv[3]);
    if (status == ST_OK)
        status = spool_turn_begin(spool, SPOOL_TURN_SENDING);
    if (status == ST_OK)
        status = scenarios[index].run(spool);
    printf("ended %s\n", status_name(status));
    fflush(stdout);
    return status == ST_OK ? 0 : 1;
}

/* Kills one scenario at one step and checks what is left. False when it ran to its end. */
static bool kill_once(size_t index, unsigned at, const char *kind, char name[64])
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);
    enum spool_state found;
    bool is_killed;

    scenarios[index].begin(spool);
    spool_close(spool);
    is_killed = child_kill_at(index, dir, at, kind, name);
    found = assert_queue_sound(dir, &scenarios[index], true);
    assert_not_sent_twice(dir, &scenarios[index], found);
    if (!is_killed)
        assert_int_equal(found, scenarios[index].goal);
    support_folder_drop(dir);
    return is_killed;
}

static void kill_at_every_step(size_t index)
{
    char name[64], names[4096] = "";
    unsigned at = 1, torn = 0;

    for (; at < STEPS_MAX && kill_once(index, at, "stop", name); at++) {
        snprintf(names + strlen(names), sizeof names - strlen(names), " %s", name);
        if (strcmp(name, "write") == 0) /* once more, with half of it written */
            torn += kill_once(index, at, "torn", name);
    }
    assert_true(at > 3 && at < STEPS_MAX && torn > 0);
    print_message("%s: killed at %u steps and in %u writes, lost 0, sent twice 0:%s\n", scenarios[index].name, at - 1, torn, names);
}

static void kill_at_every_step_loses_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENARIOS; i++)
        kill_at_every_step(i);
}

/* -- failing -- */

/* Fails one step of a scenario. False when it has fewer. */
static bool fail_once(const struct scenario *scenario, unsigned at, enum status with)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);
    enum spool_state found;
    enum status status;
    bool is_failed;

    scenario->begin(spool);
    fault_arm(FAULT_FAIL, at, with);
    status = scenario->run(spool);
    is_failed = fault_step_name()[0] != 0;
    fault_disarm();
    spool_close(spool);
    found = assert_queue_sound(dir, scenario, false);
    if (scenario->run == run_commit ||
        scenario->run == run_publish) /* what the caller hears is what is so, or it would repeat a report or lose one */
        assert_int_equal(found == SPOOL_NEW, status == ST_OK);
    assert_not_sent_twice(dir, scenario, found);
    support_folder_drop(dir);
    return is_failed;
}

static void fail_at_every_step(enum status with)
{
    for (size_t i = 0; i < SCENARIOS; i++) {
        unsigned at = 1;

        while (at < STEPS_MAX && fail_once(&scenarios[i], at, with))
            at++;
        assert_true(at > 3 && at < STEPS_MAX);
        print_message("%s: %s at %u steps, lost 0, sent twice 0\n", scenarios[i].name, status_name(with), at - 1);
    }
}

static void disk_full_at_every_step_loses_nothing(void **state)
{
    (void)state;
    fail_at_every_step(ST_FULL);
}

static void disk_broken_at_every_step_loses_nothing(void **state)
{
    (void)state;
    fail_at_every_step(ST_IO);
}

static void disk_read_only_at_every_step_loses_nothing(void **state)
{
    (void)state;
    fail_at_every_step(ST_READ_ONLY);
}

static void memory_short_at_every_step_loses_nothing(void **state)
{
    (void)state;
    fail_at_every_step(ST_MEMORY);
}

/* -- a real disk -- */

/* Runs a scenario on a disk with so many pages left, then makes room, and runs it once more where it failed. Whether it failed. */
static bool run_full(const struct scenario *scenario, unsigned pages_left)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);
    enum spool_state found;
    enum status status;

    scenario->begin(spool);
    disk_fill(pages_left);
    status = scenario->run(spool);
    assert_true(status == ST_OK || status == ST_FULL);
    disk_drain();
    spool_close(spool);
    found = assert_queue_sound(dir, scenario, false);
    assert_not_sent_twice(dir, scenario, found);
    if (found != scenario->goal) { /* whoever did it does it again */
        assert_int_equal(status, ST_FULL);
        spool = support_spool(dir);
        assert_int_equal(scenario->run(spool), ST_OK);
        spool_close(spool);
        assert_int_equal(assert_queue_sound(dir, scenario, true), scenario->goal);
    }
    support_folder_drop(dir);
    return status != ST_OK;
}

static void full_disk_at_every_page_loses_nothing(void **state)
{
    const char *why = *state;

    if (why) {
        print_message("not tried: %s\n", why);
        skip(); /* only root mounts a disk */
    }
    for (size_t i = 0; i < SCENARIOS; i++) {
        unsigned failed = 0;

        for (unsigned pages = 0; pages < PAGES_MAX; pages++)
            failed += run_full(&scenarios[i], pages);
        assert_true(failed < PAGES_MAX); /* with so many left it goes well */
        print_message("%s: with 0 to %u pages left, failed %u times, lost 0, sent twice 0\n", scenarios[i].name, PAGES_MAX - 1, failed);
    }
}

static void read_only_disk_changes_nothing(void **state)
{
    const char *why = *state;

    if (why) {
        print_message("not tried: %s\n", why);
        skip(); /* only root mounts a disk */
    }
    for (size_t i = 0; i < SCENARIOS; i++) {
        char *dir = support_folder();
        struct spool *spool = support_spool(dir);
        enum status status;

        scenarios[i].begin(spool);
        spool_turn_end(spool); /* a disk on which a file is open for writing stays writable */
        disk_set_read_only(true);
        assert_int_equal(spool_turn_begin(spool, SPOOL_TURN_SENDING), ST_OK);
        status = scenarios[i].run(spool);
        spool_close(spool);
        disk_set_read_only(false);
        assert_true(status == ST_READ_ONLY || scenarios[i].run == run_sweep); /* a sweep does what it can */
        spool = support_spool(dir);
        assert_int_equal(scenarios[i].run(spool), ST_OK);
        spool_close(spool);
        assert_int_equal(assert_queue_sound(dir, &scenarios[i], true), scenarios[i].goal);
        support_folder_drop(dir);
        print_message("%s: %s on a read-only disk, and as ever after it\n", scenarios[i].name, status_name(status));
    }
}

/* As WER's module does it, in WerFault.exe: into a flat folder, where a draft stands beside whole reports. */
static void inbox_on_full_disk_holds_a_whole_report_or_nothing(void **state)
{
    const char *why = *state;
    unsigned failed = 0;

    if (why) {
        print_message("not tried: %s\n", why);
        skip(); /* only root mounts a disk */
    }
    for (unsigned pages = 0; pages < PAGES_MAX; pages++) {
        char *dir = support_folder();
        struct spool *inbox = NULL;
        struct spool_report *report = NULL;
        enum status status;

        begin_empty_folder(dir);
        assert_int_equal(spool_open_inbox(&inbox, dir), ST_OK);
        disk_fill(pages);
        status = commit(inbox, SPOOL_NEW);
        disk_drain();
        assert_true(status == ST_OK || status == ST_FULL);
        assert_int_equal(support_count(dir, "."), status == ST_OK ? 2 : 1); /* and what is attached */
        if (status != ST_OK)
            assert_int_equal(commit(inbox, SPOOL_NEW), ST_OK);
        assert_int_equal(spool_report_open(inbox, SPOOL_NEW, SUPPORT_NAME, &report), ST_OK);
        assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
        spool_report_close(report);
        spool_close(inbox);
        support_folder_drop(dir);
        failed += status != ST_OK;
    }
    assert_true(failed > 0 && failed < PAGES_MAX);
    print_message("inbox: with 0 to %u pages left, failed %u times, half a report 0\n", PAGES_MAX - 1, failed);
}

int main(int argc, char **argv)
{
    if (argc == 6)
        return child_main(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_at_every_step_loses_nothing),
        cmocka_unit_test(disk_full_at_every_step_loses_nothing),
        cmocka_unit_test(disk_broken_at_every_step_loses_nothing),
        cmocka_unit_test(disk_read_only_at_every_step_loses_nothing),
        cmocka_unit_test(memory_short_at_every_step_loses_nothing),
        disk_unit_test(full_disk_at_every_page_loses_nothing),
        disk_unit_test(read_only_disk_changes_nothing),
        disk_unit_test(inbox_on_full_disk_holds_a_whole_report_or_nothing),
    };
    return cmocka_run_group_tests_name("spool_faults", tests, NULL, NULL);
}
