/* test_spool_consent.c - whose word counts for a report that waits. */
#include "support_spool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka needs the above */
#include <cmocka.h>

#define OF     "6a0b54d8-7c7e-5a51-9a3c-2f1f0f2d3e4c"
#define RECORD "format=1\nid=" SUPPORT_ID "\napp=app.exe\npid=42\ncrash_time=1700000000\n"

static void check(const char *record, enum spool_consent kept, enum spool_consent expected)
{
    char *dir = support_folder(), *name;
    struct spool *spool = support_spool(dir);
    struct spool_report *report = NULL;

    assert_int_equal(spool_consent_set(spool, OF, kept), ST_OK);
    name = support_commit(spool, SPOOL_NEW, record);
    assert_int_equal(spool_report_open(spool, SPOOL_NEW, name, &report), ST_OK);
    assert_int_equal(spool_report_consent(spool, report), expected);
    spool_report_close(report);
    spool_close(spool);
    free(name);
    support_folder_drop(dir);
}

static void consent_when_nothing_was_said_then_unset(void **state)
{
    (void)state;
    check(RECORD, SPOOL_CONSENT_UNSET, SPOOL_CONSENT_UNSET);
    check(RECORD "consent=unset\nconsent_of=" OF "\n", SPOOL_CONSENT_UNSET, SPOOL_CONSENT_UNSET);
    check(RECORD "consent=perhaps\nconsent_of=" OF "\n", SPOOL_CONSENT_UNSET, SPOOL_CONSENT_UNSET);
}

static void consent_when_only_the_record_speaks_then_its_word(void **state)
{
    (void)state;
    check(RECORD "consent=no\nconsent_of=" OF "\n", SPOOL_CONSENT_UNSET, SPOOL_CONSENT_NO);
    check(RECORD "consent=yes\nconsent_of=" OF "\n", SPOOL_CONSENT_UNSET, SPOOL_CONSENT_YES);
    check(RECORD "consent=no\n", SPOOL_CONSENT_YES, SPOOL_CONSENT_NO);
}

static void consent_when_a_later_word_was_kept_then_that(void **state)
{
    (void)state;
    check(RECORD "consent=no\nconsent_of=" OF "\n", SPOOL_CONSENT_YES, SPOOL_CONSENT_YES);
    check(RECORD "consent=yes\nconsent_of=" OF "\n", SPOOL_CONSENT_NO, SPOOL_CONSENT_NO);
    check(RECORD "consent=unset\nconsent_of=" OF "\n", SPOOL_CONSENT_NO, SPOOL_CONSENT_NO);
}

static void consent_when_name_is_no_uuid_then_no_file_is_touched(void **state)
{
    char *dir = support_folder();
    struct spool *spool = support_spool(dir);

    (void)state;
    assert_int_equal(spool_consent_set(spool, "../../somewhere", SPOOL_CONSENT_YES), ST_ARGUMENT);
    assert_int_equal(spool_consent_set(spool, "", SPOOL_CONSENT_YES), ST_ARGUMENT);
    spool_close(spool);
    support_folder_drop(dir);
    check(RECORD "consent=no\nconsent_of=../consent/" OF "\n", SPOOL_CONSENT_YES, SPOOL_CONSENT_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(consent_when_nothing_was_said_then_unset),
        cmocka_unit_test(consent_when_only_the_record_speaks_then_its_word),
        cmocka_unit_test(consent_when_a_later_word_was_kept_then_that),
        cmocka_unit_test(consent_when_name_is_no_uuid_then_no_file_is_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
