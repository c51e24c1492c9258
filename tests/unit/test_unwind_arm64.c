/* test_unwind_arm64.c - arm64 unwinding by unwind data made here: what no program in the emulator shows, and hostile data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"
#include "support_process.h"
#include "unwind/xdata_arm64.h"

#define BASE  0x40000000u
#define STACK 0x20000u
#define CODE  0x1000u
#define XDATA 0x100u

static uint8_t image[0x200];
static uint64_t stack[256];
static uint32_t unwind_word;

static bool image_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    (void)context;
    if (rva > sizeof(image) || size > sizeof(image) - rva)
        return false;
    memcpy(ret, image + rva, size);
    return true;
}

/* One function at CODE; what lies behind it has no entry. */
static enum unwind_coverage entry_at(const void *context, uint32_t rva, struct unwind_entry *ret)
{
    (void)context;
    *ret = (struct unwind_entry){CODE, 0, unwind_word};
    return rva < CODE ? UNWIND_COVERAGE_LEAF : UNWIND_COVERAGE_ENTRY;
}

static void image_put(uint32_t header, const uint8_t *codes, size_t size)
{
    memset(image, 0, sizeof(image));
    memset(stack, 0, sizeof(stack));
    bytes_put_u32(image + XDATA, header);
    memcpy(image + XDATA + 4, codes, size);
    unwind_word = XDATA;
}

static bool step_from(uint32_t rva, struct unwind_cursor *ret)
{
    struct unwind_source source = {BASE, NULL, image_read, entry_at};
    struct process_model model = {.code_begin = BASE, .code_end = BASE + 0x2000, .sources = &source, .source_count = 1};

    model_add(&model, STACK, stack, sizeof(stack));
    *ret = model_cursor(CPU_ARM64, BASE + rva, STACK);
    for (unsigned i = 0; i < CPU_ARM64_SP; i++)
        cpu_set(&ret->state, i, 0x100 + i);
    cpu_set(&ret->state, CPU_ARM64_LR, BASE + 0x1800);
    return model_step(&model, ret);
}

static void assert_caller(const struct unwind_cursor *cursor, uint64_t ip, uint64_t sp)
{
    assert_int_equal(cursor->trust, UNWIND_TRUST_CFI);
    assert_int_equal(cpu_ip(&cursor->state), ip);
    assert_int_equal(cpu_sp(&cursor->state), sp);
}

static void arm64_when_there_is_no_entry_it_is_a_leaf(void **state)
{
    static const uint8_t codes[] = {0xe4, 0, 0, 0};
    struct unwind_cursor cursor;

    (void)state;
    image_put(4 | 1u << 27, codes, sizeof(codes)); /* a function of 16 bytes */
    assert_true(step_from(CODE + 0x40, &cursor));
    assert_caller(&cursor, BASE + 0x1800, STACK);
    assert_int_equal(cursor.state.values[20], 0x114);
    assert_false(cpu_has(&cursor.state, 0));
    assert_false(cpu_has(&cursor.state, CPU_ARM64_LR)); /* the call took it */
}

static void arm64_when_exception_frame_is_marked_goes_on_where_it_stood(void **state)
{
    static const uint8_t codes[] = {0x02, 0xe9, 0xe4, 0}; /* 32 bytes; machine frame */
    struct unwind_cursor cursor;

    (void)state;
    image_put(0x40 | 1u << 27, codes, sizeof(codes));
    stack[4] = STACK + 0x200;
    stack[5] = BASE + 0x1700;
    assert_true(step_from(CODE + 0x20, &cursor));
    assert_caller(&cursor, BASE + 0x1700, STACK + 0x200);
    assert_true(cursor.interrupted);
    assert_int_equal(cursor.state.values[CPU_ARM64_LR], BASE + 0x1800);
}

static void arm64_when_context_is_marked_takes_its_registers(void **state)
{
    static const uint8_t codes[] = {0xea, 0xe4, 0, 0};
    struct unwind_cursor cursor;
    uint8_t *context = (uint8_t *)stack;

    (void)state;
    image_put(0x40 | 1u << 27, codes, sizeof(codes));
    bytes_put_u32(context, 0x00400007);
    bytes_put_u64(context + 8 + 8 * CPU_ARM64_SP, STACK + 0x400);
    bytes_put_u64(context + 8 + 8 * CPU_ARM64_PC, BASE + 0x1704);
    bytes_put_u64(context + 8 + 8 * 3, 0x3333);
    bytes_put_u64(context + 0x110 + 16 * 9, 0x9999);
    assert_true(step_from(CODE + 0x20, &cursor));
    assert_caller(&cursor, BASE + 0x1704, STACK + 0x400);
    assert_int_equal(cursor.state.values[3], 0x3333);
    assert_int_equal(cursor.state.vectors[9].low, 0x9999);
}

static void arm64_when_return_address_is_signed_strips_it(void **state)
{
    static const uint8_t codes[] = {0x81, 0xfc, 0xe4, 0}; /* fp, lr and 16 bytes; signed */
    struct unwind_cursor cursor;

    (void)state;
    image_put(0x40 | 1u << 27, codes, sizeof(codes));
    stack[0] = 0x5555;
    stack[1] = 0x7a80000000000000ull | (BASE + 0x1900);
    assert_true(step_from(CODE + 0x20, &cursor));
    assert_caller(&cursor, BASE + 0x1900, STACK + 16);
    assert_int_equal(cursor.state.values[CPU_ARM64_FP], 0x5555);
}

static void arm64_when_data_is_bad_is_not_exact(void **state)
{
    static const struct {
        uint32_t header;
        uint8_t codes[8];
    } cases[] = {
        {0x40 | 1u << 27, {0x01, 0x01, 0x01, 0x01}},         /* no end */
        {0x40 | 1u << 27, {0xe8, 0xe4}},                     /* a trap frame: not described */
        {0x40 | 1u << 27, {0xdf, 0x01, 0xe4}},               /* scalable vectors */
        {0x40 | 1u << 27, {0xe7, 0x80, 0x00, 0xe4}},         /* reserved bit */
        {0x40 | 1u << 27, {0xe7, 0x5e, 0x00, 0xe4}},         /* the pair behind lr */
        {0x40 | 1u << 27, {0xe6, 0xe6, 0xd0, 0x00}},         /* next of a single register, and no end */
        {0x40 | 1u << 27, {0xcb, 0xc0, 0xe4}},               /* x34 */
        {0x40 | 1u << 18 | 1u << 27, {0xe4}},                /* version 1 */
        {0x40 | 31u << 27, {0x01}},                          /* codes beyond the image */
        {0x40 | 1u << 22 | 1u << 27, {0, 0, 0, 0x80, 0xdf}}, /* an epilogue that starts beyond its codes */
    };
    struct unwind_cursor cursor;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        image_put(cases[i].header, cases[i].codes, sizeof(cases[i].codes));
        if (step_from(CODE + 0x20, &cursor) && cursor.trust == UNWIND_TRUST_CFI)
            fail_msg("case %zu found ip 0x%llx", i, (unsigned long long)cpu_ip(&cursor.state));
    }
}

/* Packed data of every value is read within its buffer, or refused; a frame smaller than what it saves is refused. */
static void arm64_packed_when_of_any_value_stays_within_bounds(void **state)
{
    struct arm64_xdata xdata;
    struct arm64_code code;

    (void)state;
    for (uint32_t fields = 0; fields < 1u << 19; fields++) {
        uint32_t word = fields << 13 | 0x10 << 2 | 1;
        size_t at = 0;

        if (!arm64_xdata_of_packed(word, &xdata))
            continue;
        if (xdata.size > 64 || xdata.end_epilogue >= xdata.size)
            fail_msg("0x%x has %zu bytes of codes", word, xdata.size);
        while (at < xdata.size)
            if (!arm64_code_next(&xdata, &at, &code))
                fail_msg("0x%x has no code at byte %zu", word, at);
    }
    assert_false(arm64_xdata_of_packed(1 | 4 << 2 | 4 << 16 | 1 << 23, &xdata));
    assert_false(arm64_xdata_of_packed(1 | 4 << 2 | 11 << 16 | 8 << 23, &xdata)); /* there is no eleventh */
    assert_false(arm64_xdata_of_packed(3 | 4 << 2, &xdata));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arm64_when_there_is_no_entry_it_is_a_leaf),
        cmocka_unit_test(arm64_when_exception_frame_is_marked_goes_on_where_it_stood),
        cmocka_unit_test(arm64_when_context_is_marked_takes_its_registers),
        cmocka_unit_test(arm64_when_return_address_is_signed_strips_it),
        cmocka_unit_test(arm64_when_data_is_bad_is_not_exact),
        cmocka_unit_test(arm64_packed_when_of_any_value_stays_within_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
