/* test_stackwalk.c - salvor-stackwalk as a command: exit codes, text for people, JSON for programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "base/file.h"
#include "base/process.h"

#define LONG_MS 60000u

/* Runs the command with up to two arguments; its standard output goes to out. */
static uint32_t stackwalk(const char *first, const char *second, struct buffer *out)
{
    const char *const argv[] = {SALVOR_STACKWALK, first, second, NULL};
    const struct process_options options = {.argv = argv, .pipe_stdout = true, .quiet = true};
    struct process *process;
    uint32_t code = UINT32_MAX;
    size_t got = 0;

    buffer_init(out, 16 << 20);
    assert_int_equal(process_start(&process, &options), ST_OK);
    do {
        assert_int_equal(buffer_reserve(out, 65536), ST_OK);
        assert_int_equal(file_read(process_stdout(process), out->data + out->len, 65536, &got), ST_OK);
        out->len += got;
    } while (got);
    out->data[out->len] = 0;
    assert_int_equal(process_wait(process, LONG_MS, &code), ST_OK);
    process_free(process);
    return code;
}

static void assert_says(const struct buffer *out, const char *text)
{
    if (!strstr(buffer_text(out), text))
        fail_msg("\"%s\" is not in:\n%.2000s", text, buffer_text(out));
}

static void text_when_dump_is_real_begins_with_the_crash_in_words(void **state)
{
    struct buffer out;

    (void)state;
    assert_int_equal(stackwalk(SALVOR_TEST_DATA "/access-violation.dmp", NULL, &out), 0);
    assert_int_equal(strncmp(buffer_text(&out), "crash      access violation writing 0x0000000000000010 (close to null)\n", 70), 0);
    assert_says(&out, "program    crash.exe 3.1.4.159, process 32\n");
    assert_says(&out, "thread 36 (crashed)\n   0  0x00000001400016e9  crash.exe + 0x16e9\n");
    assert_says(&out, "crash.exe + 0x1723   (found by scanning)");
    assert_says(&out, "rip = 0x00000001400016e9");
    assert_says(&out, "kernel32.dll 10.0.18362.1350\n");
    buffer_done(&out);
}

static void json_when_asked_for_is_one_document(void **state)
{
    struct buffer out;
    json_t *report;

    (void)state;
    assert_int_equal(stackwalk(SALVOR_TEST_DATA "/fast-fail.dmp", "--json", &out), 0);
    report = json_loadb((const char *)out.data, out.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "OK");
    json_decref(report);
    buffer_done(&out);
}

static void exit_when_file_is_unreadable_is_1(void **state)
{
    struct buffer out;

    (void)state;
    assert_int_equal(stackwalk(SALVOR_TEST_DATA "/README.md", NULL, &out), 1);
    buffer_done(&out);
    assert_int_equal(stackwalk(SALVOR_TEST_DATA "/missing.dmp", "--json", &out), 1);
    buffer_done(&out);
    assert_int_equal(stackwalk(SALVOR_TEST_DATA, NULL, &out), 1);
    buffer_done(&out);
}

static void exit_when_usage_is_wrong_is_2(void **state)
{
    struct buffer out;

    (void)state;
    assert_int_equal(stackwalk(NULL, NULL, &out), 2);
    buffer_done(&out);
    assert_int_equal(stackwalk("--nonsense", SALVOR_TEST_DATA "/divide.dmp", &out), 2);
    buffer_done(&out);
    assert_int_equal(stackwalk("a.dmp", "b.dmp", &out), 2);
    buffer_done(&out);
    assert_int_equal(stackwalk(SALVOR_TEST_DATA "/divide.dmp", "--signature-rules=/nonexistent", &out), 2);
    buffer_done(&out);
    assert_int_equal(stackwalk(SALVOR_TEST_DATA "/divide.dmp", "--signature-rules=" SALVOR_TEST_DATA "/README.md", &out), 2);
    buffer_done(&out);
}

static void help_when_asked_for_goes_to_stdout(void **state)
{
    struct buffer out;

    (void)state;
    assert_int_equal(stackwalk("--help", NULL, &out), 0);
    assert_says(&out, "usage: salvor-stackwalk FILE.dmp [--symbols DIR]... [--symbols-cache DIR] [--json]");
    buffer_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_when_dump_is_real_begins_with_the_crash_in_words),
        cmocka_unit_test(json_when_asked_for_is_one_document),
        cmocka_unit_test(exit_when_file_is_unreadable_is_1),
        cmocka_unit_test(exit_when_usage_is_wrong_is_2),
        cmocka_unit_test(help_when_asked_for_goes_to_stdout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
