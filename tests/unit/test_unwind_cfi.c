/* test_unwind_cfi.c - STACK CFI rules and the postfix expressions in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "support_process.h"
#include "unwind/postfix.h"

#define CODE  0x40001000u
#define STACK 0x20000u

static bool get_number(void *context, struct span name, uint64_t *ret)
{
    (void)context;
    *ret = 1000;
    return postfix_is(name, "$known");
}

static bool read_double(void *context, uint64_t address, uint64_t *ret)
{
    (void)context;
    *ret = address * 2;
    return address != 13;
}

static bool run(const char *text, unsigned pointer_bytes, uint64_t *ret)
{
    struct postfix postfix = {NULL, pointer_bytes, POSTFIX_MAX_STEPS, get_number, NULL, read_double};

    return postfix_run(&postfix, (struct span){(const uint8_t *)text, strlen(text)}, ret);
}

static void postfix_when_sound_gives_its_value(void **state)
{
    static const struct {
        const char *text;
        unsigned bytes;
        uint64_t value;
    } cases[] = {
        {"7", 8, 7},
        {"1 2 +", 8, 3},
        {"  10\t3 - ", 8, 7},
        {"6 7 *", 8, 42},
        {"43 6 /", 8, 7},
        {"43 6 %", 8, 1},
        {"1023 16 @", 8, 1008},
        {"21 ^", 8, 42},
        {"$known -8 + ^", 8, 1984},
        {"1 2 -", 8, UINT64_MAX},
        {"1 2 -", 4, UINT32_MAX},
        {"4294967295 2 +", 4, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 0;

        if (!run(cases[i].text, cases[i].bytes, &value) || value != cases[i].value)
            fail_msg("\"%s\" gave %llu, not %llu", cases[i].text, (unsigned long long)value, (unsigned long long)cases[i].value);
    }
}

static void postfix_when_malformed_gives_nothing(void **state)
{
    static const char *const cases[] = {"",         "+",           "1 +",    "1 2",   "1 0 /",
                                        "1 0 %",    "16 3 @",      "16 0 @", "$else", "13 ^",
                                        "$x 1 = 2", "1 2 3 + + +", "-",      "1-2",   "99999999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value;

        if (run(cases[i], 8, &value))
            fail_msg("\"%s\" gave %llu", cases[i], (unsigned long long)value);
    }
}

static void postfix_when_stack_is_too_deep_stops(void **state)
{
    char text[4 * POSTFIX_MAX_STACK];
    uint64_t value;

    (void)state;
    memset(text, 0, sizeof(text));
    for (size_t i = 0; i <= POSTFIX_MAX_STACK; i++)
        memcpy(text + 2 * i, "1 ", 2);
    assert_false(run(text, 8, &value));
}

static void postfix_when_steps_are_used_up_stops(void **state)
{
    struct postfix postfix = {NULL, 8, 2, get_number, NULL, read_double};
    uint64_t value;

    (void)state;
    assert_false(postfix_run(&postfix, (struct span){(const uint8_t *)"1 2 +", 5}, &value));
}

/* A function that has pushed rbx and taken 32 bytes. */
static const uint64_t frame[] = {1, 2, 3, 4, 0x7777, CODE + 0x500, 6, 7};

static void cfi_when_rules_hold_restores_registers(void **state)
{
    static const char *const rules[] = {".cfa: $rsp 8 + .ra: .cfa 8 - ^", ".cfa: $rsp 16 + $rbx: .cfa 16 - ^", ".cfa: $rsp 48 +"};
    struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x1000, .rules = rules, .rule_count = 3};
    struct unwind_cursor cursor = model_cursor(CPU_AMD64, CODE + 0x10, STACK);

    (void)state;
    model_add(&model, STACK, frame, sizeof(frame));
    cpu_set(&cursor.state, CPU_AMD64_RBP, 0x1234);
    cpu_set(&cursor.state, 0, 0x5555);
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cursor.trust, UNWIND_TRUST_CFI);
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x500);
    assert_int_equal(cpu_sp(&cursor.state), STACK + 48);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBX], 0x7777);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBP], 0x1234);
    assert_false(cpu_has(&cursor.state, 0)); /* rax belongs to whoever was called last */
}

static void cfi_when_a_register_cannot_be_computed_it_is_unknown(void **state)
{
    static const char *const rules[] = {".cfa: $rsp 48 + .ra: .cfa 8 - ^ $rbx: 1 ^ $rbp: $r99"};
    struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x1000, .rules = rules, .rule_count = 1};
    struct unwind_cursor cursor = model_cursor(CPU_AMD64, CODE + 0x10, STACK);

    (void)state;
    model_add(&model, STACK, frame, sizeof(frame));
    cpu_set(&cursor.state, CPU_AMD64_RBX, 1);
    cpu_set(&cursor.state, CPU_AMD64_RBP, 1);
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cursor.trust, UNWIND_TRUST_CFI);
    assert_false(cpu_has(&cursor.state, CPU_AMD64_RBX));
    assert_false(cpu_has(&cursor.state, CPU_AMD64_RBP));
}

static void cfi_when_rules_are_unsound_leaves_it_to_the_scan(void **state)
{
    static const char *const cases[] = {
        ".cfa: $rsp 8 +",
        ".ra: $rsp ^",
        "$rsp 8 + .cfa: $rsp .ra: $rsp ^",
        ".cfa: $rsp 8 + .ra: .cfa 8000 - ^",
        ".cfa: .cfa .ra: $rsp ^",
        ".cfa: .ra:",
        ".cfa: $rsp .ra: 40 $rsp + ^" /* the stack does not rise */,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x1000, .rules = &cases[i], .rule_count = 1};
        struct unwind_cursor cursor = model_cursor(CPU_AMD64, CODE + 0x10, STACK);

        model_add(&model, STACK, frame, sizeof(frame));
        if (!model_step(&model, &cursor) || cursor.trust != UNWIND_TRUST_SCAN)
            fail_msg("\"%s\" gave trust %s", cases[i], unwind_trust_text(cursor.trust));
    }
}

static void cfi_when_the_return_address_is_zero_ends_the_stack(void **state)
{
    static const char *const rules[] = {".cfa: $rsp 8 + .ra: 0"};
    struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x1000, .rules = rules, .rule_count = 1};
    struct unwind_cursor cursor = model_cursor(CPU_AMD64, CODE + 0x10, STACK);

    (void)state;
    model_add(&model, STACK, frame, sizeof(frame));
    assert_false(model_step(&model, &cursor));
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x10);
}

static void cfi_when_arm64_knows_second_names(void **state)
{
    static const char *const rules[] = {".cfa: sp 0 + .ra: x30", ".cfa: x29 16 + .ra: .cfa 8 - ^ x29: .cfa 16 - ^"};
    static const uint64_t words[] = {0x3000, 0x7a80000000000000ull | (CODE + 0x500)};
    struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x1000, .rules = rules, .rule_count = 2};
    struct unwind_cursor cursor = model_cursor(CPU_ARM64, CODE + 0x10, STACK);

    (void)state;
    model_add(&model, STACK, words, sizeof(words));
    cpu_set(&cursor.state, CPU_ARM64_FP, STACK);
    assert_true(model_step(&model, &cursor));
    assert_int_equal(cpu_ip(&cursor.state), CODE + 0x500);
    assert_int_equal(cpu_sp(&cursor.state), STACK + 16);
    assert_int_equal(cursor.state.values[CPU_ARM64_FP], 0x3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postfix_when_sound_gives_its_value),
        cmocka_unit_test(postfix_when_malformed_gives_nothing),
        cmocka_unit_test(postfix_when_stack_is_too_deep_stops),
        cmocka_unit_test(postfix_when_steps_are_used_up_stops),
        cmocka_unit_test(cfi_when_rules_hold_restores_registers),
        cmocka_unit_test(cfi_when_a_register_cannot_be_computed_it_is_unknown),
        cmocka_unit_test(cfi_when_rules_are_unsound_leaves_it_to_the_scan),
        cmocka_unit_test(cfi_when_the_return_address_is_zero_ends_the_stack),
        cmocka_unit_test(cfi_when_arm64_knows_second_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
