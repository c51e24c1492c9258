/* test_missing.c - the question which symbol files a server lacks, and every answer to it. */
#include "uploader/missing.h"
#include "uploader/thrift.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka needs the above */
#include <cmocka.h>

static char app[] = "app.pdb", id[] = "3FA2", sym[] = "app.sym", exe[] = "App.exe", odd[] = "n\"\xc3\xa4\\.pdb";
static struct symbol_entry entries[] = {{NULL, app, id, app, false, LOCATE_PDB},
                                        {NULL, app, id, sym, false, LOCATE_SYM},
                                        {NULL, exe, id, exe, false, LOCATE_PE},
                                        {NULL, odd, id, odd, false, LOCATE_PDB}};

static struct symbol_list list_fresh(void)
{
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        entries[i].is_missing = false;
    return (struct symbol_list){.items = entries, .count = sizeof entries / sizeof *entries};
}

static enum status mark(struct symbol_list *list, const char *answer)
{
    *list = list_fresh();
    return missing_mark(list, 0, list->count, answer, strlen(answer));
}

static void missing_when_asked_names_each_file_once(void **state)
{
    struct symbol_list list = list_fresh();
    struct buffer out;
    size_t next;

    (void)state;
    buffer_init(&out, MISSING_MAX_BYTES);
    assert_int_equal(missing_ask(&list, 0, &out, &next), ST_OK);
    assert_int_equal(next, 4);
    assert_string_equal(buffer_text(&out),
                        "[{\"name\":\"app.pdb\",\"id\":\"3FA2\"},{\"name\":\"app.pdb\",\"id\":\"3FA2\",\"file\":\"app.sym\"},"
                        "{\"name\":\"App.exe\",\"id\":\"3FA2\"},{\"name\":\"n\\\"\xc3\xa4\\\\.pdb\",\"id\":\"3FA2\"}]");
    buffer_done(&out);
}

static void missing_when_there_are_many_asks_in_several_questions(void **state)
{
    static struct symbol_entry many[25000];
    struct symbol_list list = {.items = many, .count = sizeof many / sizeof *many};
    size_t next = 0, questions = 0;
    struct buffer out;

    (void)state;
    for (size_t i = 0; i < list.count; i++)
        many[i] = entries[i % 2];
    buffer_init(&out, MISSING_MAX_BYTES);
    while (next < list.count) {
        size_t first = next;

        buffer_reset(&out);
        assert_int_equal(missing_ask(&list, first, &out, &next), ST_OK);
        assert_true(next > first && next - first <= MISSING_MAX_ENTRIES && out.len <= MISSING_MAX_BYTES);
        questions++;
    }
    assert_int_equal(questions, 3);
    buffer_done(&out);
}

static void missing_when_answered_marks_those_named(void **state)
{
    struct symbol_list list;

    (void)state;
    assert_int_equal(mark(&list, "[]"), ST_OK);
    assert_false(entries[0].is_missing || entries[1].is_missing || entries[2].is_missing || entries[3].is_missing);
    assert_int_equal(mark(&list, " [ {\"id\" : \"3fa2\", \"name\":\"APP.pdb\", \"file\":\"app.sym\", \"why\":\"x\"} ,\n"
                                 "{\"name\":\"n\\u0022\\u00e4\\\\.pdb\",\"id\":\"3FA2\"}]\r\n"),
                     ST_OK);
    assert_true(!entries[0].is_missing && entries[1].is_missing && !entries[2].is_missing && entries[3].is_missing);
}

static void missing_when_answer_is_something_else_refuses_it(void **state)
{
    static const char *const answers[] = {
        "", " ", "{}", "null", "[", "[]]", "[{}]", "[{\"name\":\"app.pdb\"}]", "[{\"name\":\"app.pdb\",\"id\":\"3FA2\"}", "<html>",
        "[{\"name\":\"app.pdb\",\"id\":\"3FA2\"},]", "[{\"name\":\"app.pdb\",\"id\":1}]", "[{\"name\":\"other.pdb\",\"id\":\"3FA2\"}]",
        /* out of order, so named twice or never asked for */
        "[{\"name\":\"App.exe\",\"id\":\"3FA2\"},{\"name\":\"app.pdb\",\"id\":\"3FA2\"}]",
        "[{\"name\":\"app.pdb\",\"id\":\"3FA2\"},{\"name\":\"app.pdb\",\"id\":\"3FA2\"}]", "[{\"name\":\"app.pdb\\", "[{\"na\\u12",
        "[{\"name\":\"\\ud800\",\"id\":\"3FA2\"}]", "[{\"name\":\"\\u0000\",\"id\":\"3FA2\"}]", "[{\"name\":\"\\x41\",\"id\":\"3FA2\"}]"};
    struct symbol_list list;
    char longest[4096];

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (mark(&list, answers[i]) != ST_FORMAT)
            fail_msg("taken: %s", answers[i]);
    snprintf(longest, sizeof longest, "[{\"name\":\"%02000d\",\"id\":\"3FA2\"}]", 1);
    assert_int_equal(mark(&list, longest), ST_FORMAT);
}

static void thrift_when_report_is_large_waits_for_mains_and_free_network(void **state)
{
    const struct thrift_facts free = {false, false}, battery = {true, false}, metered = {false, true};

    (void)state;
    assert_null(thrift_refusal(&free, UINT64_MAX, 0));
    assert_null(thrift_refusal(&battery, 100, 100));
    assert_null(thrift_refusal(&metered, 100, 100));
    assert_non_null(strstr(thrift_refusal(&battery, 101, 100), "battery"));
    assert_non_null(strstr(thrift_refusal(&metered, 101, 100), "metered"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_when_asked_names_each_file_once),
        cmocka_unit_test(missing_when_there_are_many_asks_in_several_questions),
        cmocka_unit_test(missing_when_answered_marks_those_named),
        cmocka_unit_test(missing_when_answer_is_something_else_refuses_it),
        cmocka_unit_test(thrift_when_report_is_large_waits_for_mains_and_free_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
