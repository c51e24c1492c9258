/* test_suspended.c - a program whose dump is taken while it lives, or is to live on: afterwards each of its threads is as it was, running
 * or stopped by the program itself. Whoever reads a process stops it first, and may die before letting it go. */
#include "base/clock.h"
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <stdlib.h>
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

/* -- a dumper that dies at work -- */

static void for_each_thread(uint32_t pid, DWORD(WINAPI *act)(HANDLE))
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof entry};

    assert_true(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        HANDLE thread = entry.th32OwnerProcessID == pid ? OpenThread(THREAD_SUSPEND_RESUME, FALSE, entry.th32ThreadID) : NULL;
        if (!thread)
            continue; /* another's, or it has just ended */
        act(thread);
        CloseHandle(thread);
    }
    CloseHandle(snapshot);
}

/* Calls act for every dumper, at work or waiting for a crash: the collector's children. */
static void for_each_dumper(void (*act)(DWORD pid))
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};

    assert_true(snapshot != INVALID_HANDLE_VALUE);
    for (BOOL more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry))
        if (entry.th32ParentProcessID == process_id(collector.process) && _wcsicmp(entry.szExeFile, L"salvor-collector.exe") == 0)
            act(entry.th32ProcessID);
    CloseHandle(snapshot);
}

static void stop_dumper(DWORD pid)
{
    for_each_thread(pid, SuspendThread);
}

static void end_dumper(DWORD pid)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, pid);

    if (process)
        TerminateProcess(process, 1);
    CloseHandle(process);
}

/* Whether a dump is being written: the queue has a draft with something in it. */
static bool is_written(void)
{
    char *tmp = path_joined(collector.queue, "tmp");
    struct folder *folder = NULL;
    struct file_info info;
    const char *name;
    bool found = false;

    assert_int_equal(folder_open(&folder, tmp), ST_OK);
    while (!found && folder_next(folder, &name) == ST_OK) {
        char *path = path_joined(tmp, name);
        found = file_stat(path, &info) == ST_OK && info.size_bytes > 0;
        free(path);
    }
    folder_close(folder);
    free(tmp);
    return found;
}

static bool has_ended(struct process *process)
{
    return WaitForSingleObject((HANDLE)process_os(process), 0) == WAIT_OBJECT_0;
}

/* Ends the dumper that writes the sample's dump, with the sample stopped. False when the dump was faster after all. */
static bool end_dumper_of(struct process *sample)
{
    char released[64], reported[64];

    snprintf(released, sizeof released, "target-released pid=%u ", process_id(sample));
    snprintf(reported, sizeof reported, " pid=%u file=", process_id(sample));
    while (!is_written() && !has_ended(sample))
        Sleep(1);
    for_each_dumper(stop_dumper);
    for_each_thread(process_id(sample), SuspendThread);
    for_each_dumper(end_dumper);
    while (!harness_log_has(&collector, reported) && !has_ended(sample)) {
        if (harness_log_has(&collector, released))
            return true;
        Sleep(20); /* a log has no event */
    }
    for_each_thread(process_id(sample), ResumeThread);
    return false;
}

/* Windows' MiniDumpWriteDump stops all threads of its target for as long as it writes; Wine's stops one at a time, so the test does it. The
 * client waits with the longest bound there is: stopped, it could not even wait. */
static void dumper_when_it_dies_at_work_then_its_target_goes_on(void **state)
{
    const char *spool_dir = harness_folder();
    const char *const more[] = {"--pipe", collector.pipe, "--spool", spool_dir, "--timeout", "600000", "--threads", "3", NULL};
    struct spool *spool = NULL;
    struct spool_report *report;
    bool is_dead = false;

    (void)state;
    for (int i = 0; !is_dead && i < TRIES; i++) {
        struct process *sample = harness_start_sample("wait-write-av", more);
        harness_say(sample, "go\n");
        is_dead = end_dumper_of(sample);
        assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    }
    assert_true(is_dead);
    report = harness_only_report(spool_dir, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_IN_PROCESS);
    spool_report_close(report);
    spool_close(spool);
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
