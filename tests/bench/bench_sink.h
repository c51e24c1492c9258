/* bench_sink.h - the least that a server can do, in a process of its own, and what programs that talk to it cost. */
#ifndef SALVOR_TESTS_BENCH_SINK_H
#define SALVOR_TESTS_BENCH_SINK_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bench_sink {
    pid_t pid;
    unsigned port;
    /* shared with the process */
    volatile struct bench_seen {
        double first_byte_us; /* steady time of the first byte since this was last 0 */
        uint64_t requests, body_bytes;
    } * seen;
};

/* Starts it on loopback; it takes requests with a Content-Length, keeps connections, and answers 200. */
void bench_sink_start(struct bench_sink *ret);
void bench_sink_stop(struct bench_sink *sink);

struct bench_cost {
    double wall_s, cpu_s;
    uint64_t resident_kb, written_bytes; /* at most; to disks */
};

/* Runs a program to its end, quietly, and adds what it cost (resident_kb: the larger one counts). Ends the bench when it fails. */
void bench_run(const char *const *argv, struct bench_cost *sum);
/* Starts one that stays. */
pid_t bench_start(const char *const *argv);
double bench_now_us(void);
/* Prints a line for table.mjs: medians of count values each. Sorts them. */
void bench_print(const char *name, const char *unit, double *ours, double *theirs, unsigned count, unsigned n);
/* Says what failed and ends the bench. */
void bench_must(bool holds, const char *what);

#endif
