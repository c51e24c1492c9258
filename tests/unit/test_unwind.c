/* test_unwind.c - lib/unwind over stacks made here and over real dumps whose true callers are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "minidump/minidump.h"
#include "unwind/method.h"
#include "unwind/unwind.h"

#define CODE_START 0x40000000u
#define CODE_END   0x40010000u
#define STACK_AT   0x20000u

/* A process of one module and one stack; code memory is known only where code is set. */
struct model {
    unsigned word_bytes;
    const uint64_t *stack;
    size_t words;
    const uint8_t *code; /* CODE_START on */
    size_t code_bytes;
    const uint64_t *shadow; /* NULL: there is no shadow stack */
    size_t shadow_words;
};

static bool model_read(void *context, uint64_t address, void *ret, size_t size)
{
    const struct model *model = context;
    uint8_t *to = ret;

    for (size_t i = 0; i < size; i++, address++) {
        uint64_t offset = address - STACK_AT;

        if (offset < model->words * model->word_bytes)
            to[i] = (uint8_t)(model->stack[offset / model->word_bytes] >> 8 * (offset % model->word_bytes));
        else if (address - CODE_START < model->code_bytes)
            to[i] = model->code[address - CODE_START];
        else
            return false;
    }
    return true;
}

static bool model_is_code(void *context, uint64_t address)
{
    (void)context;
    return address >= CODE_START && address < CODE_END;
}

static bool model_shadow(void *context, size_t index, uint64_t *ret)
{
    const struct model *model = context;

    if (index >= model->shadow_words)
        return false;
    *ret = model->shadow[index];
    return true;
}

static struct unwind_stack walk(struct model *model, enum cpu cpu, uint64_t ip, uint64_t sp)
{
    const struct unwind_process process = {
        .context = model, .read = model_read, .is_code = model_is_code, .shadow = model->shadow ? model_shadow : NULL};
    struct unwind_budget budget = {100000, 1000000};
    struct cpu_state state = {.cpu = cpu};
    struct unwind_stack stack;

    if (!model->word_bytes)
        model->word_bytes = cpu_layout(cpu)->pointer_bytes;
    cpu_set(&state, cpu_layout(cpu)->ip, ip);
    cpu_set(&state, cpu_layout(cpu)->sp, sp);
    assert_int_equal(unwind_walk(&process, &state, &budget, &stack), ST_OK);
    return stack;
}

static void walk_when_stack_is_empty_gives_the_context_frame(void **state)
{
    struct model model = {0};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 1);
    assert_int_equal(stack.frames[0].ip, CODE_START + 0x10);
    assert_int_equal(stack.frames[0].lookup, CODE_START + 0x10);
    assert_int_equal(stack.frames[0].trust, UNWIND_TRUST_CONTEXT);
    assert_int_equal(stack.end, UNWIND_END_BOTTOM);
    unwind_stack_done(&stack);
}

static void walk_when_return_addresses_stand_in_place_finds_each(void **state)
{
    static const uint64_t words[] = {1, CODE_START + 0x111, 2, CODE_START + 0x222, 0, 0};
    struct model model = {.stack = words, .words = 6};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 3);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    assert_int_equal(stack.frames[1].lookup, CODE_START + 0x110);
    assert_int_equal(stack.frames[1].sp, STACK_AT + 16);
    assert_int_equal(stack.frames[1].trust, UNWIND_TRUST_SCAN);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x222);
    unwind_stack_done(&stack);
}

/* Of the words that could be return addresses only those on the shadow stack are; where it is not known any more, all count again. */
static void scan_when_there_is_a_shadow_stack_takes_what_it_says(void **state)
{
    static const uint64_t words[] = {1, CODE_START + 0x111, 2, CODE_START + 0x222, 0, CODE_START + 0x333,
                                     0, CODE_START + 0x444, 0, CODE_START + 0x555, 0, 0};
    static const uint64_t shadow[] = {CODE_START + 0x222, CODE_START + 0x444};
    struct model model = {.stack = words, .words = 12, .shadow = shadow, .shadow_words = 2};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 4);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x222);
    assert_int_equal(stack.frames[1].sp, STACK_AT + 32);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x444);
    assert_int_equal(stack.frames[3].ip, CODE_START + 0x555);
    unwind_stack_done(&stack);
}

/* A shadow stack that the stack knows nothing of, as of another thread, is no use. */
static void scan_when_the_shadow_stack_is_of_others_goes_on_without(void **state)
{
    static const uint64_t words[] = {1, CODE_START + 0x111, 2, CODE_START + 0x222, 0, 0};
    static const uint64_t shadow[] = {CODE_START + 0x999, 7};
    struct model model = {.stack = words, .words = 6, .shadow = shadow, .shadow_words = 2};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 3);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    unwind_stack_done(&stack);
}

/* The same multiple of 16 at several places is a function that was handed on as a parameter. */
static void scan_when_word_is_a_function_pointer_passes_it_over(void **state)
{
    static const uint64_t words[] = {0, CODE_START + 0x200, 0, CODE_START + 0x200, 0, CODE_START + 0x111, 0, CODE_START + 0x300};
    struct model model = {.stack = words, .words = 8};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 3);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x300); /* alone it may be a return address */
    unwind_stack_done(&stack);
}

static bool model_is_bottom(void *context, uint64_t address)
{
    (void)context;
    return address >= CODE_START + 0x800;
}

/* What calls into the bottom libraries have left is passed over; the last of them started the thread. */
static void scan_when_words_are_of_bottom_libraries_passes_them_over(void **state)
{
    static const uint64_t words[] = {0, CODE_START + 0x811, 0, CODE_START + 0x111, 0, 0, 0, 0,
                                     0, CODE_START + 0x822, 0, CODE_START + 0x833};
    struct model model = {.stack = words, .words = 12, .word_bytes = 8};
    const struct unwind_process process = {.context = &model, .read = model_read, .is_code = model_is_code, .is_bottom = model_is_bottom};
    struct unwind_budget budget = {100, 1000};
    struct cpu_state registers = {.cpu = CPU_AMD64};
    struct unwind_stack stack;

    (void)state;
    cpu_set(&registers, CPU_AMD64_RIP, CODE_START);
    cpu_set(&registers, CPU_AMD64_RSP, STACK_AT);
    assert_int_equal(unwind_walk(&process, &registers, &budget, &stack), ST_OK);
    assert_int_equal(stack.count, 3);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x822);
    assert_int_equal(stack.end, UNWIND_END_BOTTOM);
    unwind_stack_done(&stack);
}

/* A frame of a few words has no room for leftovers: the system called back. */
static void scan_when_bottom_library_called_back_keeps_it(void **state)
{
    static const uint64_t words[] = {
        [1] = CODE_START + 0x811, [9] = CODE_START + 0x111, [25] = CODE_START + 0x822, [31] = CODE_START + 0x222};
    struct model model = {.stack = words, .words = 32, .word_bytes = 8};
    const struct unwind_process process = {.context = &model, .read = model_read, .is_code = model_is_code, .is_bottom = model_is_bottom};
    struct unwind_budget budget = {100, 1000};
    struct cpu_state registers = {.cpu = CPU_AMD64};
    struct unwind_stack stack;

    (void)state;
    cpu_set(&registers, CPU_AMD64_RIP, CODE_START);
    cpu_set(&registers, CPU_AMD64_RSP, STACK_AT);
    assert_int_equal(unwind_walk(&process, &registers, &budget, &stack), ST_OK);
    assert_int_equal(stack.count, 4);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x811);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x111);
    assert_int_equal(stack.frames[3].ip, CODE_START + 0x222); /* 0x822 lies in a large frame */
    unwind_stack_done(&stack);
}

/* In the 32 bytes above a return address stand parameters, never the next one. */
static void scan_when_callers_leave_home_space_looks_beyond_it(void **state)
{
    static const uint64_t words[] = {
        [1] = CODE_START + 0x222, [5] = CODE_START + 0x111, [7] = CODE_START + 0x222, [11] = CODE_START + 0x333, [12] = 0};
    struct model model = {.stack = words, .words = 13, .word_bytes = 8};
    const struct unwind_process process = {.context = &model, .read = model_read, .is_code = model_is_code, .has_home_space = true};
    struct unwind_budget budget = {100, 1000};
    struct cpu_state registers = {.cpu = CPU_AMD64};
    struct unwind_stack stack;

    (void)state;
    cpu_set(&registers, CPU_AMD64_RIP, CODE_START);
    cpu_set(&registers, CPU_AMD64_RSP, STACK_AT);
    assert_int_equal(unwind_walk(&process, &registers, &budget, &stack), ST_OK);
    assert_int_equal(stack.count, 3);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x333);
    unwind_stack_done(&stack);
}

static void walk_when_word_is_out_of_place_prefers_the_proper_one(void **state)
{
    static const uint64_t words[] = {CODE_START + 0x999, CODE_START + 0x111, 0, 0};
    struct model model = {.stack = words, .words = 4};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    unwind_stack_done(&stack);
}

static void walk_when_only_a_word_out_of_place_is_there_takes_it(void **state)
{
    static const uint64_t words[] = {CODE_START + 0x999, 0, 0, 0};
    struct model model = {.stack = words, .words = 4};
    struct unwind_stack stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 2);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x999);
    unwind_stack_done(&stack);
}

static void walk_when_code_is_known_takes_only_words_behind_a_call(void **state)
{
    static const uint64_t words[] = {0, CODE_START + 0x10, 0, CODE_START + 0x20, 0, 0};
    uint8_t code[0x100] = {0};
    struct model model = {.stack = words, .words = 6, .code = code, .code_bytes = sizeof(code)};
    struct unwind_stack stack;

    (void)state;
    code[0x20 - 5] = 0xe8;
    stack = walk(&model, CPU_AMD64, CODE_START + 0x80, STACK_AT);
    assert_int_equal(stack.count, 2);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x20);
    unwind_stack_done(&stack);
}

static void ends_with_call_when_given_each_form_knows_it(void **state)
{
    static const uint8_t calls[][8] = {
        {5, 0xe8, 1, 2, 3, 4},                /* call rel32 */
        {2, 0xff, 0xd0},                      /* call rax */
        {3, 0x41, 0xff, 0xd3},                /* call r11 */
        {2, 0xff, 0x10},                      /* call [rax] */
        {3, 0xff, 0x50, 0x08},                /* call [rax + 8] */
        {6, 0xff, 0x15, 1, 2, 3, 4},          /* call [rip + rel32] */
        {6, 0xff, 0x90, 1, 2, 3, 4},          /* call [rax + disp32] */
        {3, 0xff, 0x14, 0xc8},                /* call [rax + rcx * 8] */
        {4, 0xff, 0x54, 0xc8, 0x10},          /* call [rax + rcx * 8 + 16] */
        {7, 0xff, 0x94, 0xc8, 0, 1, 0, 0},    /* call [rax + rcx * 8 + disp32] */
        {7, 0xff, 0x14, 0xc5, 0, 0x10, 0, 0}, /* call [rax * 8 + disp32] */
    };
    static const uint8_t others[][8] = {
        {2, 0xff, 0xe0},    /* jmp rax */
        {2, 0xff, 0xc0},    /* inc eax */
        {4, 0xe8, 1, 2, 3}, /* cut off */
        {4, 0x90, 0x90, 0x90, 0x90},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        if (!unwind_ends_with_call(calls[i] + 1, calls[i][0]))
            fail_msg("call form %zu was not known", i);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (unwind_ends_with_call(others[i] + 1, others[i][0]))
            fail_msg("form %zu was taken for a call", i);
}

static void walk_when_x86_reads_words_of_four_bytes(void **state)
{
    static const uint64_t words[] = {5, CODE_START + 0x111, CODE_START + 0x222, 0};
    struct model model = {.stack = words, .words = 4};
    struct unwind_stack stack = walk(&model, CPU_X86, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 3);
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x111);
    assert_int_equal(stack.frames[1].sp, STACK_AT + 8);
    assert_int_equal(stack.frames[2].ip, CODE_START + 0x222);
    unwind_stack_done(&stack);
}

static void walk_when_arm64_strips_the_pointer_authentication_code(void **state)
{
    static const uint64_t words[] = {0, 0x7a80000000000000u | (CODE_START + 0x110), 0, CODE_START + 0x221, 0, 0};
    struct model model = {.stack = words, .words = 6};
    struct unwind_stack stack = walk(&model, CPU_ARM64, CODE_START + 0x10, STACK_AT);

    (void)state;
    assert_int_equal(stack.count, 2); /* the second word is not a multiple of four */
    assert_int_equal(stack.frames[1].ip, CODE_START + 0x110);
    assert_int_equal(stack.frames[1].lookup, CODE_START + 0x10c);
    unwind_stack_done(&stack);
}

static void walk_when_registers_are_missing_gives_no_frames(void **state)
{
    struct model model = {0};
    const struct unwind_process process = {.context = &model, .read = model_read, .is_code = model_is_code};
    struct unwind_budget budget = {10, 10};
    struct cpu_state registers = {.cpu = CPU_AMD64};
    struct unwind_stack stack;

    (void)state;
    cpu_set(&registers, CPU_AMD64_RIP, CODE_START);
    assert_int_equal(unwind_walk(&process, &registers, &budget, &stack), ST_OK);
    assert_int_equal(stack.count, 0);
    assert_int_equal(stack.end, UNWIND_END_NO_REGISTERS);
    unwind_stack_done(&stack);
}

static void walk_when_frames_never_end_stops_at_the_limit(void **state)
{
    static uint64_t words[4 * UNWIND_MAX_FRAMES];
    struct model model = {.stack = words, .words = 4 * UNWIND_MAX_FRAMES};
    struct unwind_stack stack;

    (void)state;
    for (size_t i = 0; i < 4 * UNWIND_MAX_FRAMES; i++)
        words[i] = CODE_START + 0x101;
    stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);
    assert_int_equal(stack.count, UNWIND_MAX_FRAMES);
    assert_int_equal(stack.end, UNWIND_END_FRAME_LIMIT);
    unwind_stack_done(&stack);
}

static void walk_when_the_budget_is_used_up_stops_and_says_so(void **state)
{
    static const uint64_t words[] = {0, CODE_START + 0x111, 0, CODE_START + 0x222, 0, CODE_START + 0x333};
    struct model model = {.stack = words, .words = 6, .word_bytes = 8};
    const struct unwind_process process = {.context = &model, .read = model_read, .is_code = model_is_code};
    struct unwind_budget budget = {2, 1000};
    struct cpu_state registers = {.cpu = CPU_AMD64};
    struct unwind_stack stack;

    (void)state;
    cpu_set(&registers, CPU_AMD64_RIP, CODE_START);
    cpu_set(&registers, CPU_AMD64_RSP, STACK_AT);
    assert_int_equal(unwind_walk(&process, &registers, &budget, &stack), ST_OK);
    assert_int_equal(stack.count, 2);
    assert_int_equal(stack.end, UNWIND_END_BUDGET);
    assert_int_equal(budget.frames, 0);
    unwind_stack_done(&stack);
}

static void walk_when_the_gap_is_beyond_the_window_ends(void **state)
{
    static uint64_t words[UNWIND_MAX_SCAN_WORDS + 16];
    struct model model = {.stack = words, .words = UNWIND_MAX_SCAN_WORDS + 16};
    struct unwind_stack stack;

    (void)state;
    words[UNWIND_MAX_SCAN_WORDS + 1] = CODE_START + 0x111;
    stack = walk(&model, CPU_AMD64, CODE_START + 0x10, STACK_AT);
    assert_int_equal(stack.count, 1);
    unwind_stack_done(&stack);
}

static bool dump_read(void *context, uint64_t address, void *ret, size_t size)
{
    return minidump_memory_read(context, address, ret, size);
}

static bool dump_is_code(void *context, uint64_t address)
{
    return minidump_module_at(context, address) != MINIDUMP_NONE;
}

/* Walks the crashing thread of a dump of tests/data and looks for the callers that its README names, in order. */
static void assert_true_callers(const char *path)
{
    static const uint64_t callers[] = {0x140001723, 0x140001740, 0x1400017f2};
    struct buffer bytes;
    struct minidump *minidump;
    struct cpu_state registers;
    struct unwind_budget budget = {1000, 100000};
    struct unwind_stack stack;
    const char *why;
    size_t found = 0;

    buffer_init(&bytes, 1 << 20);
    assert_int_equal(file_read_whole(path, 1 << 20, &bytes), ST_OK);
    assert_int_equal(minidump_open(&minidump, (struct span){bytes.data, bytes.len}, &why), ST_OK);
    const struct unwind_process process = {.context = minidump, .read = dump_read, .is_code = dump_is_code};

    assert_null(minidump_thread_state(minidump, minidump_crashing_thread(minidump), &registers));
    assert_int_equal(unwind_walk(&process, &registers, &budget, &stack), ST_OK);
    for (size_t i = 0; i < stack.count && found < 3; i++)
        found += stack.frames[i].ip == callers[found];
    assert_int_equal(found, 3);
    unwind_stack_done(&stack);
    minidump_close(minidump);
    buffer_done(&bytes);
}

static void walk_when_dumps_are_real_holds_the_true_callers(void **state)
{
    (void)state;
    assert_true_callers(SALVOR_TEST_DATA "/access-violation.dmp");
    assert_true_callers(SALVOR_TEST_DATA "/divide.dmp");
    assert_true_callers(SALVOR_TEST_DATA "/fast-fail.dmp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_when_stack_is_empty_gives_the_context_frame),
        cmocka_unit_test(walk_when_return_addresses_stand_in_place_finds_each),
        cmocka_unit_test(scan_when_there_is_a_shadow_stack_takes_what_it_says),
        cmocka_unit_test(scan_when_the_shadow_stack_is_of_others_goes_on_without),
        cmocka_unit_test(scan_when_words_are_of_bottom_libraries_passes_them_over),
        cmocka_unit_test(scan_when_bottom_library_called_back_keeps_it),
        cmocka_unit_test(scan_when_word_is_a_function_pointer_passes_it_over),
        cmocka_unit_test(scan_when_callers_leave_home_space_looks_beyond_it),
        cmocka_unit_test(walk_when_word_is_out_of_place_prefers_the_proper_one),
        cmocka_unit_test(walk_when_only_a_word_out_of_place_is_there_takes_it),
        cmocka_unit_test(walk_when_code_is_known_takes_only_words_behind_a_call),
        cmocka_unit_test(ends_with_call_when_given_each_form_knows_it),
        cmocka_unit_test(walk_when_x86_reads_words_of_four_bytes),
        cmocka_unit_test(walk_when_arm64_strips_the_pointer_authentication_code),
        cmocka_unit_test(walk_when_registers_are_missing_gives_no_frames),
        cmocka_unit_test(walk_when_frames_never_end_stops_at_the_limit),
        cmocka_unit_test(walk_when_the_budget_is_used_up_stops_and_says_so),
        cmocka_unit_test(walk_when_the_gap_is_beyond_the_window_ends),
        cmocka_unit_test(walk_when_dumps_are_real_holds_the_true_callers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
