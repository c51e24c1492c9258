/* test_verdict.c - what each answer means for a report. */
#include "uploader/verdict.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

static struct verdict decide(long status, const char *body)
{
    struct reply reply = {.status = status, .is_whole = true, .body = body, .body_bytes = strlen(body), .error = ""};
    struct verdict verdict;

    verdict_decide(&reply, &verdict);
    return verdict;
}

static void success_when_whole_is_accepted_with_its_id(void **state)
{
    (void)state;
    for (long status = 200; status < 300; status++) {
        struct verdict verdict = decide(status, "CrashID=bp-0123\n");

        assert_int_equal(verdict.kind, VERDICT_ACCEPTED);
        assert_string_equal(verdict.reply_id, "bp-0123");
        assert_string_equal(verdict.reason, "");
        assert_false(verdict.is_endpoint_wide);
    }
}

static void success_when_the_answer_broke_off_waits(void **state)
{
    struct reply reply = {.status = 200, .is_whole = false, .body = "bp-", .body_bytes = 3, .error = "transfer closed"};
    struct verdict verdict;

    (void)state;
    verdict_decide(&reply, &verdict);
    assert_int_equal(verdict.kind, VERDICT_WAIT);
    assert_string_equal(verdict.reply_id, "");
    assert_non_null(strstr(verdict.reason, "transfer closed"));
}

static void success_when_the_body_says_so_is_discarded(void **state)
{
    (void)state;
    assert_int_equal(decide(200, "Discarded=rule_has_hangid_and_browser").kind, VERDICT_DISCARDED);
    assert_int_equal(decide(200, "Discarded=").kind, VERDICT_DISCARDED);
    assert_int_equal(decide(200, "discarded=1").kind, VERDICT_ACCEPTED);
    assert_int_equal(decide(200, "Discarded").kind, VERDICT_ACCEPTED);
    assert_int_equal(decide(200, "bp-1\nDiscarded=1").kind, VERDICT_ACCEPTED);
}

static void refusals_of_the_report_are_final(void **state)
{
    static const long statuses[] = {400, 413, 415, 422};

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct verdict verdict = decide(statuses[i], "no minidump\n");

        assert_int_equal(verdict.kind, VERDICT_REFUSED);
        assert_false(verdict.is_endpoint_wide);
        assert_non_null(strstr(verdict.reason, "no minidump"));
    }
}

static void refusals_of_key_address_or_method_are_configuration(void **state)
{
    static const long statuses[] = {300, 301, 304, 399, 401, 402, 403, 404, 405, 407, 410, 411, 418, 451, 499};

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct verdict verdict = decide(statuses[i], "");

        assert_int_equal(verdict.kind, VERDICT_CONFIGURATION);
        assert_true(verdict.is_endpoint_wide);
    }
}

static void passing_failures_wait(void **state)
{
    static const long statuses[] = {408, 425, 429, 500, 501, 502, 503, 504, 507, 599, 700};

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct verdict verdict = decide(statuses[i], "");

        assert_int_equal(verdict.kind, VERDICT_WAIT);
        assert_int_equal(verdict.is_endpoint_wide, statuses[i] == 429 || statuses[i] == 503);
    }
}

static void no_answer_waits_and_stops_the_rest(void **state)
{
    static const long statuses[] = {0, 100, 103, -1};

    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct reply reply = {.status = statuses[i], .error = "Could not resolve host"};
        struct verdict verdict;

        verdict_decide(&reply, &verdict);
        assert_int_equal(verdict.kind, VERDICT_WAIT);
        assert_true(verdict.is_endpoint_wide);
        assert_non_null(strstr(verdict.reason, "Could not resolve host"));
    }
}

static void refusal_when_the_answer_broke_off_still_counts(void **state)
{
    struct reply reply = {.status = 413, .is_whole = false, .error = "Connection reset by peer"};
    struct verdict verdict;

    (void)state;
    verdict_decide(&reply, &verdict);
    assert_int_equal(verdict.kind, VERDICT_REFUSED);
}

static void retry_after_is_kept_up_to_a_day(void **state)
{
    static const struct {
        uint64_t asked, kept;
    } cases[] = {{0, 0}, {120, 120}, {86400, 86400}, {86401, 86400}, {UINT64_MAX, 86400}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply = {.status = 503, .retry_after_s = cases[i].asked};
        struct verdict verdict;

        verdict_decide(&reply, &verdict);
        assert_int_equal(verdict.retry_after_s, cases[i].kept);
    }
}

static void reply_id_is_the_first_line_trimmed(void **state)
{
    static const struct {
        const char *body, *id;
    } cases[] = {
        {"", ""},
        {"abc", "abc"},
        {"abc\n", "abc"},
        {"  abc \r\nrest", "abc"},
        {"\tCrashID=bp-1\r\n", "bp-1"},
        {"CrashID=", ""},
        {"CrashID=CrashID=x", "CrashID=x"},
        {"\nabc", ""},
        {"{\"id\": \"x\"}", "{\"id\": \"x\"}"},
        {"caf\xc3\xa9", ""},
        {"a\x01z", ""},
        {"a\tz", ""},
        {"a\x7fz", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char id[VERDICT_MAX_REPLY_ID + 1];

        verdict_reply_id(cases[i].body, strlen(cases[i].body), id);
        assert_string_equal(id, cases[i].id);
    }
}

static void reply_id_when_too_long_is_none(void **state)
{
    char body[600], id[VERDICT_MAX_REPLY_ID + 1];

    (void)state;
    memset(body, 'a', sizeof body);
    verdict_reply_id(body, 256, id);
    assert_int_equal(strlen(id), 256);
    verdict_reply_id(body, 257, id);
    assert_string_equal(id, "");
    memcpy(body, "CrashID=", 8);
    verdict_reply_id(body, 264, id);
    assert_int_equal(strlen(id), 256);
}

static void reply_id_when_the_body_holds_nul_is_none(void **state)
{
    char id[VERDICT_MAX_REPLY_ID + 1];

    (void)state;
    verdict_reply_id("ab\0c", 4, id);
    assert_string_equal(id, "");
}

static void reason_when_the_answer_is_not_text_leaves_it_out(void **state)
{
    (void)state;
    assert_string_equal(decide(500, "\x1b[2Jgone").reason, "the server answered 500");
    assert_string_equal(decide(500, "out of disk\nmore").reason, "the server answered 500: out of disk");
    assert_string_equal(decide(500, "Out of disk.\r\n").reason, "the server answered 500: Out of disk");
    assert_string_equal(decide(500, "...").reason, "the server answered 500");
}

static void reason_when_the_answer_is_long_is_cut(void **state)
{
    char body[5001];

    (void)state;
    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = 0;
    assert_true(strlen(decide(500, body).reason) < 200);
}

static void answer_that_is_missing_or_broken_is_uncertain_once_all_was_sent(void **state)
{
    static const struct {
        long status;
        bool is_whole, is_sent, expected;
    } cases[] = {{0, false, true, true},   {0, false, false, false},  {200, false, true, true}, {200, false, false, false},
                 {200, true, true, false}, {503, false, true, false}, {400, true, true, false}, {100, false, true, true}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply reply = {.status = cases[i].status, .is_whole = cases[i].is_whole, .is_sent = cases[i].is_sent, .error = ""};
        struct verdict verdict;

        verdict_decide(&reply, &verdict);
        if (verdict.is_uncertain != cases[i].expected)
            fail_msg("status %ld, case %zu: uncertain %d, expected %d", cases[i].status, i, verdict.is_uncertain, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_when_whole_is_accepted_with_its_id),
        cmocka_unit_test(success_when_the_answer_broke_off_waits),
        cmocka_unit_test(success_when_the_body_says_so_is_discarded),
        cmocka_unit_test(refusals_of_the_report_are_final),
        cmocka_unit_test(refusals_of_key_address_or_method_are_configuration),
        cmocka_unit_test(passing_failures_wait),
        cmocka_unit_test(no_answer_waits_and_stops_the_rest),
        cmocka_unit_test(refusal_when_the_answer_broke_off_still_counts),
        cmocka_unit_test(retry_after_is_kept_up_to_a_day),
        cmocka_unit_test(reply_id_is_the_first_line_trimmed),
        cmocka_unit_test(reply_id_when_too_long_is_none),
        cmocka_unit_test(reply_id_when_the_body_holds_nul_is_none),
        cmocka_unit_test(reason_when_the_answer_is_not_text_leaves_it_out),
        cmocka_unit_test(reason_when_the_answer_is_long_is_cut),
        cmocka_unit_test(answer_that_is_missing_or_broken_is_uncertain_once_all_was_sent),
    };
    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
