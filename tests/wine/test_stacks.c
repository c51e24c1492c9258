/* test_stacks.c - what a dump holds of each thread: a context whose stack pointer lies inside the stack memory that the dump has of it. A
 * debugger that finds it outside shows no stack at all. Each of those who write dumps is held to it. */
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define NOBODY           "\\\\.\\pipe\\salvor-test-nobody"
#define WAIT_MS          60000
#define EXTRA_THREADS    "10"
#define LEAST_THREADS    11
#define STREAM_THREADS   3
#define STREAM_EXCEPTION 6
#define ENTRY_BYTES      48
#define MAX_THREADS      64

struct thread {
    uint32_t id;
    uint64_t stack, sp;
    uint32_t stack_bytes;
};

static uint64_t dump_u64(struct spool_report *report, uint64_t offset)
{
    return harness_dump_u32(report, offset) | (uint64_t)harness_dump_u32(report, offset + 4) << 32;
}

/* The stack pointer of a context of this processor. */
static uint64_t stack_pointer(struct spool_report *report, uint32_t size, uint32_t offset)
{
    assert_int_equal(size, sizeof(CONTEXT));
    assert_true((uint64_t)offset + size <= spool_report_dump_bytes(report));
#if defined(_M_ARM64) || defined(__aarch64__)
    return dump_u64(report, offset + offsetof(CONTEXT, Sp));
#elif defined(_M_IX86) || defined(__i386__)
    return harness_dump_u32(report, offset + offsetof(CONTEXT, Esp));
#else
    return dump_u64(report, offset + offsetof(CONTEXT, Rsp));
#endif
}

static size_t read_threads(struct spool_report *report, struct thread *ret)
{
    uint32_t list, size, count;

    assert_true(harness_dump_stream(report, STREAM_THREADS, &list, &size));
    count = harness_dump_u32(report, list);
    assert_true(count <= MAX_THREADS);
    assert_int_equal(size, 4 + count * ENTRY_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = list + 4 + i * ENTRY_BYTES, memory = harness_dump_u32(report, entry + 36);
        ret[i].id = harness_dump_u32(report, entry);
        ret[i].stack = dump_u64(report, entry + 24);
        ret[i].stack_bytes = harness_dump_u32(report, entry + 32);
        ret[i].sp = stack_pointer(report, harness_dump_u32(report, entry + 40), harness_dump_u32(report, entry + 44));
        assert_true(memory >= 32 && (uint64_t)memory + ret[i].stack_bytes <= spool_report_dump_bytes(report));
    }
    return count;
}

static bool is_inside(const struct thread *thread, uint64_t sp)
{
    return sp >= thread->stack && sp - thread->stack < thread->stack_bytes;
}

/* Each thread once, with its stack; the one that the report is about with the stack of the fault, too. */
static void check_threads(struct spool_report *report, const char *writer)
{
    struct thread threads[MAX_THREADS];
    size_t count = read_threads(report, threads), blamed = 0;
    uint32_t exception, size, id;
    uint64_t sp;

    assert_true(count >= LEAST_THREADS);
    assert_true(harness_dump_stream(report, STREAM_EXCEPTION, &exception, &size));
    id = harness_dump_u32(report, exception);
    sp = stack_pointer(report, harness_dump_u32(report, exception + 160), harness_dump_u32(report, exception + 164));
    for (size_t i = 0; i < count; i++) {
        if (!is_inside(&threads[i], threads[i].sp))
            fail_msg("%s: thread %u has its stack pointer 0x%llx outside 0x%llx + 0x%x", writer, threads[i].id,
                     (unsigned long long)threads[i].sp, (unsigned long long)threads[i].stack, threads[i].stack_bytes);
        for (size_t j = 0; j < i; j++)
            assert_true(threads[i].id != threads[j].id);
        if (threads[i].id != id)
            continue;
        blamed++;
        if (!is_inside(&threads[i], sp))
            fail_msg("%s: the fault's stack pointer 0x%llx is outside 0x%llx + 0x%x", writer, (unsigned long long)sp,
                     (unsigned long long)threads[i].stack, threads[i].stack_bytes);
    }
    assert_int_equal(blamed, 1);
}

static void check_only_report(const char *queue, const char *layer)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    harness_wait_reports(queue, 1, WAIT_MS);
    report = harness_only_report(queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), layer);
    check_threads(report, layer);
    spool_report_close(report);
    spool_close(spool);
}

/* Lets a program with many threads die below the pipe. */
static void let_die(const char *kind, uint32_t exit_code, const char *pipe, const char *spool_dir, const char *more)
{
    const char *const arguments[] = {"--pipe", pipe, "--spool", spool_dir, "--threads", EXTRA_THREADS, more, NULL};

    harness_let_die(kind, exit_code, arguments);
}

static void check_monitors_dump_of(const char *kind, uint32_t exit_code, const char *more)
{
    struct harness_collector collector;

    harness_collector_start(&collector, harness_folder());
    let_die(kind, exit_code, collector.pipe, harness_folder(), more);
    check_only_report(collector.queue, LAYER_MONITOR);
    harness_collector_stop(&collector);
}

static void stacks_when_monitor_writes_the_dump_then_each_holds_its_pointer(void **state)
{
    (void)state;
    check_monitors_dump_of("write-av", CODE_ACCESS_VIOLATION, NULL);
    check_monitors_dump_of("write-av", CODE_ACCESS_VIOLATION, "--thread");
    check_monitors_dump_of("write-av", CODE_ACCESS_VIOLATION, "--eager");
    check_monitors_dump_of("abort", CODE_ABORT, NULL);
    check_monitors_dump_of("stack-overflow", CODE_STACK_OVERFLOW, "--thread");
}

static void stacks_when_program_lives_on_then_each_holds_its_pointer(void **state)
{
    (void)state;
    check_monitors_dump_of("dump-now", 0, NULL);
}

static void stacks_when_last_resort_writes_the_dump_then_each_holds_its_pointer(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    let_die("write-av", CODE_ACCESS_VIOLATION, NOBODY, spool_dir, NULL);
    check_only_report(spool_dir, LAYER_IN_PROCESS);
}

static void stacks_when_module_writes_the_dump_then_each_holds_its_pointer(void **state)
{
    static const char *const more[] = {"--threads", EXTRA_THREADS, NULL};
    const char *spool_dir = harness_folder();

    (void)state;
    harness_wer_module(true);
    assert_int_equal(harness_run_under_werhost_with("fast-fail", NOBODY, spool_dir, more), CODE_FAST_FAIL);
    check_only_report(spool_dir, LAYER_WER);
}

static int forget_module(void **state)
{
    (void)state;
    harness_wer_module(false);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stacks_when_monitor_writes_the_dump_then_each_holds_its_pointer),
        cmocka_unit_test(stacks_when_program_lives_on_then_each_holds_its_pointer),
        cmocka_unit_test(stacks_when_last_resort_writes_the_dump_then_each_holds_its_pointer),
        cmocka_unit_test_teardown(stacks_when_module_writes_the_dump_then_each_holds_its_pointer, forget_module),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
