/* bench_idle.c - the collector: from a dump's rename into the queue to the first byte on the wire, and what it costs while nothing happens.
 *
 * Without an argument the program is the empty one that memory is compared with. One JSON line for each number is printed (table.mjs). */
#include "base/file.h"
#include "bench_sink.h"
#include "spool/spool.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS     15
#define IDLE_S     10
#define LIMIT_US   10e6
#define PATH_BYTES 600

static void must(enum status status, const char *what)
{
    if (status == ST_OK)
        return;
    fprintf(stderr, "bench_idle: %s: %s\n", what, status_text(status));
    exit(1);
}

/* The sum of the numbers behind a word in a file of /proc. */
static uint64_t proc_sum(const char *path, const char *word)
{
    struct buffer text;
    uint64_t sum = 0;

    buffer_init(&text, 1 << 20);
    if (file_read_whole(path, 1 << 20, &text) == ST_OK) /* a thread may end meanwhile */
        for (const char *at = strstr(buffer_text(&text), word); at; at = strstr(at + 1, word))
            sum += strtoull(at + strlen(word), NULL, 10);
    buffer_done(&text);
    return sum;
}

static double private_kb(pid_t pid)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    return (double)(proc_sum(path, "Private_Clean:") + proc_sum(path, "Private_Dirty:"));
}

/* How often the process's threads were woken so far. */
static uint64_t wakeups(pid_t pid)
{
    char path[64], task[128];
    struct folder *folder;
    const char *name;
    uint64_t sum = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    must(folder_open(&folder, path), "looking at the collector's threads");
    while (folder_next(folder, &name) == ST_OK) {
        snprintf(task, sizeof task, "%s/%.20s/status", path, name);
        sum += proc_sum(task, "\nvoluntary_ctxt_switches:");
    }
    folder_close(folder);
    return sum;
}

/* Gives the time when the commit, which syncs and renames, began. */
static double report_put(struct spool *spool, unsigned number)
{
    double start;
    struct spool_draft *draft = NULL;
    struct buffer dump;
    char record[256];
    int len = snprintf(record, sizeof record, "format=1\nid=00000000-0000-5000-8000-%012x\napp=app.exe\npid=%u\ncrash_time=1700000000\n",
                       number, number);

    buffer_init(&dump, 1 << 20);
    must(file_read_whole(BENCH_DATA "/access-violation.dmp", 1 << 20, &dump), "reading a dump");
    must(spool_draft_create(spool, &draft), "making a report");
    must(file_write(spool_draft_file(draft), dump.data, dump.len), "writing a report");
    must(spool_draft_end_dump(draft, NULL), "ending a dump");
    start = bench_now_us();
    must(spool_draft_commit(draft, record, (size_t)len, SPOOL_NEW, NULL), "committing a report");
    buffer_done(&dump);
    return start;
}

static double first_byte_wait(const struct bench_sink *sink, double start)
{
    while (sink->seen->first_byte_us == 0) {
        bench_must(bench_now_us() - start < LIMIT_US, "waiting for a report");
        usleep(200);
    }
    return (sink->seen->first_byte_us - start) / 1e3;
}

/* Until the queue's report is in done/, so that the next one meets an idle collector. */
static void done_wait(struct spool *spool, size_t wanted)
{
    double start = bench_now_us();

    for (;;) {
        struct spool_entry *entries = NULL;
        size_t count = 0;

        must(spool_list(spool, SPOOL_DONE, &entries, &count), "looking at the queue");
        spool_list_free(entries, count);
        if (count >= wanted)
            return;
        bench_must(bench_now_us() - start < LIMIT_US, "waiting for a report to be done");
        usleep(1000);
    }
}

static void latency_measure(struct spool *spool, const struct bench_sink *sink, const char *url)
{
    static const char form[] = "upload_file_minidump=@" BENCH_DATA "/access-violation.dmp";
    const char *const curl[] = {"curl", "-s", "-F", form, url, NULL};
    double ours[ROUNDS], theirs[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct bench_cost cost = {0};
        double start = bench_now_us();

        sink->seen->first_byte_us = 0;
        bench_run(curl, &cost);
        theirs[i] = first_byte_wait(sink, start);
        sink->seen->first_byte_us = 0;
        start = report_put(spool, i);
        ours[i] = first_byte_wait(sink, start);
        done_wait(spool, i + 1);
    }
    bench_print("dump synced and renamed into the queue until its first byte is sent (goal: under 100 ms), against a curl started by hand",
                "ms", ours, theirs, ROUNDS, ROUNDS);
}

static void idle_measure(pid_t collector, const char *self)
{
    const char *const empty_argv[] = {self, NULL};
    pid_t empty = bench_start(empty_argv);
    uint64_t before = wakeups(collector);
    double woken, goal = 1, memory, empty_memory, allowed;

    sleep(IDLE_S);
    woken = (double)(wakeups(collector) - before) / IDLE_S;
    memory = private_kb(collector);
    empty_memory = private_kb(empty);
    allowed = empty_memory + 4096;
    bench_must(memory > 0 && empty_memory > 0, "reading /proc");
    bench_print("private memory of the idle collector, against an empty program and 4 MB", "KB", &memory, &allowed, 1, 1);
    bench_print("wake-ups a second of the idle collector, against the goal", "1/s", &woken, &goal, 1, 1);
    kill(empty, SIGKILL);
    waitpid(empty, NULL, 0);
}

/* The folder appears when the collector has begun. */
static void collector_wait(const char *queue)
{
    double start = bench_now_us();
    struct file_info info;
    char path[PATH_BYTES + 32];

    snprintf(path, sizeof path, "%s/new", queue);
    while (file_stat(path, &info) != ST_OK) {
        bench_must(bench_now_us() - start < LIMIT_US, "waiting for the collector");
        usleep(1000);
    }
}

int main(int argc, char **argv)
{
    char url[64], data[PATH_BYTES], queue[PATH_BYTES + 16];
    const char *const collector_argv[] = {BENCH_COLLECTOR, "run", "--data", data, "--url", url, NULL};
    struct bench_sink sink;
    struct spool *spool = NULL;
    pid_t collector;

    if (argc != 2) {
        pause();
        return 0;
    }
    snprintf(data, sizeof data, "%s/data", argv[1]);
    snprintf(queue, sizeof queue, "%s/queue", data);
    bench_sink_start(&sink);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/submit", sink.port);
    collector = bench_start(collector_argv);
    collector_wait(queue);
    must(spool_open(&spool, queue), "opening the queue");
    latency_measure(spool, &sink, url);
    idle_measure(collector, argv[0]);
    spool_close(spool);
    kill(collector, SIGTERM);
    waitpid(collector, NULL, 0);
    bench_sink_stop(&sink);
    return 0;
}
