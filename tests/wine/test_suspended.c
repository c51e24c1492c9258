/* test_suspended.c - a program whose dump is taken while it lives, or is to live on: afterwards each of its threads is as it was, running
 * or stopped by the program itself. Whoever reads a process stops it first, and may die before letting it go. */
#include "base/clock.h"
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <string.h>
#include <windows.h>
/* needs windows.h */
#include <tlhelp32.h>

#define WAIT_MS 60000
#define TRIES   20

static struct harness_collector collector;

static int start_collector(void **state)
{
    (void)state;
    harness_collector_start(&collector, harness_folder());
    return 0;
}

static int stop_collector(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    return 0;
}

/* How often a thread is suspended; asking suspends it once more for a moment. */
static DWORD suspend_count(DWORD id)
{
    HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME, FALSE, id);
    DWORD count;

    assert_non_null(thread);
    count = SuspendThread(thread);
    assert_true(count != (DWORD)-1);
    assert_int_equal(ResumeThread(thread), count + 1);
    CloseHandle(thread);
    return count;
}

/* Every thread of the process runs, but for one that has been stopped once; the number of threads. */
static size_t check_threads(uint32_t pid, DWORD stopped)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    size_t count = 0;

    assert_true(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        if (entry.th32OwnerProcessID != pid)
            continue;
        assert_int_equal(suspend_count(entry.th32ThreadID), entry.th32ThreadID == stopped ? 1 : 0);
        count++;
    }
    CloseHandle(snapshot);
    return count;
}

static void hang_when_dumped_then_every_thread_is_as_before(void **state)
{
    struct process *sample = harness_start("salvor-sample.exe", "hang-write-av", "--hang", "1000", "--threads", "3", "--suspended",
                                           "--pipe", collector.pipe, (char *)NULL);
    struct spool *spool = NULL;
    struct spool_report *report;
    unsigned long stopped = 0;
    char line[256];

    (void)state;
    assert_true(harness_read_line(sample, "suspended thread=", line, sizeof line));
    assert_int_equal(sscanf(line, "suspended thread=%lu", &stopped), 1);
    assert_true(stopped != 0);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_SOURCE), "hang");
    spool_report_close(report);
    spool_close(spool);
    assert_true(check_threads(process_id(sample), stopped) >= 5);
    harness_say(sample, "go\n"); /* it comes to life again, and dies of something else */
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 2, WAIT_MS);
}

/* The process that takes the dump: the collector's child. NULL when it has not begun, or has ended. */
static HANDLE find_dumper(DWORD *ret_pid)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0), found = NULL;
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};

    assert_true(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Process32FirstW(snapshot, &entry); more && !found; more = Process32NextW(snapshot, &entry)) {
        if (entry.th32ParentProcessID != process_id(collector.process) || _wcsicmp(entry.szExeFile, L"salvor-collector.exe") != 0)
            continue;
        *ret_pid = entry.th32ProcessID;
        found = OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, entry.th32ProcessID);
    }
    CloseHandle(snapshot);
    return found;
}

/* Lets a sample crash and catches its dumper at work, stopped. NULL when the dump was faster. */
static HANDLE catch_dumper(struct process *sample)
{
    HANDLE dumper = NULL;
    DWORD pid = 0;

    while (!dumper && WaitForSingleObject((HANDLE)process_os(sample), 0) == WAIT_TIMEOUT)
        dumper = find_dumper(&pid);
    if (!dumper)
        return NULL;
    harness_suspend_pid(pid);
    if (WaitForSingleObject(dumper, 0) == WAIT_TIMEOUT && WaitForSingleObject((HANDLE)process_os(sample), 0) == WAIT_TIMEOUT)
        return dumper;
    CloseHandle(dumper);
    return NULL;
}

/* Windows' MiniDumpWriteDump stops all threads of its target for as long as it writes; Wine's stops one at a time, so the test does it. The
 * client waits with the longest bound there is: stopped, it could not even wait. */
static void dumper_when_it_dies_at_work_then_its_target_goes_on(void **state)
{
    const char *spool_dir = harness_folder();
    const char *const more[] = {"--pipe", collector.pipe, "--spool", spool_dir, "--timeout", "600000", "--threads", "3", NULL};
    struct process *sample = NULL;
    struct spool *spool = NULL;
    struct spool_report *report;
    HANDLE dumper = NULL;

    (void)state;
    for (int i = 0; !dumper && i < TRIES; i++) {
        if (sample)
            harness_finish(sample, WAIT_MS);
        sample = harness_start_sample("wait-write-av", more);
        bool one_waits = harness_children(process_id(collector.process), "salvor-collector.exe", NULL) != 0;
        harness_say(sample, "go\n");
        dumper = one_waits ? NULL : catch_dumper(sample); /* dead before it has begun, that one would be replaced */
    }
    assert_non_null(dumper);
    harness_suspend(sample);
    assert_true(TerminateProcess(dumper, 1));
    CloseHandle(dumper);
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    report = harness_only_report(spool_dir, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_IN_PROCESS);
    spool_report_close(report);
    spool_close(spool);
    assert_true(harness_log_has(&collector, "target-released"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dumper_when_it_dies_at_work_then_its_target_goes_on, start_collector, stop_collector),
        cmocka_unit_test_setup_teardown(hang_when_dumped_then_every_thread_is_as_before, start_collector, stop_collector),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
