/* test_false_monitor.c - monitors that are not there, are not what they should be, or are somebody else: the client tells them nothing,
 * waits for none of them, says so in salvor_verify, and its crash is in the next layer, here the last resort.
 *
 * The false ones are this program again: as a child monitor (--crash-monitor), and as the server that holds the pipe's name. */
#include "base/clock.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "harness.h"
#include "proto/code.h"
#include "raw_client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winsvc.h>

#define WAIT_MS       60000
#define LONG_MS       "600000" /* the longest bound that a client takes: who ends within WAIT_MS did not wait for it */
#define POLL_MS       50
#define ENV_MONITOR   "FALSE_MONITOR"
#define ENV_HEARD     "FALSE_MONITOR_HEARD"
#define END           "end" /* what makes a squatter go */
#define SERVICE       L"Salvor"
#define MAX_ARGUMENTS 16

static char heard[1024]; /* what squatters have heard, a line each */

/* -- the squatter: this program again, with the pipe's name -- */

static void note(const char *file, const char *text, unsigned long number)
{
    FILE *opened = fopen(file, "ab");

    if (opened) {
        fprintf(opened, "%s %lu\n", text, number);
        fclose(opened);
    }
}

static void answer(HANDLE pipe, const char *manner, const struct pipe_hello *hello)
{
    struct pipe_reply reply = {
        .magic = PIPE_MAGIC, .version = PIPE_VERSION, .size_bytes = sizeof reply, .block_bytes = sizeof(struct block)};
    DWORD size = sizeof reply, moved;

    if (strcmp(manner, "noise") == 0)
        memset(&reply, 0xa5, sizeof reply);
    else if (strcmp(manner, "short") == 0)
        size = 10;
    else if (strcmp(manner, "full") == 0)
        reply.verdict = PIPE_TOO_MANY;
    else if (strcmp(manner, "handles") == 0) /* accepted, with handles that are none */
        reply.section = reply.request_event = reply.done_event = reply.monitor = 0x7ffffff0, reply.monitor_pid = hello->pid;
    else
        return; /* silent */
    WriteFile(pipe, &reply, size, &moved, NULL);
}

/* A squatter outlives no failed test. */
static DWORD WINAPI expire(void *unused)
{
    (void)unused;
    Sleep(2 * WAIT_MS);
    ExitProcess(1);
}

static int serve(HANDLE pipe, const char *manner, const char *file)
{
    char message[PIPE_MAX_MESSAGE];
    DWORD size;

    CloseHandle(CreateThread(NULL, 0, expire, NULL, 0, NULL));
    for (;; DisconnectNamedPipe(pipe)) {
        /* "No data": the caller has hung up already. */
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED && GetLastError() != ERROR_NO_DATA)
            continue;
        note(file, "connected", 0);
        while (ReadFile(pipe, message, sizeof message, &size, NULL)) {
            if (size == strlen(END))
                return 0;
            note(file, "heard", size);
            answer(pipe, manner, (const struct pipe_hello *)message);
        }
    }
}

/* squat PIPE MANNER FILE: the manner "orphan" hands the pipe on to a process that its maker's pid does not name. */
static int child_squat(char **argv)
{
    wchar_t *name = wide_from_utf8(argv[2]);
    HANDLE pipe = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT, 1, 4096, 4096, 0, NULL);
    char handle[32];
    const intptr_t inherit[] = {(intptr_t)pipe};
    const char *heir_argv[] = {argv[0], "--child=inherit", handle, argv[4], NULL};
    struct process_options options = {.argv = heir_argv, .inherit = inherit, .inherit_count = 1, .quiet = true};
    struct process *heir = NULL;

    free(name);
    if (pipe == INVALID_HANDLE_VALUE)
        return 1;
    snprintf(handle, sizeof handle, "%llu", (unsigned long long)(uintptr_t)pipe);
    if (strcmp(argv[3], "orphan") == 0 &&
        (!SetHandleInformation(pipe, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) || process_start(&heir, &options) != ST_OK))
        return 1;
    puts("listening");
    fflush(stdout);
    return heir ? 0 : serve(pipe, argv[3], argv[4]);
}

static int child_inherit(char **argv)
{
    return serve((HANDLE)(uintptr_t)strtoull(argv[2], NULL, 10), "silent", argv[3]);
}

static struct process *squat(const char *pipe, const char *manner)
{
    struct process *squatter = harness_start("wine-false_monitor.exe", "--child=squat", pipe, manner, heard, (char *)NULL);
    char line[64];

    assert_true(harness_read_line(squatter, "listening", line, sizeof line));
    return squatter;
}

static void end_squatter(const char *pipe, struct process *squatter)
{
    HANDLE opened = raw_open(pipe, 10000);
    DWORD moved;

    assert_true(opened != INVALID_HANDLE_VALUE);
    assert_true(WriteFile(opened, END, (DWORD)strlen(END), &moved, NULL));
    assert_int_equal(harness_finish(squatter, WAIT_MS), 0);
    CloseHandle(opened);
}

static size_t count_in_heard(const char *word)
{
    struct buffer text;
    size_t count = 0;

    buffer_init(&text, 65536);
    if (file_read_whole(heard, 65536, &text) == ST_OK)
        for (const char *at = buffer_text(&text); (at = strstr(at, word)) != NULL; at++)
            count++;
    buffer_done(&text);
    return count;
}

/* Who is called writes it down when it gets to run: that may be after the caller's end. */
static bool is_called(void)
{
    for (unsigned waited_ms = 0; !count_in_heard("connected"); waited_ms += POLL_MS) {
        if (waited_ms >= WAIT_MS)
            return false;
        Sleep(POLL_MS);
    }
    return true;
}

/* -- the false child monitor: started by the client -- */

/* PROGRAM --crash-monitor PIPE PID START EVENT SPOOL FLAGS */
static int false_monitor(char **argv)
{
    HANDLE parent = OpenProcess(SYNCHRONIZE, FALSE, (DWORD)strtoul(argv[3], NULL, 10));
    const char *squat_argv[] = {argv[0], "--child=squat", argv[2], "silent", getenv(ENV_HEARD), NULL};
    struct process_options options = {.argv = squat_argv, .pipe_stdout = true};
    struct process *squatter = NULL;
    char byte;
    size_t got;

    /* Its pipe is held by another process than the one that the client started. */
    if (strcmp(getenv(ENV_MONITOR), "elsewhere") == 0) {
        if (process_start(&squatter, &options) != ST_OK || file_read(process_stdout(squatter), &byte, 1, &got) != ST_OK || !got)
            return 1;
        SetEvent((HANDLE)(uintptr_t)strtoull(argv[5], NULL, 10));
    }
    WaitForSingleObject(parent, WAIT_MS);
    if (squatter) {
        snprintf(heard, sizeof heard, "%s", getenv(ENV_HEARD));
        is_called();
        process_kill(squatter);
    }
    return 0;
}

/* -- what the client makes of it -- */

static int listen_up(void **state)
{
    (void)state;
    snprintf(heard, sizeof heard, "%s\\heard.txt", harness_folder());
    assert_true(SetEnvironmentVariableA(ENV_HEARD, heard));
    return 0;
}

static void check_report(const char *spool_dir)
{
    struct spool *spool = NULL;
    struct spool_report *report = harness_only_report(spool_dir, &spool);
    uint32_t thread;

    assert_int_equal(harness_dump_exception(report, &thread), CODE_ACCESS_VIOLATION);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_IN_PROCESS);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    spool_report_close(report);
    spool_close(spool);
}

/* Starts a sample with NULL-terminated further arguments, reads what it says of its layers, lets it die, and finds the report. */
static void check_no_monitor(const char *const *more)
{
    const char *spool_dir = harness_folder();
    const char *arguments[MAX_ARGUMENTS] = {"verify-write-av", "--spool", spool_dir, "--timeout", LONG_MS};
    struct process *sample;
    size_t count = 5;
    char line[256];

    while (*more && count + 1 < MAX_ARGUMENTS)
        arguments[count++] = *more++;
    sample = harness_start_words("salvor-sample.exe", arguments);
    assert_true(harness_read_line(sample, "salvor ", line, sizeof line)); /* "the time was not enough" after ten seconds */
    assert_string_equal(line, "salvor no monitor could be started or reached; the other layers still stand");
    assert_true(harness_read_line(sample, "verify ", line, sizeof line));
    assert_string_equal(line, "verify status=0 monitor=0 service=0 resort=1");
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    check_report(spool_dir);
}

static void check_monitor_program(const char *program)
{
    const char *const more[] = {"--monitor", program, "--start", LONG_MS, NULL};

    print_message("%s\n", program);
    check_no_monitor(more);
}

/* -- launch -- */

static void beside_us(const char *name, char *ret, size_t size)
{
    struct buffer self;

    buffer_init(&self, 65536);
    assert_int_equal(process_self_path(&self), ST_OK);
    snprintf(ret, size, "%.*s%s", (int)(path_base(buffer_text(&self)) - buffer_text(&self)), buffer_text(&self), name);
    buffer_done(&self);
}

static void launch_when_program_is_missing_or_none_then_next_layer_at_once(void **state)
{
    const char *folder = harness_folder();
    char path[1100];

    (void)state;
    snprintf(path, sizeof path, "%s\\missing.exe", folder);
    check_monitor_program(path);
    check_monitor_program(folder);
    harness_put_file(folder, "text.exe", "not a program", 13);
    snprintf(path, sizeof path, "%s\\text.exe", folder);
    check_monitor_program(path);
    harness_put_file(folder, "empty.exe", "", 0);
    snprintf(path, sizeof path, "%s\\empty.exe", folder);
    check_monitor_program(path);
}

static void launch_when_program_ends_at_once_then_next_layer_at_once(void **state)
{
    char path[2048];

    (void)state;
    beside_us("werhost.exe", path, sizeof path); /* it does not know --crash-monitor, says so and ends */
    check_monitor_program(path);
}

static void launch_when_program_never_listens_then_next_layer_after_the_bound(void **state)
{
    char path[2048];
    const char *const more[] = {"--monitor", path, "--start", "1000", NULL};

    (void)state;
    assert_true(SetEnvironmentVariableA(ENV_MONITOR, "never"));
    beside_us("wine-false_monitor.exe", path, sizeof path);
    check_no_monitor(more);
}

/* -- squatted pipes -- */

static void child_when_its_pipe_is_held_by_another_process_then_told_nothing(void **state)
{
    char path[2048];
    const char *const more[] = {"--monitor", path, NULL};

    (void)state;
    assert_true(SetEnvironmentVariableA(ENV_MONITOR, "elsewhere"));
    beside_us("wine-false_monitor.exe", path, sizeof path);
    check_no_monitor(more);
    assert_true(is_called());
    assert_int_equal(count_in_heard("heard"), 0);
}

static const char *pipe_of_our_own(void)
{
    static char name[96];
    static unsigned counter;

    snprintf(name, sizeof name, "\\\\.\\pipe\\salvor-test-false-%lu-%u", (unsigned long)GetCurrentProcessId(), counter++);
    return name;
}

static void check_squatted(const char *manner, size_t expected)
{
    const char *pipe = pipe_of_our_own();
    const char *const more[] = {"--pipe", pipe, NULL};
    struct process *squatter = squat(pipe, manner);

    print_message("%s\n", manner);
    check_no_monitor(more);
    assert_true(is_called());
    if (!expected)
        assert_int_equal(count_in_heard("heard"), 0);
    else
        assert_true(count_in_heard("heard 40") >= expected);
    end_squatter(pipe, squatter);
}

/* Whoever serves is not the process that made the pipe; that one has gone, so nobody can say who is asked. */
static void pipe_when_its_maker_has_gone_then_told_nothing(void **state)
{
    (void)state;
    check_squatted("orphan", 0);
}

/* A server of our own user is believed to be a monitor, until it answers. */
static void pipe_when_server_answers_wrongly_then_next_layer(void **state)
{
    static const char *const manners[] = {"silent", "noise", "short", "full", "handles"};

    (void)state;
    for (size_t i = 0; i < sizeof manners / sizeof *manners; i++)
        check_squatted(manners[i], 1);
}

/* -- the service's pipe -- */

static SERVICE_STATUS_HANDLE service_handle;

static void tell_state(DWORD state)
{
    SERVICE_STATUS status = {
        .dwServiceType = SERVICE_WIN32_OWN_PROCESS, .dwCurrentState = state, .dwControlsAccepted = SERVICE_ACCEPT_STOP};

    SetServiceStatus(service_handle, &status);
}

static void WINAPI on_control(DWORD control)
{
    if (control == SERVICE_CONTROL_STOP)
        tell_state(SERVICE_STOPPED);
}

static void WINAPI service_main(DWORD argc, LPWSTR *argv)
{
    (void)argc, (void)argv;
    service_handle = RegisterServiceCtrlHandlerW(SERVICE, on_control);
    tell_state(SERVICE_RUNNING);
}

/* A collector's service that has lost its pipe's name to somebody else: it runs, and serves nothing. */
static int child_service(void)
{
    static wchar_t name[] = SERVICE;
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};

    return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}

static void await_service(SC_HANDLE service, DWORD wanted)
{
    uint64_t end = clock_steady_ms() + WAIT_MS;
    SERVICE_STATUS status = {0};

    while (QueryServiceStatus(service, &status) && status.dwCurrentState != wanted && clock_steady_ms() < end)
        Sleep(20); /* the manager has no event that Wine signals */
    assert_int_equal(status.dwCurrentState, wanted);
}

static SC_HANDLE start_service(SC_HANDLE manager)
{
    char program[2048], command[2100];
    wchar_t *wide;
    SC_HANDLE service;

    beside_us("wine-false_monitor.exe", program, sizeof program);
    snprintf(command, sizeof command, "\"%s\" --child=service", program);
    wide = wide_from_utf8(command);
    service = CreateServiceW(manager, SERVICE, NULL, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
                             SERVICE_ERROR_IGNORE, wide, NULL, NULL, NULL, NULL, NULL);
    free(wide);
    assert_non_null(service);
    assert_true(StartServiceW(service, 0, NULL));
    await_service(service, SERVICE_RUNNING);
    return service;
}

/* Whether the service is this program, from here or from a run that was broken off. */
static bool is_this_program(SC_HANDLE service)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } info;
    DWORD size;

    return QueryServiceConfigW(service, &info.config, sizeof info, &size) &&
           wcsstr(info.config.lpBinaryPathName, L"wine-false_monitor.exe");
}

/* Takes our service away, if it is there; before the test and after it, also when it failed. */
static int take_service_away(void **state)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service = OpenServiceW(manager, SERVICE, SERVICE_ALL_ACCESS);
    SERVICE_STATUS status;

    (void)state;
    if (service && is_this_program(service)) {
        if (ControlService(service, SERVICE_CONTROL_STOP, &status))
            await_service(service, SERVICE_STOPPED);
        DeleteService(service);
    }
    if (service)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return 0;
}

static int listen_without_service(void **state)
{
    take_service_away(state);
    return listen_up(state);
}

static void service_when_its_pipe_is_held_by_another_process_then_told_nothing(void **state)
{
    const char *const more[] = {"--monitor", "C:\\missing.exe", NULL};
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), service;
    struct process *squatter;

    (void)state;
    assert_non_null(manager);
    service = OpenServiceW(manager, SERVICE, SERVICE_QUERY_STATUS);
    if (service) {
        CloseServiceHandle(service);
        CloseServiceHandle(manager);
        skip(); /* Salvor's own service is installed, and has the name for itself */
    }
    service = start_service(manager);
    squatter = squat(PIPE_SERVICE_NAME, "silent");
    check_no_monitor(more);
    assert_true(is_called());
    assert_int_equal(count_in_heard("heard"), 0);
    end_squatter(PIPE_SERVICE_NAME, squatter);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
}

/* -- monitors that die -- */

static struct process *start_dying(const char *pipe, const char *spool_dir)
{
    const char *const more[] = {"--pipe", pipe, "--spool", spool_dir, "--timeout", LONG_MS, NULL};

    return harness_start_sample("wait-write-av", more);
}

static void client_when_monitor_is_dead_then_does_not_wait_out_its_bound(void **state)
{
    const char *spool_dir = harness_folder();
    struct harness_collector collector;
    struct process *sample;
    uint64_t start;

    (void)state;
    harness_collector_start(&collector, harness_folder());
    sample = start_dying(collector.pipe, spool_dir);
    harness_collector_stop(&collector);
    start = clock_steady_ms();
    harness_say(sample, "go\n");
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    print_message("held for %llu ms, last resort included\n", (unsigned long long)(clock_steady_ms() - start));
    check_report(spool_dir);
}

static void client_when_monitor_dies_while_it_waits_then_does_not_wait_out_its_bound(void **state)
{
    const char *spool_dir = harness_folder();
    struct harness_collector collector;
    struct process *sample;
    char line[256];

    (void)state;
    harness_collector_start(&collector, harness_folder());
    sample = start_dying(collector.pipe, spool_dir);
    harness_suspend(collector.process); /* it has the request and does not answer */
    harness_say(sample, "go\n");
    assert_true(harness_read_line(sample, "site ", line, sizeof line));
    harness_collector_stop(&collector);
    assert_int_equal(harness_finish(sample, WAIT_MS), CODE_ACCESS_VIOLATION);
    check_report(spool_dir);
}

#define listening(function) cmocka_unit_test_setup(function, listen_up)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        listening(launch_when_program_is_missing_or_none_then_next_layer_at_once),
        listening(launch_when_program_ends_at_once_then_next_layer_at_once),
        listening(launch_when_program_never_listens_then_next_layer_after_the_bound),
        listening(child_when_its_pipe_is_held_by_another_process_then_told_nothing),
        listening(pipe_when_its_maker_has_gone_then_told_nothing),
        listening(pipe_when_server_answers_wrongly_then_next_layer),
        cmocka_unit_test_setup_teardown(service_when_its_pipe_is_held_by_another_process_then_told_nothing, listen_without_service,
                                        take_service_away),
        listening(client_when_monitor_is_dead_then_does_not_wait_out_its_bound),
        listening(client_when_monitor_dies_while_it_waits_then_does_not_wait_out_its_bound),
    };

    if (argc == 5 && strcmp(argv[1], "--child=squat") == 0)
        return child_squat(argv);
    if (argc == 4 && strcmp(argv[1], "--child=inherit") == 0)
        return child_inherit(argv);
    if (argc == 2 && strcmp(argv[1], "--child=service") == 0)
        return child_service();
    if (argc > 5 && strcmp(argv[1], "--crash-monitor") == 0)
        return false_monitor(argv);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
