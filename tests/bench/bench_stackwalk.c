/* bench_stackwalk.c - salvor-stackwalk against Breakpad's minidump_stackwalk (of the npm package `minidump`) on the same dumps and the same
 * .sym files: a 100 MB file never seen and seen before, a thousand dumps in a row with a small one, and a full dump of 2 GB. Each run is a
 * process of its own; peaks of memory are the kernel's. What both say of the top frame must be equal, or nothing is measured. */
#include "base/file.h"
#include "support_minidump.h"
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BASE           0x140000000ull
#define STACK          0x20000ull
#define DEBUG_ID       "0102030405060708090A0B0C0D0E0F101"
#define FUNCTION_BYTES 0x200u
#define FIRST_RVA      0x1000u
#define LINES          16u
#define LARGE_BYTES    ((size_t)100 << 20)
#define SMALL_BYTES    ((size_t)1 << 20)
#define DEEP           40u
#define ROUNDS         5
#define MANY           1000u
#define FULL_BYTES     ((uint64_t)2 << 30)
#define FULL_OFFSET    ((uint64_t)1 << 20)

enum { OURS, THEIRS };

static char folder[2048];

static void give_up(const char *what)
{
    fprintf(stderr, "bench_stackwalk: %s\n", what);
    exit(1);
}

static const char *in_folder(const char *name)
{
    static char path[4][4096];
    static unsigned turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* -- the same work for both -- */

static uint32_t sym_write(const char *name, size_t bytes)
{
    char path[4200];
    uint32_t count = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/app.sym", in_folder(name));
    if (folder_create(in_folder(name)) != ST_OK)
        give_up("no folder for symbols");
    file = fopen(path, "w");
    if (!file)
        give_up("no symbol file");
    fprintf(file, "MODULE windows x86_64 " DEBUG_ID " app.pdb\nFILE 0 c:\\app\\source.cpp\n");
    for (; (size_t)ftell(file) < bytes; count++) {
        uint32_t rva = FIRST_RVA + count * FUNCTION_BYTES;

        fprintf(file, "FUNC %x %x 0 app::part%u::Handler<int, std::vector<char>>::handle_%u(int, char const*)\n", rva, FUNCTION_BYTES,
                count % 97, count);
        for (uint32_t i = 0; i < LINES; i++)
            fprintf(file, "%x %x %u 0\n", rva + i * (FUNCTION_BYTES / LINES), FUNCTION_BYTES / LINES, 10 + i);
        fprintf(file, "STACK CFI INIT %x %x .cfa: $rsp 8 + .ra: .cfa 8 - ^\n", rva, FUNCTION_BYTES);
    }
    fclose(file);
    if (!count)
        give_up("no symbols");
    return count;
}

/* A thread of DEEP calls through functions all over the module. full: behind it lie FULL_BYTES of memory that nobody asks for. */
static void dump_write(const char *name, uint32_t functions, bool full)
{
    static const uint8_t codeview[] = "RSDS\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x01\0\0\0app.pdb";
    static uint64_t stack[DEEP + 8];
    static struct dump dump;
    struct dump_thread thread = {
        .id = 7, .ip = BASE + FIRST_RVA + 0x10, .sp = STACK, .stack_address = STACK, .stack = stack, .stack_words = DEEP + 8};
    struct dump_module module = {.base = BASE, .size_bytes = functions * FUNCTION_BYTES + FIRST_RVA, .timestamp = 1, .name = "app.exe"};
    uint8_t list[32];
    struct span bytes;

    module.codeview = codeview;
    module.codeview_bytes = sizeof codeview;
    for (uint32_t i = 0; i < DEEP; i++)
        stack[i] = BASE + FIRST_RVA + (uint64_t)((i * 7919u) % functions) * FUNCTION_BYTES + 0x55;
    dump_begin(&dump, CPU_AMD64);
    dump_add_module(&dump, &module);
    dump_add_thread(&dump, &thread);
    dump_add_exception(&dump, 7, 0xc0000005, thread.ip, (const uint64_t[]){0, 16}, 2);
    if (full) {
        bytes_put_u64(list, 1);
        bytes_put_u64(list + 8, FULL_OFFSET);
        bytes_put_u64(list + 16, 0x7ff000000000ull);
        bytes_put_u64(list + 24, FULL_BYTES);
        dump_add_stream(&dump, 9, list, sizeof list);
    }
    bytes = dump_finish(&dump);
    if (file_write_whole(in_folder(name), bytes.data, bytes.len) != ST_OK)
        give_up("no dump");
    dump_done(&dump);
    if (full && truncate(in_folder(name), (off_t)(FULL_OFFSET + FULL_BYTES)) != 0) /* with holes: it takes no space */
        give_up("no full dump");
}

/* -- runs -- */

struct cost {
    double ms, cpu_ms, mb;
};

static double ms_of(const struct timeval *time)
{
    return (double)time->tv_sec * 1e3 + (double)time->tv_usec / 1e3;
}

static struct cost run(int whose, const char *dump, const char *symbols, const char *cache, const char *out)
{
    const char *const ours[] = {BENCH_STACKWALK, dump, "--symbols", symbols, cache ? "--symbols-cache" : NULL, cache, NULL};
    const char *const theirs[] = {BENCH_MINIDUMP, dump, symbols, NULL}, *const *argv = whose == OURS ? ours : theirs;
    posix_spawn_file_actions_t files;
    struct timespec start, end;
    struct rusage used;
    int status = 0;
    pid_t pid;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    /* Not a fork: copying this program's memory would be counted as theirs and ours. */
    if (posix_spawn(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ) != 0)
        give_up("a program could not be started");
    if (wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        give_up(whose == OURS ? "salvor-stackwalk did not end well"
                              : "minidump_stackwalk did not end well: is it installed (npm ci in tests/bench)?");
    clock_gettime(CLOCK_MONOTONIC, &end);
    posix_spawn_file_actions_destroy(&files);
    return (struct cost){(double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6,
                         ms_of(&used.ru_utime) + ms_of(&used.ru_stime), (double)used.ru_maxrss / 1024};
}

/* Both must have walked all frames and named them. */
static void check_output(const char *path)
{
    struct buffer text;
    size_t named = 0;

    buffer_init(&text, 64 << 20);
    if (file_read_whole(path, 64 << 20, &text) != ST_OK)
        give_up("no output");
    for (const char *at = buffer_text(&text); (at = strstr(at, "::handle_")) != NULL; at++)
        named++;
    buffer_done(&text);
    if (named < DEEP)
        give_up("a stack has not all of its frames named");
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print(const char *name, const char *unit, double *ours, double *theirs, int rounds, unsigned per_round)
{
    qsort(ours, (size_t)rounds, sizeof *ours, compare);
    qsort(theirs, (size_t)rounds, sizeof *theirs, compare);
    printf("{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.2f,\"theirs\":%.2f,\"ratio\":%.4f,\"n\":%u,\"spread\":%.3f}\n", name, unit,
           ours[rounds / 2], theirs[rounds / 2], ours[rounds / 2] / theirs[rounds / 2], (unsigned)rounds * per_round,
           (ours[rounds * 3 / 4] - ours[rounds / 4]) / ours[rounds / 2]);
    fflush(stdout);
}

static void cache_empty(const char *cache)
{
    struct folder *open_folder;
    const char *name;

    if (folder_open(&open_folder, cache) != ST_OK)
        return;
    while (folder_next(open_folder, &name) == ST_OK) {
        char *path = path_joined(cache, name);

        file_remove(path);
        free(path);
    }
    folder_close(open_folder);
}

static void measure(const char *what, const char *dump, const char *symbols, bool cold)
{
    double ours_ms[ROUNDS], theirs_ms[ROUNDS], ours_mb[ROUNDS], theirs_mb[ROUNDS];
    char cache[4096], out[4096], name[128];

    snprintf(cache, sizeof cache, "%s", in_folder("cache"));
    snprintf(out, sizeof out, "%s", in_folder("out"));
    for (int i = 0; i < ROUNDS; i++) {
        struct cost cost;

        if (cold)
            cache_empty(cache);
        cost = run(OURS, dump, symbols, cache, out);
        check_output(out);
        ours_ms[i] = cost.ms;
        ours_mb[i] = cost.mb;
        cost = run(THEIRS, dump, symbols, NULL, out);
        check_output(out);
        theirs_ms[i] = cost.ms;
        theirs_mb[i] = cost.mb;
    }
    snprintf(name, sizeof name, "stackwalk: %s, against minidump_stackwalk", what);
    print(name, "ms", ours_ms, theirs_ms, ROUNDS, 1);
    snprintf(name, sizeof name, "stackwalk: %s, peak memory, against minidump_stackwalk", what);
    print(name, "MB", ours_mb, theirs_mb, ROUNDS, 1);
}

/* The time of the processors too: of programs this short, a busy machine makes the other one mostly waiting for their start. */
static void measure_many(const char *dump, const char *symbols)
{
    struct cost ours = {0}, theirs = {0};
    char cache[4096], out[4096];

    snprintf(cache, sizeof cache, "%s", in_folder("cache"));
    snprintf(out, sizeof out, "%s", in_folder("out"));
    for (unsigned i = 0; i < MANY; i++) {
        struct cost cost = run(OURS, dump, symbols, cache, out);

        ours.ms += cost.ms;
        ours.cpu_ms += cost.cpu_ms;
        cost = run(THEIRS, dump, symbols, NULL, out);
        theirs.ms += cost.ms;
        theirs.cpu_ms += cost.cpu_ms;
    }
    print("stackwalk: 1,000 dumps in a row with a 1 MB .sym, against minidump_stackwalk", "ms", &ours.ms, &theirs.ms, 1, MANY);
    print("stackwalk: 1,000 dumps in a row with a 1 MB .sym, processor time, against minidump_stackwalk", "ms", &ours.cpu_ms,
          &theirs.cpu_ms, 1, MANY);
}

int main(int argc, char **argv)
{
    char large[4096], small[4096];
    uint32_t functions;

    snprintf(folder, sizeof folder, "%s", argc > 1 ? argv[1] : ".");
    functions = sym_write("large/app.pdb/" DEBUG_ID, LARGE_BYTES);
    dump_write("large.dmp", functions, false);
    functions = sym_write("small/app.pdb/" DEBUG_ID, SMALL_BYTES);
    dump_write("small.dmp", functions, false);
    dump_write("full.dmp", functions, true);
    snprintf(large, sizeof large, "%s", in_folder("large"));
    snprintf(small, sizeof small, "%s", in_folder("small"));
    measure("100 MB .sym never seen", in_folder("large.dmp"), large, true);
    measure("100 MB .sym seen before", in_folder("large.dmp"), large, false);
    measure("full dump of 2 GB", in_folder("full.dmp"), small, false);
    measure_many(in_folder("small.dmp"), small);
    return 0;
}
