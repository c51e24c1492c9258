/* test_process.c - real child processes: this program again, told by --child=NAME what to be. */
#include "base/clock.h"
#include "base/process.h"
#include "base/thread.h"
#include "unit.h"
#ifdef _WIN32
#include <windows.h>
#else
#include <signal.h>
#include <unistd.h>
#endif

#define WAIT_MS 60000 /* far more than anything here takes */

static struct buffer self;

/* -- what the children do -- */

static struct file standard(int which)
{
#ifdef _WIN32
    return (struct file){(intptr_t)GetStdHandle(which == 0 ? STD_INPUT_HANDLE : STD_OUTPUT_HANDLE)};
#else
    return (struct file){which};
#endif
}

static void say(const char *text)
{
    struct file out = standard(1);
    file_write(&out, text, strlen(text));
}

/* Every argument behind the first two in hex, one a line, so that nothing on the way can change it. */
static int child_arguments(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        char hex[1000];
        text_hex(hex, argv[i], strlen(argv[i]));
        say(hex);
        say("\n");
    }
    return 0;
}

static int child_copy(void)
{
    struct file in = standard(0), out = standard(1);
    char bytes[4096];
    size_t got;
    while (file_read(&in, bytes, sizeof bytes, &got) == ST_OK && got) {
        if (file_write(&out, bytes, got))
            return 1;
    }
    return 0;
}

static int child_environment(const char *name)
{
#ifdef _WIN32
    wchar_t wide[64] = {0}, value[512];
    for (size_t i = 0; name[i] && i < 63; i++)
        wide[i] = (wchar_t)name[i];
    DWORD length = GetEnvironmentVariableW(wide, value, 512);
    struct buffer out;
    buffer_init(&out, 4096);
    text_from_utf16le(&out, (const uint8_t *)value, length * sizeof *value, true);
    say(length ? buffer_text(&out) : "(none)");
    buffer_done(&out);
#else
    say(getenv(name) ? getenv(name) : "(none)");
#endif
    return 0;
}

#ifdef _WIN32
/* Sets the event whose handle value the parent named; 3 when it is not valid here. */
static int child_set_event(const char *handle)
{
    uint64_t value;
    if (!text_parse_u64(handle, &value))
        return 2;
    return SetEvent((HANDLE)(uintptr_t)value) ? 0 : 3;
}
#else
/* How many descriptors beyond the standard ones are open. */
static int child_descriptors(void)
{
    int count = 0;
    for (int fd = 3; fd < 1024; fd++)
        count += lseek(fd, 0, SEEK_CUR) >= 0 || dup2(fd, fd) == fd;
    return count;
}

static int child_signals(void)
{
    struct sigaction now;
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    sigaction(SIGPIPE, NULL, &now);
    return now.sa_handler == SIG_DFL && !sigismember(&blocked, SIGUSR1) ? 0 : 1;
}
#endif

static int run_child(int argc, char **argv)
{
    const char *name = argv[1] + strlen("--child=");
    if (strcmp(name, "arguments") == 0)
        return child_arguments(argc, argv);
    if (strcmp(name, "copy") == 0)
        return child_copy();
    if (strcmp(name, "environment") == 0)
        return child_environment(argv[2]);
    if (strcmp(name, "exit") == 0) {
        uint64_t code = 0;
        text_parse_u64(argv[2], &code);
        return (int)code;
    }
#ifdef _WIN32
    if (strcmp(name, "set-event") == 0)
        return child_set_event(argv[2]);
#else
    if (strcmp(name, "descriptors") == 0)
        return child_descriptors();
    if (strcmp(name, "signals") == 0)
        return child_signals();
    if (strcmp(name, "abort") == 0)
        return raise(SIGKILL);
#endif
    return 99;
}

/* -- what the tests share -- */

static struct process *start(struct process_options *options, const char *child, const char *argument)
{
    const char *argv[] = {buffer_text(&self), child, argument, NULL};
    struct process *process = NULL;
    options->argv = argv;
    assert_status(process_start(&process, options), ST_OK);
    options->argv = NULL;
    return process;
}

static uint32_t finish(struct process *process)
{
    uint32_t code = 0xdead;
    assert_status(process_wait(process, WAIT_MS, &code), ST_OK);
    process_free(process);
    return code;
}

static void read_all(struct process *process, struct buffer *out)
{
    size_t got = 1;
    while (got) {
        assert_status(buffer_reserve(out, 4096), ST_OK);
        assert_status(file_read(process_stdout(process), out->data + out->len, 4096, &got), ST_OK);
        out->len += got;
        out->data[out->len] = 0;
    }
}

/* -- tests -- */

static void start_when_program_is_missing_then_not_found(void **state)
{
    const char *argv[] = {"no-such-folder/no-such-program.exe", NULL};
    struct process_options options = {.argv = argv};
    struct process *process = NULL;
    (void)state;
    assert_status(process_start(&process, &options), ST_NOT_FOUND);
    assert_null(process);
}

static void wait_when_child_ends_then_exit_code(void **state)
{
    struct process_options options = {.quiet = true};
    (void)state;
    assert_int_equal(finish(start(&options, "--child=exit", "0")), 0);
    assert_int_equal(finish(start(&options, "--child=exit", "7")), 7);
    assert_int_equal(finish(start(&options, "--child=exit", "255")), 255);
#ifdef _WIN32
    assert_int_equal(finish(start(&options, "--child=exit", "0xc0000409")), 0xc0000409);
#endif
}

static void wait_when_repeated_then_same_code(void **state)
{
    struct process_options options = {.quiet = true};
    uint32_t code = 0;
    (void)state;
    struct process *process = start(&options, "--child=exit", "5");
    assert_status(process_wait(process, WAIT_MS, &code), ST_OK);
    assert_int_equal(code, 5);
    assert_int_equal(finish(process), 5);
}

static void wait_when_child_lives_then_timeout_and_code_untouched(void **state)
{
    struct process_options options = {.pipe_stdin = true, .quiet = true};
    uint32_t code = 77;
    (void)state;
    struct process *process = start(&options, "--child=copy", NULL);
    assert_status(process_wait(process, 0, &code), ST_TIMEOUT);
    uint64_t begin = clock_steady_ms();
    assert_status(process_wait(process, 100, &code), ST_TIMEOUT);
    assert_true(clock_steady_ms() - begin >= 80);
    assert_int_equal(code, 77);
    file_close(process_stdin(process));
    assert_int_equal(finish(process), 0);
}

static void kill_when_child_lives_then_it_ends(void **state)
{
    struct process_options options = {.pipe_stdin = true, .quiet = true};
    (void)state;
    struct process *process = start(&options, "--child=copy", NULL);
    process_kill(process);
    assert_true(finish(process) != 0);
}

#ifndef _WIN32
static void wait_when_child_dies_of_a_signal_then_128_and_signal(void **state)
{
    struct process_options options = {.quiet = true};
    (void)state;
    assert_int_equal(finish(start(&options, "--child=abort", NULL)), 128 + SIGKILL);
}

static void start_when_signals_are_blocked_then_child_has_defaults(void **state)
{
    struct process_options options = {.quiet = true};
    sigset_t block, before;
    (void)state;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    sigprocmask(SIG_BLOCK, &block, &before);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(finish(start(&options, "--child=signals", NULL)), 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void start_when_descriptors_are_open_then_child_has_none(void **state)
{
    struct process_options options = {.quiet = true, .pipe_stdin = true, .pipe_stdout = true};
    struct file file;
    (void)state;
    assert_status(file_open(&file, "/dev/null", FILE_MODE_READ), ST_OK);
    int loose = dup(0); /* without close-on-exec, as a library may leave one */
    assert_true(loose >= 0);
    assert_int_equal(finish(start(&options, "--child=descriptors", NULL)), 0);
    close(loose);
    file_close(&file);
}
#endif

#define LARGE_BYTES 1000000

static uint8_t large_byte(size_t i)
{
    return (uint8_t)(i * 31 + i / 1000);
}

/* Feeds the child while the test reads from it: no pipe holds that much. */
static void feed(void *context)
{
    struct file *in = context;
    uint8_t block[1000];
    for (size_t i = 0; i < LARGE_BYTES; i += sizeof block) {
        for (size_t j = 0; j < sizeof block; j++)
            block[j] = large_byte(i + j);
        if (file_write(in, block, sizeof block))
            break;
    }
    file_close(in);
}

static void pipes_when_large_then_everything_comes_through(void **state)
{
    struct process_options options = {.pipe_stdin = true, .pipe_stdout = true};
    struct thread *feeder;
    struct buffer out;
    (void)state;
    buffer_init(&out, 2u * LARGE_BYTES);
    struct process *process = start(&options, "--child=copy", NULL);
    assert_status(thread_start(&feeder, feed, process_stdin(process)), ST_OK);
    read_all(process, &out);
    thread_join(feeder);
    assert_int_equal(finish(process), 0);
    assert_int_equal(out.len, LARGE_BYTES);
    for (size_t i = 0; i < out.len; i++) {
        if (out.data[i] != large_byte(i))
            fail_msg("differs at %zu", i);
    }
    buffer_done(&out);
}

static void stdin_when_child_has_ended_then_closed(void **state)
{
    struct process_options options = {.pipe_stdin = true, .quiet = true};
    uint32_t code;
    (void)state;
    struct process *process = start(&options, "--child=exit", "0");
    assert_status(process_wait(process, WAIT_MS, &code), ST_OK);
    /* Wine closes a dead process's handles a moment after its end is known. */
    enum status status = ST_OK;
    for (uint64_t begin = clock_steady_ms(); !status && clock_steady_ms() - begin < WAIT_MS;) {
        status = file_write(process_stdin(process), "x", 1);
        process_wait(process, 0, &code);
    }
    assert_status(status, ST_CLOSED);
    process_free(process);
}

static void stdin_when_not_piped_then_empty(void **state)
{
    struct process_options options = {.pipe_stdout = true};
    struct buffer out;
    (void)state;
    buffer_init(&out, 100000);
    struct process *process = start(&options, "--child=copy", NULL);
    read_all(process, &out);
    assert_int_equal(out.len, 0);
    assert_int_equal(finish(process), 0);
    buffer_done(&out);
}

static void arguments_when_awkward_then_arrive_unchanged(void **state)
{
    static const char *const awkward[] = {"",
                                          " ",
                                          "a b",
                                          "\"",
                                          "a\"b",
                                          "\"quoted\"",
                                          "back\\slash",
                                          "end\\",
                                          "end\\\\",
                                          "a b\\",
                                          "a b\\\\",
                                          "\\\"",
                                          "\\\\\"",
                                          "a\\\"b",
                                          "tab\there",
                                          "--x=\"y z\"",
                                          "C:\\Program Files\\x\\",
                                          "%PATH%",
                                          "gr\xc3\xbc\xc3\x9f",
                                          "\xf0\x9f\x98\x80",
                                          "*",
                                          "a'b",
                                          "$x",
                                          "a&b|c^d",
                                          "\"\"",
                                          "a \"\" b"};
    const char *argv[COUNT_OF(awkward) + 3];
    struct process_options options = {.argv = argv, .pipe_stdout = true};
    struct process *process;
    struct buffer out, expected;
    (void)state;
    argv[0] = buffer_text(&self);
    argv[1] = "--child=arguments";
    buffer_init(&out, 100000);
    buffer_init(&expected, 100000);
    for (size_t i = 0; i < COUNT_OF(awkward); i++) {
        char hex[200];
        argv[i + 2] = awkward[i];
        text_hex(hex, awkward[i], strlen(awkward[i]));
        buffer_printf(&expected, "%s\n", hex);
    }
    argv[COUNT_OF(awkward) + 2] = NULL;
    assert_status(process_start(&process, &options), ST_OK);
    read_all(process, &out);
    assert_int_equal(finish(process), 0);
    assert_string_equal(buffer_text(&out), buffer_text(&expected));
    buffer_done(&out);
    buffer_done(&expected);
}

static void check_environment(const char *const *additions, const char *name, const char *expected)
{
    struct process_options options = {.pipe_stdout = true, .environment = additions};
    struct buffer out;
    buffer_init(&out, 100000);
    struct process *process = start(&options, "--child=environment", name);
    read_all(process, &out);
    assert_int_equal(finish(process), 0);
    assert_string_equal(buffer_text(&out), expected);
    buffer_done(&out);
}

static void environment_when_added_to_then_ours_and_theirs(void **state)
{
    static const char *const additions[] = {"SALVOR_TEST_B=two", "SALVOR_TEST_A=replaced", "SALVOR_TEST_C=a=b gr\xc3\xbc\xc3\x9f", NULL};
    (void)state;
#ifdef _WIN32
    SetEnvironmentVariableW(L"Salvor_Test_A", L"ours"); /* names are one whatever their case */
    SetEnvironmentVariableW(L"SALVOR_TEST_D", L"kept");
#else
    setenv("SALVOR_TEST_A", "ours", 1);
    setenv("SALVOR_TEST_D", "kept", 1);
#endif
    check_environment(additions, "SALVOR_TEST_A", "replaced");
    check_environment(additions, "SALVOR_TEST_B", "two");
    check_environment(additions, "SALVOR_TEST_C", "a=b gr\xc3\xbc\xc3\x9f");
    check_environment(additions, "SALVOR_TEST_D", "kept");
    check_environment(NULL, "SALVOR_TEST_A", "ours");
    check_environment(NULL, "SALVOR_TEST_B", "(none)");
}

static void id_when_asked_then_not_ours(void **state)
{
    struct process_options options = {.pipe_stdin = true, .quiet = true};
    (void)state;
    struct process *process = start(&options, "--child=copy", NULL);
    assert_true(process_id(process) != 0);
    assert_true(process_id(process) != process_self_id());
    file_close(process_stdin(process));
    finish(process);
}

#ifdef _WIN32
static HANDLE new_event(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    assert_non_null(event);
    return event;
}

static void handles_when_listed_then_inherited_and_others_not(void **state)
{
    HANDLE listed = new_event(), other = new_event();
    intptr_t inherit[] = {(intptr_t)listed, (intptr_t)listed};
    struct process_options options = {.quiet = true, .inherit = inherit, .inherit_count = 2};
    char text[32];
    DWORD flags;
    (void)state;
    SetHandleInformation(other, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)(uintptr_t)listed);
    assert_int_equal(finish(start(&options, "--child=set-event", text)), 0);
    assert_int_equal(WaitForSingleObject(listed, 0), WAIT_OBJECT_0);
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)(uintptr_t)other);
    finish(start(&options, "--child=set-event", text));
    assert_int_equal(WaitForSingleObject(other, 0), WAIT_TIMEOUT);
    assert_true(GetHandleInformation(listed, &flags));
    assert_int_equal(flags & HANDLE_FLAG_INHERIT, 0);
    CloseHandle(listed);
    CloseHandle(other);
}

static void handles_when_one_is_invalid_then_fails(void **state)
{
    const char *argv[] = {buffer_text(&self), "--child=exit", "0", NULL};
    intptr_t inherit[] = {0x12344};
    struct process_options options = {.argv = argv, .quiet = true, .inherit = inherit, .inherit_count = 1};
    struct process *process = NULL;
    (void)state;
    assert_true(process_start(&process, &options) != ST_OK);
    assert_null(process);
}

static void start_when_suspended_then_runs_after_resume(void **state)
{
    struct process_options options = {.quiet = true, .suspended = true};
    uint32_t code;
    (void)state;
    struct process *process = start(&options, "--child=exit", "4");
    assert_status(process_wait(process, 200, &code), ST_TIMEOUT);
    assert_status(process_resume(process), ST_OK);
    assert_status(process_resume(process), ST_STATE);
    assert_int_equal(finish(process), 4);
}
#endif

static void self_path_when_asked_then_a_file(void **state)
{
    struct file_info info;
    (void)state;
    assert_status(file_stat(buffer_text(&self), &info), ST_OK);
    assert_true(info.is_regular);
}

static void free_when_null_then_nothing(void **state)
{
    (void)state;
    process_free(NULL);
}

int main(int argc, char **argv)
{
    if (process_arguments(&argc, &argv))
        return 98;
    if (argc > 1 && text_starts(argv[1], "--child="))
        return run_child(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_when_program_is_missing_then_not_found),
        cmocka_unit_test(wait_when_child_ends_then_exit_code),
        cmocka_unit_test(wait_when_repeated_then_same_code),
        cmocka_unit_test(wait_when_child_lives_then_timeout_and_code_untouched),
        cmocka_unit_test(kill_when_child_lives_then_it_ends),
#ifdef _WIN32
        cmocka_unit_test(handles_when_listed_then_inherited_and_others_not),
        cmocka_unit_test(handles_when_one_is_invalid_then_fails),
        cmocka_unit_test(start_when_suspended_then_runs_after_resume),
#else
        cmocka_unit_test(wait_when_child_dies_of_a_signal_then_128_and_signal),
        cmocka_unit_test(start_when_signals_are_blocked_then_child_has_defaults),
        cmocka_unit_test(start_when_descriptors_are_open_then_child_has_none),
#endif
        cmocka_unit_test(pipes_when_large_then_everything_comes_through),
        cmocka_unit_test(stdin_when_child_has_ended_then_closed),
        cmocka_unit_test(stdin_when_not_piped_then_empty),
        cmocka_unit_test(arguments_when_awkward_then_arrive_unchanged),
        cmocka_unit_test(environment_when_added_to_then_ours_and_theirs),
        cmocka_unit_test(id_when_asked_then_not_ours),
        cmocka_unit_test(self_path_when_asked_then_a_file),
        cmocka_unit_test(free_when_null_then_nothing),
    };
    buffer_init(&self, 65536);
    if (process_self_path(&self))
        return 97;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buffer_done(&self);
    return failed;
}
