/* test_exit_code.c - which ends of a process are worth a report. */
#include "collector/exit_code.h"
#include "unit.h"

static void judge_when_marker_is_set_then_orderly_whatever_the_code(void **state)
{
    static const uint32_t codes[] = {0, 1, 3, 0xc0000005, 0xc0000409, 0xffffffff};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(exit_code_judge(codes[i], true), EXIT_ORDERLY);
}

static void judge_when_session_ended_then_orderly(void **state)
{
    static const uint32_t codes[] = {0x40010004, 0x40010005, 0xc000013a, 0xc000026b};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(exit_code_judge(codes[i], false), EXIT_ORDERLY);
}

static void judge_when_code_is_an_exception_then_crashed(void **state)
{
    static const uint32_t codes[] = {0xc0000005, 0xc0000374, 0xc0000409, 0xc0000602, 0xe06d7363,
                                     0xe0001234, 0x80000003, 0x40000015, 0x20474343};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(exit_code_judge(codes[i], false), EXIT_CRASHED);
}

static void judge_when_code_is_small_then_killed(void **state)
{
    static const uint32_t codes[] = {0, 1, 3, 259, 0xffffffff, 0xfffffffe};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(exit_code_judge(codes[i], false), EXIT_KILLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge_when_marker_is_set_then_orderly_whatever_the_code),
        cmocka_unit_test(judge_when_session_ended_then_orderly),
        cmocka_unit_test(judge_when_code_is_an_exception_then_crashed),
        cmocka_unit_test(judge_when_code_is_small_then_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
