/* bench_crash.c - bench-crash: lets bench-victim die with and without Salvor and prints what it measured, one `KEY VALUE` a line.
 *
 * A process is held from its fault, told by itself, to its exit time, told by the system. Times are in microseconds. A report is in the
 * spool when its file stands in one of the queue's folders, looked for every 2 ms: the folders have no event of their own. */
#include "wine/harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* needs windows.h */
#include <psapi.h>

#define COLD_RUNS  5
#define WARM_RUNS  5
#define DEAD_RUNS  5
#define CROWD      16
#define CROWD_RUNS 3
#define LOOPS      4
#define IDLERS     100
#define WAIT_MS    60000
#define POLL_MS    2
#define SETTLE_MS  500

static uint64_t us_of(FILETIME time)
{
    return ((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime) / 10;
}

static uint64_t now_us(void)
{
    FILETIME now;
    GetSystemTimePreciseAsFileTime(&now);
    return us_of(now);
}

static void say(const char *key, uint64_t value)
{
    printf("%s %llu\n", key, (unsigned long long)value);
    fflush(stdout);
}

static uint64_t read_us(struct process *victim, const char *word)
{
    char line[256];

    if (!harness_read_line(victim, word, line, sizeof line))
        fail_msg("bench-victim ended without saying '%s'", word);
    return strtoull(line + strlen(word), NULL, 10);
}

static uint64_t exit_us(struct process *victim)
{
    FILETIME start, end, kernel, user;
    HANDLE process = (HANDLE)process_os(victim);

    assert_int_equal(WaitForSingleObject(process, WAIT_MS), WAIT_OBJECT_0);
    assert_true(GetProcessTimes(process, &start, &end, &kernel, &user));
    return us_of(end);
}

/* Without the rules that count further reports of one crash instead of keeping them. */
static void start_collector(struct harness_collector *ret)
{
    static const char *const options[] = {"--rate-signature", "0", "--rate-program", "0", "--loop-crashes", "0", NULL};
    harness_collector_start_with(ret, harness_folder(), options);
}

static struct process *start_victim(const struct harness_collector *collector)
{
    struct process *victim = harness_start("bench-victim.exe", "salvor", collector->pipe, collector->inbox, (char *)NULL);
    read_us(victim, "ready");
    return victim;
}

static bool is_in_spool(const struct harness_collector *collector, uint32_t pid)
{
    static const enum spool_state states[] = {SPOOL_NEW, SPOOL_PENDING, SPOOL_UPLOADING};

    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char pattern[1200];
        WIN32_FIND_DATAA found;
        snprintf(pattern, sizeof pattern, "%s\\%s\\*-%lu.dmp", collector->queue, spool_state_name(states[i]), (unsigned long)pid);
        HANDLE search = FindFirstFileA(pattern, &found);
        if (search == INVALID_HANDLE_VALUE)
            continue;
        FindClose(search);
        return true;
    }
    return false;
}

static void wait_in_spool(const struct harness_collector *collector, uint32_t pid)
{
    uint64_t end = now_us() + WAIT_MS * 1000ull;

    while (!is_in_spool(collector, pid)) {
        if (now_us() > end)
            fail_msg("no report of process %lu came into %s", (unsigned long)pid, collector->queue);
        Sleep(POLL_MS);
    }
}

/* A program that has run for some seconds finds a dumper waiting. */
static uint32_t await_spare(const struct harness_collector *collector)
{
    uint64_t end = now_us() + WAIT_MS * 1000ull;
    uint32_t pid = 0;

    while (!harness_children(process_id(collector->process), "salvor-collector.exe", &pid)) {
        if (now_us() > end)
            fail_msg("no dumper waits for a crash");
        Sleep(POLL_MS);
    }
    Sleep(SETTLE_MS);
    return pid;
}

static void crash_with_salvor(const struct harness_collector *collector, bool at_once, const char *held_key, const char *spool_key)
{
    struct process *victim = start_victim(collector);
    uint64_t fault;

    if (!at_once)
        await_spare(collector);
    harness_say(victim, "go\n");
    fault = read_us(victim, "fault ");
    wait_in_spool(collector, process_id(victim));
    say(spool_key, now_us() - fault);
    say(held_key, exit_us(victim) - fault);
    harness_finish(victim, WAIT_MS);
}

static void crash_alone(const char *how, const char *warm_ups, const char *temperature)
{
    char path[1100], key[64];
    struct process *victim;
    uint64_t fault;

    snprintf(path, sizeof path, "%s\\own.dmp", harness_folder());
    victim = harness_start("bench-victim.exe", how, path, warm_ups, (char *)NULL);
    read_us(victim, "ready");
    harness_say(victim, "go\n");
    fault = read_us(victim, "fault ");
    snprintf(key, sizeof key, "spool_%s_%s", temperature, how);
    say(key, read_us(victim, "dumped ") - fault);
    snprintf(key, sizeof key, "held_%s_%s", temperature, how);
    say(key, exit_us(victim) - fault);
    harness_finish(victim, WAIT_MS);
}

/* The sides take turns, so that what the machine does meanwhile falls on each. */
static void measure_cold(void)
{
    for (int i = 0; i < COLD_RUNS; i++) {
        struct harness_collector collector;
        start_collector(&collector);
        crash_with_salvor(&collector, false, "held_cold_salvor", "spool_cold_salvor");
        harness_collector_stop(&collector);
        crash_alone("plain", "0", "cold");
        crash_alone("known", "0", "cold");
    }
}

static void measure_warm(const struct harness_collector *collector)
{
    crash_with_salvor(collector, true, "unused", "unused");
    for (int i = 0; i < WARM_RUNS; i++) {
        crash_with_salvor(collector, false, "held_warm_salvor", "spool_warm_salvor");
        crash_with_salvor(collector, true, "held_early_salvor", "spool_early_salvor");
        crash_alone("plain", "1", "warm");
        crash_alone("known", "1", "warm");
    }
}

static void measure_dead_monitor(void)
{
    for (int i = 0; i < DEAD_RUNS; i++) {
        struct harness_collector collector;
        struct process *victim;
        uint64_t fault;

        start_collector(&collector);
        victim = start_victim(&collector);
        harness_collector_stop(&collector);
        harness_say(victim, "go\n");
        fault = read_us(victim, "fault ");
        say("held_dead_monitor", exit_us(victim) - fault);
        harness_finish(victim, WAIT_MS);
    }
}

static void measure_loop(const char *how)
{
    char path[1100], count[16], key[32];
    struct process *victim;

    snprintf(path, sizeof path, "%s\\own.dmp", harness_folder());
    snprintf(count, sizeof count, "%d", LOOPS);
    snprintf(key, sizeof key, "each_%s", how);
    victim = harness_start("bench-victim.exe", "loop", how, path, count, (char *)NULL);
    say(key, read_us(victim, "looped ") / LOOPS);
    harness_finish(victim, WAIT_MS);
}

static void measure_crowd(const struct harness_collector *collector)
{
    struct process *victims[CROWD];
    uint64_t faults[CROWD], first = UINT64_MAX, longest = 0;

    for (size_t i = 0; i < CROWD; i++)
        victims[i] = start_victim(collector);
    await_spare(collector);
    for (size_t i = 0; i < CROWD; i++)
        harness_say(victims[i], "go\n");
    for (size_t i = 0; i < CROWD; i++) {
        faults[i] = read_us(victims[i], "fault ");
        first = faults[i] < first ? faults[i] : first;
    }
    for (size_t i = 0; i < CROWD; i++)
        wait_in_spool(collector, process_id(victims[i]));
    say("each_salvor", (now_us() - first) / CROWD);
    for (size_t i = 0; i < CROWD; i++) {
        uint64_t held = exit_us(victims[i]) - faults[i];
        longest = held > longest ? held : longest;
        harness_finish(victims[i], WAIT_MS);
    }
    say("held_crowd", longest);
}

/* Sixteen programs that dump themselves, as a measure of what this machine can do for sixteen at once. */
static void measure_crowd_alone(const char *how)
{
    struct process *victims[CROWD];
    uint64_t faults[CROWD], longest = 0;
    const char *folder = harness_folder();
    char path[1100], key[32];

    for (size_t i = 0; i < CROWD; i++) {
        snprintf(path, sizeof path, "%s\\own-%zu.dmp", folder, i);
        victims[i] = harness_start("bench-victim.exe", how, path, "1", (char *)NULL);
        read_us(victims[i], "ready");
    }
    for (size_t i = 0; i < CROWD; i++)
        harness_say(victims[i], "go\n");
    for (size_t i = 0; i < CROWD; i++)
        faults[i] = read_us(victims[i], "fault ");
    for (size_t i = 0; i < CROWD; i++) {
        read_us(victims[i], "dumped ");
        uint64_t held = exit_us(victims[i]) - faults[i];
        longest = held > longest ? held : longest;
        harness_finish(victims[i], WAIT_MS);
    }
    snprintf(key, sizeof key, "held_crowd_%s", how);
    say(key, longest);
}

static uint64_t private_bytes(HANDLE process)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};

    assert_true(K32GetProcessMemoryInfo(process, &counters, sizeof counters));
    return counters.PagefileUsage;
}

static uint64_t spare_bytes(const struct harness_collector *collector)
{
    HANDLE spare = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, await_spare(collector));
    uint64_t bytes;

    assert_non_null(spare);
    bytes = private_bytes(spare);
    CloseHandle(spare);
    return bytes;
}

static void measure_idle_clients(void)
{
    struct process *idlers[IDLERS];
    struct harness_collector collector;
    uint64_t before, after;

    start_collector(&collector);
    idlers[0] = start_victim(&collector); /* what is made once is made */
    say("spare_bytes", spare_bytes(&collector));
    before = private_bytes((HANDLE)process_os(collector.process));
    for (size_t i = 1; i < IDLERS; i++)
        idlers[i] = start_victim(&collector);
    after = private_bytes((HANDLE)process_os(collector.process));
    say("idle_client_bytes", after > before ? (after - before) / (IDLERS - 1) : 0);
    for (size_t i = 0; i < IDLERS; i++) {
        process_kill(idlers[i]);
        harness_finish(idlers[i], WAIT_MS);
    }
    harness_collector_stop(&collector);
}

int main(void)
{
    struct harness_collector collector;

    measure_cold();
    start_collector(&collector);
    measure_warm(&collector);
    for (int i = 0; i < CROWD_RUNS; i++) {
        measure_crowd(&collector);
        measure_loop("plain");
        measure_loop("known");
        measure_crowd_alone("known");
    }
    measure_crowd_alone("plain");
    harness_collector_stop(&collector);
    measure_dead_monitor();
    measure_idle_clients();
    return 0;
}
