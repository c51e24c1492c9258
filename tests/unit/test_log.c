/* test_log.c - log lines, read back from the file they went to. */
#include "base/log.h"
#include "base/process.h"
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

/* -- rotation -- */

#define SMALL_BYTES 4096u
#define CHILDREN    4
#define LINES       40 /* of a child: all of them together fill no more than the files that are kept */
#define LINE_TEXT   "0123456789012345678901234567890123456789"

/* Goes back to the common file, which the other tests read. */
static void leave_rotated(void)
{
    assert_status(log_set_file(log_path), ST_OK);
    fresh();
}

static void read_file(const char *path, struct buffer *out)
{
    buffer_reset(out);
    assert_status(file_read_whole(path, 1u << 22, out), ST_OK);
}

static void log_when_file_is_full_then_old_ones_are_kept_up_to_a_number(void **state)
{
    char path[160], old[176];
    struct file_info info;
    struct buffer text;
    int number = 0, last = -1;

    snprintf(path, sizeof path, "%s/rotated.log", (char *)*state);
    assert_status(log_set_rotated_file(path, SMALL_BYTES), ST_OK);
    assert_string_equal(log_file_path(), path);
    for (number = 0; number < 600; number++)
        log_info("numbered", "n=%d text=" LINE_TEXT, number);
    leave_rotated();
    buffer_init(&text, 1u << 22);
    for (int i = LOG_OLD_FILES; i >= 0; i--) { /* oldest first: no line is missing between the first that is kept and the last */
        snprintf(old, sizeof old, i ? "%s.%d" : "%s", path, i);
        read_file(old, &text);
        assert_in_range(text.len, 1, SMALL_BYTES + 128);
        for (const char *line = buffer_text(&text); *line; line = strchr(line, '\n') + 1) {
            assert_int_equal(sscanf(without_time(line), "info numbered n=%d text=" LINE_TEXT "\n", &number), 1);
            assert_true(last == -1 || number == last + 1);
            last = number;
        }
    }
    assert_int_equal(last, 599);
    snprintf(old, sizeof old, "%s.%d", path, LOG_OLD_FILES + 1);
    assert_status(file_stat(old, &info), ST_NOT_FOUND);
    buffer_done(&text);
}

static int child_log(const char *path, const char *name)
{
    if (log_set_rotated_file(path, SMALL_BYTES))
        return 1;
    for (int i = 0; i < LINES; i++)
        log_info("child", "name=%s n=%d text=" LINE_TEXT, name, i);
    return 0;
}

static void start_children(const char *path, struct process *ret[CHILDREN])
{
    struct buffer self;

    buffer_init(&self, 1u << 16);
    assert_status(process_self_path(&self), ST_OK);
    for (int i = 0; i < CHILDREN; i++) {
        char name[16];
        const char *const argv[] = {buffer_text(&self), "--child", path, name, NULL};
        const struct process_options options = {.argv = argv};

        snprintf(name, sizeof name, "%d", i);
        assert_status(process_start(&ret[i], &options), ST_OK);
    }
    buffer_done(&self);
}

/* Notes each line of a file that stands there; all must be whole. */
static void note_lines(const char *path, unsigned seen_lines[CHILDREN][LINES])
{
    struct file_info info;
    struct buffer text;

    if (file_stat(path, &info) == ST_NOT_FOUND)
        return;
    buffer_init(&text, 1u << 22);
    read_file(path, &text);
    for (const char *line = buffer_text(&text); *line; line = strchr(line, '\n') + 1) {
        int child, n;

        assert_int_equal(sscanf(without_time(line), "info child name=%d n=%d text=" LINE_TEXT "\n", &child, &n), 2);
        assert_true(child >= 0 && child < CHILDREN && n >= 0 && n < LINES);
        seen_lines[child][n]++;
    }
    buffer_done(&text);
}

static void log_when_several_processes_write_and_rotate_then_every_line_is_there_once(void **state)
{
    char path[160], old[176];
    struct process *children[CHILDREN];
    struct file_info info;
    unsigned seen_lines[CHILDREN][LINES] = {{0}};
    uint32_t code;

    snprintf(path, sizeof path, "%s/shared.log", (char *)*state);
    start_children(path, children);
    for (int i = 0; i < CHILDREN; i++) {
        assert_status(process_wait(children[i], 60000, &code), ST_OK);
        assert_int_equal(code, 0);
        process_free(children[i]);
    }
    for (int i = 0; i <= LOG_OLD_FILES; i++) {
        snprintf(old, sizeof old, i ? "%s.%d" : "%s", path, i);
        note_lines(old, seen_lines);
    }
    for (int child = 0; child < CHILDREN; child++)
        for (int n = 0; n < LINES; n++)
            assert_int_equal(seen_lines[child][n], 1);
    snprintf(old, sizeof old, "%s.1", path);
    assert_status(file_stat(old, &info), ST_OK); /* it did rotate */
}

/* A folder stands where the oldest file would go: nobody can rename a file onto that. */
static void log_when_old_files_cannot_be_moved_then_goes_on_in_the_full_one(void **state)
{
    char path[160], old[176];
    struct buffer text;

    snprintf(path, sizeof path, "%s/blocked.log", (char *)*state);
    snprintf(old, sizeof old, "%s.%d", path, LOG_OLD_FILES);
    assert_status(folder_create(old), ST_OK);
    snprintf(old, sizeof old, "%s.%d", path, LOG_OLD_FILES - 1);
    assert_status(file_write_whole(old, "x", 1), ST_OK);
    assert_status(log_set_rotated_file(path, SMALL_BYTES), ST_OK);
    for (int i = 0; i < 100; i++)
        log_info("numbered", "n=%d text=" LINE_TEXT, i);
    leave_rotated();
    buffer_init(&text, 1u << 22);
    read_file(path, &text);
    assert_true(text.len > SMALL_BYTES);
    assert_non_null(strstr(buffer_text(&text), " n=0 "));
    assert_non_null(strstr(buffer_text(&text), " n=99 "));
    buffer_done(&text);
}

#ifdef __linux__
static void log_when_disk_was_full_then_says_how_many_lines_are_missing(void **state)
{
    (void)state;
    assert_status(log_set_file("/dev/full"), ST_OK);
    for (int i = 0; i < 3; i++)
        log_info("lost", "n=%d", i);
    assert_status(log_set_file(log_path), ST_OK);
    log_info("kept", "n=%d", 3);
    const char *text = fresh(), *kept = strstr(text, "info kept n=3\n");
    assert_non_null(kept);
    assert_int_equal(text[0], '\n'); /* ends what may be half a line */
    assert_true(text_starts(without_time(text + 1), "warn log-lines-lost lines=3 why=\"no space left\"\n"));
    log_info("kept", "n=%d", 4);
    assert_string_equal(without_time(fresh()), "info kept n=4\n");
}
#endif

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

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--child") == 0)
        return child_log(argv[2], argv[3]);
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
        cmocka_unit_test(log_when_file_is_full_then_old_ones_are_kept_up_to_a_number),
        cmocka_unit_test(log_when_several_processes_write_and_rotate_then_every_line_is_there_once),
#ifdef __linux__
        cmocka_unit_test(log_when_disk_was_full_then_says_how_many_lines_are_missing),
#endif
        cmocka_unit_test(log_when_old_files_cannot_be_moved_then_goes_on_in_the_full_one),
    };
    return cmocka_run_group_tests(tests, open_log, close_log);
}
