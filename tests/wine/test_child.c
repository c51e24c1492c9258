/* test_child.c - a program that is its own monitor: its reports get to the server by themselves, as its user wants. */
#include "base/text.h"
#include "harness.h"
#include "loopback.h"
#include "proto/code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* after windows.h */
#include <aclapi.h>
#include <sddl.h>

#define REPORT_ID "6f9619ff-8b86-5011-b42d-00c04fc964ff"

#define DELIVERY_MS 60000

static struct loopback *server;

static int start_server(void **state)
{
    (void)state;
    server = loopback_start();
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    loopback_stop(server);
    return 0;
}

/* Runs a sample that is its own monitor and knows the server. */
static uint32_t run_sample(const char *kind, const char *spool_dir, const char *consent)
{
    return harness_run(60000, "salvor-sample.exe", kind, "--self-monitor", "--spool", spool_dir, "--url", loopback_url(server), "--key",
                       "the-key", consent ? "--consent" : NULL, consent, (char *)NULL);
}

static size_t count_in(const char *spool_dir, enum spool_state state)
{
    struct spool_entry *entries = NULL;
    struct spool *spool = NULL;
    size_t count = 0;

    assert_int_equal(spool_open(&spool, spool_dir), ST_OK);
    assert_int_equal(spool_list(spool, state, &entries, &count), ST_OK);
    spool_list_free(entries, count);
    spool_close(spool);
    return count;
}

static void wait_in(const char *spool_dir, enum spool_state state, size_t expected)
{
    ULONGLONG end = GetTickCount64() + DELIVERY_MS;

    while (count_in(spool_dir, state) != expected && GetTickCount64() < end)
        Sleep(20);
    assert_int_equal(count_in(spool_dir, state), expected);
}

static void check_request(void)
{
    const char *head = "";

    assert_true(loopback_next(server, &head, DELIVERY_MS));
    assert_true(text_starts(head, "POST /submit HTTP/1.1\r\n"));
    assert_non_null(strstr(head, "Salvor-Key: the-key\r\n"));
    assert_non_null(strstr(head, "Idempotency-Key: "));
}

static void child_when_url_is_given_then_report_reaches_the_server(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    assert_int_equal(run_sample("write-av", spool_dir, NULL), CODE_ACCESS_VIOLATION);
    check_request();
    wait_in(spool_dir, SPOOL_DONE, 1);
    assert_int_equal(harness_reports(spool_dir), 0);
}

/* The server has nothing before somebody says yes, and then what waited. */
static void child_when_consent_is_no_then_report_waits_for_a_yes(void **state)
{
    const char *spool_dir = harness_folder(), *head;

    (void)state;
    assert_int_equal(run_sample("write-av", spool_dir, "no"), CODE_ACCESS_VIOLATION);
    wait_in(spool_dir, SPOOL_NEW, 1);
    assert_int_equal(run_sample("exit", spool_dir, NULL), 0); /* says nothing: the no stands */
    assert_false(loopback_next(server, &head, 1500));
    assert_int_equal(count_in(spool_dir, SPOOL_NEW), 1);
    assert_int_equal(run_sample("exit", spool_dir, "yes"), 0);
    check_request();
    wait_in(spool_dir, SPOOL_DONE, 1);
}

static void child_when_no_url_is_given_then_report_waits_in_its_queue(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--self-monitor", "--spool", spool_dir, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    wait_in(spool_dir, SPOOL_PENDING, 1);
}

/* -- comments and sessions -- */

static void comment_when_next_start_has_one_then_queued_under_the_report(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct spool_report *report;
    struct process *sample;
    char line[256], id[64];

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--self-monitor", "--spool", spool_dir, (char *)NULL),
                     CODE_ACCESS_VIOLATION);
    wait_in(spool_dir, SPOOL_PENDING, 1);
    report = harness_only_report(spool_dir, &spool);
    snprintf(id, sizeof id, "%s", spool_report_id(report));
    assert_int_equal(spool_report_move(report, SPOOL_DONE, "accepted", NULL, false), ST_OK);
    spool_report_close(report);
    spool_close(spool);
    sample = harness_start("salvor-sample.exe", "comment", "--self-monitor", "--spool", spool_dir, (char *)NULL);
    assert_true(harness_read_line(sample, "comment ", line, sizeof line));
    assert_string_equal(line, "comment 0 0 -1 -1");
    assert_int_equal(harness_finish(sample, 20000), 0);
    wait_in(spool_dir, SPOOL_PENDING, 1);
    report = harness_only_report(spool_dir, &spool);
    assert_string_equal(harness_value(report, RECORD_KIND), KIND_COMMENT);
    assert_string_equal(harness_value(report, RECORD_COMMENT_OF), id);
    assert_string_equal(harness_value(report, RECORD_COMMENT), "I had opened the hatch");
    assert_string_equal(harness_value(report, RECORD_NAME), "Ada");
    assert_string_equal(harness_value(report, RECORD_EMAIL), "");
    assert_string_not_equal(spool_report_id(report), id);
    spool_report_close(report);
    spool_close(spool);
}

/* Said while the monitor is on its way: it is waited for, and not taken for none. */
static void comment_when_monitor_is_still_starting_then_it_gets_it(void **state)
{
    const char *spool_dir = harness_folder();
    struct process *sample;
    char line[256];

    (void)state;
    harness_put_file(spool_dir, "last-crash", REPORT_ID, strlen(REPORT_ID));
    sample = harness_start("salvor-sample.exe", "comment", "--self-monitor", "--no-wait", "--spool", spool_dir, (char *)NULL);
    assert_true(harness_read_line(sample, "comment ", line, sizeof line));
    assert_string_equal(line, "comment 0 0 -1 -1");
    assert_int_equal(harness_finish(sample, 20000), 0);
    wait_in(spool_dir, SPOOL_PENDING, 1);
}

/* It waits in spool_dir, where the last resort's reports do. */
static void comment_when_there_is_no_monitor_then_it_waits_in_the_queue(void **state)
{
    const char *spool_dir = harness_folder();
    struct spool *spool = NULL;
    struct spool_report *report;
    struct process *sample;
    char line[256];

    (void)state;
    harness_put_file(spool_dir, "last-crash", REPORT_ID, strlen(REPORT_ID));
    sample = harness_start("salvor-sample.exe", "comment", "--pipe", "\\\\.\\pipe\\salvor-test-nobody", "--spool", spool_dir, (char *)NULL);
    assert_true(harness_read_line(sample, "comment ", line, sizeof line));
    assert_string_equal(line, "comment 0 0 -1 -1");
    assert_int_equal(harness_finish(sample, 20000), 0);
    report = harness_only_report(spool_dir, &spool);
    assert_int_equal(spool_report_dump_bytes(report), 0);
    assert_string_equal(harness_value(report, RECORD_KIND), KIND_COMMENT);
    assert_string_equal(harness_value(report, RECORD_COMMENT_OF), REPORT_ID);
    assert_string_equal(harness_value(report, RECORD_COMMENT), "I had opened the hatch");
    assert_string_equal(harness_value(report, RECORD_NAME), "Ada");
    assert_int_equal(strlen(harness_value(report, RECORD_CONSENT_OF)), 36);
    spool_report_close(report);
    spool_close(spool);
}

/* The only tally of a queue, as text. */
static void read_tally(const char *spool_dir, char *ret, size_t size)
{
    char *path = path_joined(spool_dir, "sessions"), *file;
    struct folder *folder = NULL;
    struct buffer text;
    const char *name;

    ret[0] = 0;
    if (folder_open(&folder, path) != ST_OK || folder_next(folder, &name) != ST_OK) { /* nothing was counted yet */
        folder_close(folder);
        free(path);
        return;
    }
    file = path_joined(path, name);
    buffer_init(&text, size);
    if (file_read_whole(file, size, &text) == ST_OK) /* else it was a draft, which has got its name by now */
        snprintf(ret, size, "%s", buffer_text(&text));
    buffer_done(&text);
    folder_close(folder);
    free(file);
    free(path);
}

#define MARK_TEXT 32u

static void wait_for_tally(const char *spool_dir, const char *events)
{
    ULONGLONG end = GetTickCount64() + DELIVERY_MS;
    char text[4096] = "", *found;

    do {
        read_tally(spool_dir, text, sizeof text);
        found = strstr(text, "\n\n"); /* a mark stands in front of the events */
        found = found && strlen(found) >= 2 + MARK_TEXT ? found + 2 + MARK_TEXT : NULL;
    } while ((!found || strcmp(found, events) != 0) && GetTickCount64() < end);
    assert_non_null(found);
    assert_string_equal(found, events);
    assert_non_null(strstr(text, "app=salvor-sample.exe\nversion=2.4.1\n"));
    assert_null(strstr(text, "pid="));
}

static void sessions_when_asked_for_then_starts_and_ends_are_counted(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "exit", "--self-monitor", "--spool", spool_dir, "--flags", "20", (char *)NULL),
                     0);
    wait_for_tally(spool_dir, "se");
    assert_int_equal(
        harness_run(60000, "salvor-sample.exe", "write-av", "--self-monitor", "--spool", spool_dir, "--flags", "20", (char *)NULL),
        CODE_ACCESS_VIOLATION);
    wait_for_tally(spool_dir, "sesc");
}

/* -- children of the program -- */

/* A sample that has exported its monitor's pipe; its name, and the sample waits for a line on stdin. */
static struct process *start_parent(const char *flags, char ret_pipe[256])
{
    struct process *sample = harness_start("salvor-sample.exe", "show-environment", "--self-monitor", "--spool", harness_folder(),
                                           "--flags", flags, (char *)NULL);
    char line[300];

    assert_true(harness_read_line(sample, "SALVOR_PIPE=", line, sizeof line));
    snprintf(ret_pipe, 256, "%s", line + strlen("SALVOR_PIPE="));
    return sample;
}

static void finish_parent(struct process *sample)
{
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, 20000), 0);
}

static void parent_when_it_exports_its_pipe_then_children_find_it_in_the_environment(void **state)
{
    char pipe[256];
    struct process *sample = start_parent("40", pipe);

    (void)state;
    assert_true(text_starts(pipe, "\\\\.\\pipe\\salvor-"));
    finish_parent(sample);
    sample = start_parent("0", pipe);
    assert_string_equal(pipe, "");
    finish_parent(sample);
}

/* The descriptor as the system gives it back: here only SYSTEM's enforcement of it is missing (tests/README.md). */
static void check_descriptor(const char *flags, bool is_sandboxed)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    char pipe[256], *text = NULL;
    struct process *sample = start_parent(flags, pipe);
    HANDLE handle = CreateFileA(pipe, READ_CONTROL | FILE_READ_DATA | FILE_WRITE_DATA, 0, NULL, OPEN_EXISTING, 0, NULL);

    assert_true(handle != INVALID_HANDLE_VALUE);
    assert_int_equal(GetSecurityInfo(handle, SE_KERNEL_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL, &descriptor),
                     ERROR_SUCCESS);
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    assert_null(strstr(text, ";;;WD)"));
    assert_null(strstr(text, ";;;AU)"));
    assert_int_equal(strstr(text, ";;;AC)") != NULL, is_sandboxed);
    LocalFree(text);
    LocalFree(descriptor);
    CloseHandle(handle);
    finish_parent(sample);
}

static void child_when_sandboxed_clients_are_allowed_then_pipe_says_so(void **state)
{
    (void)state;
    check_descriptor("40", false);
    check_descriptor("48", true);
}

#define with_server(function) cmocka_unit_test_setup_teardown(function, start_server, stop_server)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        with_server(child_when_url_is_given_then_report_reaches_the_server),
        with_server(child_when_consent_is_no_then_report_waits_for_a_yes),
        cmocka_unit_test(child_when_no_url_is_given_then_report_waits_in_its_queue),
        cmocka_unit_test(comment_when_next_start_has_one_then_queued_under_the_report),
        cmocka_unit_test(comment_when_monitor_is_still_starting_then_it_gets_it),
        cmocka_unit_test(comment_when_there_is_no_monitor_then_it_waits_in_the_queue),
        cmocka_unit_test(sessions_when_asked_for_then_starts_and_ends_are_counted),
        cmocka_unit_test(parent_when_it_exports_its_pipe_then_children_find_it_in_the_environment),
        cmocka_unit_test(child_when_sandboxed_clients_are_allowed_then_pipe_says_so),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
