/* test_policy.c - verdicts of the policy and waits of the endpoint, with a steady clock of the test's own. */
#include "collector/endpoint.h"
#include "collector/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

#define DAY 86400000ll

static struct policy *make(struct policy_rules rules)
{
    struct policy *policy = NULL;

    if (!rules.sample_percent)
        rules.sample_percent = 100;
    assert_int_equal(policy_create(&policy, &rules), ST_OK);
    return policy;
}

/* Judges, and sends what may be sent. */
static enum policy_verdict judge_at(struct policy *policy, const char *app, const char *bucket, int64_t now_ms, const char **why)
{
    static unsigned number;
    char id[UUID_TEXT_BYTES];
    struct policy_crash crash = {.app = app, .bucket = bucket, .id = id, .has_address = true};
    enum policy_verdict verdict;

    snprintf(id, sizeof id, "0b4f4ba2-93a5-5d2a-8f44-6f3f%08x", ++number * 2654435761u);
    verdict = policy_judge(policy, &crash, now_ms, why);
    if (verdict == POLICY_SEND)
        policy_learn(policy, &crash, now_ms);
    return verdict;
}

static void rates_when_over_one_then_counted_until_the_day_has_passed(void **state)
{
    static const struct {
        struct policy_rules rules;
        const char *second_app, *second_bucket;
    } cases[] = {{{.signature_per_day = 1}, "b", "1"}, {{.program_per_day = 1}, "a", "2"}, {{.all_per_day = 1}, "b", "2"}};
    const char *why;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct policy *policy = make(cases[i].rules);

        assert_int_equal(judge_at(policy, "a", "1", 1000, &why), POLICY_SEND);
        assert_int_equal(judge_at(policy, cases[i].second_app, cases[i].second_bucket, 2000, &why), POLICY_COUNT);
        assert_string_equal(why, COUNT_RATE);
        assert_int_equal(judge_at(policy, cases[i].second_app, cases[i].second_bucket, 1000 + DAY, &why), POLICY_COUNT);
        assert_int_equal(judge_at(policy, cases[i].second_app, cases[i].second_bucket, 1001 + DAY, &why), POLICY_SEND);
        policy_free(policy);
    }
}

static void loop_when_over_then_counted_and_over_when_it_is_quiet(void **state)
{
    struct policy *policy = make((struct policy_rules){.loop_crashes = 2, .loop_window_ms = 10000});
    const char *why;
    char looping[64];

    (void)state;
    assert_int_equal(judge_at(policy, "a", "1", 0, &why), POLICY_SEND);
    assert_int_equal(judge_at(policy, "a", "1", 1, &why), POLICY_SEND);
    assert_false(policy_is_looping(policy, "a", 1));
    assert_int_equal(judge_at(policy, "a", "1", 2, &why), POLICY_COUNT);
    assert_string_equal(why, COUNT_LOOP);
    assert_int_equal(judge_at(policy, "a", "2", 3, &why), POLICY_SEND); /* the first of its kind */
    assert_int_equal(judge_at(policy, "b", "3", 4, &why), POLICY_SEND);
    assert_true(policy_is_looping(policy, "a", 5));
    assert_false(policy_is_looping(policy, "b", 5));
    policy_looping(policy, 5, looping, sizeof looping);
    assert_string_equal(looping, "a");
    assert_false(policy_is_looping(policy, "a", 10003));
    assert_int_equal(judge_at(policy, "a", "1", 20000, &why), POLICY_SEND);
    policy_free(policy);
}

static void sample_when_a_part_then_about_that_part_after_the_first(void **state)
{
    struct policy *policy = make((struct policy_rules){.sample_percent = 25});
    const char *why;
    unsigned sent = 0;

    (void)state;
    assert_int_equal(judge_at(policy, "a", "1", 0, &why), POLICY_SEND);
    for (int i = 0; i < 1000; i++)
        sent += judge_at(policy, "a", "1", i, &why) == POLICY_SEND;
    assert_in_range(sent, 150, 350);
    policy_free(policy);
}

static void events_when_more_than_are_kept_then_no_harm(void **state)
{
    struct policy *policy = make((struct policy_rules){.program_per_day = 3, .loop_crashes = 4000, .loop_window_ms = DAY});
    const char *why;
    char app[16];

    (void)state;
    for (int i = 0; i < 5000; i++) {
        snprintf(app, sizeof app, "app%d", i);
        assert_int_equal(judge_at(policy, app, app, i, &why), POLICY_SEND);
    }
    policy_free(policy);
}

static void consent_when_words_differ_then_as_policy_and_user_say(void **state)
{
    static const enum policy_verdict expected[3][3] = {
        /* unset, yes, no */
        [POLICY_ALWAYS] = {POLICY_SEND, POLICY_SEND, POLICY_HOLD},
        [POLICY_ASK] = {POLICY_HOLD, POLICY_SEND, POLICY_HOLD},
        [POLICY_NEVER] = {POLICY_HOLD, POLICY_HOLD, POLICY_HOLD},
    };
    const char *why;

    (void)state;
    for (int policy_word = 0; policy_word < 3; policy_word++)
        for (int word = 0; word < 3; word++) {
            struct policy *policy = make((struct policy_rules){.consent = (enum policy_consent)policy_word});
            const struct policy_crash crash = {.app = "a", .bucket = "1", .id = "", .consent = (enum spool_consent)word};

            assert_int_equal(policy_judge(policy, &crash, 0, &why), expected[policy_word][word]);
            policy_free(policy);
        }
}

static void like_when_one_was_sent_then_the_last(void **state)
{
    struct policy *policy = make((struct policy_rules){.signature_per_day = 0});
    struct policy_crash crash = {.app = "a", .bucket = "1", .id = "first"};
    char id[UUID_TEXT_BYTES];

    (void)state;
    assert_false(policy_like(policy, "1", id));
    policy_learn(policy, &crash, 10);
    crash.id = "second";
    policy_learn(policy, &crash, 5); /* from before this process began */
    assert_true(policy_like(policy, "1", id));
    assert_string_equal(id, "first");
    assert_false(policy_like(policy, "2", id));
    policy_free(policy);
}

/* -- endpoint -- */

static size_t save(const struct endpoint *endpoint, int64_t now_ms, char *text, size_t size)
{
    struct record_writer writer;

    record_writer_init(&writer, text, size);
    endpoint_save(endpoint, &writer, now_ms);
    return writer.len;
}

static void endpoint_when_it_fails_then_waits_longer_and_a_new_report_hurries_it(void **state)
{
    struct endpoint endpoint;

    (void)state;
    endpoint_init(&endpoint, "http://x", "k", "", 0, 1000);
    assert_int_equal(endpoint_wait_ms(&endpoint, 1000), 0);
    endpoint_failed(&endpoint, 0, "no answer", 1000);
    assert_in_range(endpoint_wait_ms(&endpoint, 1000), 2500, 5000);
    endpoint_hurry(&endpoint, 1500);
    assert_int_equal(endpoint_wait_ms(&endpoint, 1500), 0);
    for (int i = 0; i < 10; i++)
        endpoint_failed(&endpoint, 0, "no answer", 2000);
    assert_true(endpoint_wait_ms(&endpoint, 2000) >= 450000);
    endpoint_hurry(&endpoint, 2100); /* after many failures not at once */
    assert_int_equal(endpoint_wait_ms(&endpoint, 2100), 4900);
    endpoint_succeeded(&endpoint);
    assert_int_equal(endpoint_wait_ms(&endpoint, 2100), 0);
}

static void endpoint_when_the_server_asks_then_capped_at_a_day_and_nothing_hurries_it(void **state)
{
    struct endpoint endpoint;

    (void)state;
    endpoint_init(&endpoint, "http://x", "k", "", 0, 0);
    endpoint_failed(&endpoint, 400 * 86400000ull, "503", 0);
    assert_int_equal(endpoint_wait_ms(&endpoint, 0), 86400000);
    endpoint_hurry(&endpoint, 10);
    assert_int_equal(endpoint_wait_ms(&endpoint, 0), 86400000);
}

static void endpoint_when_restarted_then_a_pause_goes_on_unless_a_setting_changed(void **state)
{
    struct endpoint endpoint, again;
    char text[2048];
    size_t size;

    (void)state;
    endpoint_init(&endpoint, "http://x", "k", "", 0, 0);
    endpoint_misconfigured(&endpoint, "the server answered 401", 0);
    size = save(&endpoint, 0, text, sizeof text);
    assert_null(strstr(text, "http://x"));
    endpoint_init(&again, "http://x", "k", text, size, 5000000);
    assert_int_equal(again.wait, ENDPOINT_PAUSED);
    assert_string_equal(again.reason, "the server answered 401");
    assert_in_range(endpoint_wait_ms(&again, 5000000), ENDPOINT_PAUSE_MS - 60000, ENDPOINT_PAUSE_MS);
    assert_int_equal(endpoint_wait_ms(&again, 5000000 + (int64_t)ENDPOINT_PAUSE_MS), 0);
    endpoint_init(&again, "http://x", "other", text, size, 5000000);
    assert_int_equal(endpoint_wait_ms(&again, 5000000), 0);
    endpoint_init(&again, "http://y", "k", text, size, 5000000);
    assert_int_equal(endpoint_wait_ms(&again, 5000000), 0);
}

static void endpoint_when_its_state_is_nonsense_then_ready(void **state)
{
    static const char *const texts[] = {"wait=paused\n", "endpoint=\nwait=paused\nnext_try=99999999999999999999\n", "\xff\xfe", "="};
    struct endpoint endpoint;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        endpoint_init(&endpoint, "http://x", "k", texts[i], strlen(texts[i]), 0);
        assert_int_equal(endpoint_wait_ms(&endpoint, 0), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_when_over_one_then_counted_until_the_day_has_passed),
        cmocka_unit_test(loop_when_over_then_counted_and_over_when_it_is_quiet),
        cmocka_unit_test(sample_when_a_part_then_about_that_part_after_the_first),
        cmocka_unit_test(events_when_more_than_are_kept_then_no_harm),
        cmocka_unit_test(consent_when_words_differ_then_as_policy_and_user_say),
        cmocka_unit_test(like_when_one_was_sent_then_the_last),
        cmocka_unit_test(endpoint_when_it_fails_then_waits_longer_and_a_new_report_hurries_it),
        cmocka_unit_test(endpoint_when_the_server_asks_then_capped_at_a_day_and_nothing_hurries_it),
        cmocka_unit_test(endpoint_when_restarted_then_a_pause_goes_on_unless_a_setting_changed),
        cmocka_unit_test(endpoint_when_its_state_is_nonsense_then_ready),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
