/* test_siege.c - a collector under load from clients that mean it no good, monitors that come and go, and programs that never asked to be a
 * monitor: whoever crashes meanwhile is served. */
#include "base/text.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* needs windows.h */
#include <psapi.h>

#define BESIEGERS      2
#define SAMPLED_ROUNDS "140"
#define WHOLE_ROUNDS   "1000"
#define KINDS          7
#define GROWTH_BYTES   (8u * 1024 * 1024)
#define WAIT_MS        60000

/* -- the besieger: this program again -- */

static void close_all(const struct pipe_reply *reply)
{
    CloseHandle((HANDLE)(uintptr_t)reply->section);
    CloseHandle((HANDLE)(uintptr_t)reply->request_event);
    CloseHandle((HANDLE)(uintptr_t)reply->done_event);
    CloseHandle((HANDLE)(uintptr_t)reply->monitor);
}

static void hang_up(const char *pipe)
{
    CloseHandle(raw_open(pipe, 10000));
}

/* One registration of each kind, good and bad. */
static void besiege_once(const char *pipe, unsigned kind, char message[2 * PIPE_MAX_MESSAGE])
{
    struct pipe_hello hello = raw_hello();
    struct pipe_reply reply = {0};
    size_t size = sizeof hello;

    if (kind == 1)
        hello.version++;
    else if (kind == 2)
        hello.magic ^= 1;
    else if (kind == 3)
        size = PIPE_MAX_MESSAGE + 1000;
    else if (kind == 4)
        hello.pid = 4;
    else if (kind == 5)
        hello.start_filetime++;
    memcpy(message, &hello, sizeof hello);
    if (kind == 6)
        hang_up(pipe);
    else if (raw_exchange(pipe, message, size, &reply) == sizeof reply && reply.verdict == PIPE_ACCEPTED)
        close_all(&reply);
}

static int child_besiege(const char *pipe, const char *rounds)
{
    static char message[2 * PIPE_MAX_MESSAGE];
    unsigned long count = strtoul(rounds, NULL, 10);

    puts("begun");
    fflush(stdout);
    for (unsigned long i = 0; i < count; i++)
        besiege_once(pipe, (unsigned)(i % KINDS), message);
    return 0;
}

/* -- tests -- */

static size_t memory_of(const struct harness_collector *collector)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};

    assert_true(K32GetProcessMemoryInfo((HANDLE)process_os(collector->process), &counters, sizeof counters));
    return counters.PagefileUsage;
}

static void let_besiege(const struct harness_collector *collector, bool with_crash)
{
    const char *rounds = getenv("SALVOR_TEST_FULL") ? WHOLE_ROUNDS : SAMPLED_ROUNDS;
    struct process *children[BESIEGERS];
    char line[64];

    for (size_t i = 0; i < BESIEGERS; i++) {
        children[i] = harness_start("wine-siege.exe", "--child=besiege", collector->pipe, rounds, (char *)NULL);
        assert_true(harness_read_line(children[i], "begun", line, sizeof line));
    }
    if (with_crash)
        assert_int_equal(harness_run(WAIT_MS, "salvor-sample.exe", "write-av", "--pipe", collector->pipe, (char *)NULL),
                         CODE_ACCESS_VIOLATION);
    for (size_t i = 0; i < BESIEGERS; i++)
        assert_int_equal(harness_finish(children[i], 10 * WAIT_MS), 0);
}

/* Registrations of one process take each other's place, as a thousand of a program that starts again and again would. */
static void siege_when_hostile_clients_never_stop_then_crash_is_served_and_memory_stays(void **state)
{
    struct harness_collector collector;
    size_t before, after;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    let_besiege(&collector, false); /* what is made once is made */
    before = memory_of(&collector);
    let_besiege(&collector, true);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    after = memory_of(&collector);
    if (after > before + GROWTH_BYTES)
        fail_msg("the collector grew from %zu to %zu bytes", before, after);
    assert_true(harness_log_has(&collector, "client-rejected"));
    harness_collector_stop(&collector);
}

static void monitor_when_killed_and_started_again_then_its_clients_are_served_by_it(void **state)
{
    const char *options[] = {"--pipe", NULL, NULL};
    struct harness_collector first, second;
    struct process *sample;
    struct spool *spool = NULL;
    struct spool_report *report;
    char line[256], pipe[sizeof first.pipe];

    (void)state;
    harness_collector_start(&first, harness_folder());
    memcpy(pipe, first.pipe, sizeof pipe);
    options[1] = pipe;
    sample = harness_start("salvor-sample.exe", "wait-write-av", "--pipe", pipe, "--spool", harness_folder(), (char *)NULL);
    assert_true(harness_read_line(sample, "crashing", line, sizeof line));
    harness_collector_stop(&first);
    harness_collector_start_with(&second, harness_folder(), options);
    harness_wait_log(&second, "client-registered", WAIT_MS); /* by itself */
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    harness_wait_reports(second.queue, 1, WAIT_MS);
    report = harness_only_report(second.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    spool_report_close(report);
    spool_close(spool);
    harness_collector_stop(&second);
}

/* A program that never calls salvor_monitor_main is never started again as a monitor, which it would not be. */
static void program_when_it_never_offers_to_be_a_monitor_then_is_started_once(void **state)
{
    struct process *sample = harness_start("salvor-sample.exe", "wait-write-av", "--spool", harness_folder(), (char *)NULL);
    char line[256];

    (void)state;
    assert_true(harness_read_line(sample, "crashing", line, sizeof line)); /* it looked for a monitor first */
    assert_int_equal(harness_children(process_id(sample), "salvor-sample.exe", NULL), 0);
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siege_when_hostile_clients_never_stop_then_crash_is_served_and_memory_stays),
        cmocka_unit_test(monitor_when_killed_and_started_again_then_its_clients_are_served_by_it),
        cmocka_unit_test(program_when_it_never_offers_to_be_a_monitor_then_is_started_once),
    };

    if (argc == 4 && strcmp(argv[1], "--child=besiege") == 0)
        return child_besiege(argv[2], argv[3]);
    if (argc == 2)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
