/* test_spool_sweep.c - what dead processes left is put right, and what living ones hold is left alone. The processes are this program,
 * started again as `--child=<what> DIR`. */
#include "base/process.h"
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

/* Says that it is ready and waits to be killed. */
static int child_linger(void)
{
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}

static int child_draft(struct spool *spool)
{
    struct spool_draft *draft = NULL;

    if (spool_draft_create(spool, &draft) != ST_OK || file_write(spool_draft_file(draft), "MDMP", 4) != ST_OK)
        return 1;
    return child_linger();
}

static int child_claim(struct spool *spool)
{
    struct spool_report *report = NULL;

    return spool_report_claim(spool, SUPPORT_NAME, &report) == ST_OK ? child_linger() : 1;
}

static int child_main(const char *what, const char *dir)
{
    struct spool *spool = NULL;

    if (spool_open(&spool, dir) != ST_OK || spool_turn_begin(spool, SPOOL_TURN_SENDING) != ST_OK)
        return 1;
    return strcmp(what, "--child=draft") == 0 ? child_draft(spool) : child_claim(spool);
}

/* Starts a child and waits until it holds what it was told to take. */
static struct process *child_start(const char *what, const char *dir)
{
    struct buffer self;
    struct process *child = NULL;
    char word[6] = "";
    size_t got = 0, part;

    buffer_init(&self, 32 * 1024);
    assert_int_equal(process_self_path(&self), ST_OK);
    const char *const argv[] = {buffer_text(&self), what, dir, NULL};
    struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    assert_int_equal(process_start(&child, &options), ST_OK);
    while (got < 5 && file_read(process_stdout(child), word + got, 5 - got, &part) == ST_OK && part)
        got += part;
    assert_string_equal(word, "ready");
    buffer_done(&self);
    return child;
}

static void child_kill(struct process *child)
{
    uint32_t code;

    process_kill(child);
    assert_int_equal(process_wait(child, 10000, &code), ST_OK);
    process_free(child);
}

static void sweep_when_a_writer_lives_keeps_its_draft(void **state)
{
    struct fixture *fixture = *state;
    struct process *child = child_start("--child=draft", fixture->dir);

    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 1);
    child_kill(child);
}

static void sweep_when_a_writer_died_removes_its_draft(void **state)
{
    struct fixture *fixture = *state;

    child_kill(child_start("--child=draft", fixture->dir));
    assert_int_equal(support_count(fixture->dir, "tmp"), 1);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
}

static void sweep_when_the_writer_is_this_process_keeps_its_draft(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = NULL;

    assert_int_equal(spool_draft_create(fixture->spool, &draft), ST_OK);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 1);
    assert_int_equal(spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_NEW, NULL), ST_OK);
    assert_int_equal(support_count(fixture->dir, "new"), 1);
}

static void sweep_when_a_sender_lives_leaves_it_the_report(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct process *child = child_start("--child=claim", fixture->dir);

    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "uploading", name));
    child_kill(child);
    free(name);
}

static void keeper_when_a_sender_lives_then_busy_until_it_is_dead(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct process *child = child_start("--child=claim", fixture->dir);

    spool_turn_end(fixture->spool);
    assert_int_equal(spool_turn_begin(fixture->spool, SPOOL_TURN_KEEPING), ST_BUSY);
    assert_int_equal(spool_count_settle(fixture->spool), ST_STATE);
    child_kill(child);
    spool_close(fixture->spool);
    fixture->spool = support_keeper(fixture->dir);
    assert_int_equal(spool_turn_begin(fixture->spool, SPOOL_TURN_SENDING), ST_STATE);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "pending", name));
    free(name);
}

static void sweep_when_there_is_a_keeper_leaves_it_what_is_under_way(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool *other = NULL;

    child_kill(child_start("--child=claim", fixture->dir));
    spool_close(fixture->spool);
    fixture->spool = support_keeper(fixture->dir);
    assert_int_equal(spool_open(&other, fixture->dir), ST_OK);
    assert_int_equal(spool_sweep(other), ST_OK);
    assert_true(support_has(fixture->dir, "uploading", name));
    spool_turn_end(fixture->spool);
    assert_int_equal(spool_sweep(other), ST_OK);
    assert_true(support_has(fixture->dir, "pending", name));
    spool_close(other);
    free(name);
}

static void claim_when_its_crash_is_in_a_count_then_the_report_goes(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = NULL;

    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "waits", "reason=\"all counted state=done sending \""), ST_OK);
    assert_int_equal(spool_report_claim(fixture->spool, name, &report), ST_OK);
    spool_report_close(report);
    assert_int_equal(spool_history_add(fixture->spool, SUPPORT_ID, "counted", "in=x"), ST_OK);
    assert_int_equal(spool_report_claim(fixture->spool, name, &report), ST_NOT_FOUND);
    assert_int_equal(support_count(fixture->dir, "pending"), 0);
    assert_int_equal(support_count(fixture->dir, "uploading"), 0);
    free(name);
}

static void sweep_when_a_sender_died_gives_the_report_back(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = NULL;
    struct buffer text;

    child_kill(child_start("--child=claim", fixture->dir));
    assert_true(support_has(fixture->dir, "uploading", name));
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "pending", name));
    assert_non_null(strstr(support_history(fixture->spool, SUPPORT_ID, &text), " interrupted state=pending\n"));
    buffer_done(&text);
    assert_int_equal(spool_report_claim(fixture->spool, name, &report), ST_OK);
    spool_report_close(report);
    free(name);
}

/* A report in uploading/ whose sender died after it wrote this history. */
static void orphan_make(struct fixture *fixture, const char *history)
{
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct buffer bytes;

    support_get(fixture->dir, "pending", name, &bytes);
    support_folder_drop(path_joined(fixture->dir, "pending/" SUPPORT_NAME));
    support_put(fixture->dir, "uploading", name, bytes.data, bytes.len);
    support_put(fixture->dir, "history", SUPPORT_ID ".log", history, strlen(history));
    buffer_done(&bytes);
    free(name);
}

static void sweep_when_the_history_says_accepted_finishes_the_move(void **state)
{
    struct fixture *fixture = *state;

    orphan_make(fixture, "1 sending\n2 accepted state=done reply=\"x\"\n");
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "done", SUPPORT_NAME));
    assert_int_equal(support_count(fixture->dir, "pending"), 0);
}

static void sweep_when_the_history_was_about_an_earlier_try_gives_the_report_back(void **state)
{
    struct fixture *fixture = *state;

    orphan_make(fixture, "1 refused state=failed\n2 requeued state=pending\n3 sending\n");
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "pending", SUPPORT_NAME));
}

static void sweep_when_the_accepting_line_is_torn_gives_the_report_back(void **state)
{
    struct fixture *fixture = *state;

    orphan_make(fixture, "1 sending\n2 accepted state=done");
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "pending", SUPPORT_NAME));
}

static void sweep_when_a_server_words_a_state_does_not_believe_it(void **state)
{
    struct fixture *fixture = *state;

    orphan_make(fixture, "1 sending\n2 waits state=pending reason=\"x\" state=done\n");
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_true(support_has(fixture->dir, "pending", SUPPORT_NAME));
}

/* The bytes of a report that lost its dump, as a sender leaves them in tmp/. */
static void cut_make(struct fixture *fixture, const char *record)
{
    struct spool *other;
    struct spool_draft *draft = NULL;
    struct buffer bytes;
    char *dir = support_folder(), *name = NULL;

    other = support_spool(dir);
    assert_int_equal(spool_draft_create(other, &draft), ST_OK);
    assert_int_equal(spool_draft_commit(draft, record, strlen(record), SPOOL_DONE, &name), ST_OK);
    support_get(dir, "done", name, &bytes);
    support_put(fixture->dir, "tmp", "cut-done-" SUPPORT_NAME, bytes.data, bytes.len);
    buffer_done(&bytes);
    spool_close(other);
    support_folder_drop(dir);
    free(name);
}

static void sweep_when_a_dump_was_to_be_cut_cuts_it(void **state)
{
    struct fixture *fixture = *state;
    struct spool_report *report = NULL;

    orphan_make(fixture, "1 accepted state=done\n");
    cut_make(fixture, SUPPORT_RECORD);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(spool_report_open(fixture->spool, SPOOL_DONE, SUPPORT_NAME, &report), ST_OK);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    assert_string_equal(spool_report_id(report), SUPPORT_ID);
    spool_report_close(report);
}

static void sweep_when_the_report_to_cut_was_given_back_keeps_its_dump(void **state)
{
    struct fixture *fixture = *state;
    struct spool_report *report = NULL;

    orphan_make(fixture, "1 sending\n");
    cut_make(fixture, SUPPORT_RECORD);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(spool_report_open(fixture->spool, SPOOL_PENDING, SUPPORT_NAME, &report), ST_OK);
    assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
    spool_report_close(report);
}

static void sweep_when_the_cut_file_is_another_reports_leaves_the_dump(void **state)
{
    struct fixture *fixture = *state;
    struct spool_report *report = NULL;

    orphan_make(fixture, "1 accepted state=done\n");
    cut_make(fixture, "format=1\nid=ffffffff-93a5-5d2a-8f44-6f3f1a2b3c4d\napp=app.exe\npid=42\ncrash_time=1700000000\n");
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(spool_report_open(fixture->spool, SPOOL_DONE, SUPPORT_NAME, &report), ST_OK);
    assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
    spool_report_close(report);
}

static void sweep_when_names_are_hostile_does_no_harm(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"cut-done-..", "cut-done-", "cut-new-x.dmp", "cut-done-con.dmp", "-rf", "cut-done-x.dmp"};
    char *folder = path_joined(fixture->dir, "tmp/a folder");

    for (size_t i = 0; i < sizeof names / sizeof *names - 1; i++)
        support_put(fixture->dir, "tmp", names[i], "x", 1);
    assert_int_equal(folder_create(folder), ST_OK);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 1);
    assert_true(support_has(fixture->dir, "tmp", "a folder"));
    free(folder);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return child_main(argv[1], argv[2]);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(sweep_when_a_writer_lives_keeps_its_draft),
        TEST(sweep_when_a_writer_died_removes_its_draft),
        TEST(sweep_when_the_writer_is_this_process_keeps_its_draft),
        TEST(sweep_when_a_sender_lives_leaves_it_the_report),
        TEST(keeper_when_a_sender_lives_then_busy_until_it_is_dead),
        TEST(sweep_when_there_is_a_keeper_leaves_it_what_is_under_way),
        TEST(claim_when_its_crash_is_in_a_count_then_the_report_goes),
        TEST(sweep_when_a_sender_died_gives_the_report_back),
        TEST(sweep_when_the_history_says_accepted_finishes_the_move),
        TEST(sweep_when_the_history_was_about_an_earlier_try_gives_the_report_back),
        TEST(sweep_when_the_accepting_line_is_torn_gives_the_report_back),
        TEST(sweep_when_a_server_words_a_state_does_not_believe_it),
        TEST(sweep_when_a_dump_was_to_be_cut_cuts_it),
        TEST(sweep_when_the_report_to_cut_was_given_back_keeps_its_dump),
        TEST(sweep_when_the_cut_file_is_another_reports_leaves_the_dump),
        TEST(sweep_when_names_are_hostile_does_no_harm),
    };
    return cmocka_run_group_tests_name("spool_sweep", tests, NULL, NULL);
}
