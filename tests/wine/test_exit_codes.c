/* test_exit_codes.c - ends without a dump, by the code that the process ends with and the marker of a clean exit: which of them the exit
 * watcher reports; and the dump that comes late. */
#include "base/clock.h"
#include "base/text.h"
#include "matrix.h"
#include "proto/code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define WAIT_MS  60000
#define LATE_MS  5000
#define MAX_ROWS 32

/* How one program ends. */
struct end {
    const char *kind;
    uint32_t killed_with; /* for kinds that wait: the code that it is ended with from outside */
    uint32_t exit_code;
    bool is_reported;               /* whatever the policy */
    bool is_reported_if_killed_are; /* by --report-killed */
};

static const struct end ends[] = {
    {"exit", 0, 0, false, false},
    {"exit-one", 0, 1, false, false},
    {"exit-three", 0, 3, false, false},
    {"fast-fail", 0, CODE_FAST_FAIL, true, true},
    {"wait-write-av", 1, 1, false, true},                          /* as the task manager does */
    {"wait-write-av", 0, 0, false, true},                          /* ended from outside, whatever the code says */
    {"wait-write-av", 0xffffffff, 0xffffffff, false, true},        /* -1 is no NTSTATUS */
    {"wait-write-av", 0x40010004, 0x40010004, false, false},       /* logoff and shutdown */
    {"wait-write-av", 0xc000013a, 0xc000013a, false, false},       /* its console was closed */
    {"wait-write-av", 0xc0000017, 0xc0000017, true, true},         /* out of memory, and nobody could say so */
    {"wait-write-av", CODE_FAST_FAIL, CODE_FAST_FAIL, true, true}, /* WER's dump was lost */
};
#define ENDS (sizeof ends / sizeof *ends)

/* Ends one; its pid. *ret_held keeps the pid from being used again. */
static uint32_t let_end(const struct end *end, const char *pipe, HANDLE *ret_held)
{
    const char *const more[] = {"--pipe", pipe, "--spool", harness_folder(), NULL};
    struct process *sample = harness_start_sample(end->kind, more);
    uint32_t pid = process_id(sample);

    assert_true(
        DuplicateHandle(GetCurrentProcess(), (HANDLE)process_os(sample), GetCurrentProcess(), ret_held, 0, FALSE, DUPLICATE_SAME_ACCESS));
    if (text_starts(end->kind, "wait-"))
        assert_true(TerminateProcess(*ret_held, end->killed_with));
    assert_int_equal(harness_finish(sample, WAIT_MS), end->exit_code);
    return pid;
}

static size_t reports_of(uint32_t pid, uint32_t exit_code, const struct matrix_report *reports, size_t count)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (reports[i].pid != pid)
            continue;
        assert_int_equal(reports[i].dump_bytes, 0);
        assert_int_equal(reports[i].exit_code, exit_code);
        assert_string_equal(reports[i].layer, LAYER_EXIT_WATCHER);
        found++;
    }
    return found;
}

/* The collector has judged an end when it says so. */
static void await_verdict(const struct harness_collector *collector, uint32_t pid, bool is_reported)
{
    char line[64];

    snprintf(line, sizeof line, "%s pid=%u ", is_reported ? "client-died" : "client-exited", pid);
    harness_wait_log(collector, line, WAIT_MS);
}

static void check_table(bool killed_are_reported)
{
    const char *const options[] = {"--no-dump-grace", "0s", killed_are_reported ? "--report-killed" : NULL, NULL};
    struct matrix_report reports[MAX_ROWS];
    struct harness_collector collector;
    uint32_t pids[ENDS];
    HANDLE held[ENDS];
    bool expected[ENDS];
    size_t total = 0, count;

    harness_collector_start_with(&collector, harness_folder(), options);
    for (size_t i = 0; i < ENDS; i++) {
        expected[i] = killed_are_reported ? ends[i].is_reported_if_killed_are : ends[i].is_reported;
        pids[i] = let_end(&ends[i], collector.pipe, &held[i]);
        await_verdict(&collector, pids[i], expected[i]);
        total += expected[i];
    }
    harness_wait_reports(collector.queue, total, WAIT_MS);
    harness_collector_stop(&collector);
    count = matrix_read(collector.queue, NULL, reports, MAX_ROWS);
    for (size_t i = 0; i < ENDS; i++) {
        size_t found = reports_of(pids[i], ends[i].exit_code, reports, count);
        if (found != expected[i])
            fail_msg("row %zu, %s ending with 0x%08x: %zu reports", i, ends[i].kind, ends[i].exit_code, found);
        CloseHandle(held[i]);
    }
}

static void ends_when_killed_are_not_reported_then_as_the_table_says(void **state)
{
    (void)state;
    check_table(false);
}

static void ends_when_killed_are_reported_then_as_the_table_says(void **state)
{
    (void)state;
    check_table(true);
}

/* -- a dump that comes five seconds late -- */

static void check_late(const char *grace, bool is_reported_before)
{
    const char *const options[] = {"--no-dump-grace", grace, NULL};
    struct harness_collector collector;
    struct matrix_report reports[2];
    uint64_t died;
    uint32_t pid;

    harness_collector_start_with(&collector, harness_folder(), options);
    const char *const more[] = {"--pipe", collector.pipe, "--spool", harness_folder(), NULL};
    pid = harness_let_die("fast-fail", CODE_FAST_FAIL, more);
    died = clock_steady_ms();
    if (is_reported_before)
        harness_wait_reports(collector.queue, 1, WAIT_MS);
    while (clock_steady_ms() < died + LATE_MS)
        Sleep((DWORD)(died + LATE_MS - clock_steady_ms()));
    harness_put_local_dump(collector.dumps, pid, 5000);
    harness_wait_log(&collector, is_reported_before ? "reports-merged" : "death-has-report", WAIT_MS);
    harness_collector_stop(&collector);
    assert_int_equal(matrix_read(collector.queue, NULL, reports, 2), 1);
    assert_int_equal(reports[0].pid, pid);
    assert_int_equal(reports[0].dump_bytes, 5000);
    assert_string_equal(reports[0].layer, LAYER_LOCALDUMPS);
    assert_string_equal(reports[0].layers, is_reported_before ? LAYER_LOCALDUMPS " " LAYER_EXIT_WATCHER : "");
}

static void dump_when_five_seconds_late_and_death_is_reported_then_one_report(void **state)
{
    (void)state;
    check_late("1s", true);
}

static void dump_when_five_seconds_late_and_grace_is_longer_then_one_report(void **state)
{
    (void)state;
    check_late("10s", false);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_when_killed_are_not_reported_then_as_the_table_says),
        cmocka_unit_test(ends_when_killed_are_reported_then_as_the_table_says),
        cmocka_unit_test(dump_when_five_seconds_late_and_death_is_reported_then_one_report),
        cmocka_unit_test(dump_when_five_seconds_late_and_grace_is_longer_then_one_report),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
