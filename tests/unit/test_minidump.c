/* test_minidump.c - lib/minidump over sound dumps: each stream read, each lookup answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "minidump/minidump.h"
#include "support_minidump.h"

/* A dump and what the reader makes of it. */
struct fixture {
    struct dump dump;
    struct minidump *minidump;
};

static void open_bytes(struct fixture *fixture, struct span bytes)
{
    const char *why = NULL;

    fixture->minidump = NULL;
    if (minidump_open(&fixture->minidump, bytes, &why) != ST_OK)
        fail_msg("the dump was refused: %s", why);
}

static void open_typical(struct fixture *fixture)
{
    open_bytes(fixture, dump_typical(&fixture->dump));
}

static void fixture_done(struct fixture *fixture)
{
    minidump_close(fixture->minidump);
    dump_done(&fixture->dump);
}

static void assert_no_soft_errors(const struct minidump *minidump)
{
    for (size_t i = 0; i < minidump->soft_error_count; i++)
        print_error("soft error: %s\n", minidump->soft_errors[i]);
    assert_int_equal(minidump->soft_error_count, 0);
}

static void minidump_when_typical_is_read_without_soft_errors(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_no_soft_errors(f.minidump);
    assert_int_equal(f.minidump->timestamp, 1700000000);
    fixture_done(&f);
}

static void system_when_windows_is_read_whole(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_true(f.minidump->system.present);
    assert_int_equal(f.minidump->system.cpu, CPU_AMD64);
    assert_int_equal(f.minidump->system.build, 19045);
    assert_int_equal(f.minidump->system.platform, MINIDUMP_OS_WINDOWS);
    assert_string_equal(f.minidump->system.vendor, "");
    fixture_done(&f);
}

static void misc_when_flagged_gives_pid_and_start(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_true(f.minidump->misc.has_pid && f.minidump->misc.has_times);
    assert_int_equal(f.minidump->misc.pid, 4711);
    assert_int_equal(f.minidump->misc.process_start, 1699999000);
    fixture_done(&f);
}

static void threads_when_named_keep_their_names(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_int_equal(f.minidump->thread_count, 2);
    assert_int_equal(f.minidump->threads[0].id, 1001);
    assert_string_equal(f.minidump->threads[0].name, "main");
    assert_string_equal(f.minidump->threads[1].name, "worker");
    assert_int_equal(f.minidump->threads[0].stack.len, 160);
    fixture_done(&f);
}

static void thread_when_no_list_names_it_has_no_name(void **state)
{
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_thread(&f.dump, &(struct dump_thread){7, 0x1000, 0x2000, 0, NULL, 0, NULL});
    open_bytes(&f, dump_finish(&f.dump));
    assert_null(f.minidump->threads[0].name);
    fixture_done(&f);
}

static void lists_when_padded_are_read_alike(void **state)
{
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    f.dump.aligned_lists = true;
    dump_add_module(&f.dump, &(struct dump_module){0x400000, 0x1000, 1, "a.exe", {0}, NULL, 0});
    dump_add_thread(&f.dump, &(struct dump_thread){7, 0x400010, 0x2000, 0, NULL, 0, NULL});
    dump_add_memory(&f.dump, 0x5000, "abcd", 4);
    open_bytes(&f, dump_finish(&f.dump));
    assert_no_soft_errors(f.minidump);
    assert_int_equal(f.minidump->threads[0].id, 7);
    assert_string_equal(f.minidump->modules[0].name, "a.exe");
    assert_int_equal(f.minidump->ranges[0].address, 0x5000);
    fixture_done(&f);
}

static void module_when_complete_has_version_and_both_ids(void **state)
{
    struct fixture f;
    const struct minidump_module *module;

    (void)state;
    open_typical(&f);
    module = &f.minidump->modules[0];
    assert_string_equal(module->path, "C:\\Program Files\\App\\app.exe");
    assert_string_equal(module->name, "app.exe");
    assert_true(module->has_version);
    assert_int_equal(module->file_version[0], 1);
    assert_int_equal(module->file_version[1], 2);
    assert_int_equal(module->file_version[2], 3);
    assert_int_equal(module->file_version[3], 4);
    assert_string_equal(module->code_id, "5F00000110000");
    assert_string_equal(module->debug_id, "0403020106050807090A0B0C0D0E0F102");
    assert_string_equal(module->debug_file, "C:\\build\\app.pdb");
    fixture_done(&f);
}

static void module_when_codeview_is_nb10_takes_timestamp_and_age(void **state)
{
    static const uint8_t nb10[] = "NB10\0\0\0\0\x44\x33\x22\x11\x03\0\0\0old.pdb";
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_X86);
    dump_add_module(&f.dump, &(struct dump_module){0x400000, 0x1000, 1, "a.exe", {0}, nb10, sizeof(nb10)});
    open_bytes(&f, dump_finish(&f.dump));
    assert_string_equal(f.minidump->modules[0].debug_id, "112233443");
    assert_string_equal(f.minidump->modules[0].debug_file, "old.pdb");
    fixture_done(&f);
}

static void module_at_when_address_is_inside_finds_it_and_not_outside(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_int_equal(minidump_module_at(f.minidump, 0x140000000), 0);
    assert_int_equal(minidump_module_at(f.minidump, 0x14000ffff), 0);
    assert_true(minidump_module_at(f.minidump, 0x140010000) == MINIDUMP_NONE);
    assert_true(minidump_module_at(f.minidump, 0x13fffffff) == MINIDUMP_NONE);
    assert_int_equal(minidump_module_at(f.minidump, 0x7ff800001111), 1);
    assert_true(minidump_module_at(f.minidump, UINT64_MAX) == MINIDUMP_NONE);
    fixture_done(&f);
}

static void exception_when_present_names_the_crashing_thread(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_true(f.minidump->exception.present);
    assert_int_equal(f.minidump->exception.code, 0xc0000005);
    assert_int_equal(f.minidump->exception.parameter_count, 2);
    assert_int_equal(f.minidump->exception.parameters[1], 0x10);
    assert_int_equal(minidump_crashing_thread(f.minidump), 0);
    fixture_done(&f);
}

static void crashing_thread_when_breakpad_names_one_is_that_one(void **state)
{
    static const uint8_t info[] = {3, 0, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0};
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_thread(&f.dump, &(struct dump_thread){5, 0x1000, 0x2000, 0, NULL, 0, NULL});
    dump_add_thread(&f.dump, &(struct dump_thread){9, 0x1000, 0x2000, 0, NULL, 0, NULL});
    dump_add_stream(&f.dump, 0x47670001, info, sizeof(info));
    open_bytes(&f, dump_finish(&f.dump));
    assert_int_equal(minidump_crashing_thread(f.minidump), 1);
    assert_int_equal(f.minidump->dump_thread, 5);
    fixture_done(&f);
}

static void memory_when_in_a_stack_or_a_list_is_found(void **state)
{
    struct fixture f;
    uint64_t word = 0;
    struct span bytes;

    (void)state;
    open_typical(&f);
    assert_true(minidump_memory_read(f.minidump, 0x10028, &word, sizeof(word)));
    assert_int_equal(word, 0x140001234);
    assert_true(minidump_memory_at(f.minidump, 0x30010, &bytes));
    assert_int_equal(bytes.len, 48);
    assert_false(minidump_memory_at(f.minidump, 0x30040, &bytes));
    assert_false(minidump_memory_read(f.minidump, 0x3003c, &word, sizeof(word)));
    fixture_done(&f);
}

static void memory_when_ranges_touch_is_read_across(void **state)
{
    struct fixture f;
    char text[9] = {0};

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_memory(&f.dump, 0x1004, "efgh", 4);
    dump_add_memory(&f.dump, 0x1000, "abcd", 4);
    open_bytes(&f, dump_finish(&f.dump));
    assert_true(minidump_memory_read(f.minidump, 0x1000, text, 8));
    assert_string_equal(text, "abcdefgh");
    fixture_done(&f);
}

static void memory_when_a_small_range_lies_in_a_large_one_is_found_behind_it(void **state)
{
    struct fixture f;
    uint8_t large[256], byte = 0;

    (void)state;
    memset(large, 'L', sizeof(large));
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_memory(&f.dump, 0x1000, large, sizeof(large));
    dump_add_memory(&f.dump, 0x1010, "small", 5);
    open_bytes(&f, dump_finish(&f.dump));
    assert_true(minidump_memory_read(f.minidump, 0x1080, &byte, 1));
    assert_int_equal(byte, 'L');
    fixture_done(&f);
}

static void memory64_when_in_a_full_dump_is_found(void **state)
{
    struct fixture f;
    char text[5] = {0};

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    f.dump.memory64 = true;
    dump_add_memory(&f.dump, 0x7fff00001000, "abcd", 4);
    dump_add_memory(&f.dump, 0x1000, "wxyz", 4);
    open_bytes(&f, dump_finish(&f.dump));
    assert_no_soft_errors(f.minidump);
    assert_true(minidump_memory_read(f.minidump, 0x1000, text, 4));
    assert_string_equal(text, "wxyz");
    assert_true(minidump_memory_read(f.minidump, 0x7fff00001000, text, 4));
    assert_string_equal(text, "abcd");
    fixture_done(&f);
}

static void region_when_listed_gives_its_protection(void **state)
{
    uint8_t stream[16 + 48] = {0};
    struct fixture f;

    (void)state;
    bytes_put_u32(stream, 16);
    bytes_put_u32(stream + 4, 48);
    bytes_put_u64(stream + 8, 1);
    bytes_put_u64(stream + 16, 0x140001000);
    bytes_put_u64(stream + 16 + 24, 0x2000);
    bytes_put_u32(stream + 16 + 32, MINIDUMP_MEM_COMMIT);
    bytes_put_u32(stream + 16 + 36, 0x20);
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_stream(&f.dump, 16, stream, sizeof(stream));
    open_bytes(&f, dump_finish(&f.dump));
    assert_null(minidump_region_at(f.minidump, 0x140000fff));
    assert_null(minidump_region_at(f.minidump, 0x140003000));
    assert_non_null(minidump_region_at(f.minidump, 0x140002fff));
    assert_int_equal(minidump_region_at(f.minidump, 0x140001000)->protect, 0x20);
    fixture_done(&f);
}

static void unloaded_modules_when_listed_are_read(void **state)
{
    uint8_t stream[12 + 24] = {0};
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    bytes_put_u32(stream, 12);
    bytes_put_u32(stream + 4, 24);
    bytes_put_u32(stream + 8, 1);
    bytes_put_u64(stream + 12, 0x50000000);
    bytes_put_u32(stream + 20, 0x3000);
    bytes_put_u32(stream + 28, 0xabcd);
    bytes_put_u32(stream + 32, dump_put_string(&f.dump, "C:\\gone.dll"));
    dump_add_stream(&f.dump, 14, stream, sizeof(stream));
    open_bytes(&f, dump_finish(&f.dump));
    assert_int_equal(f.minidump->unloaded_count, 1);
    assert_string_equal(f.minidump->unloaded[0].name, "gone.dll");
    assert_string_equal(f.minidump->unloaded[0].code_id, "0000ABCD3000");
    fixture_done(&f);
}

static void comment_when_wide_becomes_utf8(void **state)
{
    static const uint8_t wide[] = {'G', 0, 0xfc, 0, 't', 0, 0, 0};
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_stream(&f.dump, 11, wide, sizeof(wide));
    open_bytes(&f, dump_finish(&f.dump));
    assert_string_equal(f.minidump->comment, "G\xc3\xbct");
    fixture_done(&f);
}

static void assertion_when_present_becomes_one_line(void **state)
{
    uint8_t stream[776] = {0};
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        stream[2 * i] = (uint8_t) "x == 1"[i];
        stream[256 + 2 * i] = (uint8_t) "f_name"[i];
        stream[512 + 2 * i] = (uint8_t) "file.c"[i];
    }
    bytes_put_u32(stream + 768, 77);
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_stream(&f.dump, 0x47670002, stream, sizeof(stream));
    open_bytes(&f, dump_finish(&f.dump));
    assert_string_equal(f.minidump->assertion, "x == 1 in f_name at file.c:77");
    fixture_done(&f);
}

/* Crashpad's stream with one annotation of the process and one object annotation of module 0. */
static void crashpad_add(struct dump *dump)
{
    uint8_t stream[52] = {0}, pairs[12] = {0}, links[16] = {0}, info[28] = {0}, objects[16] = {0};

    bytes_put_u32(pairs, 1);
    bytes_put_u32(pairs + 4, dump_put_string_utf8(dump, "prod"));
    bytes_put_u32(pairs + 8, dump_put_string_utf8(dump, "Thing"));
    bytes_put_u32(objects, 1);
    bytes_put_u32(objects + 4, dump_put_string_utf8(dump, "gpu"));
    bytes_put_u16(objects + 8, 1);
    bytes_put_u32(objects + 12, dump_put_string_utf8(dump, "none"));
    bytes_put_u32(info, 1);
    bytes_put_u32(info + 20, sizeof(objects));
    bytes_put_u32(info + 24, dump_put(dump, objects, sizeof(objects)));
    bytes_put_u32(links, 1);
    bytes_put_u32(links + 8, sizeof(info));
    bytes_put_u32(links + 12, dump_put(dump, info, sizeof(info)));
    bytes_put_u32(stream, 1);
    bytes_put_u32(stream + 36, sizeof(pairs));
    bytes_put_u32(stream + 40, dump_put(dump, pairs, sizeof(pairs)));
    bytes_put_u32(stream + 44, sizeof(links));
    bytes_put_u32(stream + 48, dump_put(dump, links, sizeof(links)));
    dump_add_stream(dump, 0x43500001, stream, sizeof(stream));
}

static void annotations_when_crashpads_are_read_of_process_and_module(void **state)
{
    struct fixture f;

    (void)state;
    dump_begin(&f.dump, CPU_AMD64);
    dump_add_module(&f.dump, &(struct dump_module){0x400000, 0x1000, 1, "a.exe", {0}, NULL, 0});
    crashpad_add(&f.dump);
    open_bytes(&f, dump_finish(&f.dump));
    assert_no_soft_errors(f.minidump);
    assert_int_equal(f.minidump->annotation_count, 2);
    assert_string_equal(f.minidump->annotations[0].key, "prod");
    assert_string_equal(f.minidump->annotations[0].value, "Thing");
    assert_true(f.minidump->annotations[0].module == MINIDUMP_NONE);
    assert_string_equal(f.minidump->annotations[1].key, "gpu");
    assert_string_equal(f.minidump->annotations[1].value, "none");
    assert_int_equal(f.minidump->annotations[1].module, 0);
    fixture_done(&f);
}

static void user_streams_when_ours_are_found(void **state)
{
    struct fixture f;

    (void)state;
    open_typical(&f);
    assert_memory_equal(f.minidump->record.data, "format=1\n", 9);
    assert_memory_equal(f.minidump->log.data, "first line\n", 11);
    fixture_done(&f);
}

static void registers_when_amd64_come_from_the_exception(void **state)
{
    struct fixture f;
    struct cpu_state registers;

    (void)state;
    open_typical(&f);
    assert_null(minidump_thread_state(f.minidump, 0, &registers));
    assert_int_equal(cpu_ip(&registers), 0x140001450);
    assert_int_equal(cpu_sp(&registers), 0x10000);
    assert_true(cpu_has(&registers, CPU_AMD64_FLAGS));
    fixture_done(&f);
}

static void registers_when_x86_or_arm64_are_read(void **state)
{
    static const enum cpu cpus[] = {CPU_X86, CPU_ARM64};
    struct fixture f;
    struct cpu_state registers;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        dump_begin(&f.dump, cpus[i]);
        dump_add_thread(&f.dump, &(struct dump_thread){7, 0x401000, 0x2000, 0, NULL, 0, NULL});
        open_bytes(&f, dump_finish(&f.dump));
        assert_null(minidump_thread_state(f.minidump, 0, &registers));
        assert_int_equal(registers.cpu, cpus[i]);
        assert_int_equal(cpu_ip(&registers), 0x401000);
        assert_int_equal(cpu_sp(&registers), 0x2000);
        fixture_done(&f);
    }
}

static void registers_when_flags_announce_one_group_are_only_those(void **state)
{
    uint8_t context[1232];
    struct cpu_state registers;

    (void)state;
    dump_context(CPU_AMD64, 0x1000, 0x2000, context);
    bytes_put_u32(context + 0x30, 0x100001);
    assert_null(cpu_context_decode(CPU_AMD64, context, sizeof(context), &registers));
    assert_true(cpu_has(&registers, CPU_AMD64_RIP));
    assert_false(cpu_has(&registers, CPU_AMD64_RBX));
}

static void registers_when_of_another_processor_are_refused(void **state)
{
    uint8_t context[1232];
    struct cpu_state registers;

    (void)state;
    dump_context(CPU_X86, 0x1000, 0x2000, context);
    assert_non_null(cpu_context_decode(CPU_AMD64, context, sizeof(context), &registers));
    assert_non_null(cpu_context_decode(CPU_UNKNOWN, context, sizeof(context), &registers));
}

static void minidump_when_it_tells_handles_and_memory_has_them(void **state)
{
    struct dump dump;
    struct minidump *minidump = NULL;
    const char *why = NULL;

    (void)state;
    assert_int_equal(minidump_open(&minidump, dump_typical(&dump), &why), ST_OK);
    assert_int_equal(minidump->handle_count, 2);
    assert_int_equal(minidump->handles[0].handle, 0x4c);
    assert_string_equal(minidump->handles[0].type, "File");
    assert_string_equal(minidump->handles[0].name, "\\Device\\HarddiskVolume3\\app.log");
    assert_int_equal(minidump->handles[0].access, 0x120116);
    assert_string_equal(minidump->handles[1].type, "Event");
    assert_string_equal(minidump->handles[1].name, "");
    assert_true(minidump->system_memory.present && minidump->system_memory.has_commitment);
    assert_int_equal(minidump->system_memory.physical_bytes, 16ull << 30);
    assert_int_equal(minidump->system_memory.available_bytes, 4ull << 30);
    assert_int_equal(minidump->system_memory.committed_bytes, 8ull << 30);
    assert_int_equal(minidump->system_memory.commit_limit_bytes, 20ull << 30);
    assert_int_equal(minidump->system_memory.peak_committed_bytes, 12ull << 30);
    assert_true(minidump->process_memory.present && minidump->process_memory.has_virtual && minidump->process_memory.has_private);
    assert_int_equal(minidump->process_memory.page_faults, 1234);
    assert_int_equal(minidump->process_memory.working_set_bytes, 100 << 20);
    assert_int_equal(minidump->process_memory.peak_working_set_bytes, 200 << 20);
    assert_int_equal(minidump->process_memory.pagefile_bytes, 60 << 20);
    assert_int_equal(minidump->process_memory.virtual_bytes, 800 << 20);
    assert_int_equal(minidump->process_memory.private_bytes, 50 << 20);
    minidump_close(minidump);
    dump_done(&dump);
}

/* The first revision has no address space's size and always the private bytes. */
static void process_memory_when_of_the_first_revision_is_read_by_its_layout(void **state)
{
    uint8_t process[80] = {0};
    struct dump dump;
    struct minidump *minidump = NULL;
    const char *why = NULL;

    (void)state;
    bytes_put_u16(process, 1);
    bytes_put_u64(process + 16, 100 << 20);
    bytes_put_u64(process + 72, 50 << 20);
    dump_begin(&dump, CPU_AMD64);
    dump_add_stream(&dump, 22, process, sizeof(process));
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    assert_int_equal(minidump->process_memory.working_set_bytes, 100 << 20);
    assert_int_equal(minidump->process_memory.private_bytes, 50 << 20);
    assert_false(minidump->process_memory.has_virtual);
    minidump_close(minidump);
    dump_done(&dump);
}

#define CONTEXT_EX   0x4d0u
#define XSTATE       0x18u /* from the CONTEXT_EX */
#define WHOLE        (CONTEXT_EX + XSTATE + 64 + 256 + 8 + 16)
#define CET_BIT      (1ull << 11)
#define COMPACTED    (1ull << 63)
#define AVX_AND_PKRU (1ull << 2 | 1ull << 9)

/* An amd64 CONTEXT with extended state: AVX and protection keys stand before the shadow stack's. */
static void extended_context(uint8_t context[WHOLE])
{
    uint8_t *ex = context + CONTEXT_EX, *area = ex + XSTATE;

    memset(context, 0, WHOLE);
    dump_context(CPU_AMD64, 0x1000, 0x2000, context);
    bytes_put_u32(context + 0x30, bytes_u32(context + 0x30) | 0x00100040);
    bytes_put_u32(ex + 16, XSTATE);
    bytes_put_u32(ex + 20, WHOLE - CONTEXT_EX - XSTATE);
    bytes_put_u64(area, AVX_AND_PKRU | CET_BIT);
    bytes_put_u64(area + 8, AVX_AND_PKRU | CET_BIT | COMPACTED);
    bytes_put_u64(area + 64 + 256 + 8, 1);
    bytes_put_u64(area + 64 + 256 + 8 + 8, 0x7000);
}

static void shadow_stack_when_context_is_extended_is_found_behind_what_else_is_saved(void **state)
{
    uint8_t context[WHOLE], *area = context + CONTEXT_EX + XSTATE;
    uint64_t pointer = 0;

    (void)state;
    extended_context(context);
    assert_true(cpu_context_shadow_stack(CPU_AMD64, context, WHOLE, &pointer));
    assert_int_equal(pointer, 0x7000);
    bytes_put_u64(area + 8, CET_BIT | COMPACTED); /* the shadow stack's alone, as Crashpad writes it */
    bytes_put_u64(area + 64, 1);
    bytes_put_u64(area + 72, 0x8000);
    assert_true(cpu_context_shadow_stack(CPU_AMD64, context, WHOLE, &pointer));
    assert_int_equal(pointer, 0x8000);
}

static void shadow_stack_when_context_has_none_or_lies_is_not_found(void **state)
{
    static const struct {
        size_t offset;
        uint64_t value;
    } changes[] = {
        {0x30, 0x0010000b},                                     /* no extended state */
        {CONTEXT_EX + 16, 0xfffffff0},                          /* before the CONTEXT_EX */
        {CONTEXT_EX + 16, 0x100000018},                         /* no bytes */
        {CONTEXT_EX + XSTATE, AVX_AND_PKRU},                    /* not saved */
        {CONTEXT_EX + XSTATE + 8, AVX_AND_PKRU | CET_BIT},      /* not compacted */
        {CONTEXT_EX + XSTATE + 8, 0x7ff | CET_BIT | COMPACTED}, /* behind the end */
        {CONTEXT_EX + XSTATE + 64 + 256 + 8, 0},                /* switched off */
        {CONTEXT_EX + XSTATE + 64 + 256 + 16, 0},               /* nowhere */
        {CONTEXT_EX + XSTATE + 64 + 256 + 16, 0x7001},          /* no place for words */
    };
    uint64_t pointer = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t context[WHOLE];

        extended_context(context);
        bytes_put_u64(context + changes[i].offset, changes[i].value);
        if (cpu_context_shadow_stack(CPU_AMD64, context, WHOLE, &pointer))
            fail_msg("case %zu gave 0x%llx", i, (unsigned long long)pointer);
    }
    for (size_t size = 0; size < WHOLE; size++) {
        uint8_t whole[WHOLE], *cut = malloc(size ? size : 1);

        assert_non_null(cut);
        extended_context(whole);
        memcpy(cut, whole, size);
        assert_false(cpu_context_shadow_stack(CPU_AMD64, cut, size, &pointer));
        free(cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shadow_stack_when_context_is_extended_is_found_behind_what_else_is_saved),
        cmocka_unit_test(shadow_stack_when_context_has_none_or_lies_is_not_found),
        cmocka_unit_test(minidump_when_it_tells_handles_and_memory_has_them),
        cmocka_unit_test(process_memory_when_of_the_first_revision_is_read_by_its_layout),
        cmocka_unit_test(minidump_when_typical_is_read_without_soft_errors),
        cmocka_unit_test(system_when_windows_is_read_whole),
        cmocka_unit_test(misc_when_flagged_gives_pid_and_start),
        cmocka_unit_test(threads_when_named_keep_their_names),
        cmocka_unit_test(thread_when_no_list_names_it_has_no_name),
        cmocka_unit_test(lists_when_padded_are_read_alike),
        cmocka_unit_test(module_when_complete_has_version_and_both_ids),
        cmocka_unit_test(module_when_codeview_is_nb10_takes_timestamp_and_age),
        cmocka_unit_test(module_at_when_address_is_inside_finds_it_and_not_outside),
        cmocka_unit_test(exception_when_present_names_the_crashing_thread),
        cmocka_unit_test(crashing_thread_when_breakpad_names_one_is_that_one),
        cmocka_unit_test(memory_when_in_a_stack_or_a_list_is_found),
        cmocka_unit_test(memory_when_ranges_touch_is_read_across),
        cmocka_unit_test(memory_when_a_small_range_lies_in_a_large_one_is_found_behind_it),
        cmocka_unit_test(memory64_when_in_a_full_dump_is_found),
        cmocka_unit_test(region_when_listed_gives_its_protection),
        cmocka_unit_test(unloaded_modules_when_listed_are_read),
        cmocka_unit_test(comment_when_wide_becomes_utf8),
        cmocka_unit_test(assertion_when_present_becomes_one_line),
        cmocka_unit_test(annotations_when_crashpads_are_read_of_process_and_module),
        cmocka_unit_test(user_streams_when_ours_are_found),
        cmocka_unit_test(registers_when_amd64_come_from_the_exception),
        cmocka_unit_test(registers_when_x86_or_arm64_are_read),
        cmocka_unit_test(registers_when_flags_announce_one_group_are_only_those),
        cmocka_unit_test(registers_when_of_another_processor_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
