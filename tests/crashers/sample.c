/* sample.c - salvor-sample: an ordinary program that uses Salvor and dies as asked.
 *
 *   salvor-sample KIND [--pipe NAME] [--spool DIR] [--no-salvor] [--self-monitor] [--eager] [--pass] [--no-wait] [--timeout MS]
 *                 [--uninstall] [--thread] [--filter ignore|fault|hang] [--note TEXT] [--attach FILE]... [--extra]
 *                 [--url URL] [--key KEY] [--consent yes|no] [--flags HEX]
 *                 [--handlers MASK] [--threads N] [--suspended] [--catch-breakpoint] [--replace-filter]
 *                 [--monitor PROGRAM] [--start MS] [--hang MS] [--before] [--thread-init] [--frame BYTES] [--left BYTES]
 *                 [--max-dump BYTES] [--dump-kind N]
 *
 * Right before the fault it prints `crashing kind=... pid=... time_ms=...`. */
#include "crash.h"
#include "salvor.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct kind {
    const char *name;
    void (*run)(void);
};

/* Dies only when a line comes on stdin, so that a test can do something to the monitor first. */
static void wait_write_av(void)
{
    char line[16];
    if (fgets(line, sizeof line, stdin))
        crash_write_av();
}

/* Beats once and then falls silent. */
static void hang_write_av(void)
{
    salvor_heartbeat();
    wait_write_av();
}

static void exit_cleanly(void)
{
    exit(0);
}
static void exit_one(void)
{
    exit(1);
}
static void exit_three(void)
{
    exit(3);
}

struct arguments {
    const char *kind, *note;
    int no_salvor, self_monitor, no_wait, uninstall, in_thread, before, thread_init, extra, replace_filter, threads, suspended;
    salvor_options options;
};

/* Memory, a stream, and a page of each kind that cannot be read, to be found again in the dump; their addresses go along as annotations. */
static void add_extra(void)
{
    static char memory[70000], stream[301];
    char *closed = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS), text[40];
    size_t i;

    for (i = 0; i < sizeof memory; i++)
        memory[i] = (char)(i * 7);
    for (i = 0; i < sizeof stream; i++)
        stream[i] = (char)(i * 3);
    salvor_add_memory(memory, sizeof memory);
    salvor_add_memory(memory + 100, 50); /* inside the first: each byte is in the dump once */
    salvor_add_memory(closed, 4096);
    salvor_add_stream(0x5a0001, stream, sizeof stream);
    salvor_add_stream(0x5a0002, closed, 16);
    snprintf(text, sizeof text, "%llu", (unsigned long long)(size_t)memory);
    salvor_set_annotation("extra", text);
}

static int SALVOR_CALL ignore_filter(void *pointers, void *context)
{
    (void)pointers, (void)context;
    return 0;
}

static int SALVOR_CALL faulting_filter(void *pointers, void *context)
{
    (void)pointers, (void)context;
    crash_divide();
    return 1;
}

static int SALVOR_CALL hanging_filter(void *pointers, void *context)
{
    (void)pointers, (void)context;
    Sleep(INFINITE);
    return 1;
}

/* Starts this program again, told of our monitor by the environment alone, to die of a write violation; ends with its exit code. */
static void crash_in_child(void)
{
    char path[1024], line[1200], environment[300];
    PROCESS_INFORMATION child;
    STARTUPINFOA startup;
    DWORD code = 1;

    if (!salvor_child_environment(environment, sizeof environment) || !GetModuleFileNameA(NULL, path, sizeof path))
        exit(1);
    SetEnvironmentVariableA("SALVOR_PIPE", strchr(environment, '=') + 1);
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    snprintf(line, sizeof line, "\"%s\" write-av --note child", path);
    if (CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &child)) {
        WaitForSingleObject(child.hProcess, INFINITE);
        GetExitCodeProcess(child.hProcess, &code);
    }
    ExitProcess(code);
}

/* A dump without a crash; the program goes on and ends well. */
static void dump_now(void)
{
    char id[37] = "";
    salvor_status status = salvor_dump_now("asked for by a test", id);
    printf("dumped status=%d id=%s\n", (int)status, id);
    exit(status == SALVOR_OK ? 0 : 1);
}

/* As a program does at its next start: asks its user about the crash before. */
static void comment(void)
{
    char id[37] = "";
    salvor_status known = salvor_crashed_last_run(id);
    salvor_status said = salvor_add_comment(id, "Ada", NULL, "I had opened the hatch");
    printf("comment %d %d %d %d\n", (int)known, (int)said, (int)salvor_add_comment("no id", NULL, NULL, "x"),
           (int)salvor_add_comment(id, NULL, NULL, ""));
    fflush(stdout);
    exit(0);
}

/* Says where children would look for a monitor, and waits for a line before it ends. */
static void show_environment(void)
{
    char value[300], line[16];
    DWORD len = GetEnvironmentVariableA("SALVOR_PIPE", value, sizeof value);
    printf("SALVOR_PIPE=%s\n", len && len < sizeof value ? value : "");
    fflush(stdout);
    exit(fgets(line, sizeof line, stdin) ? 0 : 1);
}

static LONG WINAPI foreign_filter(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void print_health(void)
{
    salvor_health health;
    salvor_health_init(&health);
    if (salvor_verify(&health) == SALVOR_OK)
        printf("health filter=%u veh=%u monitor=%u service=%u debugger=%u\n", health.filter_ours, health.veh_ours, health.monitor_alive,
               health.monitor_is_service, health.debugger_present);
}

/* Says how things stand, also after another component replaced the unhandled filter. */
static void show_health(void)
{
    char id[37] = "";
    salvor_status status = salvor_crashed_last_run(id);
    printf("last run %d %s\n", (int)status, id);
    print_health();
    SetUnhandledExceptionFilter(foreign_filter);
    print_health();
    print_health();
    fflush(stdout);
    exit(0);
}

/* Says what stands between a crash and its loss, and crashes. */
static void verify_write_av(void)
{
    salvor_health health;

    salvor_health_init(&health);
    printf("verify status=%d ", (int)salvor_verify(&health));
    printf("monitor=%u service=%u resort=%u\n", health.monitor_alive, health.monitor_is_service, health.last_resort_ready);
    fflush(stdout);
    crash_write_av();
}

static long long unix_ms(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    return (long long)(((unsigned long long)now.dwHighDateTime << 32 | now.dwLowDateTime) / 10000) - 11644473600000LL;
}

static const struct kind kinds[] = {
    {"write-av", crash_write_av},
    {"read-av", crash_read_av},
    {"divide", crash_divide},
    {"fast-fail", crash_fast_fail},
    {"abort", crash_abort},
    {"stack-overflow", crash_stack_overflow},
    {"low-stack", crash_low_stack},
    {"illegal", crash_illegal},
    {"exec-av", crash_exec_av},
    {"raise", crash_raise},
    {"heap", crash_heap},
    {"exit", exit_cleanly},
    {"exit-one", exit_one},
    {"exit-three", exit_three},
    {"wait-write-av", wait_write_av},
    {"hang-write-av", hang_write_av},
    {"verify-write-av", verify_write_av},
    {"dump-now", dump_now},
    {"comment", comment},
    {"show-environment", show_environment},
    {"health", show_health},
    {"child", crash_in_child},
    {"privileged", crash_privileged},
    {"breakpoint", crash_breakpoint},
    {"in-page", crash_in_page},
    {"fail-fast", crash_fail_fast},
    {"fast-fail-2", crash_fast_fail_cookie},
    {"fast-fail-3", crash_fast_fail_list},
    {"fast-fail-5", crash_fast_fail_argument},
    {"fast-fail-10", crash_fast_fail_call},
    {"invalid-parameter", crash_invalid_parameter},
    {"purecall", crash_purecall},
    {"stack-hole", crash_stack_hole},
    {"loader-lock", crash_loader_lock},
    {"loader-lock-held", crash_loader_lock_held},
    {"heap-lock", crash_heap_lock},
    {"two-threads", crash_two_threads},
    {"throw-msvc", crash_throw_msvc},
    {"scribble-zero", crash_scribble_zero},
    {"scribble-ones", crash_scribble_ones},
    {"scribble-noise", crash_scribble_noise},
    {"scribble-wait", crash_scribble_wait},
    {"scribble-fast-fail", crash_scribble_fast_fail},
    {"scribble-stack", crash_scribble_stack},
#if defined(SAMPLE_THROWS)
    {"throw", crash_throw_main},
    {"throw-thread", crash_throw_thread},
#endif
};

static int usage(void)
{
    size_t i;
    fprintf(stderr, "usage: salvor-sample KIND [--pipe NAME] [--spool DIR] [--no-salvor] [--self-monitor] [--eager] [--pass] [--no-wait]\n"
                    "                     [--uninstall] [--thread] [--timeout MS] [--filter ignore|fault|hang] [--note TEXT]\n"
                    "                     [--attach FILE]... [--extra] [--url URL] [--key KEY]\n"
                    "                     [--consent yes|no] [--flags HEX]\n"
                    "                     [--handlers MASK] [--threads N] [--suspended] [--catch-breakpoint] [--replace-filter]\n"
                    "                     [--monitor PROGRAM] [--start MS] [--hang MS] [--before] [--thread-init]\n"
                    "                     [--frame BYTES] [--left BYTES] [--max-dump BYTES] [--dump-kind N]\nkinds:");
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
        fprintf(stderr, " %s", kinds[i].name);
    fprintf(stderr, "\n");
    return 2;
}

static int parse_flag(struct arguments *to, const char *word)
{
    if (strcmp(word, "--no-salvor") == 0)
        to->no_salvor = 1;
    else if (strcmp(word, "--self-monitor") == 0)
        to->self_monitor = 1;
    else if (strcmp(word, "--no-wait") == 0)
        to->no_wait = 1;
    else if (strcmp(word, "--uninstall") == 0)
        to->uninstall = 1;
    else if (strcmp(word, "--thread") == 0)
        to->in_thread = 1;
    else if (strcmp(word, "--before") == 0)
        to->in_thread = to->before = 1;
    else if (strcmp(word, "--thread-init") == 0)
        to->thread_init = 1;
    else if (strcmp(word, "--extra") == 0)
        to->extra = 1;
    else if (strcmp(word, "--replace-filter") == 0)
        to->replace_filter = 1;
    else if (strcmp(word, "--suspended") == 0)
        to->suspended = 1;
    else if (strcmp(word, "--catch-breakpoint") == 0)
        to->options.flags |= SALVOR_CATCH_BREAKPOINT;
    else if (strcmp(word, "--eager") == 0)
        to->options.flags |= SALVOR_VEH_EAGER;
    else if (strcmp(word, "--pass") == 0)
        to->options.after_dump = SALVOR_AFTER_PASS;
    else
        return 0;
    return 1;
}

static int parse_value(struct arguments *to, const char *word, const char *value)
{
    if (strcmp(word, "--pipe") == 0)
        to->options.pipe = value;
    else if (strcmp(word, "--spool") == 0)
        to->options.spool_dir = value;
    else if (strcmp(word, "--monitor") == 0)
        to->options.monitor_path = value;
    else if (strcmp(word, "--start") == 0)
        to->options.start_timeout_ms = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "--hang") == 0)
        to->options.hang_timeout_ms = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "--timeout") == 0)
        to->options.crash_timeout_ms = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "--handlers") == 0)
        to->options.handlers = (uint32_t)strtoul(value, NULL, 0);
    else if (strcmp(word, "--threads") == 0)
        to->threads = (int)strtoul(value, NULL, 10);
    else if (strcmp(word, "--frame") == 0)
        crash_frame_bytes = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(word, "--left") == 0)
        crash_left_bytes = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(word, "--note") == 0)
        to->note = value;
    else if (strcmp(word, "--url") == 0)
        to->options.url = value;
    else if (strcmp(word, "--key") == 0)
        to->options.key = value;
    else if (strcmp(word, "--max-dump") == 0)
        to->options.max_dump_bytes = strtoull(value, NULL, 10);
    else if (strcmp(word, "--dump-kind") == 0)
        to->options.dump_kind = (uint32_t)strtoul(value, NULL, 10);
    else if (strcmp(word, "--consent") == 0)
        return salvor_set_consent(strcmp(value, "yes") == 0 ? SALVOR_CONSENT_YES : SALVOR_CONSENT_NO) == SALVOR_OK;
    else if (strcmp(word, "--flags") == 0)
        to->options.flags |= (uint32_t)strtoul(value, NULL, 16);
    else if (strcmp(word, "--attach") == 0)
        return salvor_add_attachment(value) == SALVOR_OK;
    else if (strcmp(word, "--filter") == 0)
        to->options.filter = strcmp(value, "fault") == 0 ? faulting_filter : strcmp(value, "hang") == 0 ? hanging_filter : ignore_filter;
    else
        return 0;
    return 1;
}

static int parse(struct arguments *to, int argc, char **argv)
{
    int i;
    memset(to, 0, sizeof *to);
    salvor_options_init(&to->options);
    to->options.version = "2.4.1";
    to->options.environment = "test";
    for (i = 1; i < argc; i++) {
        if (argv[i][0] != '-' && !to->kind)
            to->kind = argv[i];
        else if (parse_flag(to, argv[i]))
            continue;
        else if (i + 1 < argc && parse_value(to, argv[i], argv[i + 1]))
            i++;
        else
            return 0;
    }
    return to->kind != NULL;
}

static void install(const struct arguments *from)
{
    salvor_status status = salvor_install(&from->options);
    if (status == SALVOR_OK && !from->no_wait)
        status = salvor_wait_ready(10000);
    printf("salvor %s\n", salvor_strstatus(status));
    salvor_set_annotation("scene", "harbour at dusk");
    if (from->note)
        salvor_set_annotation("note", from->note);
    if (from->extra)
        add_extra();
    salvor_log("sample started");
    salvor_log("about to draw the first frame");
    if (from->uninstall)
        printf("uninstall %s\n", salvor_strstatus(salvor_uninstall()));
}

static DWORD WINAPI idle(void *unused)
{
    (void)unused;
    Sleep(INFINITE);
    return 0;
}

/* Threads that have nothing to do with the death. */
static void start_threads(int count)
{
    HANDLE thread;

    while (count-- > 0 && (thread = CreateThread(NULL, 0, idle, NULL, 0, NULL)) != NULL)
        CloseHandle(thread);
}

/* One that the program itself has stopped. */
static void start_suspended(void)
{
    DWORD id = 0;
    HANDLE thread = CreateThread(NULL, 0, idle, NULL, CREATE_SUSPENDED, &id);

    if (thread)
        CloseHandle(thread);
    printf("suspended thread=%lu\n", (unsigned long)id);
}

/* The thread that dies, when it is not the first. */
static struct {
    HANDLE thread, go;
    const struct kind *kind;
    int init;
} other;

static DWORD WINAPI run_other(void *unused)
{
    (void)unused;
    WaitForSingleObject(other.go, INFINITE);
    if (other.init)
        salvor_thread_init();
    other.kind->run();
    return 9;
}

/* With the linker's stack. */
static void start_other(void)
{
    other.go = CreateEventW(NULL, TRUE, FALSE, NULL);
    other.thread = CreateThread(NULL, 0, run_other, NULL, 0, NULL);
}

static void run(const struct kind *kind, const struct arguments *from)
{
    if (!from->in_thread) {
        kind->run();
        return;
    }
    other.kind = kind;
    other.init = from->thread_init;
    if (!other.thread)
        start_other();
    SetEvent(other.go);
    WaitForSingleObject(other.thread, INFINITE);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    size_t i;

    if (argc > 1 && strcmp(argv[1], "--crash-monitor") == 0)
        return salvor_monitor_main(argc, argv);
    if (!parse(&arguments, argc, argv))
        return usage();
    if (arguments.self_monitor)
        salvor_monitor_main(argc, argv);
    if (arguments.before)
        start_other();
    if (!arguments.no_salvor)
        install(&arguments);
    if (arguments.replace_filter)
        SetUnhandledExceptionFilter(foreign_filter);
    start_threads(arguments.threads);
    if (arguments.suspended)
        start_suspended();
    for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, arguments.kind) != 0)
            continue;
        printf("crashing kind=%s pid=%lu time_ms=%lld\n", kinds[i].name, (unsigned long)GetCurrentProcessId(), unix_ms());
        fflush(stdout);
        run(&kinds[i], &arguments);
        return 9; /* a kind that returns did not die */
    }
    return usage();
}
