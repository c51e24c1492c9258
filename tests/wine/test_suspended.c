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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hang_when_dumped_then_every_thread_is_as_before, start_collector, stop_collector),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
