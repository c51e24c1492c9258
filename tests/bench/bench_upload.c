/* bench_upload.c - dumps compressed and posted, by salvor-upload and by gzip and one curl that keeps its connection, at zlib's same level:
 * a thousand real ones of 200 KB, and one of 2 GB. Rounds of both take turns. One JSON line for each number is printed (table.mjs). */
#include "base/file.h"
#include "bench_sink.h"
#include "spool/spool.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS      3
#define DUMPS       1000
#define LARGE_BYTES (2000ull * 1000 * 1000)
#define PATH_BYTES  600

static const char *const sources[] = {BENCH_DATA "/access-violation.dmp", BENCH_DATA "/divide.dmp", BENCH_DATA "/fast-fail.dmp"};

struct bench {
    const char *dir;
    char url[64], many[PATH_BYTES], queue[PATH_BYTES], large[PATH_BYTES], config[PATH_BYTES];
    const char *names[DUMPS];
    uint64_t many_bytes, packed_bytes;
    struct bench_sink sink;
};

static void must(enum status status, const char *what)
{
    if (status == ST_OK)
        return;
    fprintf(stderr, "bench_upload: %s: %s\n", what, status_text(status));
    exit(1);
}

/* The number-th of the thousand: a real dump with a time of its own. */
static void dump_read(unsigned number, struct buffer *ret)
{
    uint32_t time = 1700000000 + number;

    buffer_reset(ret);
    must(file_read_whole(sources[number % 3], 1 << 20, ret), "reading a dump");
    memcpy(ret->data + 20, &time, sizeof time);
}

static void many_write(struct bench *bench)
{
    struct buffer dump;

    must(folder_create(bench->many), "making a folder");
    buffer_init(&dump, 1 << 20);
    bench->many_bytes = 0;
    for (unsigned i = 0; i < DUMPS; i++) {
        char path[PATH_BYTES + 32];
        struct file file;

        snprintf(path, sizeof path, "%s/%u.dmp", bench->many, i);
        dump_read(i, &dump);
        must(file_open(&file, path, FILE_MODE_CREATE), "making a dump");
        must(file_write(&file, dump.data, dump.len), "writing a dump");
        file_close(&file);
        bench->names[i] = strdup(path);
        bench->many_bytes += dump.len;
    }
    buffer_done(&dump);
}

static void queue_fill(struct bench *bench)
{
    struct spool *spool = NULL;
    struct buffer dump;

    must(spool_open(&spool, bench->queue), "opening a queue");
    buffer_init(&dump, 1 << 20);
    for (unsigned i = 0; i < DUMPS; i++) {
        struct spool_draft *draft = NULL;
        char record[256];
        int len = snprintf(record, sizeof record, "format=1\nid=00000000-0000-5000-8000-%012x\napp=app.exe\npid=%u\ncrash_time=%u\n", i, i,
                           1700000000 + i);

        dump_read(i, &dump);
        must(spool_draft_create(spool, &draft), "making a report");
        must(file_write(spool_draft_file(draft), dump.data, dump.len), "writing a report");
        must(spool_draft_end_dump(draft, NULL), "ending a dump");
        must(spool_draft_commit(draft, record, (size_t)len, SPOOL_PENDING, NULL), "committing a report");
    }
    buffer_done(&dump);
    spool_close(spool);
}

/* A full dump's size, of real dumps: they lie further apart than zlib can look back. */
static void large_write(const struct bench *bench)
{
    struct buffer dump;
    struct file file;
    uint64_t total = 0;

    buffer_init(&dump, 1 << 20);
    must(file_open(&file, bench->large, FILE_MODE_CREATE), "making the large dump");
    for (unsigned i = 0; total < LARGE_BYTES; i++, total += dump.len) {
        dump_read(i, &dump);
        must(file_write(&file, dump.data, dump.len), "writing the large dump");
    }
    file_close(&file);
    buffer_done(&dump);
}

static void config_write(const struct bench *bench, const char *const *names, unsigned count)
{
    struct buffer text;

    buffer_init(&text, 1 << 20);
    for (unsigned i = 0; i < count; i++)
        must(buffer_printf(&text,
                           "%surl = \"%s/submit\"\nform = \"prod=app.exe\"\nform = \"upload_file_minidump=@%s.gz\"\nheader = \"Expect:\"\n",
                           i ? "next\n" : "", bench->url, names[i]),
             "writing curl's file");
    must(file_write_whole(bench->config, text.data, text.len), "writing curl's file");
    buffer_done(&text);
}

/* Of files that exist: gzip at this level, then one curl. Adds what gzip made to *packed. */
static struct bench_cost theirs_run(const struct bench *bench, const char *level, const char *const *names, unsigned count,
                                    uint64_t *packed)
{
    static const char *gzip[DUMPS + 4];
    const char *const curl[] = {"curl", "-s", "-f", "-K", bench->config, NULL};
    struct bench_cost cost = {0};
    unsigned at = 0;

    gzip[at++] = "gzip";
    gzip[at++] = level;
    gzip[at++] = "-k";
    for (unsigned i = 0; i < count; i++)
        gzip[at++] = names[i];
    gzip[at] = NULL;
    config_write(bench, names, count);
    bench_run(gzip, &cost);
    bench_run(curl, &cost);
    for (unsigned i = 0; i < count; i++) {
        char path[PATH_BYTES + 40];
        struct file_info info;

        snprintf(path, sizeof path, "%s.gz", names[i]);
        must(file_stat(path, &info), "looking at what gzip made");
        *packed += info.size_bytes;
        must(file_remove(path), "removing what gzip made");
    }
    return cost;
}

static struct bench_cost ours_run(const struct bench *bench, const char *const *names, unsigned count)
{
    static const char *argv[DUMPS + 4] = {BENCH_UPLOAD, "--url"};
    struct bench_cost cost = {0};

    argv[2] = bench->url;
    for (unsigned i = 0; i < count; i++)
        argv[3 + i] = names[i];
    argv[3 + count] = NULL;
    bench_run(argv, &cost);
    return cost;
}

static struct bench_cost queue_run_once(const struct bench *bench)
{
    const char *const argv[] = {BENCH_UPLOAD, "--url", bench->url, "--queue", bench->queue, NULL};
    struct bench_cost cost = {0};

    bench_run(argv, &cost);
    return cost;
}

static void folder_clear(const char *path)
{
    const char *const argv[] = {"rm", "-rf", path, NULL};
    struct bench_cost cost = {0};

    bench_run(argv, &cost);
}

static void one_print(const char *name, const char *unit, double ours, double theirs, unsigned n)
{
    bench_print(name, unit, &ours, &theirs, 1, n);
}

static void many_measure(struct bench *bench)
{
    double cpu[ROUNDS], wall[ROUNDS], their_cpu[ROUNDS], their_wall[ROUNDS], queue_cpu[ROUNDS], queue_wall[ROUNDS];
    uint64_t packed = 0, written = 0, resident = 0, sent = 0;
    double gb;

    many_write(bench);
    gb = (double)bench->many_bytes / 1e9;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct bench_cost theirs = theirs_run(bench, "-6", bench->names, DUMPS, &packed), ours = ours_run(bench, bench->names, DUMPS),
                          queue;
        uint64_t before = bench->sink.seen->body_bytes;

        queue_fill(bench);
        queue = queue_run_once(bench);
        folder_clear(bench->queue);
        cpu[i] = ours.cpu_s / gb;
        wall[i] = ours.wall_s;
        queue_cpu[i] = queue.cpu_s / gb;
        queue_wall[i] = queue.wall_s;
        their_cpu[i] = theirs.cpu_s / gb;
        their_wall[i] = theirs.wall_s;
        written += queue.written_bytes;
        sent += bench->sink.seen->body_bytes - before;
        resident = queue.resident_kb > resident ? queue.resident_kb : resident;
    }
    bench_print("1,000 real 200 KB dumps packed and posted, processor time per GB, against gzip and one curl", "s", cpu, their_cpu, ROUNDS,
                ROUNDS * DUMPS);
    bench_print("the same, wall time", "s", wall, their_wall, ROUNDS, ROUNDS * DUMPS);
    bench_print("the same from the queue, which syncs each step, processor time per GB", "s", queue_cpu, their_cpu, ROUNDS, ROUNDS * DUMPS);
    bench_print("the same from the queue, which syncs each step, wall time", "s", queue_wall, their_wall, ROUNDS, ROUNDS * DUMPS);
    one_print("bytes that working off the queue gives to the disk (packed requests, history, records), against those it sends", "MB",
              (double)written / 1e6, (double)sent / 1e6, ROUNDS * DUMPS);
    one_print("resident memory at most, 1,000 dumps from the queue, against the goal", "MB", (double)resident / 1024, 16, ROUNDS);
    folder_clear(bench->many);
}

static void large_measure(const struct bench *bench)
{
    const char *const names[] = {bench->large};
    uint64_t packed = 0;

    large_write(bench);
    struct bench_cost theirs = theirs_run(bench, "-1", names, 1, &packed), ours = ours_run(bench, names, 1);

    one_print("one dump of 2 GB packed and posted, processor time per GB, against gzip and curl", "s", ours.cpu_s / 2, theirs.cpu_s / 2, 1);
    one_print("the same, wall time", "s", ours.wall_s, theirs.wall_s, 1);
    one_print("the same, bytes given to the disk, against the file that gzip makes", "MB", (double)ours.written_bytes / 1e6,
              (double)packed / 1e6, 1);
    one_print("the same, resident memory at most, against the goal", "MB", (double)ours.resident_kb / 1024, 16, 1);
    must(file_remove(bench->large), "removing the large dump");
}

int main(int argc, char **argv)
{
    struct bench bench = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: bench_upload EMPTY_DIR\n");
        return 2;
    }
    bench.dir = argv[1];
    snprintf(bench.many, sizeof bench.many, "%s/many", bench.dir);
    snprintf(bench.queue, sizeof bench.queue, "%s/queue", bench.dir);
    snprintf(bench.large, sizeof bench.large, "%s/large.dmp", bench.dir);
    snprintf(bench.config, sizeof bench.config, "%s/curl.txt", bench.dir);
    bench_sink_start(&bench.sink);
    snprintf(bench.url, sizeof bench.url, "http://127.0.0.1:%u", bench.sink.port);
    many_measure(&bench);
    large_measure(&bench);
    bench_sink_stop(&bench.sink);
    return 0;
}
