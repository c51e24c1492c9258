/* test_spool_share.c - one queue, several processes. The others are this program, started again as `--child DIR`. */
#include "base/process.h"
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define REPORTS  60
#define CHILDREN 2

/* Waits for the start, then claims whatever it can get and prints the names: every other one is finished, the rest given back after all
 * were tried, so that no report is claimed twice. */
static int child_main(const char *dir)
{
    struct spool *spool = NULL;
    struct spool_report *claimed[REPORTS];
    struct spool_entry *entries = NULL;
    size_t count = 0, got = 0;

    if (spool_open(&spool, dir) != ST_OK || spool_turn_begin(spool, SPOOL_TURN_SENDING) != ST_OK ||
        spool_list(spool, SPOOL_PENDING, &entries, &count) != ST_OK || count > REPORTS)
        return 1;
    puts("ready");
    fflush(stdout);
    if (getchar() == EOF)
        return 1;
    for (size_t i = 0; i < count; i++) {
        enum status status = spool_report_claim(spool, entries[i].name, &claimed[got]);

        if (status == ST_OK)
            printf("%s\n", spool_report_name(claimed[got++]));
        else if (status != ST_NOT_FOUND)
            return 1;
    }
    for (size_t i = 0; i < got; i++) {
        if (spool_report_move(claimed[i], SPOOL_DONE, "accepted", NULL, false) != ST_OK)
            return 1;
        spool_report_close(claimed[i]);
    }
    spool_list_free(entries, count);
    spool_close(spool);
    return 0;
}

static struct process *child_start(const char *dir)
{
    struct buffer self;
    struct process *child = NULL;
    char word[8] = "";
    size_t got = 0, part;

    buffer_init(&self, 32 * 1024);
    assert_int_equal(process_self_path(&self), ST_OK);
    const char *const argv[] = {buffer_text(&self), "--child", dir, NULL};
    struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    assert_int_equal(process_start(&child, &options), ST_OK);
    while (!strchr(word, '\n') && got < 7 && file_read(process_stdout(child), word + got, 1, &part) == ST_OK && part)
        got += part;
    assert_non_null(strstr(word, "ready"));
    buffer_done(&self);
    return child;
}

/* How many lines of the child's output are the name. */
static size_t lines_with(const char *output, const char *name)
{
    size_t count = 0;

    for (const char *at = output; (at = strstr(at, name)) != NULL; at++)
        count++;
    return count;
}

static void claims_of_two_processes_at_once_share_the_reports_out(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);
    struct process *children[CHILDREN];
    struct buffer output[CHILDREN];
    uint32_t code;

    (void)state;
    for (int i = 0; i < REPORTS; i++) {
        char record[128];

        snprintf(record, sizeof record, "format=1\napp=a\npid=%d\ncrash_time=1700000000\n", 1000 + i);
        free(support_commit(spool, SPOOL_PENDING, record));
    }
    for (int i = 0; i < CHILDREN; i++)
        children[i] = child_start(dir);
    for (int i = 0; i < CHILDREN; i++)
        assert_int_equal(file_write(process_stdin(children[i]), "\n", 1), ST_OK);
    for (int i = 0; i < CHILDREN; i++) {
        size_t part;

        buffer_init(&output[i], 1024 * 1024);
        while (buffer_reserve(&output[i], 4096) == ST_OK &&
               file_read(process_stdout(children[i]), output[i].data + output[i].len, 4096, &part) == ST_OK && part)
            output[i].len += part;
        assert_int_equal(buffer_append_byte(&output[i], 0), ST_OK);
        assert_int_equal(process_wait(children[i], 60000, &code), ST_OK);
        assert_int_equal(code, 0);
        process_free(children[i]);
    }
    for (int i = 0; i < REPORTS; i++) {
        char name[64];

        snprintf(name, sizeof name, "a-1700000000-%d.dmp", 1000 + i);
        assert_int_equal(lines_with(buffer_text(&output[0]), name) + lines_with(buffer_text(&output[1]), name), 1);
    }
    assert_int_equal(support_count(dir, "done"), REPORTS);
    assert_int_equal(support_count(dir, "pending"), 0);
    assert_int_equal(support_count(dir, "uploading"), 0);
    for (int i = 0; i < CHILDREN; i++)
        buffer_done(&output[i]);
    spool_close(spool);
    support_folder_drop(dir);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return child_main(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_of_two_processes_at_once_share_the_reports_out),
    };
    return cmocka_run_group_tests_name("spool_share", tests, NULL, NULL);
}
