/* test_names.c - a host whose own functions are named like Salvor's private ones links the library by its archive alone, and both keep
 * calling their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include "salvor.h"
#include <cmocka.h>

static int host_calls;

/* Names of lib/base, lib/proto and veh, with other types than theirs. */
void log_write(int level);
void log_write(int level)
{
    host_calls += level;
}
int buffer_init(void);
int buffer_init(void)
{
    return ++host_calls;
}
double status_text(double value);
double status_text(double value)
{
    host_calls++;
    return value;
}
int client = 42, settings = 43;
int text_cut(void);
int text_cut(void)
{
    return ++host_calls;
}

static void names_when_host_has_the_same_then_both_work(void **state)
{
    (void)state;
    host_calls = 0;
    assert_int_equal(salvor_set_annotation("key", "value"), SALVOR_OK); /* uses text_cut and client inside */
    assert_int_equal(salvor_log("line"), SALVOR_OK);
    assert_int_equal(host_calls, 0);
    log_write(1);
    assert_int_equal(buffer_init(), 2);
    assert_true(status_text(1.5) == 1.5);
    assert_int_equal(text_cut(), 4);
    assert_int_equal(client + settings, 85);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_when_host_has_the_same_then_both_work)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
