/* test_minidump_reason.c - exceptions in words, and what GetLastError would have said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "minidump/reason.h"
#include "proto/code.h"
#include "support_minidump.h"

/* The reason of a dump with one thread and this exception. */
static struct minidump_reason reason_of(enum cpu cpu, uint32_t code, const uint64_t *parameters, uint32_t count)
{
    struct dump dump;
    struct minidump *minidump;
    struct minidump_reason reason;
    const char *why;

    dump_begin(&dump, cpu);
    dump_add_exception(&dump, 7, code, 0x401000, parameters, count);
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    minidump_reason(minidump, &reason);
    minidump_close(minidump);
    dump_done(&dump);
    return reason;
}

static void access_violation_when_writing_names_kind_and_address(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_ACCESS_VIOLATION, (const uint64_t[]){1, 0x7ff012345678}, 2);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_ACCESS_VIOLATION_WRITE");
    assert_string_equal(reason.sentence, "access violation writing 0x00007ff012345678");
    assert_true(reason.address == 0x7ff012345678 && reason.address_known);
}

static void access_violation_when_reading_close_to_null_says_so(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_ACCESS_VIOLATION, (const uint64_t[]){0, 0x18}, 2);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_ACCESS_VIOLATION_READ");
    assert_string_equal(reason.sentence, "access violation reading 0x0000000000000018 (close to null)");
}

static void access_violation_when_executing_names_it(void **state)
{
    struct minidump_reason reason = reason_of(CPU_ARM64, CODE_ACCESS_VIOLATION, (const uint64_t[]){8, 0x5000000}, 2);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_ACCESS_VIOLATION_EXEC");
}

static void access_violation_when_32_bit_masks_the_address(void **state)
{
    struct minidump_reason reason = reason_of(CPU_X86, CODE_ACCESS_VIOLATION, (const uint64_t[]){1, 0xffffffff80000010}, 2);

    (void)state;
    assert_int_equal(reason.address, 0x80000010);
    assert_string_equal(reason.sentence, "access violation writing 0x80000010");
}

static void access_violation_when_general_protection_does_not_invent_an_address(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_ACCESS_VIOLATION, (const uint64_t[]){0, UINT64_MAX}, 2);

    (void)state;
    assert_false(reason.address_known);
    assert_non_null(strstr(reason.sentence, "not canonical"));
}

static void access_violation_when_parameters_are_missing_keeps_the_instruction(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_ACCESS_VIOLATION, NULL, 0);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_ACCESS_VIOLATION");
    assert_int_equal(reason.address, 0x401000);
}

static void in_page_error_when_status_is_known_names_it(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_IN_PAGE_ERROR, (const uint64_t[]){0, 0x20000, 0xc000009c}, 3);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_IN_PAGE_ERROR_READ / STATUS_DEVICE_DATA_ERROR");
    assert_int_equal(reason.address, 0x20000);
    reason = reason_of(CPU_AMD64, CODE_IN_PAGE_ERROR, (const uint64_t[]){1, 0x20000, 0xc0abcdef}, 3);
    assert_string_equal(reason.type, "EXCEPTION_IN_PAGE_ERROR_WRITE / 0xc0abcdef");
}

static void fast_fail_when_named_gives_its_name(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_FAST_FAIL, (const uint64_t[]){7}, 1);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_STACK_BUFFER_OVERRUN / FAST_FAIL_FATAL_APP_EXIT");
    assert_string_equal(reason.sentence, "fast fail 7: FAST_FAIL_FATAL_APP_EXIT");
}

static void fast_fail_when_unknown_gives_its_number(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_FAST_FAIL, (const uint64_t[]){0xabcd}, 1);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_STACK_BUFFER_OVERRUN / 0x0000abcd");
    assert_string_equal(reason.sentence, "fast fail 43981");
}

static void other_codes_when_known_have_words_and_else_numbers(void **state)
{
    struct minidump_reason reason = reason_of(CPU_AMD64, CODE_INT_DIVIDE_BY_ZERO, NULL, 0);

    (void)state;
    assert_string_equal(reason.type, "EXCEPTION_INT_DIVIDE_BY_ZERO");
    assert_string_equal(reason.sentence, "an integer was divided by zero");
    assert_string_equal(reason_of(CPU_AMD64, CODE_CPP_MSVC, NULL, 0).type, "Unhandled C++ Exception");
    reason = reason_of(CPU_AMD64, 0xe1234567, NULL, 0);
    assert_string_equal(reason.type, "unknown 0xe1234567");
    assert_string_equal(reason.sentence, "exception 0xe1234567");
}

static void reason_when_there_is_no_exception_says_so(void **state)
{
    struct dump dump;
    struct minidump *minidump;
    struct minidump_reason reason;
    const char *why;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    minidump_reason(minidump, &reason);
    assert_false(reason.present);
    assert_string_equal(reason.type, "");
    assert_string_equal(reason.sentence, "the dump holds no exception");
    minidump_close(minidump);
    dump_done(&dump);
}

/* Puts another system's platform id into the dump. */
static void foreign_when_linux_names_the_signal(void **state)
{
    struct dump dump;
    struct minidump *minidump;
    struct minidump_reason reason;
    const char *why;

    (void)state;
    dump_begin(&dump, CPU_AMD64);
    dump_add_exception(&dump, 7, 11, 0x401000, NULL, 0);
    bytes_put_u32(dump.bytes.data + bytes_u32(dump.bytes.data + 32 + 8) + 20, MINIDUMP_OS_LINUX);
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    minidump_reason(minidump, &reason);
    assert_string_equal(reason.type, "SIGSEGV / 0x00000000");
    minidump_close(minidump);
    dump_done(&dump);
}

/* A dump with one thread whose TEB says this error, or without TEB memory when error is NULL. */
static bool last_error_of(const uint32_t *error, char *ret, size_t ret_size)
{
    struct dump dump;
    struct minidump *minidump;
    const char *why;
    uint8_t value[4], list[4 + 48] = {1};
    bool known;

    dump_begin(&dump, CPU_AMD64);
    bytes_put_u64(list + 4 + 16, 0x7000);
    dump_add_stream(&dump, 3, list, sizeof(list));
    if (error) {
        bytes_put_u32(value, *error);
        dump_add_memory(&dump, 0x7068, value, 4);
    }
    assert_int_equal(minidump_open(&minidump, dump_finish(&dump), &why), ST_OK);
    known = minidump_last_error(minidump, 0, ret, ret_size);
    minidump_close(minidump);
    dump_done(&dump);
    return known;
}

static void last_error_when_the_teb_is_there_is_named(void **state)
{
    char text[48];

    (void)state;
    assert_true(last_error_of(&(uint32_t){5}, text, sizeof(text)));
    assert_string_equal(text, "ERROR_ACCESS_DENIED");
    assert_true(last_error_of(&(uint32_t){99999}, text, sizeof(text)));
    assert_string_equal(text, "unknown 0x0001869f");
    assert_false(last_error_of(NULL, text, sizeof(text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(access_violation_when_writing_names_kind_and_address),
        cmocka_unit_test(access_violation_when_reading_close_to_null_says_so),
        cmocka_unit_test(access_violation_when_executing_names_it),
        cmocka_unit_test(access_violation_when_32_bit_masks_the_address),
        cmocka_unit_test(access_violation_when_general_protection_does_not_invent_an_address),
        cmocka_unit_test(access_violation_when_parameters_are_missing_keeps_the_instruction),
        cmocka_unit_test(in_page_error_when_status_is_known_names_it),
        cmocka_unit_test(fast_fail_when_named_gives_its_name),
        cmocka_unit_test(fast_fail_when_unknown_gives_its_number),
        cmocka_unit_test(other_codes_when_known_have_words_and_else_numbers),
        cmocka_unit_test(reason_when_there_is_no_exception_says_so),
        cmocka_unit_test(foreign_when_linux_names_the_signal),
        cmocka_unit_test(last_error_when_the_teb_is_there_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
