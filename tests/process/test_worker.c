/* test_worker.c - the client and its real child: this program started again with the worker's sub-command. Children are really stopped and
 * killed; the sandbox is asked for what it must deny. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"
#include "base/thread.h"
#include "process/client.h"
#include "process/sandbox.h"
#include "process/worker.h"
#include "support_minidump.h"

#define LONG_MS   60000u
#define REAL_DUMP SALVOR_TEST_DATA "/access-violation.dmp"

static char self[4096];

/* A client and the texts of its last run. */
struct fixture {
    struct process_client *client;
    struct buffer json, error;
};

static void fixture_init(struct fixture *fixture)
{
    assert_int_equal(process_client_create(&fixture->client, &(struct process_client_options){.program_path = self}), ST_OK);
    buffer_init(&fixture->json, PROCESS_MAX_JSON_BYTES);
    buffer_init(&fixture->error, 4096);
}

static void fixture_done(struct fixture *fixture)
{
    process_client_free(fixture->client);
    buffer_done(&fixture->json);
    buffer_done(&fixture->error);
}

static enum status run(struct fixture *fixture, const char *path, uint32_t timeout_ms)
{
    buffer_reset(&fixture->json);
    buffer_reset(&fixture->error);
    return process_client_run(fixture->client, path, NULL, timeout_ms, &fixture->json, &fixture->error);
}

static void assert_processed(struct fixture *fixture)
{
    json_t *report;

    assert_int_equal(run(fixture, REAL_DUMP, LONG_MS), ST_OK);
    report = json_loadb((const char *)fixture->json.data, fixture->json.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(report, "status")), "OK");
    json_decref(report);
}

/* The one child of this process; its clients are used one at a time. */
static pid_t child_pid(void)
{
    char path[64], text[64] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)gettid());
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    return (pid_t)strtol(text, NULL, 10);
}

/* Waits until check says yes; fails after a generous limit. */
static void wait_until(bool (*check)(pid_t pid), pid_t pid)
{
    uint64_t end = clock_steady_ms() + LONG_MS;

    while (!check(pid)) {
        assert_true(clock_steady_ms() < end);
        poll(NULL, 0, 1);
    }
}

static bool has_state(pid_t pid, const char *states)
{
    char path[64], text[512] = "";
    const char *state;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (!fgets(text, sizeof(text), file))
        text[0] = 0;
    fclose(file);
    state = strrchr(text, ')');
    return state && state[1] && strchr(states, state[2]);
}

static bool is_stopped(pid_t pid)
{
    return has_state(pid, "tT");
}

static bool is_dead(pid_t pid)
{
    return has_state(pid, "Z");
}

/* Whether a request waits in the child's stdin. */
static bool has_request(pid_t pid)
{
    char path[64];
    int fd, waiting = 0;

    snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)pid);
    fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    ioctl(fd, FIONREAD, &waiting);
    close(fd);
    return waiting > 0;
}

static void stop(pid_t pid)
{
    assert_int_equal(kill(pid, SIGSTOP), 0);
    wait_until(is_stopped, pid);
}

static void client_when_dump_is_real_gives_its_report_again_and_again(void **state)
{
    struct fixture f;
    pid_t child;

    (void)state;
    fixture_init(&f);
    assert_processed(&f);
    child = child_pid();
    for (unsigned i = 0; i < 20; i++)
        assert_processed(&f);
    assert_int_equal(child_pid(), child);
    fixture_done(&f);
}

static void client_when_file_is_no_minidump_or_missing_says_so_and_keeps_the_child(void **state)
{
    struct fixture f;
    pid_t child;

    (void)state;
    fixture_init(&f);
    assert_processed(&f);
    child = child_pid();
    assert_int_equal(run(&f, SALVOR_TEST_DATA "/README.md", LONG_MS), ST_FORMAT);
    assert_string_equal(buffer_text(&f.error), "the file is no minidump: it does not begin with MDMP");
    assert_int_equal(f.json.len, 0);
    assert_int_equal(run(&f, SALVOR_TEST_DATA "/missing.dmp", LONG_MS), ST_NOT_FOUND);
    assert_string_equal(buffer_text(&f.error), "the dump could not be opened: not found");
    assert_int_equal(run(&f, "/dev/zero", LONG_MS), ST_ARGUMENT);
    assert_processed(&f);
    assert_int_equal(child_pid(), child);
    fixture_done(&f);
}

static void client_when_path_is_unusable_refuses_it(void **state)
{
    struct fixture f;
    char *giant = calloc(1, WORKER_MAX_PATH_BYTES + 1);

    (void)state;
    assert_non_null(giant);
    memset(giant, 'x', WORKER_MAX_PATH_BYTES);
    fixture_init(&f);
    assert_int_equal(run(&f, "", LONG_MS), ST_ARGUMENT);
    assert_int_equal(run(&f, "/a\n/b", LONG_MS), ST_ARGUMENT);
    assert_int_equal(run(&f, giant, LONG_MS), ST_ARGUMENT);
    assert_processed(&f);
    fixture_done(&f);
    free(giant);
}

static void client_when_child_was_killed_between_requests_starts_another(void **state)
{
    struct fixture f;
    pid_t child;

    (void)state;
    fixture_init(&f);
    assert_processed(&f);
    child = child_pid();
    assert_int_equal(kill(child, SIGKILL), 0);
    wait_until(is_dead, child);
    assert_processed(&f);
    assert_true(child_pid() != child);
    fixture_done(&f);
}

struct killer {
    pid_t child;
};

static void kill_when_asked(void *context)
{
    const struct killer *killer = context;

    wait_until(has_request, killer->child);
    kill(killer->child, SIGKILL);
}

static void client_when_child_dies_on_a_dump_names_the_signal_and_recovers(void **state)
{
    struct fixture f;
    struct killer killer;
    struct thread *thread;

    (void)state;
    fixture_init(&f);
    assert_processed(&f);
    killer.child = child_pid();
    stop(killer.child);
    assert_int_equal(thread_start(&thread, kill_when_asked, &killer), ST_OK);
    assert_int_equal(run(&f, REAL_DUMP, LONG_MS), ST_CLOSED);
    thread_join(thread);
    assert_string_equal(buffer_text(&f.error), "the processing child died of signal 9 on this dump");
    assert_processed(&f);
    fixture_done(&f);
}

static void client_when_child_does_not_answer_gives_up_at_the_limit_and_recovers(void **state)
{
    struct fixture f;
    uint64_t start;
    pid_t child;

    (void)state;
    fixture_init(&f);
    assert_processed(&f);
    child = child_pid();
    stop(child);
    start = clock_steady_ms();
    assert_int_equal(run(&f, REAL_DUMP, 300), ST_TIMEOUT);
    assert_true(clock_steady_ms() - start < 20000);
    assert_string_equal(buffer_text(&f.error), "processing this dump took longer than 300 ms and was given up");
    assert_processed(&f);
    assert_true(child_pid() != child);
    fixture_done(&f);
}

static void client_when_program_is_missing_says_so(void **state)
{
    struct process_client *client;
    struct buffer json, error;

    (void)state;
    buffer_init(&json, 1024);
    buffer_init(&error, 1024);
    assert_int_equal(process_client_create(&client, &(struct process_client_options){.program_path = "/nonexistent/salvor-server"}), ST_OK);
    assert_int_equal(process_client_run(client, REAL_DUMP, NULL, LONG_MS, &json, &error), ST_NOT_FOUND);
    assert_non_null(strstr(buffer_text(&error), "/nonexistent/salvor-server could not be started"));
    process_client_free(client);
    buffer_done(&json);
    buffer_done(&error);
}

/* A program that is no worker: it answers nonsense, or ends at once. */
static void client_when_program_is_no_worker_says_so(void **state)
{
    struct process_client *client;
    struct buffer json, error;

    (void)state;
    buffer_init(&json, 1024);
    buffer_init(&error, 1024);
    assert_int_equal(process_client_create(&client, &(struct process_client_options){.program_path = "/bin/echo"}), ST_OK);
    assert_int_equal(process_client_run(client, REAL_DUMP, NULL, LONG_MS, &json, &error), ST_CLOSED);
    assert_non_null(strstr(buffer_text(&error), "processing child"));
    process_client_free(client);
    assert_int_equal(process_client_create(&client, &(struct process_client_options){.program_path = "/bin/false"}), ST_OK);
    assert_int_equal(process_client_run(client, REAL_DUMP, NULL, LONG_MS, &json, &error), ST_CLOSED);
    process_client_free(client);
    buffer_done(&json);
    buffer_done(&error);
}

static void client_when_result_is_larger_than_its_buffer_says_so(void **state)
{
    struct fixture f;

    (void)state;
    fixture_init(&f);
    buffer_done(&f.json);
    buffer_init(&f.json, 100);
    assert_int_equal(run(&f, REAL_DUMP, LONG_MS), ST_TOO_LARGE);
    assert_true(f.error.len > 0);
    fixture_done(&f);
}

static void client_when_freed_leaves_no_child(void **state)
{
    struct fixture f;
    pid_t child;

    (void)state;
    fixture_init(&f);
    assert_processed(&f);
    child = child_pid();
    fixture_done(&f);
    assert_int_equal(kill(child, 0), -1);
}

/* A dump made to cost: every thread's stack is the whole file, and every word of it points into a module. */
static void client_when_dump_is_made_to_cost_answers_within_bounds(void **state)
{
    enum { THREADS = 4000, STACK_WORDS = 200000 };
    struct dump dump;
    struct fixture f;
    uint64_t *stack = malloc(sizeof(*stack) * STACK_WORDS);
    uint8_t *list = calloc(1, 4 + (size_t)THREADS * 48), context[1232];
    uint32_t stack_at, context_at;
    char path[] = "/tmp/salvor-costly-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(stack && list && fd >= 0);
    for (size_t i = 0; i < STACK_WORDS; i++)
        stack[i] = 0x140001000 + i % 0x1000;
    dump_begin(&dump, CPU_AMD64);
    dump_add_module(&dump, &(struct dump_module){0x140000000, 0x10000, 1, "a.exe", {0}, NULL, 0});
    stack_at = dump_put(&dump, stack, sizeof(*stack) * STACK_WORDS);
    context_at = dump_put(&dump, context, dump_context(CPU_AMD64, 0x140001000, 0x10000, context));
    bytes_put_u32(list, THREADS);
    for (uint32_t i = 0; i < THREADS; i++) {
        uint8_t *entry = list + 4 + (size_t)i * 48;

        bytes_put_u32(entry, i);
        bytes_put_u64(entry + 24, 0x10000);
        bytes_put_u32(entry + 32, sizeof(*stack) * STACK_WORDS);
        bytes_put_u32(entry + 36, stack_at);
        bytes_put_u32(entry + 40, 1232);
        bytes_put_u32(entry + 44, context_at);
    }
    dump_add_stream(&dump, 3, list, 4 + (size_t)THREADS * 48);
    dump_finish(&dump);
    assert_int_equal(write(fd, dump.bytes.data, dump.bytes.len), (ssize_t)dump.bytes.len);
    fixture_init(&f);
    assert_int_equal(run(&f, path, LONG_MS), ST_OK);
    fixture_done(&f);
    close(fd);
    unlink(path);
    dump_done(&dump);
    free(stack);
    free(list);
}

/* -- what the sandbox denies; each runs in a child of its own, whose exit code is the answer -- */

enum { DENIED = 0, ALLOWED = 1, NO_SANDBOX = 2, UNKNOWN = 3 };

static int denied(bool failed)
{
    return failed && (errno == EPERM || errno == EACCES) ? DENIED : ALLOWED;
}

static int try_socket(void)
{
    return denied(socket(AF_INET, SOCK_STREAM, 0) < 0);
}

static int try_write_file(void)
{
    return denied(open("/tmp/salvor-must-not-appear", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0);
}

static int try_unlink(void)
{
    return denied(unlink("/tmp/salvor-must-not-appear") < 0);
}

static int try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return denied(pid < 0);
}

static int try_exec(void)
{
    char *const argv[] = {(char *)"/bin/true", NULL};

    execv("/bin/true", argv);
    return denied(true);
}

static int try_kill(void)
{
    return denied(kill(getppid(), 0) < 0);
}

static int try_limits_of_parent(void)
{
    struct rlimit limit;

    return denied(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit) < 0);
}

/* Reading must stay possible. */
static int try_read(void)
{
    int fd = open(REAL_DUMP, O_RDONLY | O_CLOEXEC);

    return fd >= 0 ? DENIED : ALLOWED;
}

/* Ends by SIGXCPU, or returns. */
static int try_cpu(void)
{
    uint64_t end = clock_steady_ms() + LONG_MS;

    sandbox_grant_cpu(0);
    while (clock_steady_ms() < end)
        ;
    return ALLOWED;
}

static const struct {
    const char *name;
    int (*run)(void);
} attempts[] = {
    {"--child=socket", try_socket}, {"--child=write", try_write_file}, {"--child=unlink", try_unlink},           {"--child=fork", try_fork},
    {"--child=exec", try_exec},     {"--child=kill", try_kill},        {"--child=limits", try_limits_of_parent}, {"--child=read", try_read},
    {"--child=cpu", try_cpu},
};

static int attempt_main(const char *name)
{
    const char *what;

    if (sandbox_enter(WORKER_MAX_HEAP_BYTES, &what) != ST_OK)
        return NO_SANDBOX;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (strcmp(attempts[i].name, name) == 0)
            return attempts[i].run();
    return UNKNOWN;
}

static uint32_t attempt_run(const char *name)
{
    const char *const argv[] = {self, name, NULL};
    const struct process_options options = {.argv = argv};
    struct process *process;
    uint32_t code = UNKNOWN;

    assert_int_equal(process_start(&process, &options), ST_OK);
    assert_int_equal(process_wait(process, LONG_MS, &code), ST_OK);
    process_free(process);
    return code;
}

static void sandbox_when_asked_for_more_denies_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (attempts[i].run != try_cpu && attempt_run(attempts[i].name) != DENIED)
            fail_msg("%s: not as it should be", attempts[i].name);
}

static void sandbox_when_cpu_time_is_used_up_ends_the_process(void **state)
{
    (void)state;
    assert_int_equal(attempt_run("--child=cpu"), 128 + SIGXCPU);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_when_dump_is_real_gives_its_report_again_and_again),
        cmocka_unit_test(client_when_file_is_no_minidump_or_missing_says_so_and_keeps_the_child),
        cmocka_unit_test(client_when_path_is_unusable_refuses_it),
        cmocka_unit_test(client_when_child_was_killed_between_requests_starts_another),
        cmocka_unit_test(client_when_child_dies_on_a_dump_names_the_signal_and_recovers),
        cmocka_unit_test(client_when_child_does_not_answer_gives_up_at_the_limit_and_recovers),
        cmocka_unit_test(client_when_program_is_missing_says_so),
        cmocka_unit_test(client_when_program_is_no_worker_says_so),
        cmocka_unit_test(client_when_result_is_larger_than_its_buffer_says_so),
        cmocka_unit_test(client_when_freed_leaves_no_child),
        cmocka_unit_test(client_when_dump_is_made_to_cost_answers_within_bounds),
        cmocka_unit_test(sandbox_when_asked_for_more_denies_it),
        cmocka_unit_test(sandbox_when_cpu_time_is_used_up_ends_the_process),
    };
    struct buffer path;

    if (argc > 1 && strcmp(argv[1], PROCESS_WORKER_COMMAND) == 0)
        return process_worker_main(argc - 1, argv + 1);
    if (argc > 1 && text_starts(argv[1], "--child="))
        _exit(attempt_main(argv[1]));
    buffer_init(&path, sizeof(self) - 1);
    if (process_self_path(&path) != ST_OK)
        return 1;
    memcpy(self, path.data, path.len + 1);
    buffer_done(&path);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
