/* bench_sink.c - one connection at a time, as both sides of the comparison keep theirs. */
#include "bench_sink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HEAD_BYTES 65536

void bench_must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

double bench_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Reads one request; false at the connection's end. buffer holds *used bytes of it already. */
static bool request_take(int fd, volatile struct bench_seen *seen, char *buffer, size_t *used)
{
    char *end;
    const char *length;
    uint64_t left;
    ssize_t got;

    while (!(end = memmem(buffer, *used, "\r\n\r\n", 4))) {
        got = *used < HEAD_BYTES ? read(fd, buffer + *used, HEAD_BYTES - *used) : -1;
        if (got <= 0)
            return false;
        if (seen->first_byte_us == 0)
            seen->first_byte_us = bench_now_us();
        *used += (size_t)got;
    }
    *end = 0;
    length = strcasestr(buffer, "content-length:");
    left = length ? strtoull(length + strlen("content-length:"), NULL, 10) : 0;
    seen->body_bytes += left;
    *used -= (size_t)(end + 4 - buffer);
    memmove(buffer, end + 4, *used);
    if (left <= *used) {
        *used -= left;
        memmove(buffer, buffer + left, *used);
        return true;
    }
    for (left -= *used, *used = 0; left; left -= (uint64_t)got) {
        got = read(fd, buffer, left < HEAD_BYTES ? left : HEAD_BYTES);
        if (got <= 0)
            return false;
    }
    return true;
}

static void serve(int listener, volatile struct bench_seen *seen)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nCrashID=b-1";
    static char buffer[HEAD_BYTES + 1];

    for (;;) {
        int fd = accept(listener, NULL, NULL);
        size_t used = 0;

        while (fd >= 0 && request_take(fd, seen, buffer, &used)) {
            seen->requests++;
            if (write(fd, answer, sizeof answer - 1) < 0)
                break;
        }
        close(fd);
    }
}

void bench_sink_start(struct bench_sink *ret)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    void *shared = mmap(NULL, sizeof *ret->seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    bench_must(listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0 && listen(listener, 16) == 0 &&
                   getsockname(listener, (struct sockaddr *)&address, &size) == 0 && shared != MAP_FAILED,
               "starting the sink");
    ret->port = ntohs(address.sin_port);
    ret->seen = shared;
    ret->pid = fork();
    bench_must(ret->pid >= 0, "forking the sink");
    if (ret->pid == 0)
        serve(listener, ret->seen);
    close(listener);
}

void bench_sink_stop(struct bench_sink *sink)
{
    kill(sink->pid, SIGKILL);
    waitpid(sink->pid, NULL, 0);
}

pid_t bench_start(const char *const *argv)
{
    pid_t pid = fork();

    bench_must(pid >= 0, "starting a program");
    if (pid)
        return pid;
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* The number behind a word in a file of /proc. */
static uint64_t proc_number(const char *path, const char *word)
{
    char text[4096] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    const char *found = got > 0 ? strstr(text, word) : NULL;

    close(fd);
    bench_must(found != NULL, "reading what a program wrote");
    return strtoull(found + strlen(word), NULL, 10);
}

/* What an ended program, not yet waited for, gave to disks: pages that were dropped with their file before they went there do not count. */
static uint64_t written_by(pid_t pid)
{
    char path[64];
    uint64_t written, cancelled;

    snprintf(path, sizeof path, "/proc/%d/io", (int)pid);
    written = proc_number(path, "\nwrite_bytes: ");
    cancelled = proc_number(path, "\ncancelled_write_bytes: ");
    return written > cancelled ? written - cancelled : 0;
}

void bench_run(const char *const *argv, struct bench_cost *sum)
{
    siginfo_t info;
    struct rusage usage;
    double start = bench_now_us();
    int status;
    pid_t pid = bench_start(argv);

    bench_must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0, "waiting for a program");
    sum->wall_s += (bench_now_us() - start) / 1e6;
    sum->written_bytes += written_by(pid);
    bench_must(wait4(pid, &status, 0, &usage) == pid, "waiting for a program");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s ended with status %d\n", argv[0], status);
        exit(1);
    }
    sum->wall_s += (bench_now_us() - start) / 1e6;
    sum->cpu_s +=
        (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    if ((uint64_t)usage.ru_maxrss > sum->resident_kb)
        sum->resident_kb = (uint64_t)usage.ru_maxrss;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void bench_print(const char *name, const char *unit, double *ours, double *theirs, unsigned count, unsigned n)
{
    qsort(ours, count, sizeof *ours, compare);
    qsort(theirs, count, sizeof *theirs, compare);
    double median = ours[count / 2], other = theirs[count / 2];

    printf("{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.3f,\"theirs\":%.3f,\"ratio\":%.3f,\"n\":%u,\"spread\":%.3f}\n", name, unit, median,
           other, median / other, n, (ours[count * 3 / 4] - ours[count / 4]) / median);
    fflush(stdout);
}
