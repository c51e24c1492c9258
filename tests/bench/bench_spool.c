/* bench_spool.c - what a report in the queue costs over the least that any durable queue does: write, fsync, rename, fsync the folder.
 *
 * Rounds of both take turns, so that the disk's moods hit both. One JSON line is printed (table.mjs). */
#include "base/file.h"
#include "base/random.h"
#include "spool/spool.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS     15
#define PER_ROUND  40
#define DUMP_BYTES (64u * 1024u)

static uint8_t dump[DUMP_BYTES];

static void must(enum status status, const char *what)
{
    if (status == ST_OK)
        return;
    fprintf(stderr, "bench_spool: %s: %s\n", what, status_text(status));
    exit(1);
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void commit_report(struct spool *spool, unsigned number)
{
    char record[256];
    struct spool_draft *draft = NULL;
    int len = snprintf(record, sizeof record, "format=1\nid=00000000-0000-5000-8000-%012x\napp=bench.exe\npid=%u\ncrash_time=1700000000\n",
                       number, number);

    must(spool_draft_create(spool, &draft), "creating a draft");
    must(file_write(spool_draft_file(draft), dump, sizeof dump), "writing the dump");
    must(spool_draft_end_dump(draft, NULL), "ending the dump");
    must(spool_draft_commit(draft, record, (size_t)len, SPOOL_PENDING, NULL), "committing the report");
}

static void write_plainly(const char *dir, unsigned number)
{
    char from[600], to[600];
    struct file file = {FILE_CLOSED};

    snprintf(from, sizeof from, "%s/%u.tmp", dir, number);
    snprintf(to, sizeof to, "%s/%u.dmp", dir, number);
    must(file_open(&file, from, FILE_MODE_CREATE), "creating the plain file");
    must(file_write(&file, dump, sizeof dump), "writing the plain file");
    must(file_sync(&file), "syncing the plain file");
    file_close(&file);
    must(file_rename(from, to, false), "renaming the plain file");
    must(folder_sync(dir), "syncing the folder");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, double *ours, double *theirs)
{
    double median, other;

    qsort(ours, ROUNDS, sizeof *ours, compare);
    qsort(theirs, ROUNDS, sizeof *theirs, compare);
    median = ours[ROUNDS / 2];
    other = theirs[ROUNDS / 2];
    printf("{\"name\":\"%s\",\"unit\":\"us\",\"ours\":%.1f,\"theirs\":%.1f,\"ratio\":%.3f,\"n\":%d,\"spread\":%.3f}\n", name, median, other,
           median / other, ROUNDS * PER_ROUND, (ours[ROUNDS * 3 / 4] - ours[ROUNDS / 4]) / median);
}

int main(int argc, char **argv)
{
    double ours[ROUNDS], theirs[ROUNDS];
    char queue[512], plain[512];
    struct spool *spool = NULL;
    unsigned round, i;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_spool EMPTY_DIR\n");
        return 2;
    }
    snprintf(queue, sizeof queue, "%s/queue", argv[1]);
    snprintf(plain, sizeof plain, "%s/plain", argv[1]);
    must(random_bytes(dump, sizeof dump), "making a dump");
    must(folder_create(plain), "making the plain folder");
    must(spool_open(&spool, queue), "opening the queue");
    for (round = 0; round < ROUNDS; round++) {
        double start = now_us();
        for (i = 0; i < PER_ROUND; i++)
            write_plainly(plain, round * PER_ROUND + i);
        theirs[round] = (now_us() - start) / PER_ROUND;
        start = now_us();
        for (i = 0; i < PER_ROUND; i++)
            commit_report(spool, round * PER_ROUND + i);
        ours[round] = (now_us() - start) / PER_ROUND;
    }
    spool_close(spool);
    print("one 64 KiB report into the queue, against write+fsync+rename+fsync", ours, theirs);
    return 0;
}
