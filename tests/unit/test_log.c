/* test_log.c - log lines, read back from the file they went to. */
#include "base/log.h"
#include "base/thread.h"
#include "unit.h"
#include <errno.h>
#ifdef _WIN32
#include <windows.h>
#endif

static char log_path[128];

/* The log is the process's: one file for all tests, each reading what was added since it began. */
static struct buffer all;
static size_t seen;

static const char *fresh(void)
{
    buffer_reset(&all);
    assert_status(file_read_whole(log_path, 1u << 22, &all), ST_OK);
    const char *text = buffer_text(&all) + seen;
    seen = all.len;
    return text;
}

/* Behind the time, which must look like one. */
static const char *without_time(const char *line)
{
    assert_true(strlen(line) > 25);
    assert_int_equal(line[4], '-');
    assert_int_equal(line[10], 'T');
    assert_int_equal(line[23], 'Z');
    assert_int_equal(line[24], ' ');
    return line + 25;
}

static void log_when_written_then_one_line(void **state)
{
    (void)state;
    log_info("report-queued", "id=%d file=\"%s\"", 42, "a b");
    assert_string_equal(without_time(fresh()), "info report-queued id=42 file=\"a b\"\n");
}

static void log_when_nothing_to_add_then_event_alone(void **state)
{
    (void)state;
    log_warn("stopping", "%s", "");
    assert_string_equal(without_time(fresh()), "warn stopping\n");
}

static void log_when_level_is_below_then_dropped(void **state)
{
    (void)state;
    log_debug("hidden", "x=%d", 1);
    assert_string_equal(fresh(), "");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("shown", "x=%d", 1);
    assert_string_equal(without_time(fresh()), "debug shown x=1\n");
    log_set_level(LOG_LEVEL_ERROR);
    log_warn("hidden", "x=%d", 1);
    log_error("shown", "x=%d", 2);
    assert_string_equal(without_time(fresh()), "error shown x=2\n");
    log_set_level(LOG_LEVEL_INFO);
}

static void log_when_value_holds_controls_then_no_line_is_forged(void **state)
{
    (void)state;
    log_info("client", "name=\"%s\"",
             "a\r\n2026-01-01T00:00:00.000Z error forged\t\x1b[31m\x7f\xc2\x9b"
             "2J\x01");
    assert_string_equal(without_time(fresh()),
                        "info client name=\"a\\r\\n2026-01-01T00:00:00.000Z error forged\\t\\x1b[31m\\x7f\\x9b2J\\x01\"\n");
}

static void log_when_value_is_not_utf8_then_cleaned(void **state)
{
    (void)state;
    log_info("client", "name=%s", "a\xff\xe2\x82");
    assert_string_equal(without_time(fresh()), "info client name=a\xef\xbf\xbd\xef\xbf\xbd\n");
}

static void log_when_text_is_ordinary_then_unchanged(void **state)
{
    (void)state;
    log_info("client", "path=\"%s\"", "C:\\Program Files\\gr\xc3\xbc\xc3\x9f\\\xf0\x9f\x98\x80.exe");
    assert_string_equal(without_time(fresh()), "info client path=\"C:\\Program Files\\gr\xc3\xbc\xc3\x9f\\\xf0\x9f\x98\x80.exe\"\n");
}

static void log_when_too_long_then_cut_and_says_so(void **state)
{
    char *text = malloc(20001);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < 20000; i += 2)
        memcpy(text + i, "\xc3\xbc", 2);
    text[20000] = 0;
    log_info("long", "%s", text);
    const char *line = without_time(fresh());
    const char *mark = strstr(line, "... cut_bytes=");
    assert_non_null(mark);
    assert_true(text_is_utf8(line, strlen(line)));
    assert_null(strstr(line, "\xef\xbf\xbd"));
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    free(text);
}

static void log_when_called_then_errors_are_kept(void **state)
{
    (void)state;
    errno = ERANGE;
#ifdef _WIN32
    SetLastError(ERROR_SHARING_VIOLATION);
#endif
    log_info("something", "x=%d", 1);
#ifdef _WIN32
    assert_int_equal(GetLastError(), ERROR_SHARING_VIOLATION);
#endif
    assert_int_equal(errno, ERANGE);
    fresh();
}

static void log_when_new_file_cannot_be_opened_then_stays(void **state)
{
    (void)state;
    assert_status(log_set_file("no-such-folder/x.log"), ST_NOT_FOUND);
    log_info("still", "x=%d", 1);
    assert_string_equal(without_time(fresh()), "info still x=1\n");
}

static void write_many(void *context)
{
    for (int i = 0; i < 200; i++)
        log_info("thread", "name=%s text=%s", (const char *)context, "0123456789012345678901234567890123456789");
}

static void log_when_threads_write_then_every_line_is_whole(void **state)
{
    static char names[][2] = {"a", "b", "c", "d"};
    struct thread *threads[COUNT_OF(names)];
    size_t lines = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_status(thread_start(&threads[i], write_many, names[i]), ST_OK);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        thread_join(threads[i]);
    for (const char *line = fresh(); *line; line = strchr(line, '\n') + 1) {
        const char *rest = without_time(line);
        assert_true(text_starts(rest, "info thread name="));
        assert_true(text_starts(rest + 18, " text=0123456789012345678901234567890123456789\n"));
        lines++;
    }
    assert_int_equal(lines, 200 * COUNT_OF(names));
}

static int open_log(void **state)
{
    if (scratch_setup(state))
        return -1;
    snprintf(log_path, sizeof log_path, "%s/test.log", (char *)*state);
    buffer_init(&all, 1u << 22);
    return log_set_file(log_path) == ST_OK ? 0 : -1;
}

static int close_log(void **state)
{
    buffer_done(&all);
#ifdef _WIN32
    log_set_file("NUL"); /* so that the file can be removed */
#else
    log_set_file("/dev/null");
#endif
    return scratch_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_when_written_then_one_line),
        cmocka_unit_test(log_when_nothing_to_add_then_event_alone),
        cmocka_unit_test(log_when_level_is_below_then_dropped),
        cmocka_unit_test(log_when_value_holds_controls_then_no_line_is_forged),
        cmocka_unit_test(log_when_value_is_not_utf8_then_cleaned),
        cmocka_unit_test(log_when_text_is_ordinary_then_unchanged),
        cmocka_unit_test(log_when_too_long_then_cut_and_says_so),
        cmocka_unit_test(log_when_called_then_errors_are_kept),
        cmocka_unit_test(log_when_new_file_cannot_be_opened_then_stays),
        cmocka_unit_test(log_when_threads_write_then_every_line_is_whole),
    };
    return cmocka_run_group_tests(tests, open_log, close_log);
}
