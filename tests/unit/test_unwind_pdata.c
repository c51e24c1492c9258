/* test_unwind_pdata.c - amd64 unwinding by function tables made here: where the data is sound, missing, or hostile. The emulator's programs
 * (tests/unwind) hold what compilers write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/bytes.h"
#include "support_process.h"
#include "unwind/function_table.h"
#include "unwind/image.h"
#include "unwind/xdata_x64.h"

#define BASE  0x40000000u
#define STACK 0x20000u

#define CODE        0x1000u /* two functions: at CODE and at CODE + 0x100 */
#define XDATA       0x400u
#define TABLE       0x600u
#define IMAGE_BYTES 0x2000u

static uint8_t image[IMAGE_BYTES];
static uint64_t stack[64];
static uint32_t known_bytes; /* how much of the image can be read */

static bool image_read(const void *context, uint32_t rva, void *ret, size_t size)
{
    (void)context;
    if (rva > known_bytes || size > known_bytes - rva)
        return false;
    memcpy(ret, image + rva, size);
    return true;
}

/* A PE image with room for codes at XDATA and two table entries. */
static void image_make(void)
{
    memset(image, 0, sizeof(image));
    memset(stack, 0, sizeof(stack));
    known_bytes = IMAGE_BYTES;
    bytes_put_u16(image, 0x5a4d);
    bytes_put_u32(image + 60, 0x80);
    bytes_put_u32(image + 0x80, 0x4550);
    bytes_put_u16(image + 0x84, 0x8664);
    bytes_put_u32(image + 0x88, 0x5f5f5f5f);
    bytes_put_u16(image + 0x94, 240);
    bytes_put_u16(image + 0x98, 0x20b);
    bytes_put_u32(image + 0x98 + 56, IMAGE_BYTES);
    bytes_put_u32(image + 0x98 + 108, 16);
    bytes_put_u32(image + 0x98 + 136, TABLE);
    bytes_put_u32(image + 0x98 + 140, 24);
    bytes_put_u32(image + TABLE, CODE);
    bytes_put_u32(image + TABLE + 4, CODE + 0x80);
    bytes_put_u32(image + TABLE + 8, XDATA);
    bytes_put_u32(image + TABLE + 12, CODE + 0x100);
    bytes_put_u32(image + TABLE + 16, CODE + 0x180);
    bytes_put_u32(image + TABLE + 20, XDATA + 0x40);
    memset(image + CODE, 0x90, IMAGE_BYTES - CODE);
}

static void xdata_put(uint32_t rva, const uint8_t *bytes, size_t size)
{
    memcpy(image + rva, bytes, size);
}

/* Steps once from an offset into the code, with rsp at the start of the stack. */
static bool step_from(uint32_t rva, struct unwind_cursor *ret)
{
    struct unwind_image opened;
    struct unwind_source source;
    struct process_model model = {.code_begin = BASE, .code_end = BASE + IMAGE_BYTES, .sources = &source, .source_count = 1};

    if (!unwind_image_open(&opened, image_read, NULL))
        fail_msg("the image was not taken for one");
    source = unwind_image_source(&opened, BASE);
    model_add(&model, STACK, stack, sizeof(stack));
    *ret = model_cursor(CPU_AMD64, BASE + rva, STACK);
    for (unsigned i = 0; i < 16; i++)
        if (i != CPU_AMD64_RSP)
            cpu_set(&ret->state, i, 0x100 + i);
    return model_step(&model, ret);
}

static void assert_caller(const struct unwind_cursor *cursor, uint64_t ip, uint64_t sp)
{
    assert_int_equal(cursor->trust, UNWIND_TRUST_CFI);
    assert_int_equal(cpu_ip(&cursor->state), ip);
    assert_int_equal(cpu_sp(&cursor->state), sp);
}

static void pdata_when_there_is_no_entry_it_is_a_leaf(void **state)
{
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    stack[0] = BASE + CODE + 0x10;
    assert_true(step_from(CODE + 0x90, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x10, STACK + 8);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBX], 0x103);
    assert_false(cpu_has(&cursor.state, 0));
}

static void pdata_when_in_body_undoes_all_codes(void **state)
{
    static const uint8_t codes[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30}; /* push rbx; sub rsp, 32 */
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    stack[4] = 0x7777;
    stack[5] = BASE + CODE + 0x110;
    assert_true(step_from(CODE + 0x20, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x110, STACK + 48);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBX], 0x7777);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBP], 0x105);
}

static void pdata_when_in_prologue_undoes_what_has_run(void **state)
{
    static const uint8_t codes[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30};
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    stack[0] = 0x7777;
    stack[1] = BASE + CODE + 0x110;
    assert_true(step_from(CODE + 1, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x110, STACK + 16);
    stack[0] = BASE + CODE + 0x120;
    assert_true(step_from(CODE, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x120, STACK + 8);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBX], 0x103);
}

static void pdata_when_in_epilogue_follows_its_instructions(void **state)
{
    static const uint8_t codes[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30};
    static const uint8_t code[] = {0x41, 0x5c, 0x5b, 0xc3}; /* pop r12; pop rbx; ret */
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    memcpy(image + CODE + 0x40, code, sizeof(code));
    stack[0] = 0xcccc;
    stack[1] = 0xbbbb;
    stack[2] = BASE + CODE + 0x110;
    assert_true(step_from(CODE + 0x40, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x110, STACK + 24);
    assert_int_equal(cursor.state.values[12], 0xcccc);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBX], 0xbbbb);
}

static void pdata_when_a_jump_stays_inside_it_is_no_epilogue(void **state)
{
    static const uint8_t codes[] = {1, 5, 2, 0, 5, 0x32, 1, 0x30};
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    image[CODE + 0x40] = 0xeb;
    image[CODE + 0x41] = 0x10;
    stack[5] = BASE + CODE + 0x110;
    assert_true(step_from(CODE + 0x40, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x110, STACK + 48);
}

static void xdata_when_version_2_knows_where_epilogues_are(void **state)
{
    static const uint8_t codes[] = {2, 5, 5, 0, 3, 0x16, 0, 6, 5, 0x32, 3, 0xc0, 1, 0x30}; /* its epilogue: the last 3 bytes */
    struct unwind_source source;
    struct unwind_entry entry = {CODE, CODE + 0x80, XDATA};
    struct xdata xdata;
    uint32_t begin = 0;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    source = (struct unwind_source){BASE, NULL, image_read, NULL};
    assert_true(xdata_read(&source, XDATA, &xdata));
    assert_true(xdata_epilogue(&xdata, &entry, CODE + 0x7e, &begin));
    assert_int_equal(begin, CODE + 0x7d);
    assert_false(xdata_epilogue(&xdata, &entry, CODE + 0x7c, &begin));
    assert_false(xdata_epilogue(&xdata, &entry, CODE + 0x80, &begin));
}

static void pdata_when_version_2_has_no_code_bytes_mirrors_the_pushes(void **state)
{
    static const uint8_t codes[] = {2, 5, 5, 0, 4, 0x16, 0, 6, 5, 0x32, 3, 0xc0, 1, 0x30}; /* its epilogue: pop r12; pop rbx; ret */
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    known_bytes = CODE;
    stack[0] = 0xbbbb;
    stack[1] = BASE + CODE + 0x110;
    assert_true(step_from(CODE + 0x7e, &cursor));
    assert_caller(&cursor, BASE + CODE + 0x110, STACK + 16);
    assert_int_equal(cursor.state.values[CPU_AMD64_RBX], 0xbbbb);
    assert_int_equal(cursor.state.values[12], 0x10c);
}

static void pdata_when_codes_are_unsound_leaves_it_to_the_scan(void **state)
{
    static const uint8_t cases[][12] = {
        {3, 5, 1, 0, 1, 0x30},                         /* version 3 */
        {0, 5, 1, 0, 1, 0x30},                         /* version 0 */
        {1, 5, 1, 0, 5, 0x04},                         /* a save without its operand */
        {1, 5, 1, 0, 5, 0x0b},                         /* an unknown operation */
        {1, 5, 2, 0, 5, 0x21, 1, 0},                   /* a large allocation of an unknown form */
        {1, 5, 1, 0, 5, 0x03},                         /* a frame register that is none */
        {2, 5, 1, 0, 5, 0x07},                         /* what version 2 does not have */
        {1, 5, 3, 0, 5, 0x35, 0xff, 0xff, 0xff, 0x7f}, /* saved where no memory is */
        {0x21, 5, 0, 0, 0, 0x10, 0, 0, 0x80, 0x10},    /* chained to nothing */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unwind_cursor cursor;

        image_make();
        xdata_put(XDATA, cases[i], sizeof(cases[i]));
        memset(image + CODE + 0x110 - 5, 0xe8, 1);
        stack[3] = BASE + CODE + 0x110;
        if (!step_from(CODE + 0x20, &cursor) || cursor.trust != UNWIND_TRUST_SCAN)
            fail_msg("case %zu gave trust %s", i, unwind_trust_text(cursor.trust));
    }
}

/* Behind a call, but in no function of a module whose table is known: nothing returns there. */
static void scan_when_word_is_outside_all_functions_passes_it_over(void **state)
{
    static const uint8_t codes[] = {3, 5, 1, 0, 1, 0x30}; /* version 3: nothing exact */
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    xdata_put(XDATA, codes, sizeof(codes));
    memset(image + CODE + 0x200 - 5, 0xe8, 1);
    memset(image + CODE + 0x110 - 5, 0xe8, 1);
    stack[3] = BASE + CODE + 0x200;
    stack[5] = BASE + CODE + 0x110;
    assert_true(step_from(CODE + 0x20, &cursor));
    assert_int_equal(cpu_ip(&cursor.state), BASE + CODE + 0x110);
}

static void pdata_when_a_chain_goes_round_ends(void **state)
{
    uint8_t codes[16] = {0x21, 0, 0, 0};
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    bytes_put_u32(codes + 4, CODE);
    bytes_put_u32(codes + 8, CODE + 0x80);
    bytes_put_u32(codes + 12, XDATA);
    xdata_put(XDATA, codes, sizeof(codes));
    assert_false(step_from(CODE + 0x20, &cursor));
    bytes_put_u32(image + TABLE + 8, TABLE | 1); /* an entry that points at itself */
    assert_false(step_from(CODE + 0x20, &cursor));
}

static void pdata_when_the_caller_is_nobody_ends_the_stack(void **state)
{
    struct unwind_cursor cursor;

    (void)state;
    image_make();
    stack[3] = BASE + CODE + 0x10; /* a scan would find it */
    assert_false(step_from(CODE + 0x90, &cursor));
}

static void image_when_headers_are_cut_anywhere_is_refused_or_read(void **state)
{
    struct unwind_image opened;
    static const uint32_t places[] = {0, 60, 0x80, 0x84, 0x94, 0x98};

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        image_make();
        memset(image + places[i], 0xff, 2);
        if (places[i] == 0x94)
            memset(image + places[i], 0, 2);
        if (unwind_image_open(&opened, image_read, NULL))
            fail_msg("an image with a wrong field at 0x%x was taken", places[i]);
    }
    image_make();
    bytes_put_u32(image + 0x98 + 140, UINT32_MAX); /* a table larger than the image */
    assert_true(unwind_image_open(&opened, image_read, NULL));
    assert_int_equal(opened.table_count, (IMAGE_BYTES - TABLE) / 12);
}

static bool memory_read(const void *context, uint64_t address, void *ret, size_t size)
{
    return address >= BASE && image_read(context, (uint32_t)(address - BASE), ret, size);
}

/* Two tables, the second for BASE. */
static size_t stream_make(uint8_t stream[160])
{
    memset(stream, 0, 160);
    bytes_put_u32(stream, 24);
    bytes_put_u32(stream + 4, 32);
    bytes_put_u32(stream + 12, 12);
    bytes_put_u32(stream + 16, 2);
    bytes_put_u64(stream + 24, 0x1000);
    bytes_put_u64(stream + 32, 0x2000);
    bytes_put_u32(stream + 48, 1);
    bytes_put_u32(stream + 52, 4);
    bytes_put_u64(stream + 72, BASE + CODE);
    bytes_put_u64(stream + 80, BASE + CODE + 0x200);
    bytes_put_u64(stream + 88, BASE);
    bytes_put_u32(stream + 96, 2);
    memcpy(stream + 104, image + TABLE, 24);
    return 128;
}

static void function_table_when_it_covers_the_address_is_a_source(void **state)
{
    struct function_table table = {.read = memory_read};
    struct function_table_range range;
    struct unwind_source source;
    struct unwind_entry entry;
    uint8_t stream[160], word[4];
    size_t size;

    (void)state;
    image_make();
    size = stream_make(stream);
    assert_false(function_table_at((struct span){stream, size}, BASE + CODE + 0x200, &table));
    assert_true(function_table_at((struct span){stream, size}, BASE + CODE + 0x110, &table));
    source = function_table_source(&table);
    assert_int_equal(source.entry(source.context, CODE + 0x110, &entry), UNWIND_COVERAGE_ENTRY);
    assert_int_equal(entry.begin, CODE + 0x100);
    assert_int_equal(entry.unwind, XDATA + 0x40);
    assert_int_equal(source.entry(source.context, CODE + 0x90, &entry), UNWIND_COVERAGE_LEAF);
    assert_true(source.read(source.context, TABLE, word, 4));
    assert_int_equal(bytes_u32(word), CODE);
    assert_int_equal(function_table_ranges((struct span){stream, size}, &range, 1), 1);
    assert_true(range.begin < range.end);
}

static void function_table_when_cut_is_never_read_past(void **state)
{
    struct function_table table = {.read = memory_read};
    uint8_t stream[160];
    size_t size;

    (void)state;
    image_make();
    size = stream_make(stream);
    for (size_t cut = 0; cut < size; cut++)
        assert_false(function_table_at((struct span){stream, cut}, BASE + CODE + 0x110, &table));
    bytes_put_u32(stream + 96, UINT32_MAX);
    assert_false(function_table_at((struct span){stream, size}, BASE + CODE + 0x110, &table));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pdata_when_there_is_no_entry_it_is_a_leaf),
        cmocka_unit_test(pdata_when_in_body_undoes_all_codes),
        cmocka_unit_test(pdata_when_in_prologue_undoes_what_has_run),
        cmocka_unit_test(pdata_when_in_epilogue_follows_its_instructions),
        cmocka_unit_test(pdata_when_a_jump_stays_inside_it_is_no_epilogue),
        cmocka_unit_test(xdata_when_version_2_knows_where_epilogues_are),
        cmocka_unit_test(pdata_when_version_2_has_no_code_bytes_mirrors_the_pushes),
        cmocka_unit_test(pdata_when_codes_are_unsound_leaves_it_to_the_scan),
        cmocka_unit_test(scan_when_word_is_outside_all_functions_passes_it_over),
        cmocka_unit_test(pdata_when_a_chain_goes_round_ends),
        cmocka_unit_test(pdata_when_the_caller_is_nobody_ends_the_stack),
        cmocka_unit_test(image_when_headers_are_cut_anywhere_is_refused_or_read),
        cmocka_unit_test(function_table_when_it_covers_the_address_is_a_source),
        cmocka_unit_test(function_table_when_cut_is_never_read_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
