/* test_unwind_frame_pointer.c - chains of saved frame pointers on x86 and arm64, sound and unsound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "support_process.h"

#define CODE  0x40001000u
#define STACK 0x20000u

static struct process_model model_make(const void *stack, size_t size)
{
    struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x10000};

    model_add(&model, STACK, stack, size);
    return model;
}

static struct unwind_cursor x86_cursor(uint32_t esp, uint32_t ebp)
{
    struct unwind_cursor cursor = model_cursor(CPU_X86, CODE + 0x10, esp);

    cpu_set(&cursor.state, CPU_X86_EBP, ebp);
    return cursor;
}

static void chain_when_x86_links_are_sound_is_followed(void **state)
{
    static const uint32_t words[] = {0, CODE + 0x900, STACK + 20, CODE + 0x100, 9, 0, CODE + 0x200, 0};
    struct process_model model = model_make(words, sizeof(words));
    struct unwind_cursor cursor = x86_cursor(STACK, STACK + 8);

    (void)state;
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cursor.trust, UNWIND_TRUST_FRAME_POINTER);
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x100);
    assert_int_equal(cpu_sp(&cursor.state), STACK + 16);
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cursor.trust, UNWIND_TRUST_FRAME_POINTER);
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x200);
    assert_false(model_step(&model, &cursor));
}

static void chain_when_x86_link_is_unsound_leaves_it_to_the_scan(void **state)
{
    static const uint32_t words[] = {0, CODE + 0x900, STACK + 4, CODE + 0x100, STACK + 24, 5, STACK + 30, CODE + 0x200};
    static const uint32_t pointers[] = {
        STACK - 8 /* below the stack pointer */,
        STACK + 8 /* leads down */,
        STACK + 16 /* no code there */,
        STACK + 24 /* odd */,
        STACK + 6 /* odd itself */,
        STACK + 0x10000,
    };
    struct process_model model = model_make(words, sizeof(words));

    (void)state;
    for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
        struct unwind_cursor cursor = x86_cursor(STACK, pointers[i]);

        if (!model_step(&model, &cursor) || cursor.trust != UNWIND_TRUST_SCAN)
            fail_msg("ebp 0x%x was followed", pointers[i]);
    }
}

/* The function's own code decides where the return address is while ebp is still the caller's. */
static void chain_when_x86_stands_in_prologue_or_at_return_takes_the_stack(void **state)
{
    static const struct {
        uint8_t code[3];
        unsigned words;
    } cases[] = {{{0x55, 0x8b, 0xec}, 0}, {{0x55, 0x89, 0xe5}, 0}, {{0x8b, 0xec, 0x90}, 1},
                 {{0x89, 0xe5, 0x90}, 1}, {{0xc3, 0, 0}, 0},       {{0xc2, 8, 0}, 0}};
    uint32_t words[] = {0, 0, 0, 0, STACK + 24, CODE + 0x700, 0, CODE + 0x900};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct process_model model = model_make(words, sizeof(words));
        struct unwind_cursor cursor = x86_cursor(STACK, STACK + 16);

        words[0] = words[1] = 1;
        words[cases[i].words] = CODE + 0x500;
        model_add(&model, CODE + 0x10, cases[i].code, 3);
        assert_true(model_step(&model, &cursor));
        if (cursor.trust != UNWIND_TRUST_FRAME_POINTER || cpu_ip(&cursor.state) != CODE + 0x500 ||
            cursor.state.values[CPU_X86_EBP] != STACK + 16)
            fail_msg("case %zu: trust %s, ip 0x%llx", i, unwind_trust_text(cursor.trust), (unsigned long long)cpu_ip(&cursor.state));
    }
}

static struct unwind_cursor arm64_cursor(uint64_t fp, uint64_t lr)
{
    struct unwind_cursor cursor = model_cursor(CPU_ARM64, CODE + 0x10, STACK);

    cpu_set(&cursor.state, CPU_ARM64_FP, fp);
    cpu_set(&cursor.state, CPU_ARM64_LR, lr);
    return cursor;
}

static void chain_when_arm64_links_are_sound_is_followed(void **state)
{
    static const uint64_t words[] = {0, 0, STACK + 48, 0x7a80000000000000ull | (CODE + 0x3000), 0, 0, 0, CODE + 0x4000};
    struct process_model model = model_make(words, sizeof(words));
    struct unwind_cursor cursor = arm64_cursor(STACK + 16, CODE + 0x20); /* lr: from a call of its own */

    (void)state;
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cursor.trust, UNWIND_TRUST_FRAME_POINTER);
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x3000);
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x4000);
}

static void chain_when_arm64_stands_in_a_leaf_takes_lr_first(void **state)
{
    static const uint64_t words[] = {0, 0, 0, CODE + 0x3000, 0, 0};
    struct process_model model = model_make(words, sizeof(words));
    struct unwind_cursor cursor = arm64_cursor(STACK + 16, CODE + 0x5000);

    (void)state;
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x5000);
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cursor.trust, UNWIND_TRUST_FRAME_POINTER);
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chain_when_x86_links_are_sound_is_followed),
        cmocka_unit_test(chain_when_x86_link_is_unsound_leaves_it_to_the_scan),
        cmocka_unit_test(chain_when_x86_stands_in_prologue_or_at_return_takes_the_stack),
        cmocka_unit_test(chain_when_arm64_links_are_sound_is_followed),
        cmocka_unit_test(chain_when_arm64_stands_in_a_leaf_takes_lr_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
