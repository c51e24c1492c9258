/* test_modules.c - two modules of one process that each have Salvor inside: the program, and a plug-in that knows nothing of it. The first
 * that installs has the process, the other's words go to it, and there is one report. The process is this program again. */
#include "harness.h"
#include "proto/code.h"
#include "salvor.h"
#include <stdio.h>
#include <string.h>
#include <windows.h>

#define WAIT_MS 60000

/* -- the process with two modules -- */

struct second {
    HMODULE module;
    salvor_status (*install)(const salvor_options *);
    salvor_status (*uninstall)(void);
    salvor_status (*annotate)(const char *, const char *);
    salvor_status (*consent)(uint32_t);
};

static void find(HMODULE module, const char *name, void *ret)
{
    FARPROC found = GetProcAddress(module, name);

    memcpy(ret, &found, sizeof found);
}

static int load(struct second *ret)
{
    ret->module = LoadLibraryExW(L"salvor-second.dll", NULL, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
    if (!ret->module)
        return 0;
    find(ret->module, "second_install", &ret->install);
    find(ret->module, "second_uninstall", &ret->uninstall);
    find(ret->module, "second_annotate", &ret->annotate);
    find(ret->module, "second_consent", &ret->consent);
    return ret->install && ret->uninstall && ret->annotate && ret->consent;
}

static int fault(void)
{
    static int *volatile nowhere; /* of the program's data, so that the compiler cannot know */

    *nowhere = 1;
    return 9;
}

/* The program is the first; the plug-in's words are in its report, and the plug-in may go. */
static int program_first(const salvor_options *options, struct second *second)
{
    printf("first %d\n", (int)salvor_install(options));
    salvor_wait_ready(10000);
    printf("second %d\n", (int)second->install(options));
    printf("set %d %d\n", (int)salvor_set_annotation("program", "here"), (int)second->annotate("plugin", "there"));
    printf("consent %d\n", (int)second->consent(SALVOR_CONSENT_NO));
    printf("uninstall %d\n", (int)second->uninstall()); /* not its own to take away */
    FreeLibrary(second->module);
    return fault();
}

/* The plug-in is the first, and is let go of while the program's words still go to it. */
static int plugin_first(const salvor_options *options, struct second *second)
{
    printf("first %d\n", (int)second->install(options));
    printf("second %d\n", (int)salvor_install(options));
    FreeLibrary(second->module);
    salvor_wait_ready(10000);
    printf("set %d %d\n", (int)salvor_set_annotation("program", "here"), (int)salvor_set_annotation("plugin", "there"));
    return fault();
}

/* The plug-in had it, took it away, and was unloaded; now the program wants it. */
static int program_after_plugin(const salvor_options *options, struct second *second)
{
    printf("first %d\n", (int)second->install(options));
    printf("second %d\n", (int)salvor_install(options));
    printf("uninstall %d\n", (int)second->uninstall());
    FreeLibrary(second->module);
    printf("late %d\n", (int)salvor_set_annotation("late", "bird")); /* still the plug-in's, which has ended */
    printf("third %d\n", (int)salvor_install(options));
    salvor_wait_ready(10000);
    printf("set %d %d\n", (int)salvor_set_annotation("program", "here"), (int)salvor_set_annotation("plugin", "there"));
    return fault();
}

struct racer {
    const salvor_options *options;
    salvor_status (*install)(const salvor_options *);
    HANDLE go;
};

static DWORD WINAPI race(void *context)
{
    const struct racer *racer = context;

    WaitForSingleObject(racer->go, INFINITE);
    return (DWORD)racer->install(racer->options);
}

/* Both install at the same moment: one of them is the first. */
static int both_at_once(const salvor_options *options, struct second *second)
{
    HANDLE go = CreateEventW(NULL, TRUE, FALSE, NULL), threads[2];
    struct racer racers[2] = {{options, salvor_install, go}, {options, second->install, go}};
    DWORD codes[2] = {99, 99};

    for (int i = 0; i < 2; i++)
        threads[i] = CreateThread(NULL, 0, race, &racers[i], 0, NULL);
    SetEvent(go);
    for (int i = 0; i < 2; i++)
        if (threads[i] && WaitForSingleObject(threads[i], WAIT_MS) == WAIT_OBJECT_0)
            GetExitCodeThread(threads[i], &codes[i]);
    printf("sum %d\n", (int)codes[0] + (int)codes[1]);
    salvor_set_annotation("program", "here");
    second->annotate("plugin", "there");
    return fault();
}

static const struct {
    const char *name;
    int (*run)(const salvor_options *, struct second *);
} children[] = {
    {"program-first", program_first},
    {"plugin-first", plugin_first},
    {"program-after-plugin", program_after_plugin},
    {"both-at-once", both_at_once},
};

static int child(const char *name, const char *pipe, const char *spool_dir)
{
    struct second second;
    salvor_options options;

    setvbuf(stdout, NULL, _IONBF, 0);
    salvor_options_init(&options);
    options.pipe = pipe;
    options.spool_dir = spool_dir;
    if (!load(&second))
        return 1;
    for (size_t i = 0; i < sizeof children / sizeof *children; i++)
        if (strcmp(name, children[i].name) == 0)
            return children[i].run(&options, &second);
    return 1;
}

/* -- tests -- */

static struct harness_collector collector;

static int start_collector(void **state)
{
    (void)state;
    harness_collector_start(&collector, harness_folder());
    return 0;
}

static int stop_collector(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    return 0;
}

/* Runs the child, which must say these lines (NULL-terminated) and die; both modules' words are in its only report. */
static void check_child(const char *name, const char *const *lines, const char *consent)
{
    struct process *process = harness_start("wine-modules.exe", "--child", name, collector.pipe, harness_folder(), (char *)NULL);
    struct spool *spool = NULL;
    struct spool_report *report;
    char line[128];

    for (; *lines; lines++) {
        assert_true(harness_read_line(process, "", line, sizeof line));
        assert_string_equal(line, *lines);
    }
    assert_int_equal(harness_finish(process, WAIT_MS), CODE_ACCESS_VIOLATION);
    harness_wait_reports(collector.queue, 1, WAIT_MS);
    report = harness_only_report(collector.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "program"), "here");
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "plugin"), "there");
    assert_string_equal(harness_value(report, RECORD_CONSENT), consent);
    spool_report_close(report);
    spool_close(spool);
}

static void modules_when_program_is_first_then_plugins_words_go_to_it(void **state)
{
    static const char *const lines[] = {"first 0", "second -3", "set 0 0", "consent 0", "uninstall -2", NULL};

    (void)state;
    check_child("program-first", lines, CONSENT_NO);
}

static void modules_when_plugin_is_first_and_let_go_then_programs_words_go_to_it(void **state)
{
    static const char *const lines[] = {"first 0", "second -3", "set 0 0", NULL};

    (void)state;
    check_child("plugin-first", lines, CONSENT_UNSET);
}

static void modules_when_first_has_ended_then_second_can_install(void **state)
{
    static const char *const lines[] = {"first 0", "second -3", "uninstall 0", "late -2", "third 0", "set 0 0", NULL};

    (void)state;
    check_child("program-after-plugin", lines, CONSENT_UNSET);
}

static void modules_when_both_install_at_once_then_one_is_first(void **state)
{
    static const char *const lines[] = {"sum -3", NULL};

    (void)state;
    for (int i = 0; i < 5; i++) {
        check_child("both-at-once", lines, CONSENT_UNSET);
        stop_collector(state);
        start_collector(state);
    }
}

#if defined(__MINGW32__) /* elsewhere a static library cannot hide its names; programs that mind use salvor.dll */

static void check_clash(const char *pipe, const char *queue, const char *spool_dir, const char *layer)
{
    struct spool *spool = NULL;
    struct spool_report *report;

    assert_int_equal(harness_run(WAIT_MS, "salvor-clash.exe", pipe, spool_dir, (char *)NULL), CODE_ACCESS_VIOLATION);
    harness_wait_reports(queue, 1, WAIT_MS);
    report = harness_only_report(queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), layer);
    assert_string_equal(harness_value(report, RECORD_ANNOTATION "scene"), "harbour at dusk");
    spool_report_close(report);
    spool_close(spool);
}

static void names_when_host_owns_every_private_one_then_both_work(void **state)
{
    const char *spool_dir = harness_folder();

    (void)state;
    check_clash(collector.pipe, collector.queue, harness_folder(), LAYER_MONITOR);
    check_clash("\\\\.\\pipe\\salvor-test-nobody", spool_dir, spool_dir, LAYER_IN_PROCESS);
}

#endif

#define served(function) cmocka_unit_test_setup_teardown(function, start_collector, stop_collector)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        served(modules_when_program_is_first_then_plugins_words_go_to_it),
        served(modules_when_plugin_is_first_and_let_go_then_programs_words_go_to_it),
        served(modules_when_first_has_ended_then_second_can_install),
        served(modules_when_both_install_at_once_then_one_is_first),
#if defined(__MINGW32__)
        served(names_when_host_owns_every_private_one_then_both_work),
#endif
    };

    if (argc == 5 && strcmp(argv[1], "--child") == 0)
        return child(argv[2], argv[3], argv[4]);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
