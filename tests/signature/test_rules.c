/* test_rules.c - overrides of the rules: what they change, and what is said of those that cannot be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "signature/rules.h"

static struct signature_rules *rules_of(const char *text)
{
    struct signature_rules *rules = NULL;
    char message[RULES_MESSAGE_BYTES] = "";

    if (signature_rules_create(&rules, text, text ? strlen(text) : 0, message) != ST_OK)
        fail_msg("refused: %s", message);
    return rules;
}

static void rules_when_overridden_hold_beside_the_defaults(void **state)
{
    struct signature_rules *rules =
        rules_of("# ours\r\n\r\nirrelevant Log::\nprefix  net\\.dll!Send$\nsentinel OurAbort$\nmodule driver.dll\nown user32.dll\n");

    (void)state;
    assert_string_equal(rules_match(rules, RULE_IRRELEVANT, "app.exe", "Log::write"), "Log::");
    assert_null(rules_match(rules, RULE_IRRELEVANT, "app.exe", "MyLog::write"));
    assert_non_null(rules_match(rules, RULE_IRRELEVANT, "ntdll.dll", "RtlRaiseException"));
    assert_string_equal(rules_match(rules, RULE_PREFIX, "NET.dll", "Send"), "net\\.dll!Send$");
    assert_null(rules_match(rules, RULE_PREFIX, "other.dll", "Send"));
    assert_non_null(rules_match(rules, RULE_SENTINEL, NULL, "OurAbort"));
    assert_true(rules_is_system(rules, "Driver.DLL"));
    assert_false(rules_is_system(rules, "user32.dll"));
    assert_true(rules_is_system(rules, "ntdll.dll"));
    signature_rules_free(rules);
}

static void rules_when_cleared_are_gone(void **state)
{
    struct signature_rules *rules = rules_of("clear prefix\nclear module\nprefix mine");

    (void)state;
    assert_null(rules_match(rules, RULE_PREFIX, "app.exe", "memcpy"));
    assert_non_null(rules_match(rules, RULE_PREFIX, "app.exe", "mine"));
    assert_false(rules_is_system(rules, "ntdll.dll"));
    signature_rules_free(rules);
}

static void rules_when_a_line_is_wrong_name_it(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"prefix a\nirrelevant (\n", "line 2: the expression is not understood at character 2"},
        {"skip x", "line 1: \"skip\" is none of irrelevant, prefix, sentinel, module, own, clear"},
        {"\n\nprefix", "line 3: \"prefix\" has nothing behind it"},
        {"clear all", "line 1: clear takes irrelevant, prefix, sentinel or module"},
    };
    struct signature_rules *rules = NULL;
    char message[RULES_MESSAGE_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(signature_rules_create(&rules, cases[i].text, strlen(cases[i].text), message), ST_FORMAT);
        if (strncmp(message, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("\"%s\", expected \"%s\"", message, cases[i].message);
    }
}

/* An expression that backtracks without end meets the match limit: it does not match, and soon. */
static void rules_when_an_expression_would_run_for_ever_give_up(void **state)
{
    struct signature_rules *rules = rules_of("clear prefix\nprefix (a+)+(b+)*c$\n");
    uint64_t start = clock_steady_ms();
    char name[1000];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    assert_null(rules_match(rules, RULE_PREFIX, "app.exe", name));
    assert_true(clock_steady_ms() - start < 10000);
    signature_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_when_overridden_hold_beside_the_defaults),
        cmocka_unit_test(rules_when_cleared_are_gone),
        cmocka_unit_test(rules_when_a_line_is_wrong_name_it),
        cmocka_unit_test(rules_when_an_expression_would_run_for_ever_give_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
