/* test_doctor.c - `doctor` on a deployment that is as it should be, and on one that is not in one respect after the other. Stands in for
 * the uploader itself (tests/collector has the real one). */
#include "base/text.h"
#include "harness.h"
#include "keys.h"
#include "proto/name.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define APP           "salvor-sample.exe"
#define APP_DUMPS     NAME_KEY_LOCALDUMPS "\\" APP
#define WER_KEY       "SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting"
#define DOCTOR_MS     60000
#define CRASH_MS      200000
#define OUTPUT_BYTES  65536
#define MAX_DLL_BYTES (16u * 1024 * 1024)

static const char *const taken[] = {
    NAME_KEY_LOCALDUMPS, NAME_KEY_WER_MODULES, NAME_KEY_WER_MODULES_X86, NAME_KEY_SETTINGS,
    NAME_KEY_POLICY,     KEYS_AEDEBUG,         KEYS_AEDEBUG_X86,         (WER_KEY "\\ExcludedApplications"),
};
#define TAKEN (sizeof taken / sizeof taken[0])

static struct harness_collector collector;
static char output[OUTPUT_BYTES], module[1024];

/* -- this program as uploader -- */

/* What `salvor-upload --check` would say; the test tells by the key. */
static int stand_in(void)
{
    const char *key = getenv(NAME_ENV_KEY);

    if (key && strcmp(key, "good") == 0)
        return puts("salvor-upload check ready project=test") < 0;
    printf("salvor-upload check: answer for %s\n", key ? key : "no key");
    return key && strcmp(key, "wrong") == 0 ? 1 : key && strcmp(key, "sentry") == 0 ? 4 : 3;
}

/* -- the deployment -- */

static bool is_wine(void)
{
    return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

static void beside(const char *name, char *ret, size_t size)
{
    struct buffer self;

    buffer_init(&self, 65536);
    assert_int_equal(process_self_path(&self), ST_OK);
    snprintf(ret, size, "%.*s%s", (int)(path_base(buffer_text(&self)) - buffer_text(&self)), buffer_text(&self), name);
    buffer_done(&self);
}

static int deploy(void **state)
{
    char path[2048], self[1024];

    (void)state;
    for (size_t i = 0; i < TAKEN; i++)
        keys_take(taken[i]);
    beside(NAME_WER_MODULE, module, sizeof module);
    beside("wine-doctor.exe", self, sizeof self);
    harness_collector_start(&collector, harness_folder());
    snprintf(path, sizeof path, "%s\\deploy.reg", collector.data);
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "reg", "--app", APP, "--own-programs", "--dump-folder", collector.dumps,
                                 "--module", module, "--url", "https://crash.example", "--key", "good", "--output", path, (char *)NULL),
                     0);
    keys_import(path);
    keys_set_text(NAME_KEY_SETTINGS, "upload-program", self);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    for (size_t i = 0; i < TAKEN; i++)
        keys_give_back(taken[i]);
    return 0;
}

/* -- doctor -- */

/* Reads what doctor says into output; its exit code. */
static uint32_t read_doctor(struct process *process, uint32_t timeout_ms)
{
    size_t len = 0, got;

    while (file_read(process_stdout(process), output + len, OUTPUT_BYTES - 1 - len, &got) == ST_OK && got)
        len += got;
    output[len] = '\0';
    return harness_finish(process, timeout_ms);
}

static uint32_t doctor_with(uint32_t timeout_ms, const char *a, const char *b)
{
    return read_doctor(
        harness_start("salvor-collector.exe", "doctor", "--json", "--data", collector.data, "--pipe", collector.pipe, a, b, (char *)NULL),
        timeout_ms);
}

static uint32_t doctor(void)
{
    return doctor_with(DOCTOR_MS, NULL, NULL);
}

/* Whether one finding is of that severity and check and says text. */
static bool finds(const char *severity, const char *check, const char *text)
{
    char head[128];
    size_t size = (size_t)snprintf(head, sizeof head, "{\"severity\":\"%s\",\"check\":\"%s\"", severity, check);
    bool found = false;

    for (const char *at = output; !found && (at = strstr(at, head)) != NULL; at += size) {
        const char *end = strstr(at, "\"remedy\":"), *said = strstr(at, text);
        found = said && end && said < end;
    }
    return found;
}

/* How many findings are of that severity. Not counted is what ordinary users may do in a build's folder and below %TEMP%, which are no
 * places to deploy in: that is said on Windows only. */
static size_t count_findings(const char *severity)
{
    char head[64];
    size_t count = 0;

    snprintf(head, sizeof head, "{\"severity\":\"%s\"", severity);
    for (const char *at = output; (at = strstr(at, head)) != NULL; at += strlen(head)) {
        const char *end = strstr(at, "\"why\":"), *users = strstr(at, "ordinary users");
        count += !(users && end && users < end);
    }
    return count;
}

/* Exactly this is amiss: doctor says it and nothing else that is as bad. */
static void check_finds(const char *severity, const char *check, const char *text)
{
    assert_int_equal(doctor(), 1);
    if (!finds(severity, check, text))
        fail_msg("no %s of %s about \"%s\" in: %s", severity, check, text, output);
    if (count_findings(severity) != 1)
        fail_msg("%zu findings of severity %s: %s", count_findings(severity), severity, output);
}

static void check_good(void)
{
    uint32_t code = doctor();

    if ((code && is_wine()) || count_findings("warning") || count_findings("error"))
        fail_msg("doctor ended with %u and said: %s", code, output);
}

static void doctor_when_deployed_by_the_reg_file_then_nothing_amiss(void **state)
{
    (void)state;
    check_good();
    assert_true(finds("ok", "localdumps", APP ": Windows writes its dumps where the collector looks"));
    assert_true(finds("ok", "localdumps", NAME_CRASHER ": Windows writes"));
    assert_true(finds("ok", "wer-module", "is registered and can be loaded"));
    assert_true(finds("ok", "server", "ready project=test"));
    assert_true(finds("ok", "debugger", "no debugger"));
    assert_true(finds("note", "collector", "not as a service"));
}

/* -- LocalDumps -- */

static void localdumps_when_key_is_missing_or_in_the_wrong_view_then_error(void **state)
{
    (void)state;
    keys_drop(APP_DUMPS);
    check_finds("error", "localdumps", APP ": LocalDumps is not set up");
    keys_set_path("SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps\\" APP, NAME_VALUE_DUMP_FOLDER, "C:\\x");
    check_finds("error", "localdumps", "in the 32-bit view");
    keys_drop("SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps");
}

static void localdumps_when_count_is_zero_then_error_also_when_inherited(void **state)
{
    (void)state;
    keys_set_number(NAME_KEY_LOCALDUMPS, NAME_VALUE_DUMP_COUNT, 0);
    check_good();
    keys_drop_value(APP_DUMPS, NAME_VALUE_DUMP_COUNT);
    check_finds("error", "localdumps", "the general DumpCount is 0");
    keys_set_number(APP_DUMPS, NAME_VALUE_DUMP_COUNT, 0);
    check_finds("error", "localdumps", "its DumpCount is 0");
}

static void localdumps_when_folder_is_not_watched_then_error(void **state)
{
    (void)state;
    keys_set_path(APP_DUMPS, NAME_VALUE_DUMP_FOLDER, "C:\\elsewhere");
    check_finds("error", "localdumps", "which the collector does not watch");
    keys_set_path(APP_DUMPS, NAME_VALUE_DUMP_FOLDER, "%LocalAppData%\\CrashDumps");
    check_finds("error", "localdumps", "another one for each account");
    keys_drop_value(APP_DUMPS, NAME_VALUE_DUMP_FOLDER);
    check_finds("error", "localdumps", "it has no DumpFolder");
}

static void localdumps_when_type_is_unknown_then_warning(void **state)
{
    (void)state;
    keys_set_number(APP_DUMPS, NAME_VALUE_DUMP_TYPE, 7);
    check_finds("warning", "localdumps", "DumpType is none that Windows knows");
}

static void localdumps_when_program_is_named_and_unknown_then_error(void **state)
{
    (void)state;
    assert_int_equal(doctor_with(DOCTOR_MS, "--app", "stranger.exe"), 1);
    assert_true(finds("error", "localdumps", "stranger.exe: LocalDumps is not set up"));
}

/* -- modules -- */

static void module_when_not_registered_then_warning_names_the_path(void **state)
{
    (void)state;
    keys_drop_value(NAME_KEY_WER_MODULES, module);
    check_finds("warning", "wer-module", NAME_WER_MODULE " is not registered");
}

static void copy_file(const char *from, const char *to)
{
    struct buffer bytes;

    buffer_init(&bytes, MAX_DLL_BYTES);
    assert_int_equal(file_read_whole(from, MAX_DLL_BYTES, &bytes), ST_OK);
    assert_int_equal(file_write_whole(to, bytes.data, bytes.len), ST_OK);
    buffer_done(&bytes);
}

static void module_when_program_runs_beside_an_unregistered_one_then_warning(void **state)
{
    const char *folder = harness_folder();
    char *program = path_joined(folder, APP), *beside_it = path_joined(folder, NAME_WER_MODULE), sample_path[1024], line[256];
    const char *const argv[] = {program, "wait-write-av", "--no-salvor", NULL};
    struct process_options options = {.argv = argv, .pipe_stdin = true, .pipe_stdout = true};
    struct process *sample = NULL;

    (void)state;
    beside(APP, sample_path, sizeof sample_path);
    copy_file(sample_path, program);
    copy_file(module, beside_it);
    assert_int_equal(process_start(&sample, &options), ST_OK);
    bool started = harness_read_line(sample, "crashing ", line, sizeof line);
    uint32_t code = doctor();
    bool found = finds("warning", "running", "which is not registered");
    keys_set_number(NAME_KEY_WER_MODULES, beside_it, 0);
    doctor();
    bool still_found = finds("warning", "running", "which is not registered");
    process_kill(sample);
    harness_finish(sample, 10000);
    free(beside_it);
    free(program);
    assert_true(started);
    assert_int_equal(code, 1);
    assert_true(found);
    assert_false(still_found);
}

/* A file of the module's name in a folder of its own, registered in place of the real one. */
static void register_file(const char *key, const void *bytes, size_t size)
{
    char *path = path_joined(harness_folder(), NAME_WER_MODULE);

    assert_int_equal(file_write_whole(path, bytes, size), ST_OK);
    keys_set_number(key, path, 0);
    free(path);
}

static void module_when_file_is_missing_or_no_dll_then_error(void **state)
{
    (void)state;
    keys_set_number(NAME_KEY_WER_MODULES, "C:\\nowhere\\salvor-wer.dll", 0);
    check_finds("error", "wer-module", "the file is not there");
    keys_drop_value(NAME_KEY_WER_MODULES, "C:\\nowhere\\salvor-wer.dll");
    register_file(NAME_KEY_WER_MODULES, "MZ, but nothing else", 20);
    check_finds("error", "wer-module", "it is no DLL");
}

static void module_when_of_the_other_bitness_then_error(void **state)
{
    struct buffer dll;
    uint32_t header;

    (void)state;
    buffer_init(&dll, MAX_DLL_BYTES);
    assert_int_equal(file_read_whole(module, MAX_DLL_BYTES, &dll), ST_OK);
    register_file(NAME_KEY_WER_MODULES_X86, dll.data, dll.len);
    check_finds("error", "wer-module", "is made for x64 and registered for 32-bit programs");
    keys_drop(NAME_KEY_WER_MODULES_X86);
    memcpy(&header, dll.data + 60, sizeof header);
    memcpy(dll.data + header + 4, "\x4c\x01", 2); /* IMAGE_FILE_MACHINE_I386 */
    register_file(NAME_KEY_WER_MODULES, dll.data, dll.len);
    check_finds("error", "wer-module", "is made for x86 and registered for 64-bit programs");
    buffer_done(&dll);
}

static void module_when_it_is_another_dll_then_error(void **state)
{
    struct buffer dll;
    char path[1024];

    (void)state;
    beside("salvor.dll", path, sizeof path);
    buffer_init(&dll, MAX_DLL_BYTES);
    assert_int_equal(file_read_whole(path, MAX_DLL_BYTES, &dll), ST_OK);
    register_file(NAME_KEY_WER_MODULES, dll.data, dll.len);
    buffer_done(&dll);
    check_finds("error", "wer-module", "functions are missing");
}

static void module_when_somebody_elses_is_broken_then_none_of_our_business(void **state)
{
    (void)state;
    keys_set_number(NAME_KEY_WER_MODULES, "C:\\nowhere\\other.dll", 0);
    check_good();
}

/* -- the system -- */

static void debugger_when_automatic_then_warning_unless_programs_are_excluded(void **state)
{
    static const char *const apps[] = {APP, NAME_CRASHER, NAME_COLLECTOR, "salvor-upload.exe"};

    (void)state;
    keys_set_text(KEYS_AEDEBUG, "Debugger", "some-debugger.exe -p %ld -e %ld");
    keys_set_text(KEYS_AEDEBUG, "Auto", "0");
    check_good();
    keys_set_text(KEYS_AEDEBUG, "Auto", "1");
    check_finds("warning", "debugger", "64-bit programs (AeDebug): some-debugger.exe");
    for (size_t i = 0; i < sizeof apps / sizeof apps[0]; i++)
        keys_set_number(KEYS_AEDEBUG "\\AutoExclusionList", apps[i], 1);
    check_good();
    keys_set_text(KEYS_AEDEBUG_X86, "Debugger", "other-debugger.exe");
    keys_set_number(KEYS_AEDEBUG_X86, "Auto", 1);
    check_finds("warning", "debugger", "32-bit programs (AeDebug): other-debugger.exe");
}

/* They stop what goes to Microsoft; LocalDumps goes on, so nobody has to do anything. */
static void wer_when_switched_off_by_policy_then_note_only(void **state)
{
    char before[16];
    bool was_set = keys_read(WER_KEY, "Disabled", before, sizeof before) != REG_NONE;

    (void)state;
    keys_set_number(WER_KEY, "Disabled", 1);
    keys_set_number(WER_KEY "\\ExcludedApplications", APP, 1);
    check_good();
    if (was_set)
        keys_set_number(WER_KEY, "Disabled", (uint32_t)strtoul(before, NULL, 10));
    else
        keys_drop_value(WER_KEY, "Disabled");
    assert_true(finds("note", "wer", "Disabled is set"));
    assert_true(finds("note", "wer", APP " is named in"));
}

static void session_when_error_mode_silences_wer_then_note(void **state)
{
    UINT before = SetErrorMode(SEM_NOGPFAULTERRORBOX);

    (void)state;
    check_good();
    SetErrorMode(before);
    /* Wine's processes do not inherit it. */
    assert_int_equal(finds("note", "session", "SEM_NOGPFAULTERRORBOX"), !is_wine());
}

static void settings_when_registry_holds_a_wrong_one_then_error_and_not_usage(void **state)
{
    (void)state;
    keys_set_text(NAME_KEY_SETTINGS, "scan-interval", "soon");
    check_finds("error", "settings", "scan-interval must be");
}

/* -- collector and server -- */

static void collector_when_it_does_not_run_then_error(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    check_finds("error", "collector", "no collector runs");
}

/* Started with the deployment's options, which doctor then need not be told. */
static void check_installed_service(SC_HANDLE service)
{
    uint32_t code = read_doctor(harness_start("salvor-collector.exe", "doctor", "--json", (char *)NULL), DOCTOR_MS);
    bool knows_data = finds("ok", "folders", path_base(collector.data));
    uint32_t own_code = doctor_with(DOCTOR_MS, "--data", "C:\\nowhere");
    bool own_wins = finds("error", "folders", "nowhere");

    DeleteService(service);
    CloseServiceHandle(service);
    assert_int_equal(code, 1);
    assert_true(knows_data);
    assert_int_equal(own_code, 1);
    assert_true(own_wins);
    assert_true(finds("warning", "collector", "the service is not started with the machine"));
    assert_true(finds("error", "collector", "the service is installed and does not run"));
}

static void service_when_installed_and_not_running_then_error(void **state)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    SC_HANDLE service;
    wchar_t line[4096];

    (void)state;
    assert_non_null(manager);
    swprintf(line, 4096, L"\"C:\\nowhere\\salvor-collector.exe\" service --data \"%hs\" --pipe %hs Salvor", collector.data, collector.pipe);
    service = CreateServiceW(manager, NAME_SERVICE_WIDE, NULL, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
                             SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL, NULL, NULL);
    CloseServiceHandle(manager);
    if (service)
        check_installed_service(service);
    else
        assert_int_equal(GetLastError(), ERROR_SERVICE_EXISTS); /* Salvor is deployed on this machine: its service is left alone */
}

static void server_when_it_does_not_take_reports_then_error(void **state)
{
    (void)state;
    keys_set_text(NAME_KEY_SETTINGS, "key", "wrong");
    check_finds("error", "server", "the server does not take reports: salvor-upload check: answer for wrong");
    keys_set_text(NAME_KEY_SETTINGS, "key", "away");
    check_finds("error", "server", "the server was not reached: salvor-upload check: answer for away");
    keys_set_text(NAME_KEY_SETTINGS, "key", "sentry");
    check_good();
    assert_true(finds("note", "server", "is not known"));
    keys_drop_value(NAME_KEY_SETTINGS, "url");
    check_finds("warning", "server", "no server is set");
}

static void doctor_when_used_wrongly_then_exit_2(void **state)
{
    (void)state;
    assert_int_equal(doctor_with(DOCTOR_MS, "word", NULL), 2);
    assert_int_equal(doctor_with(DOCTOR_MS, "--nonsense", NULL), 2);
}

/* -- --crash -- */

static void check_death(const char *kind, const char *outcome, const char *layers)
{
    char expected[160];

    snprintf(expected, sizeof expected, "{\"kind\":\"%s\",\"outcome\":\"%s\",\"layers\":%s", kind, outcome, layers);
    if (!strstr(output, expected))
        fail_msg("no %s in: %s", expected, output);
}

/* Under Wine, where nobody sees a fast fail and msvcrt's handlers cannot be set; on Windows other layers come in. */
static void check_deaths_of_wine(void)
{
    static const char *const by_monitor[] = {
        "access-violation", "illegal-instruction", "divide-by-zero", "stack-overflow", "heap-corruption", "abort", "cpp-throw"};

    for (size_t i = 0; i < sizeof by_monitor / sizeof by_monitor[0]; i++)
        check_death(by_monitor[i], "caught", "\"monitor\"");
    check_death("fast-fail", "caught", "\"exit-watcher\"");
    check_death("fail-fast-exception", "caught", "\"exit-watcher\"");
    check_death("pure-call", "caught", "\"exit-watcher\"");
    check_death("invalid-parameter", "excused", "null");
    check_death("terminated", "caught", "\"exit-watcher\"");
    assert_non_null(strstr(output, "Windows Error Reporting does not exist here"));
}

static void crash_when_collector_serves_then_every_death_is_caught(void **state)
{
    (void)state;
    keys_set_number(NAME_KEY_SETTINGS "\\" NAME_CRASHER, "report-killed", 1);
    keys_set_text(NAME_KEY_SETTINGS, "no-dump-grace", "1s");
    harness_collector_stop(&collector);
    harness_collector_start(&collector, collector.data);
    uint32_t code = doctor_with(CRASH_MS, "--crash", NULL);
    if ((code && is_wine()) || strstr(output, "\"missed\"") || strstr(output, "\"not-made\""))
        fail_msg("doctor ended with %u and said: %s", code, output);
    if (is_wine())
        check_deaths_of_wine();
    assert_true(harness_reports(collector.queue) >= 10);
}

static void crash_when_no_collector_serves_then_says_so_and_nothing_hangs(void **state)
{
    (void)state;
    harness_collector_stop(&collector);
    assert_int_equal(doctor_with(CRASH_MS, "--crash", NULL), 1);
    check_death("access-violation", "not-made", "null");
    assert_non_null(strstr(output, "no monitor could be started or reached"));
}

static void crash_when_there_is_no_queue_then_nothing_is_tried(void **state)
{
    (void)state;
    snprintf(collector.data, sizeof collector.data, "C:\\nowhere");
    assert_int_equal(doctor_with(DOCTOR_MS, "--crash", NULL), 1);
    assert_true(finds("error", "crash", "the queue C:\\\\nowhere\\\\queue cannot be read: not found"));
    assert_non_null(strstr(output, "\"crashes\":[]"));
}

#define deployed(function) cmocka_unit_test_setup_teardown(function, deploy, clean)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        deployed(doctor_when_deployed_by_the_reg_file_then_nothing_amiss),
        deployed(localdumps_when_key_is_missing_or_in_the_wrong_view_then_error),
        deployed(localdumps_when_count_is_zero_then_error_also_when_inherited),
        deployed(localdumps_when_folder_is_not_watched_then_error),
        deployed(localdumps_when_type_is_unknown_then_warning),
        deployed(localdumps_when_program_is_named_and_unknown_then_error),
        deployed(module_when_not_registered_then_warning_names_the_path),
        deployed(module_when_program_runs_beside_an_unregistered_one_then_warning),
        deployed(module_when_file_is_missing_or_no_dll_then_error),
        deployed(module_when_of_the_other_bitness_then_error),
        deployed(module_when_it_is_another_dll_then_error),
        deployed(module_when_somebody_elses_is_broken_then_none_of_our_business),
        deployed(debugger_when_automatic_then_warning_unless_programs_are_excluded),
        deployed(wer_when_switched_off_by_policy_then_note_only),
        deployed(session_when_error_mode_silences_wer_then_note),
        deployed(settings_when_registry_holds_a_wrong_one_then_error_and_not_usage),
        deployed(collector_when_it_does_not_run_then_error),
        deployed(service_when_installed_and_not_running_then_error),
        deployed(server_when_it_does_not_take_reports_then_error),
        deployed(doctor_when_used_wrongly_then_exit_2),
        deployed(crash_when_collector_serves_then_every_death_is_caught),
        deployed(crash_when_there_is_no_queue_then_nothing_is_tried),
        deployed(crash_when_no_collector_serves_then_says_so_and_nothing_hangs),
    };

    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        return stand_in();
    if (argc > 1 && strcmp(argv[1], "--queue") == 0)
        return 3; /* later */
    if (argc > 1)
        cmocka_set_test_filter(argv[1]); /* for a person who looks into one of them */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
