/* test_code.c - names of codes. */
#include "proto/code.h"
#include "unit.h"

static void exception_when_known_then_its_usual_name(void **state)
{
    static const struct {
        uint32_t code;
        const char *name;
    } cases[] = {{0xc0000005, "EXCEPTION_ACCESS_VIOLATION"},    {0xc0000006, "EXCEPTION_IN_PAGE_ERROR"},
                 {0xc000001d, "EXCEPTION_ILLEGAL_INSTRUCTION"}, {0xc0000094, "EXCEPTION_INT_DIVIDE_BY_ZERO"},
                 {0xc0000096, "EXCEPTION_PRIV_INSTRUCTION"},    {0xc00000fd, "EXCEPTION_STACK_OVERFLOW"},
                 {0x80000003, "EXCEPTION_BREAKPOINT"},          {0xc000008c, "EXCEPTION_ARRAY_BOUNDS_EXCEEDED"},
                 {0xc0000374, "STATUS_HEAP_CORRUPTION"},        {0xc0000409, "STATUS_STACK_BUFFER_OVERRUN"},
                 {0xc0000602, "STATUS_FAIL_FAST_EXCEPTION"},    {0xe06d7363, "UNHANDLED_CPP_EXCEPTION"},
                 {0x20474343, "UNHANDLED_CPP_EXCEPTION"},       {CODE_ABORT, "STATUS_FATAL_APP_EXIT"},
                 {CODE_DUMP_WITHOUT_CRASH, "SIMULATED"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(code_exception_name(cases[i].code), cases[i].name);
}

static void exception_when_unknown_then_null(void **state)
{
    (void)state;
    assert_null(code_exception_name(0));
    assert_null(code_exception_name(3));
    assert_null(code_exception_name(0xe0001234));
}

static void fast_fail_when_known_then_winnt_h_name(void **state)
{
    (void)state;
    assert_string_equal(code_fast_fail_name(0), "FAST_FAIL_LEGACY_GS_VIOLATION");
    assert_string_equal(code_fast_fail_name(2), "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE");
    assert_string_equal(code_fast_fail_name(3), "FAST_FAIL_CORRUPT_LIST_ENTRY");
    assert_string_equal(code_fast_fail_name(5), "FAST_FAIL_INVALID_ARG");
    assert_string_equal(code_fast_fail_name(7), "FAST_FAIL_FATAL_APP_EXIT");
    assert_string_equal(code_fast_fail_name(8), "FAST_FAIL_RANGE_CHECK_FAILURE");
    assert_string_equal(code_fast_fail_name(10), "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE");
    assert_string_equal(code_fast_fail_name(18), "FAST_FAIL_INVALID_JUMP_BUFFER");
    assert_string_equal(code_fast_fail_name(50), "FAST_FAIL_HEAP_METADATA_CORRUPTION");
    assert_string_equal(code_fast_fail_name(57), "FAST_FAIL_CONTROL_INVALID_RETURN_ADDRESS");
    assert_string_equal(code_fast_fail_name(77), "FAST_FAIL_KERNEL_POINTER_EXPECTED");
    assert_string_equal(code_fast_fail_name(0xffffffff), "FAST_FAIL_INVALID_FAST_FAIL_CODE");
}

static void fast_fail_when_in_a_gap_or_beyond_then_null(void **state)
{
    (void)state;
    assert_null(code_fast_fail_name(15));
    assert_null(code_fast_fail_name(17));
    assert_null(code_fast_fail_name(78));
    assert_null(code_fast_fail_name(0x100000007));
    assert_null(code_fast_fail_name(UINT64_MAX));
}

static void fatal_class_when_a_crash_then_true(void **state)
{
    static const uint32_t codes[] = {CODE_ACCESS_VIOLATION,       CODE_IN_PAGE_ERROR,  CODE_ILLEGAL_INSTRUCTION, CODE_INT_DIVIDE_BY_ZERO,
                                     CODE_PRIVILEGED_INSTRUCTION, CODE_STACK_OVERFLOW, CODE_HEAP_CORRUPTION,     CODE_FAST_FAIL,
                                     CODE_FAIL_FAST_EXCEPTION};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        assert_true(code_is_fatal_class(codes[i]));
}

/* What the vectored observer must never act on: thrown, caught, and continued all day. */
static void fatal_class_when_ordinary_then_false(void **state)
{
    static const uint32_t codes[] = {CODE_CPP_MSVC,
                                     CODE_CPP_GCC,
                                     CODE_CLR,
                                     CODE_BREAKPOINT,
                                     CODE_SINGLE_STEP,
                                     CODE_DUMP_WITHOUT_CRASH,
                                     CODE_HANG,
                                     0x80000001 /* guard page */,
                                     0x406d1388 /* thread name */,
                                     0x40010006 /* OutputDebugString */,
                                     0xc06d007e /* delay load */,
                                     0xe0001234 /* an application's own */,
                                     0,
                                     3,
                                     0x6ba /* RPC */};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        if (code_is_fatal_class(codes[i]))
            fail_msg("fatal: 0x%08x", codes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exception_when_known_then_its_usual_name), cmocka_unit_test(exception_when_unknown_then_null),
        cmocka_unit_test(fast_fail_when_known_then_winnt_h_name),   cmocka_unit_test(fast_fail_when_in_a_gap_or_beyond_then_null),
        cmocka_unit_test(fatal_class_when_a_crash_then_true),       cmocka_unit_test(fatal_class_when_ordinary_then_false),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
