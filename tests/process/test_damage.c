/* test_damage.c - small dumps and symbol files, cut off behind each byte and with random bytes changed: an error or a part, in bounded time
 * and memory, never a crash. The whole counts are run under SALVOR_TEST_FULL=1, else a sample. What the worst case took is printed; memory
 * is what the sanitizers' allocator holds, so it is known only with them. */
#include "unit.h"

#include "process/analysis.h"
#include "process/client.h"
#include "process/process.h"
#include "support_minidump.h"
#include "support_symbols.h"
#include "symbols/cache.h"
#include "symbols/pdb.h"
#include "symbols/pe_compile.h"
#include <jansson.h>
#include <time.h>

#define WHOLE_FLIPS     10000u
#define SAMPLED_FLIPS   400u
#define SAMPLED_CUTS    400u
#define MAX_FLIPS       8u /* bytes changed in one round */
#define MAX_CPU_MS      5000.0
#define MAX_HEAP_BYTES  ((int64_t)64 << 20)
#define MAX_INPUT_BYTES ((size_t)1 << 20)
#define BASE            0x180000000ull
#define STACK           0x20000ull

#ifdef __SANITIZE_ADDRESS__
/* As sanitizer/allocator_interface.h has them, which gcc does not bring along. */
size_t __sanitizer_get_allocated_size(const volatile void *memory);
int __sanitizer_get_ownership(const volatile void *memory);
int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void *memory, size_t size),
                                              void (*on_free)(const volatile void *memory));

static int64_t heap, heap_peak;

static void on_malloc(const volatile void *memory, size_t size)
{
    (void)size;
    heap += (int64_t)__sanitizer_get_allocated_size(memory);
    heap_peak = heap > heap_peak ? heap : heap_peak;
}

static void on_free(const volatile void *memory)
{
    if (memory && __sanitizer_get_ownership(memory))
        heap -= (int64_t)__sanitizer_get_allocated_size(memory);
}

static void heap_watch(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) > 0);
}

static int64_t heap_begin(void)
{
    heap_peak = heap;
    return heap;
}

static int64_t heap_end(int64_t before)
{
    return heap_peak - before;
}
#else
static void heap_watch(void) {}

static int64_t heap_begin(void)
{
    return 0;
}

static int64_t heap_end(int64_t before)
{
    return before;
}
#endif

/* One kind of input: read_one takes it as a block of exactly its size, and says whether anything of it could be used. */
struct kind {
    const char *name;
    bool (*read_one)(const struct kind *kind, uint8_t *bytes, size_t size);
    const struct analysis_options *options;
    uint64_t seed;
};

struct worst {
    double cpu_ms;
    int64_t heap_bytes;
    unsigned cases, used;
};

static bool is_full(void)
{
    const char *full = getenv("SALVOR_TEST_FULL");

    return full && strcmp(full, "1") == 0;
}

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static uint32_t next_number(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void try_one(const struct kind *kind, const uint8_t *bytes, size_t size, struct worst *worst)
{
    uint8_t *copy = malloc(size ? size : 1);
    int64_t before = heap_begin(), held;
    double start = cpu_ms(), took;

    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    worst->used += kind->read_one(kind, copy, size);
    worst->cases++;
    took = cpu_ms() - start;
    held = heap_end(before);
    free(copy);
    if (took > MAX_CPU_MS || held > MAX_HEAP_BYTES)
        fail_msg("%s of %zu bytes: case %u took %.0f ms and %lld bytes", kind->name, size, worst->cases, took, (long long)held);
    worst->cpu_ms = took > worst->cpu_ms ? took : worst->cpu_ms;
    worst->heap_bytes = held > worst->heap_bytes ? held : worst->heap_bytes;
}

static void print_worst(const struct kind *kind, const char *what, size_t size, const struct worst *worst)
{
    print_message("%s, %zu bytes: %u %s, %u of them read in part or whole; worst %.1f ms, %.1f MB\n", kind->name, size, worst->cases, what,
                  worst->used, worst->cpu_ms, (double)worst->heap_bytes / 1048576);
}

static void cut_everywhere(const struct kind *kind, struct span bytes)
{
    size_t step = is_full() ? 1 : bytes.len / SAMPLED_CUTS + 1;
    struct worst worst = {0};

    for (size_t size = 0; size < bytes.len; size += step)
        try_one(kind, bytes.data, size, &worst);
    print_worst(kind, "cuts", bytes.len, &worst);
}

static void flip_bytes(const struct kind *kind, struct span bytes)
{
    uint8_t *damaged = malloc(bytes.len);
    unsigned rounds = is_full() ? WHOLE_FLIPS : SAMPLED_FLIPS;
    uint64_t seed = kind->seed;
    struct worst worst = {0};

    assert_non_null(damaged);
    for (unsigned round = 0; round < rounds; round++) {
        memcpy(damaged, bytes.data, bytes.len);
        for (unsigned i = 0; i <= round % MAX_FLIPS; i++)
            damaged[next_number(&seed) % bytes.len] = (uint8_t)next_number(&seed);
        try_one(kind, damaged, bytes.len, &worst);
    }
    free(damaged);
    print_worst(kind, "changed", bytes.len, &worst);
}

static void damage(const struct kind *kind, struct span bytes)
{
    struct worst whole = {0};

    try_one(kind, bytes.data, bytes.len, &whole);
    assert_int_equal(whole.used, 1);
    cut_everywhere(kind, bytes);
    flip_bytes(kind, bytes);
}

static void read_file(const char *path, struct buffer *ret)
{
    buffer_init(ret, MAX_INPUT_BYTES);
    assert_status(file_read_whole(path, MAX_INPUT_BYTES, ret), ST_OK);
}

/* -- dumps: the whole way to the report -- */

static bool read_dump(const struct kind *kind, uint8_t *bytes, size_t size)
{
    struct buffer text;
    const char *why = NULL;
    bool done;

    buffer_init(&text, PROCESS_MAX_JSON_BYTES);
    done = process_report((struct span){bytes, size}, kind->options, &text, &why) == ST_OK;
    if (done) {
        json_t *report = json_loadb((const char *)text.data, text.len, 0, NULL);

        if (!report)
            fail_msg("no JSON of %zu bytes of dump", size);
        json_decref(report);
    } else {
        assert_non_null(why);
    }
    buffer_done(&text);
    return done;
}

static void dump_when_damaged_is_an_error_or_a_part(void **state)
{
    const struct kind kind = {"dump with all streams", read_dump, NULL, 1};
    struct dump dump;

    (void)state;
    damage(&kind, dump_typical(&dump));
    dump_done(&dump);
}

/* A thread in plain-x64.dll, whose PDB and image are in a symbol folder: its calls are unwound by unwind data and named with inlines. */
static struct span dump_with_symbols(struct dump *dump)
{
    static const uint8_t codeview[] = "RSDS\xd5\xd4\x6d\x50\xc7\x54\x36\x35\x4c\x4c\x44\x20\x50\x44\x42\x2e\1\0\0\0plain-x64.pdb";
    static uint64_t stack[64];
    const struct dump_module module = {.base = BASE,
                                       .size_bytes = 0x6000,
                                       .timestamp = 0x8c708ef7,
                                       .name = "c:\\app\\plain-x64.dll",
                                       .codeview = codeview,
                                       .codeview_bytes = sizeof codeview};
    const struct dump_thread thread = {
        .id = 7, .ip = BASE + 0x1010, .sp = STACK, .stack_address = STACK, .stack = stack, .stack_words = COUNT_OF(stack), .name = "main"};

    for (size_t i = 0; i < COUNT_OF(stack); i++)
        stack[i] = BASE + 0x1000 + i * 37 % 0x268;
    dump_begin(dump, CPU_AMD64);
    dump_add_module(dump, &module);
    dump_add_thread(dump, &thread);
    dump_add_exception(dump, thread.id, 0xc0000005, thread.ip, (const uint64_t[]){0, 16}, 2);
    dump_add_misc(dump, 4711, 1700000000);
    return dump_finish(dump);
}

static void dump_when_damaged_beside_its_symbols_is_an_error_or_a_part(void **state)
{
    static const char *const folders[] = {SALVOR_TEST_DATA "/symbols"};
    const struct analysis_options options = {.symbol_folders = folders, .symbol_folder_count = 1, .symbol_cache = *state};
    const struct kind kind = {"dump with symbols", read_dump, &options, 2};
    struct buffer text;
    const char *why = NULL;
    struct dump dump;
    struct span bytes = dump_with_symbols(&dump);

    buffer_init(&text, PROCESS_MAX_JSON_BYTES);
    assert_status(process_report(bytes, &options, &text, &why), ST_OK);
    assert_non_null(strstr(buffer_text(&text), "plain_sum"));
    buffer_done(&text);
    damage(&kind, bytes);
    dump_done(&dump);
}

/* -- symbol files -- */

static bool touch_table(struct symbol_table *table)
{
    if (!table)
        return false;
    symbols_touch(table);
    symbols_close(table);
    return true;
}

static bool compiled(struct symbol_builder *builder, enum status status, const char *why)
{
    if (status == ST_OK)
        return touch_table(symbols_compiled(builder));
    assert_non_null(why);
    symbol_builder_free(builder);
    return false;
}

static bool read_pdb(const struct kind *kind, uint8_t *bytes, size_t size)
{
    struct symbol_builder *builder = NULL;
    const char *why = NULL;
    enum status status;

    (void)kind;
    assert_status(symbol_builder_create(&builder), ST_OK);
    status = pdb_compile((struct span){bytes, size}, builder, &why);
    return compiled(builder, status, why);
}

static bool read_pe(const struct kind *kind, uint8_t *bytes, size_t size)
{
    struct symbol_builder *builder = NULL;
    enum status status;
    struct pe pe;

    (void)kind;
    assert_status(symbol_builder_create(&builder), ST_OK);
    status = pe_open(&pe, (struct span){bytes, size}, false);
    if (status == ST_OK)
        status = pe_compile(&pe, builder);
    return compiled(builder, status, "");
}

static bool read_sym(const struct kind *kind, uint8_t *bytes, size_t size)
{
    const char *why = NULL;
    struct symbol_table *table = symbols_from_sym(bytes, size, 4096, &why);

    (void)kind;
    assert_true(table || why);
    return touch_table(table);
}

/* Damage that the checksum does not see: it is made right again where a header is left. */
static bool read_table(const struct kind *kind, uint8_t *bytes, size_t size)
{
    struct symbol_table *table = NULL;

    (void)kind;
    if (size >= CACHE_HEADER_BYTES)
        symbols_reseal(bytes, size);
    return symbols_open(&table, (struct span){bytes, size}) == ST_OK && touch_table(table);
}

static void damage_file(const struct kind *kind, const char *path)
{
    struct buffer file;

    read_file(path, &file);
    damage(kind, (struct span){file.data, file.len});
    buffer_done(&file);
}

static void pdb_when_damaged_is_an_error_or_a_part(void **state)
{
    (void)state;
    damage_file(&(struct kind){"PDB for x64", read_pdb, NULL, 3}, SALVOR_TEST_DATA "/symbols/plain-x64.pdb");
    damage_file(&(struct kind){"PDB for x86", read_pdb, NULL, 4}, SALVOR_TEST_DATA "/symbols/plain-x86.pdb");
}

static void image_when_damaged_is_an_error_or_a_part(void **state)
{
    (void)state;
    damage_file(&(struct kind){"image for x64", read_pe, NULL, 5}, SALVOR_TEST_DATA "/symbols/plain-x64.dll");
    damage_file(&(struct kind){"image for x86", read_pe, NULL, 6}, SALVOR_TEST_DATA "/symbols/plain-x86.dll");
}

static void sym_when_damaged_is_an_error_or_a_part(void **state)
{
    static const char text[] =
        "MODULE windows x86_64 506DD4D554C735364C4C44205044422E1 plain-x64.pdb\nINFO CODE_ID 8C708EF76000 plain-x64.dll\n"
        "FILE 0 c:\\app\\plain.c\nFILE 1 c:\\app\\shapes.h\nINLINE_ORIGIN 0 area\nINLINE_ORIGIN 1 std::max<int>\n"
        "FUNC 1000 b0 0 plain_sum\nINLINE 0 12 0 0 1010 20 1040 8\nINLINE 1 5 1 1 1014 8\n1000 10 10 0\n1010 20 100 1\n1030 80 14 0\n"
        "FUNC m 10b0 45 8 plain_choose\n10b0 45 20 0\nFUNC 1100 2a 0 plain_recurse(int, char const *)\n1100 2a 30 0\n"
        "PUBLIC 1200 0 label\nPUBLIC m 1300 4 folded\n"
        "STACK CFI INIT 1000 b0 .cfa: $rsp 8 + .ra: .cfa 8 - ^\nSTACK CFI 1004 .cfa: $rsp 48 + $rbx: .cfa 16 - ^\n"
        "STACK WIN 4 10b0 45 4 1 8 c 10 20 1 $T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =\nSTACK WIN 0 1100 2a 0 0 8 0 0 0 0 1\n";

    (void)state;
    damage(&(struct kind){"Breakpad file", read_sym, NULL, 7}, (struct span){(const uint8_t *)text, sizeof text - 1});
}

static void table_when_damaged_is_an_error_or_a_part(void **state)
{
    static const char *const files[] = {SALVOR_TEST_DATA "/symbols/plain-x64.pdb", SALVOR_TEST_DATA "/symbols/plain-x64.dll"};
    const struct kind kind = {"compiled table", read_table, NULL, 8};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        struct symbol_identity identity;
        struct buffer table;
        const char *why = "";

        buffer_init(&table, MAX_INPUT_BYTES);
        assert_status(symbol_identify(files[i], &identity, &why), ST_OK);
        assert_status(symbol_store_compile(files[i], identity.kind, identity.id, &table, &why), ST_OK);
        damage(&kind, (struct span){table.data, table.len});
        buffer_done(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dump_when_damaged_is_an_error_or_a_part),
        test_in_scratch(dump_when_damaged_beside_its_symbols_is_an_error_or_a_part),
        cmocka_unit_test(pdb_when_damaged_is_an_error_or_a_part),
        cmocka_unit_test(image_when_damaged_is_an_error_or_a_part),
        cmocka_unit_test(sym_when_damaged_is_an_error_or_a_part),
        cmocka_unit_test(table_when_damaged_is_an_error_or_a_part),
    };

    heap_watch();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
