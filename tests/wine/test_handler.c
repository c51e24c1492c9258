/* test_handler.c - what the handling of a fault takes from a dying process: little of the thread's stack, so that a stack overflow leaves
 * enough whichever thread it comes in and however it got there; and nothing of the heap. */
#include "base/file.h"
#include "matrix.h"
#include "proto/code.h"
#include "proto/name.h"
#include "salvor.h"
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define NOBODY      "\\\\.\\pipe\\salvor-test-nobody"
#define PAINT       0xa5
#define PAINT_BYTES (48u * 1024)
#define UNPAINTED   1024u /* the painting function's own frame */
#define MAX_USE     2048u /* of the handler, from its first byte to the last of what it calls */
#define MAX_WAY     8192u /* to the unhandled filter: half of what capture.c takes for enough */

/* -- the handler's use of the stack, in this process -- */

static struct {
    uintptr_t entered; /* about where the vectored handlers' frames begin */
    uintptr_t lowest;  /* the lowest byte that was written meanwhile */
    uint32_t code;
} use;

static LONG CALLBACK note_entry(EXCEPTION_POINTERS *pointers)
{
    if (pointers->ExceptionRecord->ExceptionCode == use.code && !use.entered)
        use.entered = (uintptr_t)&pointers;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK resume_heap_corruption(EXCEPTION_POINTERS *pointers)
{
    return pointers->ExceptionRecord->ExceptionCode == CODE_HEAP_CORRUPTION ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI resume(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_CONTINUE_EXECUTION;
}

/* Fills what lies below this frame, raises the code, and looks how far down that went. */
static DWORD WINAPI raise_on_painted_stack(void *unused)
{
    volatile uintptr_t here = (uintptr_t)&here, bottom = here - PAINT_BYTES;
    volatile uint8_t *at;

    (void)unused;
    for (at = (volatile uint8_t *)bottom; (uintptr_t)at < here - UNPAINTED; at++)
        *at = PAINT;
    RaiseException(use.code, 0, 0, NULL);
    for (at = (volatile uint8_t *)bottom; *at == PAINT; at++)
        ;
    use.lowest = (uintptr_t)at;
    return 0;
}

static size_t measure(uint32_t code, const char *what)
{
    HANDLE thread;

    use.code = code;
    use.entered = 0;
    thread = CreateThread(NULL, 0, raise_on_painted_stack, NULL, 0, NULL);
    assert_non_null(thread);
    assert_int_equal(WaitForSingleObject(thread, 60000), WAIT_OBJECT_0);
    CloseHandle(thread);
    print_message("%s: %u bytes\n", what, (unsigned)(use.entered - use.lowest));
    return use.entered - use.lowest;
}

/* One after the other: what passed the filter once is not looked at again. */
static void handler_when_it_delivers_then_takes_little_of_the_stack(void **state)
{
    struct harness_collector collector;
    salvor_options options;
    void *first, *last;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    salvor_options_init(&options);
    options.pipe = collector.pipe;
    options.spool_dir = harness_folder();
    options.after_dump = SALVOR_AFTER_PASS;
    SetUnhandledExceptionFilter(resume);
    assert_int_equal(salvor_install(&options), SALVOR_OK);
    assert_int_equal(salvor_wait_ready(10000), SALVOR_OK);
    first = AddVectoredExceptionHandler(1, note_entry);
    last = AddVectoredExceptionHandler(0, resume_heap_corruption);
    assert_in_range(measure(CODE_HEAP_CORRUPTION, "at first chance, from the vectored handler"), 1, MAX_USE);
    harness_wait_reports(collector.queue, 1, 30000);
    assert_in_range(measure(0xe0001234, "by the unhandled filter, from the vectored handler"), 1, MAX_WAY);
    RemoveVectoredExceptionHandler(last);
    RemoveVectoredExceptionHandler(first);
    assert_int_equal(salvor_uninstall(), SALVOR_OK);
    harness_collector_stop(&collector);
}

/* Whether the program, whose heap another thread has for itself, leaves a report and writes down for the next start that it did. */
static void die_without_heap(const char *pipe, const char *spool_dir, const char *queue)
{
    struct file_info info;
    char *last = path_joined(spool_dir, NAME_FILE_LAST_CRASH);

    assert_int_equal(harness_run(60000, "salvor-sample.exe", "heap-lock", "--pipe", pipe, "--spool", spool_dir, (char *)NULL),
                     EXCEPTION_ACCESS_VIOLATION);
    harness_wait_reports(queue, 1, 30000);
    assert_int_equal(file_stat(last, &info), ST_OK);
    assert_int_equal(info.size_bytes, 36);
    free(last);
}

static void handler_when_another_thread_has_the_heap_then_waits_for_nobody(void **state)
{
    struct harness_collector collector;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    die_without_heap(collector.pipe, harness_folder(), collector.queue);
    harness_collector_stop(&collector);
}

static void last_resort_when_another_thread_has_the_heap_then_waits_for_nobody(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    die_without_heap(NOBODY, spool_dir, spool_dir);
}

/* -- overflows, in programs that die of them -- */

#define AV 0xc0000005
#define SO CODE_STACK_OVERFLOW
#define ROW(name, arguments, code)                                                                                                         \
    {                                                                                                                                      \
        name, arguments, code, code, "", true,                                                                                             \
        {                                                                                                                                  \
            CAUGHT                                                                                                                         \
        }                                                                                                                                  \
    }

/* By frames of several sizes, and, with little left, by the system's own work on another fault, which may stay what it is or become an
 * overflow. Threads from before install have only what the system leaves of itself. */
static const struct matrix_row rows[] = {
    ROW("main_16", "stack-overflow --frame 16", SO),
    ROW("main_512", "stack-overflow --frame 512", SO),
    ROW("main_5000", "stack-overflow --frame 5000", SO),
    ROW("main_40000", "stack-overflow --frame 40000", SO),
    ROW("main_0_left", "low-stack --left 0", AV),
    ROW("main_500_left", "low-stack --left 500", AV),
    ROW("main_1000_left", "low-stack --left 1000", AV),
    ROW("main_2000_left", "low-stack --left 2000", AV),
    ROW("main_4000_left", "low-stack --left 4000", AV),
    ROW("after_16", "stack-overflow --thread --frame 16", SO),
    ROW("after_512", "stack-overflow --thread --frame 512", SO),
    ROW("after_5000", "stack-overflow --thread --frame 5000", SO),
    ROW("after_40000", "stack-overflow --thread --frame 40000", SO),
    ROW("after_0_left", "low-stack --thread --left 0", AV),
    ROW("after_500_left", "low-stack --thread --left 500", AV),
    ROW("after_1000_left", "low-stack --thread --left 1000", AV),
    ROW("after_2000_left", "low-stack --thread --left 2000", AV),
    ROW("after_4000_left", "low-stack --thread --left 4000", AV),
    ROW("before_16", "stack-overflow --before --frame 16", SO),
    ROW("before_512", "stack-overflow --before --frame 512", SO),
    ROW("before_5000", "stack-overflow --before --frame 5000", SO),
    ROW("before_40000", "stack-overflow --before --frame 40000", SO),
    ROW("before_0_left", "low-stack --before --left 0", AV),
    ROW("before_1000_left", "low-stack --before --left 1000", AV),
    ROW("before_4000_left", "low-stack --before --left 4000", AV),
    ROW("before_with_init_512", "stack-overflow --before --thread-init --frame 512", SO),
    ROW("before_with_init_0_left", "low-stack --before --thread-init --left 0", AV),
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static struct matrix_death deaths[ROW_COUNT];
static struct matrix_report reports[MATRIX_MAX_REPORTS];
static size_t report_count;

static int let_all_die(void **state)
{
    struct harness_collector collector;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    matrix_let_die(&(struct matrix_run){.pipe = collector.pipe, .spool_dir = harness_folder(), .more = "", .at_once = 4}, deaths,
                   ROW_COUNT);
    harness_wait_reports(collector.queue, ROW_COUNT, 60000);
    harness_collector_stop(&collector);
    report_count = matrix_read(collector.queue, NULL, reports, MATRIX_MAX_REPORTS);
    matrix_let_go(deaths, ROW_COUNT);
    return 0;
}

static const struct matrix_report *report_of(const struct matrix_death *death)
{
    const struct matrix_report *found = NULL;

    for (size_t i = 0; i < report_count; i++) {
        if (reports[i].pid != death->pid)
            continue;
        assert_null(found);
        found = &reports[i];
    }
    assert_non_null(found);
    return found;
}

static void overflow(void **state)
{
    const struct matrix_death *death = *state;
    const struct matrix_report *report = report_of(death);

    if (death->row->code == AV && death->exit_code == SO)
        print_message("%s: became an overflow\n", death->name);
    else
        assert_int_equal(death->exit_code, death->row->code);
    assert_int_equal(report->code, death->exit_code);
    assert_int_equal(report->thread, death->sites[0].thread);
    if (report->code == death->row->code) /* what became an overflow did so in the system's code */
        assert_in_range(report->address, death->sites[0].begin, death->sites[0].end - 1);
}

int main(void)
{
    const struct CMUnitTest handler[] = {
        cmocka_unit_test(handler_when_it_delivers_then_takes_little_of_the_stack),
        cmocka_unit_test(handler_when_another_thread_has_the_heap_then_waits_for_nobody),
        cmocka_unit_test(last_resort_when_another_thread_has_the_heap_then_waits_for_nobody),
    };
    struct CMUnitTest tests[ROW_COUNT];

    for (size_t i = 0; i < ROW_COUNT; i++) {
        deaths[i].row = &rows[i];
        snprintf(deaths[i].name, sizeof deaths[i].name, "overflow_when_%s_then_one_report", rows[i].name);
        tests[i] = (struct CMUnitTest){deaths[i].name, overflow, NULL, NULL, &deaths[i]};
    }
    return cmocka_run_group_tests(handler, NULL, NULL) + cmocka_run_group_tests(tests, let_all_die, NULL);
}
