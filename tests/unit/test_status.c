/* test_status.c - the status table and its translations. */
#include "unit.h"
#include <errno.h>

static void status_when_named_then_has_name_and_text(void **state)
{
    (void)state;
    for (int i = 0; i < ST_COUNT; i++) {
        assert_true(strlen(status_name((enum status)i)) > 0);
        assert_true(strlen(status_text((enum status)i)) > 0);
    }
    assert_string_equal(status_name(ST_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(status_text(ST_NOT_FOUND), "not found");
}

static void status_when_out_of_range_then_still_has_text(void **state)
{
    (void)state;
    assert_string_equal(status_name(ST_COUNT), "UNKNOWN");
    assert_string_equal(status_text((enum status) - 1), "unknown error");
}

static void status_when_ok_then_zero(void **state)
{
    (void)state;
    assert_int_equal(ST_OK, 0);
}

static void errno_when_known_then_translated(void **state)
{
    static const struct {
        int error;
        enum status status;
    } cases[] = {{0, ST_OK},         {ENOENT, ST_NOT_FOUND},  {EEXIST, ST_EXISTS},        {EACCES, ST_ACCESS},
                 {ENOSPC, ST_FULL},  {EROFS, ST_READ_ONLY},   {ENOMEM, ST_MEMORY},        {EAGAIN, ST_BUSY},
                 {EPIPE, ST_CLOSED}, {ETIMEDOUT, ST_TIMEOUT}, {ECONNREFUSED, ST_REFUSED}, {EHOSTUNREACH, ST_NETWORK},
                 {EIO, ST_IO},       {EINVAL, ST_ARGUMENT},   {EXDEV, ST_UNSUPPORTED},    {ENOTEMPTY, ST_BUSY}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_status(status_from_errno(cases[i].error), cases[i].status);
}

static void errno_when_unknown_then_system(void **state)
{
    (void)state;
    assert_status(status_from_errno(123456), ST_SYSTEM);
    assert_status(status_from_errno(-1), ST_SYSTEM);
}

#ifdef _WIN32
static void win32_when_known_then_translated(void **state)
{
    static const struct {
        uint32_t error;
        enum status status;
    } cases[] = {{0, ST_OK},           {2, ST_NOT_FOUND}, {3, ST_NOT_FOUND},  {5, ST_ACCESS},     {8, ST_MEMORY}, {32, ST_BUSY},
                 {33, ST_BUSY},        {80, ST_EXISTS},   {87, ST_ARGUMENT},  {109, ST_CLOSED},   {112, ST_FULL}, {121, ST_TIMEOUT},
                 {183, ST_EXISTS},     {258, ST_TIMEOUT}, {259, ST_END},      {19, ST_READ_ONLY}, {231, ST_BUSY}, {145, ST_BUSY},
                 {17, ST_UNSUPPORTED}, {18, ST_END},      {1225, ST_REFUSED}, {1450, ST_MEMORY}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_status(status_from_win32(cases[i].error), cases[i].status);
}

static void win32_when_unknown_then_system(void **state)
{
    (void)state;
    assert_status(status_from_win32(0xdeadbeef), ST_SYSTEM);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_when_named_then_has_name_and_text),
        cmocka_unit_test(status_when_out_of_range_then_still_has_text),
        cmocka_unit_test(status_when_ok_then_zero),
        cmocka_unit_test(errno_when_known_then_translated),
        cmocka_unit_test(errno_when_unknown_then_system),
#ifdef _WIN32
        cmocka_unit_test(win32_when_known_then_translated),
        cmocka_unit_test(win32_when_unknown_then_system),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
