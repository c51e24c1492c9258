/* test_spool.c - the life of a report: drafts, names, claims, moves. */
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

static struct spool_draft *draft_begin(struct spool *spool, const char *dump)
{
    struct spool_draft *draft = NULL;
    uint64_t dump_bytes = 0;

    assert_int_equal(spool_draft_create(spool, &draft), ST_OK);
    assert_int_equal(file_write(spool_draft_file(draft), dump, strlen(dump)), ST_OK);
    assert_int_equal(spool_draft_end_dump(draft, &dump_bytes), ST_OK);
    assert_int_equal(dump_bytes, strlen(dump));
    return draft;
}

/* Attaches text as a file; returns what the spool said. */
static enum status attach(const char *dir, struct spool_draft *draft, const char *name, const char *text, uint64_t max_bytes)
{
    struct file file = {FILE_CLOSED};
    char *path = path_joined(dir, "attached");
    enum status status;

    assert_int_equal(file_write_whole(path, text, strlen(text)), ST_OK);
    assert_int_equal(file_open(&file, path, FILE_MODE_READ), ST_OK);
    status = spool_draft_attach(draft, name, &file, max_bytes);
    file_close(&file);
    assert_int_equal(file_remove(path), ST_OK);
    free(path);
    return status;
}

static struct spool_report *report_open(struct spool *spool, enum spool_state state, const char *name)
{
    struct spool_report *report = NULL;

    assert_int_equal(spool_report_open(spool, state, name, &report), ST_OK);
    return report;
}

static struct spool_report *report_claim(struct spool *spool, const char *name)
{
    struct spool_report *report = NULL;

    assert_int_equal(spool_report_claim(spool, name, &report), ST_OK);
    return report;
}

static void open_when_the_folder_is_missing_makes_all_of_them(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"tmp", "new", "pending", "uploading", "done", "discarded", "failed", "history"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(support_count(fixture->dir, names[i]), 0);
    assert_int_equal(support_count(fixture->dir, "."), sizeof names / sizeof *names + 1); /* the lock of our turn */
}

static void open_when_a_file_is_in_the_way_fails(void **state)
{
    struct fixture *fixture = *state;
    struct spool *spool = NULL;
    char *path = path_joined(fixture->dir, "taken");

    assert_int_equal(file_write_whole(path, "x", 1), ST_OK);
    assert_int_not_equal(spool_open(&spool, path), ST_OK);
    assert_null(spool);
    free(path);
}

static void commit_makes_one_file_with_the_dump_first(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_NEW, NULL);
    struct buffer bytes;

    assert_string_equal(name, SUPPORT_NAME);
    assert_int_equal(support_count(fixture->dir, "new"), 1);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    support_get(fixture->dir, "new", name, &bytes);
    assert_memory_equal(bytes.data, SUPPORT_DUMP, strlen(SUPPORT_DUMP));
    assert_int_equal(bytes.len, strlen(SUPPORT_DUMP) + strlen(SUPPORT_RECORD "dump_bytes=41\n") + CONTAINER_FOOTER_BYTES);
    buffer_done(&bytes);
    free(name);
}

static void report_when_opened_tells_what_was_committed(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = report_open(fixture->spool, SPOOL_PENDING, name);
    const struct spool_attachment *attachments;
    char level[8];
    size_t size;
    const char *record = spool_report_record(report, &size);

    assert_string_equal(spool_report_id(report), SUPPORT_ID);
    assert_string_equal(spool_report_name(report), name);
    assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
    assert_int_equal(spool_report_attachments(report, &attachments), 0);
    assert_true(record_get(record, size, "annotation.level", level, sizeof level));
    assert_string_equal(level, "7");
    spool_report_close(report);
    assert_true(support_has(fixture->dir, "pending", name));
    free(name);
}

static void draft_when_abandoned_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, "MDMP");

    assert_int_equal(support_count(fixture->dir, "tmp"), 1);
    spool_draft_abandon(draft);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(support_count(fixture->dir, "new"), 0);
}

static void commit_when_the_target_is_uploading_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, "MDMP");

    assert_int_equal(spool_draft_commit(draft, "format=1\n", 9, SPOOL_UPLOADING, NULL), ST_ARGUMENT);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(support_count(fixture->dir, "uploading"), 0);
}

static void commit_without_a_dump_makes_a_report(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, "");
    struct spool_report *report;
    char *name = NULL;

    assert_int_equal(spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_PENDING, &name), ST_OK);
    report = report_open(fixture->spool, SPOOL_PENDING, name);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    spool_report_close(report);
    free(name);
}

static void commit_when_the_record_is_too_large_fails_and_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, "MDMP");
    size_t size = RECORD_MAX_BYTES;
    char *record = malloc(size);

    memset(record, 'a', size);
    record[1] = '=';
    record[size - 1] = '\n';
    assert_int_equal(spool_draft_commit(draft, record, size, SPOOL_NEW, NULL), ST_TOO_LARGE);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(support_count(fixture->dir, "new"), 0);
    free(record);
}

static void attachments_when_committed_lie_where_the_record_says(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, SUPPORT_DUMP);
    const struct spool_attachment *attachments;
    struct spool_report *report;
    char *name = NULL, text[32];

    assert_int_equal(attach(fixture->dir, draft, "log.txt", "first words", 100), ST_OK);
    assert_int_equal(attach(fixture->dir, draft, "empty.txt", "", 100), ST_OK);
    assert_int_equal(attach(fixture->dir, draft, "a name with blanks.json", "{}", 100), ST_OK);
    assert_int_equal(spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_NEW, &name), ST_OK);
    report = report_open(fixture->spool, SPOOL_NEW, name);
    assert_int_equal(spool_report_attachments(report, &attachments), 3);
    assert_string_equal(attachments[0].name, "log.txt");
    assert_int_equal(attachments[0].size_bytes, 11);
    assert_int_equal(file_read_at(spool_report_file(report), attachments[0].offset, text, 11), ST_OK);
    assert_memory_equal(text, "first words", 11);
    assert_int_equal(attachments[1].size_bytes, 0);
    assert_string_equal(attachments[2].name, "a name with blanks.json");
    assert_int_equal(file_read_at(spool_report_file(report), attachments[2].offset, text, 2), ST_OK);
    assert_memory_equal(text, "{}", 2);
    spool_report_close(report);
    free(name);
}

static void attach_when_longer_than_allowed_adds_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, SUPPORT_DUMP);
    const struct spool_attachment *attachments;
    struct spool_report *report;
    struct file_info info;
    char *name = NULL;

    assert_int_equal(attach(fixture->dir, draft, "log.txt", "0123456789", 9), ST_TOO_LARGE);
    assert_int_equal(file_info_of(spool_draft_file(draft), &info), ST_OK);
    assert_int_equal(info.size_bytes, strlen(SUPPORT_DUMP));
    assert_int_equal(attach(fixture->dir, draft, "log.txt", "0123456789", 10), ST_OK);
    assert_int_equal(spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_NEW, &name), ST_OK);
    report = report_open(fixture->spool, SPOOL_NEW, name);
    assert_int_equal(spool_report_attachments(report, &attachments), 1);
    assert_int_equal(attachments[0].offset, strlen(SUPPORT_DUMP));
    spool_report_close(report);
    free(name);
}

static void attach_when_the_name_is_a_path_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, SUPPORT_DUMP);
    static const char *const names[] = {"../x", "a/b", "a\\b", "c:x", "", "con", "x\ny", "nul.txt"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(attach(fixture->dir, draft, names[i], "x", 100), ST_ARGUMENT);
    spool_draft_abandon(draft);
}

static void publish_when_done_then_report_is_there_before_it_is_settled(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, SUPPORT_DUMP);
    struct spool_report *report;
    char *name = NULL;

    assert_int_equal(attach(fixture->dir, draft, "log.txt", "words", 100), ST_OK);
    assert_int_equal(spool_draft_publish(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_NEW, &name), ST_OK);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(spool_sweep(fixture->spool), ST_OK); /* as a process does that starts now */
    report = report_open(fixture->spool, SPOOL_NEW, name);
    assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
    spool_report_close(report);
    assert_int_equal(spool_draft_settle(draft), ST_OK);
    assert_int_equal(support_count(fixture->dir, "new"), 1);
    free(name);
}

static void publish_when_it_fails_then_nothing_is_left(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, SUPPORT_DUMP);
    char *record = malloc(RECORD_MAX_BYTES + 1);

    assert_non_null(record);
    memset(record, 'x', RECORD_MAX_BYTES + 1);
    memcpy(record, "key=", 4);
    record[RECORD_MAX_BYTES] = '\n';
    assert_int_equal(spool_draft_publish(draft, record, RECORD_MAX_BYTES + 1, SPOOL_NEW, NULL), ST_TOO_LARGE);
    free(record);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(support_count(fixture->dir, "new"), 0);
}

static void commit_when_the_record_claims_a_layout_uses_the_real_one(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_NEW, "dump_bytes=999999\n" SUPPORT_RECORD "attachment=0 5 stolen.txt\n");
    struct spool_report *report = report_open(fixture->spool, SPOOL_NEW, name);
    const struct spool_attachment *attachments;

    assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
    assert_int_equal(spool_report_attachments(report, &attachments), 0);
    spool_report_close(report);
    free(name);
}

static void name_when_the_program_is_called_badly_is_safe(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *app, *name;
    } cases[] = {
        {"../../etc/passwd", "passwd-1700000000-7.dmp"},
        {"C:\\\\Programs\\\\app.exe", "app.exe-1700000000-7.dmp"}, /* escaped as records are */
        {"a<b>c:d|e?f*.exe", "a_b_c_d_e_f_.exe-1700000000-7.dmp"},
        {"my app.exe", "my_app.exe-1700000000-7.dmp"},
        {"tail...", "tail___-1700000000-7.dmp"},
        {".hidden", "_hidden-1700000000-7.dmp"},
        {"", "unknown-1700000000-7.dmp"},
        {"dir/", "unknown-1700000000-7.dmp"},
        {"\xd0\xb8\xd0\xb3\xd1\x80\xd0\xb0.exe", "\xd0\xb8\xd0\xb3\xd1\x80\xd0\xb0.exe-1700000000-7.dmp"},
        {"bad\xff\xfe.exe", "unknown-1700000000-7.dmp"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char record[256], *name;

        snprintf(record, sizeof record, "format=1\napp=%s\npid=7\ncrash_time=1700000000\n", cases[i].app);
        name = support_commit(fixture->spool, SPOOL_NEW, record);
        assert_true(path_is_plain_name(name));
        /* the same name may have been had before: then it carries a suffix */
        assert_int_equal(strncmp(name, cases[i].name, strlen(cases[i].name) - strlen(".dmp")), 0);
        free(name);
    }
    assert_int_equal(support_count(fixture->dir, "new"), sizeof cases / sizeof *cases);
}

static void name_when_the_program_is_called_very_long_is_cut(void **state)
{
    struct fixture *fixture = *state;
    char record[1024], *name;

    snprintf(record, sizeof record, "format=1\napp=%0600d.exe\npid=7\ncrash_time=1700000000\n", 1);
    name = support_commit(fixture->spool, SPOOL_NEW, record);
    assert_true(strlen(name) <= 160);
    free(name);
}

static void name_when_taken_gets_a_number(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 12; i++) {
        char expected[64] = SUPPORT_NAME, *name = support_commit(fixture->spool, SPOOL_NEW, NULL);

        if (i)
            snprintf(expected, sizeof expected, "app.exe-1700000000-42-%d.dmp", i);
        assert_string_equal(name, expected);
        free(name);
    }
}

static void name_when_taken_in_another_state_gets_a_number(void **state)
{
    struct fixture *fixture = *state;
    char *first = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = report_claim(fixture->spool, first);
    char *second;

    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, true), ST_OK);
    spool_report_close(report);
    second = support_commit(fixture->spool, SPOOL_NEW, NULL);
    assert_string_equal(second, "app.exe-1700000000-42-1.dmp");
    free(first);
    free(second);
}

static void move_when_the_name_is_taken_there_gets_a_number(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report;

    support_put(fixture->dir, "failed", name, "x", 1);
    report = report_claim(fixture->spool, name);
    assert_int_equal(spool_report_move(report, SPOOL_FAILED, "refused", NULL, true), ST_OK);
    assert_string_equal(spool_report_name(report), "app.exe-1700000000-42-1.dmp");
    spool_report_close(report);
    assert_int_equal(support_count(fixture->dir, "failed"), 2);
    free(name);
}

static void list_when_several_wait_gives_the_oldest_first(void **state)
{
    struct fixture *fixture = *state;
    static const char *const expected[] = {
        "z-1600000000-9.dmp",    "app-5-1700000000-42.dmp", "b-1700000000-42.dmp",    "b-1700000000-42-2.dmp",
        "b-1700000000-42-9.dmp", "b-1700000000-42-10.dmp",  "a.exe-1700000001-1.dmp",
    };
    const size_t count = sizeof expected / sizeof *expected;
    struct spool_entry *entries = NULL;
    size_t found = 0;

    for (size_t i = count; i-- > 0;)
        support_put(fixture->dir, "pending", expected[i], "x", 1);
    assert_int_equal(spool_list(fixture->spool, SPOOL_PENDING, &entries, &found), ST_OK);
    assert_int_equal(found, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(entries[i].name, expected[i]);
    assert_int_equal(entries[0].size_bytes, 1);
    spool_list_free(entries, found);
}

static void list_when_nothing_waits_is_empty(void **state)
{
    struct fixture *fixture = *state;
    struct spool_entry *entries = NULL;
    size_t found = 1;

    assert_int_equal(spool_list(fixture->spool, SPOOL_PENDING, &entries, &found), ST_OK);
    assert_int_equal(found, 0);
    spool_list_free(entries, found);
}

static void list_passes_over_what_is_no_report(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"readme.txt", ".dmp", ".hidden.dmp", "x.dmp.tmp", "no ending"};
    struct spool_entry *entries = NULL;
    size_t found = 0;
    char *path = path_joined(fixture->dir, "pending/folder-1700000000-1.dmp");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        support_put(fixture->dir, "pending", names[i], "x", 1);
    assert_int_equal(folder_create(path), ST_OK);
    assert_int_equal(spool_list(fixture->spool, SPOOL_PENDING, &entries, &found), ST_OK);
    assert_int_equal(found, 0);
    spool_list_free(entries, found);
    free(path);
}

static void open_when_the_name_is_a_path_is_refused(void **state)
{
    struct fixture *fixture = *state;
    static const char *const names[] = {"../pending/x.dmp", "..", "", "a/b.dmp", "a\\b.dmp", "x.txt", "con.dmp"};
    struct spool_report *report = NULL;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(spool_report_open(fixture->spool, SPOOL_PENDING, names[i], &report), ST_ARGUMENT);
        assert_int_equal(spool_report_claim(fixture->spool, names[i], &report), ST_ARGUMENT);
    }
}

static void claim_moves_a_report_to_uploading_and_close_gives_it_back(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = report_claim(fixture->spool, name);

    assert_true(support_has(fixture->dir, "uploading", name));
    assert_false(support_has(fixture->dir, "pending", name));
    spool_report_close(report);
    assert_true(support_has(fixture->dir, "pending", name));
    assert_false(support_has(fixture->dir, "uploading", name));
    free(name);
}

static void claim_when_already_claimed_finds_nothing(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = report_claim(fixture->spool, name), *other = NULL;

    assert_int_equal(spool_report_claim(fixture->spool, name, &other), ST_NOT_FOUND);
    spool_report_close(report);
    free(name);
}

static void move_to_done_keeps_the_record_and_cuts_the_rest(void **state)
{
    struct fixture *fixture = *state;
    struct spool_draft *draft = draft_begin(fixture->spool, SUPPORT_DUMP);
    const struct spool_attachment *attachments;
    struct spool_report *report;
    struct buffer bytes;
    char *name = NULL;

    assert_int_equal(attach(fixture->dir, draft, "log.txt", "first words", 100), ST_OK);
    assert_int_equal(spool_draft_commit(draft, SUPPORT_RECORD, strlen(SUPPORT_RECORD), SPOOL_PENDING, &name), ST_OK);
    report = report_claim(fixture->spool, name);
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", "reply=\"bp-1\"", false), ST_OK);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    assert_string_equal(spool_report_id(report), SUPPORT_ID);
    spool_report_close(report);

    report = report_open(fixture->spool, SPOOL_DONE, name);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    assert_int_equal(spool_report_attachments(report, &attachments), 0);
    spool_report_close(report);
    support_get(fixture->dir, "done", name, &bytes);
    assert_int_equal(bytes.len, strlen(SUPPORT_RECORD "dump_bytes=0\n") + CONTAINER_FOOTER_BYTES);
    buffer_done(&bytes);
    assert_int_equal(support_count(fixture->dir, "tmp"), 0);
    assert_int_equal(support_count(fixture->dir, "uploading"), 0);
    free(name);
}

static void move_to_failed_keeps_the_dump_when_asked(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = report_claim(fixture->spool, name);

    assert_int_equal(spool_report_move(report, SPOOL_FAILED, "refused", NULL, true), ST_OK);
    spool_report_close(report);
    report = report_open(fixture->spool, SPOOL_FAILED, name);
    assert_int_equal(spool_report_dump_bytes(report), strlen(SUPPORT_DUMP));
    spool_report_close(report);
    free(name);
}

static void move_tells_the_history(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, NULL);
    struct spool_report *report = report_claim(fixture->spool, name);
    struct buffer text;
    const char *history;

    assert_int_equal(spool_report_move(report, SPOOL_PENDING, "waits", "reason=\"no answer\"", true), ST_OK);
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, false), ST_OK);
    spool_report_close(report);
    history = support_history(fixture->spool, SUPPORT_ID, &text);
    assert_non_null(strstr(history, " waits state=pending reason=\"no answer\"\n"));
    assert_non_null(strstr(history, " accepted state=done\n"));
    buffer_done(&text);
    free(name);
}

static void report_without_an_id_has_a_history_by_name(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_PENDING, "format=1\napp=a.exe\npid=1\ncrash_time=1700000000\nid=../../x\n");
    struct spool_report *report = report_claim(fixture->spool, name);

    assert_string_equal(spool_report_id(report), "");
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, true), ST_OK);
    spool_report_close(report);
    assert_true(support_has(fixture->dir, "history", "a.exe-1700000000-1.log"));
    free(name);
}

static void open_file_reads_a_report_outside_of_a_queue(void **state)
{
    struct fixture *fixture = *state;
    char *name = support_commit(fixture->spool, SPOOL_FAILED, NULL);
    char *path = path_joined(fixture->dir, "failed/" SUPPORT_NAME);
    struct spool_report *report = NULL;

    assert_int_equal(spool_report_open_file(path, &report), ST_OK);
    assert_string_equal(spool_report_id(report), SUPPORT_ID);
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, true), ST_STATE);
    spool_report_close(report);
    assert_true(support_has(fixture->dir, "failed", name));
    free(path);
    free(name);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(open_when_the_folder_is_missing_makes_all_of_them),
        TEST(open_when_a_file_is_in_the_way_fails),
        TEST(commit_makes_one_file_with_the_dump_first),
        TEST(report_when_opened_tells_what_was_committed),
        TEST(draft_when_abandoned_leaves_nothing),
        TEST(commit_when_the_target_is_uploading_is_refused),
        TEST(commit_without_a_dump_makes_a_report),
        TEST(commit_when_the_record_is_too_large_fails_and_leaves_nothing),
        TEST(attachments_when_committed_lie_where_the_record_says),
        TEST(attach_when_longer_than_allowed_adds_nothing),
        TEST(attach_when_the_name_is_a_path_is_refused),
        TEST(publish_when_done_then_report_is_there_before_it_is_settled),
        TEST(publish_when_it_fails_then_nothing_is_left),
        TEST(commit_when_the_record_claims_a_layout_uses_the_real_one),
        TEST(name_when_the_program_is_called_badly_is_safe),
        TEST(name_when_the_program_is_called_very_long_is_cut),
        TEST(name_when_taken_gets_a_number),
        TEST(name_when_taken_in_another_state_gets_a_number),
        TEST(move_when_the_name_is_taken_there_gets_a_number),
        TEST(list_when_several_wait_gives_the_oldest_first),
        TEST(list_when_nothing_waits_is_empty),
        TEST(list_passes_over_what_is_no_report),
        TEST(open_when_the_name_is_a_path_is_refused),
        TEST(claim_moves_a_report_to_uploading_and_close_gives_it_back),
        TEST(claim_when_already_claimed_finds_nothing),
        TEST(move_to_done_keeps_the_record_and_cuts_the_rest),
        TEST(move_to_failed_keeps_the_dump_when_asked),
        TEST(move_tells_the_history),
        TEST(report_without_an_id_has_a_history_by_name),
        TEST(open_file_reads_a_report_outside_of_a_queue),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
