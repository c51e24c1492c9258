/* test_crowd.c - a thousand programs of one user register, and stay, while another program crashes: it is served, the thousand and first of
 * them is told that they are too many, and the collector is as small afterwards as before. Each client is this program again: a
 * registration belongs to a process. */
#include "collector/win/clients.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* needs windows.h */
#include <psapi.h>

#define AT_ONCE          16
#define SAMPLED          100
#define WAIT_MS          60000
#define BYTES_PER_CLIENT (128u * 1024)
#define GROWTH_BYTES     (1024u * 1024)

/* -- a client that registers and stays until it is told to go -- */

static int child_stay(const char *pipe)
{
    struct pipe_hello hello = raw_hello();
    char line[16];

    printf("verdict %d\n", raw_verdict(pipe, &hello, sizeof hello));
    fflush(stdout);
    return fgets(line, sizeof line, stdin) ? 0 : 1;
}

/* -- the crowd -- */

static struct process *crowd[CLIENTS_MAX_PER_SESSION];
static size_t crowd_count;

static struct process *start_client(const struct harness_collector *collector)
{
    return harness_start("wine-crowd.exe", "--child=stay", collector->pipe, (char *)NULL);
}

static int verdict_of(struct process *client)
{
    char line[64];
    int verdict = -1;

    assert_true(harness_read_line(client, "verdict ", line, sizeof line));
    assert_int_equal(sscanf(line, "verdict %d", &verdict), 1);
    return verdict;
}

/* Grows the crowd to count, several at once. */
static void gather(const struct harness_collector *collector, size_t count)
{
    while (crowd_count < count) {
        size_t batch = count - crowd_count < AT_ONCE ? count - crowd_count : AT_ONCE;
        for (size_t i = 0; i < batch; i++)
            crowd[crowd_count + i] = start_client(collector);
        for (size_t i = 0; i < batch; i++)
            assert_int_equal(verdict_of(crowd[crowd_count + i]), PIPE_ACCEPTED);
        crowd_count += batch;
    }
}

static void send_away(struct process *client)
{
    harness_say(client, "go\n");
    assert_int_equal(harness_finish(client, WAIT_MS), 0);
}

/* Several at once, too; and until the collector has noticed the last of them, since ends are judged in their order. */
static void disperse(const struct harness_collector *collector)
{
    char line[64] = "";

    while (crowd_count) {
        size_t batch = crowd_count < AT_ONCE ? crowd_count : AT_ONCE;
        for (size_t i = 0; i < batch; i++)
            harness_say(crowd[crowd_count - 1 - i], "go\n");
        for (size_t i = 0; i < batch; i++) {
            snprintf(line, sizeof line, "client-exited pid=%u ", process_id(crowd[crowd_count - 1]));
            assert_int_equal(harness_finish(crowd[--crowd_count], WAIT_MS), 0);
        }
    }
    harness_wait_log(collector, line, WAIT_MS);
}

static size_t memory_of(const struct harness_collector *collector)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};

    assert_true(K32GetProcessMemoryInfo((HANDLE)process_os(collector->process), &counters, sizeof counters));
    return counters.PagefileUsage;
}

/* One program more than a session may have is told so; when one of them goes, there is room. */
static void check_full(const struct harness_collector *collector)
{
    struct process *client;
    char line[64];

    gather(collector, CLIENTS_MAX_PER_SESSION);
    client = start_client(collector);
    assert_int_equal(verdict_of(client), PIPE_TOO_MANY);
    snprintf(line, sizeof line, "client-rejected pid=%u ", process_id(client));
    send_away(client);
    assert_true(harness_log_has(collector, line));
    assert_true(harness_log_has(collector, "is one client too many of its user's session"));
    snprintf(line, sizeof line, "client-exited pid=%u ", process_id(crowd[0]));
    send_away(crowd[0]);
    crowd[0] = crowd[--crowd_count];
    harness_wait_log(collector, line, WAIT_MS);
    client = start_client(collector);
    assert_int_equal(verdict_of(client), PIPE_ACCEPTED);
    send_away(client);
}

/* A crowd comes, another program crashes, the crowd goes. */
static void visit(const struct harness_collector *collector, size_t count, size_t reports)
{
    struct process *sample;

    gather(collector, count / 2);
    sample = harness_start("salvor-sample.exe", "write-av", "--pipe", collector->pipe, (char *)NULL);
    gather(collector, count);
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector->queue, reports, WAIT_MS);
}

/* What a heap keeps of its first crowds serves the next one: only growth from then on is a leak. */
static void crowd_when_it_registers_then_a_crash_is_served_and_memory_stays(void **state)
{
    bool is_whole = getenv("SALVOR_TEST_FULL") != NULL;
    size_t count = is_whole ? CLIENTS_MAX_PER_SESSION - 1 : SAMPLED, before, with, after;
    struct harness_collector collector;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    before = memory_of(&collector);
    visit(&collector, count, 1);
    with = memory_of(&collector);
    print_message("%u clients, %u bytes of the collector each\n", (unsigned)count, (unsigned)((with - before) / count));
    assert_true(with < before + count * BYTES_PER_CLIENT);
    if (is_whole)
        check_full(&collector);
    disperse(&collector);
    gather(&collector, SAMPLED);
    disperse(&collector);
    before = memory_of(&collector);
    visit(&collector, SAMPLED, 2);
    disperse(&collector);
    after = memory_of(&collector);
    print_message("%d bytes more after %u others\n", (int)(after - before), SAMPLED);
    if (after > before + GROWTH_BYTES)
        fail_msg("the collector grew from %zu to %zu bytes", before, after);
    harness_collector_stop(&collector);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crowd_when_it_registers_then_a_crash_is_served_and_memory_stays),
    };

    if (argc == 3 && strcmp(argv[1], "--child=stay") == 0)
        return child_stay(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
