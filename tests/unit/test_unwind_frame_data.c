/* test_unwind_frame_data.c - x86 callers by FrameData programs and FPO records that are made here. What clang writes is held by the
 * emulator's programs (tests/unwind). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "support_process.h"
#include "unwind/instruction_x86.h"

#define CODE  0x40001000u
#define STACK 0x20000u

static struct unwind_frame_record record;

static bool record_at(void *context, uint64_t address, struct unwind_frame_record *ret)
{
    (void)context;
    *ret = record;
    if (address < record.start || address - record.start >= record.win.size)
        ret->win.size = 0;
    return true;
}

/* One step with esp at the start of words, and ebx to edi holding 0x100 and their number. */
static bool step(const uint32_t *words, size_t size, const char *code, size_t code_size, uint32_t offset, struct unwind_cursor *ret)
{
    struct process_model model = {.code_begin = CODE, .code_end = CODE + 0x1000, .record = record_at};

    model_add(&model, STACK, words, size);
    model_add(&model, CODE, code, code_size);
    *ret = model_cursor(CPU_X86, CODE + offset, STACK);
    for (unsigned i = 0; i < 8; i++)
        if (i != CPU_X86_ESP)
            cpu_set(&ret->state, i, 0x100 + i);
    return model_step(&model, ret);
}

static void record_set(uint32_t type, uint32_t locals, uint32_t saved, const char *program)
{
    record = (struct unwind_frame_record){.start = CODE};
    record.win = (struct symbol_win){.type = type, .size = 0x80, .local_bytes = locals, .saved_register_bytes = saved, .program = program};
}

static void assert_caller(const struct unwind_cursor *cursor, uint64_t ip, uint64_t sp)
{
    assert_int_equal(cursor->trust, UNWIND_TRUST_CFI);
    assert_int_equal(cpu_ip(&cursor->state), ip);
    assert_int_equal(cpu_sp(&cursor->state), sp);
}

static void frame_data_when_program_names_registers_restores_them(void **state)
{
    static const uint32_t words[] = {1, 2, 0xeeee, 0xbbbb, CODE + 0x500, 9};
    struct unwind_cursor cursor;

    (void)state;
    record_set(SYMBOL_WIN_FRAME_DATA, 8, 8, "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + = $ebp $T0 8 - ^ = $ebx $T0 4 - ^ =");
    assert_true(step(words, sizeof(words), "", 0, 0x10, &cursor));
    assert_caller(&cursor, CODE + 0x500, STACK + 20);
    assert_int_equal(cursor.state.values[CPU_X86_EBP], 0xeeee);
    assert_int_equal(cursor.state.values[CPU_X86_EBX], 0xbbbb);
    assert_int_equal(cursor.state.values[6], 0x106);
    assert_false(cpu_has(&cursor.state, 0)); /* eax: calls do not keep it */
}

static void frame_data_when_frame_is_aligned_looks_a_little_further(void **state)
{
    static const uint32_t words[] = {1, 2, 3, CODE + 0x500, CODE + 0x600};
    struct unwind_cursor cursor;

    (void)state;
    record_set(SYMBOL_WIN_FRAME_DATA, 4, 0, "$T0 .raSearchStart = $eip $T0 ^ = $esp $T0 4 + =");
    assert_true(step(words, sizeof(words), "", 0, 0x10, &cursor));
    assert_caller(&cursor, CODE + 0x500, STACK + 16);
}

/* push eax; push ecx; call elsewhere; add esp, 8; nop */
static void frame_data_when_parameters_are_pushed_follows_the_code(void **state)
{
    static const char code[] = "\x50\x51\xe8\x00\x01\x00\x00\x83\xc4\x08\x90";
    static const uint32_t words[] = {CODE + 0x300, CODE + 0x400, CODE + 0x500, 0, 0}, plain[] = {CODE + 0x500, 0};
    static const uint32_t offsets[] = {2, 7, 10};
    struct unwind_cursor cursor;

    (void)state;
    record_set(SYMBOL_WIN_FRAME_DATA, 0, 0, "$T0 .raSearch = $eip $T0 ^ = $esp $T0 4 + =");
    for (size_t i = 0; i < 3; i++) {
        const uint32_t *stack = i < 2 ? words : plain;

        assert_true(step(stack, i < 2 ? sizeof(words) : sizeof(plain), code, sizeof(code) - 1, offsets[i], &cursor));
        assert_caller(&cursor, CODE + 0x500, STACK + (i < 2 ? 12 : 4));
    }
}

static void frame_data_when_record_is_fpo_has_a_program_of_its_own(void **state)
{
    static const uint32_t words[] = {1, 2, 3, CODE + 0x500, CODE + 0x600};
    struct unwind_cursor cursor;

    (void)state;
    record_set(SYMBOL_WIN_FPO, 8, 4, "");
    assert_true(step(words, sizeof(words), "", 0, 0x10, &cursor));
    assert_caller(&cursor, CODE + 0x500, STACK + 16);
    assert_int_equal(cursor.state.values[CPU_X86_EBP], 0x105);
    assert_false(cpu_has(&cursor.state, CPU_X86_EBX)); /* four bytes were saved: nobody knows of which register */
    record.win.allocates_base_pointer = true;
    record.win.saved_register_bytes = 8;
    record.win.local_bytes = 4;
    assert_true(step(words, sizeof(words), "", 0, 0x10, &cursor));
    assert_caller(&cursor, CODE + 0x500, STACK + 16);
    assert_int_equal(cursor.state.values[CPU_X86_EBP], 1); /* 8 bytes below the end of the saved registers */
}

/* In an FPO function's prologue the code says how far it has come: push esi; sub esp, 8. */
static void frame_data_when_fpo_prologue_has_half_run_follows_it(void **state)
{
    static const char code[] = "\x56\x83\xec\x08\x90";
    static const uint32_t words[] = {1, CODE + 0x500, CODE + 0x600, CODE + 0x700};
    struct unwind_cursor cursor;

    (void)state;
    record_set(SYMBOL_WIN_FPO, 8, 4, "");
    record.win.prologue_bytes = 4;
    assert_true(step(words, sizeof(words), code, sizeof(code) - 1, 1, &cursor));
    assert_caller(&cursor, CODE + 0x500, STACK + 8);
}

static void frame_data_when_in_epilogue_follows_its_instructions(void **state)
{
    static const char code[] = "\x83\xc4\x04\x5e\x5d\xc2\x08\x00";
    static const uint32_t words[] = {1, 0x6666, 0x5555, CODE + 0x500};
    struct unwind_cursor cursor;

    (void)state;
    record_set(SYMBOL_WIN_FRAME_DATA, 0, 0, "$T0 $ebp = $eip $T0 4 + ^ = $esp $T0 8 + =");
    assert_true(step(words, sizeof(words), code, sizeof(code) - 1, 0, &cursor));
    assert_caller(&cursor, CODE + 0x500, STACK + 16);
    assert_int_equal(cursor.state.values[6], 0x6666);
    assert_int_equal(cursor.state.values[CPU_X86_EBP], 0x5555);
}

static void frame_data_when_program_is_bad_leaves_it_to_others(void **state)
{
    static const char *const programs[] = {"$eip",
                                           "=",
                                           "$eip .raSearch ^ =",                    /* no esp */
                                           "$eip 0 ^ = $esp 4 =",                   /* no memory there */
                                           "$eip $T9 = $esp $T9 =",                 /* never set */
                                           "$eip .raSearch 0 / = $esp .raSearch =", /* divides by nothing */
                                           "$eip .raSearch ^ = $esp .raSearch 4 + = 1"};
    static const uint32_t words[] = {1, 2};
    struct unwind_cursor cursor;

    (void)state;
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        record_set(SYMBOL_WIN_FRAME_DATA, 0, 0, programs[i]);
        if (step(words, sizeof(words), "", 0, 0x10, &cursor))
            fail_msg("\"%s\" found ip 0x%llx", programs[i], (unsigned long long)cpu_ip(&cursor.state));
    }
}

static void instruction_when_read_has_its_length(void **state)
{
    static const struct {
        const char *code;
        size_t length;
    } cases[] = {
        {"\x90", 1},
        {"\x66\x90", 2},
        {"\x8b\x04\x25\x01\x02\x03\x04", 7},              /* mov eax, [disp32] by SIB */
        {"\x8b\x44\x24\x08", 4},                          /* mov eax, [esp + 8] */
        {"\x8b\x84\x88\x01\x02\x03\x04", 7},              /* mov eax, [eax + ecx * 4 + disp32] */
        {"\xf7\x05\x01\x02\x03\x04\x05\x06\x07\x08", 10}, /* test dword [disp32], imm32 */
        {"\xf7\xd8", 2},                                  /* neg eax */
        {"\x66\xc7\x00\x01\x02", 5},                      /* mov word [eax], imm16 */
        {"\x0f\xb6\xc0", 3},
        {"\x0f\x84\x01\x02\x03\x04", 6},
        {"\x66\x0f\x70\xc0\x4e", 5},     /* pshufd */
        {"\x66\x0f\x3a\x0f\xc1\x08", 6}, /* palignr */
        {"\x0f\x38\xf0\x00", 4},         /* movbe */
        {"\xc5\xf8\x77", 3},             /* vzeroupper */
        {"\xc4\xe3\x79\x0f\xc1\x04", 6}, /* vpalignr */
        {"\x64\xa1\x00\x00\x00\x00", 6}, /* mov eax, fs:[0] */
        {"\xc8\x01\x02\x03", 4},         /* enter */
        {"\xf3\xa5", 2},
        {"\xdd\x44\x24\x04", 4},
    };
    struct x86_instruction instruction;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t code[16] = {0};
        size_t length;

        memcpy(code, cases[i].code, cases[i].length);
        length = x86_instruction_read(code, sizeof(code), &instruction);
        if (length != cases[i].length)
            fail_msg("case %zu has %zu bytes, not %zu", i, length, cases[i].length);
        for (size_t cut = 0; cut < cases[i].length; cut++)
            if (x86_instruction_read(code, cut, &instruction) > cut)
                fail_msg("case %zu reads past byte %zu", i, cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_data_when_program_names_registers_restores_them),
        cmocka_unit_test(frame_data_when_frame_is_aligned_looks_a_little_further),
        cmocka_unit_test(frame_data_when_parameters_are_pushed_follows_the_code),
        cmocka_unit_test(frame_data_when_record_is_fpo_has_a_program_of_its_own),
        cmocka_unit_test(frame_data_when_fpo_prologue_has_half_run_follows_it),
        cmocka_unit_test(frame_data_when_in_epilogue_follows_its_instructions),
        cmocka_unit_test(frame_data_when_program_is_bad_leaves_it_to_others),
        cmocka_unit_test(instruction_when_read_has_its_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
