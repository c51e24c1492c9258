/* bench_symbols.c - what a big symbol file costs: compiling it over only reading its lines, opening its table over only reading that, and a
 * look-up with inlines over only searching the addresses.
 *
 * The file is made here: functions with C++ names, lines, two levels of inlines and unwind rules in the proportions of a browser's. One
 * JSON line each (table.mjs); peak memory and rates go to stderr. */
#include "base/file.h"
#include "symbols/sym.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define FILE_BYTES     ((size_t)100 << 20)
#define FUNCTION_BYTES 0x200u
#define LINES          32u
#define FIRST_RVA      0x1000u
#define COMPILE_ROUNDS 5
#define LOOKUP_ROUNDS  9
#define LOOKUPS        1000000u

static void must(enum status status, const char *what)
{
    if (status == ST_OK)
        return;
    fprintf(stderr, "bench_symbols: %s: %s\n", what, status_text(status));
    exit(1);
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, const char *unit, double *ours, double *theirs, int rounds, unsigned per_round)
{
    double median, other;

    qsort(ours, (size_t)rounds, sizeof *ours, compare);
    qsort(theirs, (size_t)rounds, sizeof *theirs, compare);
    median = ours[rounds / 2];
    other = theirs[rounds / 2];
    printf("{\"name\":\"%s\",\"unit\":\"%s\",\"ours\":%.1f,\"theirs\":%.1f,\"ratio\":%.3f,\"n\":%u,\"spread\":%.3f}\n", name, unit, median,
           other, median / other, (unsigned)rounds * per_round, (ours[rounds * 3 / 4] - ours[rounds / 4]) / median);
}

static void function_write(struct buffer *out, uint32_t number)
{
    uint32_t rva = FIRST_RVA + number * FUNCTION_BYTES;

    buffer_printf(out,
                  "FUNC %" PRIx32 " %x 0 company::component%" PRIu32 "::Widget<int, std::allocator<char>>::Handle%" PRIu32
                  "(char const*, int)\n",
                  rva, FUNCTION_BYTES, number % 977, number);
    for (uint32_t i = 0; i < 4; i++)
        buffer_printf(out, "INLINE 0 %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIx32 " 40 %" PRIx32 " 10\n", 100 + i, number % 4000,
                      (number * 7 + i) % 20000, rva + i * 0x80, rva + i * 0x80 + 0x60);
    for (uint32_t i = 0; i < 4; i++)
        buffer_printf(out, "INLINE 1 %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIx32 " 10\n", 200 + i, (number + 1) % 4000,
                      (number * 13 + i) % 20000, rva + i * 0x80 + 0x10);
    for (uint32_t i = 0; i < LINES; i++)
        buffer_printf(out, "%" PRIx32 " 10 %" PRIu32 " %" PRIu32 "\n", rva + i * 0x10, 300 + (number * 31 + i) % 5000,
                      (number + i % 3) % 4000);
}

static void unwind_write(struct buffer *out, uint32_t number)
{
    uint32_t rva = FIRST_RVA + number * FUNCTION_BYTES;

    buffer_printf(out, "STACK CFI INIT %" PRIx32 " %x .cfa: $rsp 8 + .ra: .cfa 8 - ^\n", rva, FUNCTION_BYTES);
    buffer_printf(out, "STACK CFI %" PRIx32 " .cfa: $rsp 16 + $rbx: .cfa 16 - ^\n", rva + 1);
    buffer_printf(out, "STACK CFI %" PRIx32 " .cfa: $rsp %" PRIu32 " +\n", rva + 5, 32 + number % 64 * 16);
}

static void flush(struct file *file, struct buffer *text, size_t *written)
{
    must(file_write(file, text->data, text->len), "writing the symbol file");
    *written += text->len;
    buffer_reset(text);
}

/* Returns how many functions the file has. */
static uint32_t sym_write(const char *path, size_t *ret_size)
{
    struct file file = {FILE_CLOSED};
    uint32_t functions = 0;
    struct buffer text;

    *ret_size = 0;
    buffer_init(&text, (size_t)16 << 20);
    must(file_open(&file, path, FILE_MODE_CREATE), "creating the symbol file");
    buffer_append_text(&text, "MODULE windows x86_64 ABCDEF0 bench.pdb\n");
    for (uint32_t i = 0; i < 4000; i++)
        buffer_printf(&text, "FILE %" PRIu32 " c:\\build\\source\\folder%" PRIu32 "\\file%" PRIu32 ".cpp\n", i, i % 100, i);
    for (uint32_t i = 0; i < 20000; i++)
        buffer_printf(&text, "INLINE_ORIGIN %" PRIu32 " std::vector<company::Thing%" PRIu32 ">::push_back(company::Thing%" PRIu32 "&&)\n",
                      i, i, i);
    while (*ret_size < FILE_BYTES / 100 * 89) {
        for (unsigned i = 0; i < 1000; i++)
            function_write(&text, functions++);
        flush(&file, &text, ret_size);
    }
    for (uint32_t i = 0; i < functions; i++) {
        unwind_write(&text, i);
        if (text.len > (1u << 20))
            flush(&file, &text, ret_size);
    }
    flush(&file, &text, ret_size);
    file_close(&file);
    buffer_done(&text);
    return functions;
}

/* Reads a file in the same pieces as the reader of symbol files and finds its lines. */
static size_t lines_count(const char *path)
{
    static char piece[256 << 10];
    struct file file = {FILE_CLOSED};
    size_t size = 1, lines = 0;

    must(file_open(&file, path, FILE_MODE_READ), "opening a file");
    while (size) {
        must(file_read(&file, piece, sizeof piece, &size), "reading a file");
        for (const char *at = piece; (at = memchr(at, '\n', (size_t)(piece + size - at))); at++)
            lines++;
    }
    file_close(&file);
    return lines;
}

static void compile(const char *sym, const char *table)
{
    struct symbol_builder *builder = NULL;
    struct file file = {FILE_CLOSED};
    const char *why = "";

    must(file_open(&file, sym, FILE_MODE_READ), "opening the symbol file");
    must(symbol_builder_create(&builder), "creating a builder");
    must(sym_read(builder, &file, &why), why);
    must(symbol_builder_save(builder, table), "saving the table");
    symbol_builder_free(builder);
    file_close(&file);
}

static void bench_compile(const char *sym, const char *path, size_t size)
{
    double ours[COMPILE_ROUNDS], theirs[COMPILE_ROUNDS];
    struct rusage usage;

    for (int round = 0; round < COMPILE_ROUNDS; round++) {
        double start = now_us();
        size_t lines = lines_count(sym);

        theirs[round] = (now_us() - start) / 1e3;
        start = now_us();
        compile(sym, path);
        ours[round] = (now_us() - start) / 1e3;
        if (!lines)
            exit(1);
    }
    getrusage(RUSAGE_SELF, &usage);
    print("compile a 100 MB .sym, against reading its lines", "ms", ours, theirs, COMPILE_ROUNDS, 1);
    fprintf(stderr, "bench_symbols: %.0f MB of text at %.0f MB/s, peak memory %.0f MB\n", (double)size / 1048576,
            (double)size / 1048.576 / ours[COMPILE_ROUNDS / 2], (double)usage.ru_maxrss / 1024);
}

static void bench_open(const char *path)
{
    double ours[LOOKUP_ROUNDS], theirs[LOOKUP_ROUNDS];

    for (int round = 0; round < LOOKUP_ROUNDS; round++) {
        struct symbol_table *table = NULL;
        double start = now_us();
        size_t lines = lines_count(path);

        theirs[round] = (now_us() - start) / 1e3;
        start = now_us();
        must(symbols_open_file(&table, path), "opening the table");
        ours[round] = (now_us() - start) / 1e3;
        symbols_close(table);
        if (!lines)
            exit(1);
    }
    print("open the table of a 100 MB .sym, against reading it", "ms", ours, theirs, LOOKUP_ROUNDS, 1);
}

static uint32_t next_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 32);
}

/* The last address at or below rva, as plainly as it can be done. */
static uint32_t search(const uint32_t *addresses, uint32_t count, uint32_t rva)
{
    uint32_t at = 0;

    while (count > 1) {
        uint32_t half = count / 2;

        at += addresses[at + half] <= rva ? half : 0;
        count -= half;
    }
    return at;
}

static void bench_lookup(const struct symbol_table *table, uint32_t functions)
{
    double ours[LOOKUP_ROUNDS], theirs[LOOKUP_ROUNDS];
    uint32_t span = functions * FUNCTION_BYTES, count = functions * LINES;
    uint32_t *addresses = malloc(count * sizeof *addresses);
    volatile uint64_t sink = 0;
    uint64_t seed = 1, frames_seen = 0;

    if (!addresses)
        must(ST_MEMORY, "making addresses");
    for (uint32_t i = 0; i < count; i++)
        addresses[i] = FIRST_RVA + i * (FUNCTION_BYTES / LINES);
    for (int round = 0; round < LOOKUP_ROUNDS; round++) {
        double start = now_us();

        for (uint32_t i = 0; i < LOOKUPS; i++)
            sink += search(addresses, count, FIRST_RVA + next_number(&seed) % span);
        theirs[round] = (now_us() - start) * 1e3 / LOOKUPS;
        start = now_us();
        for (uint32_t i = 0; i < LOOKUPS; i++) {
            struct symbol_frame frames[SYMBOLS_MAX_FRAMES];
            size_t found = 0;

            must(symbols_lookup(table, FIRST_RVA + next_number(&seed) % span, frames, SYMBOLS_MAX_FRAMES, &found), "looking up");
            sink += frames[0].line;
            frames_seen += found;
        }
        ours[round] = (now_us() - start) * 1e3 / LOOKUPS;
    }
    free(addresses);
    print("look up a random address with inlines, against a binary search", "ns", ours, theirs, LOOKUP_ROUNDS, LOOKUPS);
    fprintf(stderr, "bench_symbols: %.2f frames a look-up\n", (double)frames_seen / LOOKUPS / LOOKUP_ROUNDS);
}

int main(int argc, char **argv)
{
    struct symbol_table *table = NULL;
    char sym[512], path[512];
    uint32_t functions;
    size_t size;

    if (argc != 2) {
        fprintf(stderr, "usage: bench_symbols EMPTY_DIR\n");
        return 2;
    }
    snprintf(sym, sizeof sym, "%s/bench.sym", argv[1]);
    snprintf(path, sizeof path, "%s/bench.table", argv[1]);
    functions = sym_write(sym, &size);
    bench_compile(sym, path, size);
    bench_open(path);
    must(symbols_open_file(&table, path), "opening the table");
    bench_lookup(table, functions);
    symbols_close(table);
    return 0;
}
