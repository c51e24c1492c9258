/* test_service.c - the collector as a Windows service: made by `install`, run by the service manager, taken away by `uninstall`.
 *
 * Every test uses a service of its own name, so that it can meet neither a real one nor another test's. */
#include "base/clock.h"
#include "base/text.h"
#include "base/win/wide.h"
#include "collector/event_log.h"
#include "harness.h"
#include "proto/code.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
/* need windows.h */
#include <aclapi.h>
#include <sddl.h>

#define OUTPUT_BYTES  32768
#define STOP_MS       60000
#define LOCALDUMPS    L"SOFTWARE\\Microsoft\\Windows\\Windows Error Reporting\\LocalDumps\\"
#define EVENT_SOURCES L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\"
#define NOTES         L"SOFTWARE\\Salvor\\Installed\\"

static struct {
    char name[64], root[1024], programs[1100], data[1100], queue[1200], log[1200], pipe[96];
    char output[OUTPUT_BYTES];
} service;

static int name_service(void **state)
{
    static unsigned counter;

    (void)state;
    snprintf(service.name, sizeof service.name, "SalvorTest-%lu-%u", (unsigned long)GetCurrentProcessId(), counter);
    snprintf(service.pipe, sizeof service.pipe, "\\\\.\\pipe\\salvor-service-%lu-%u", (unsigned long)GetCurrentProcessId(), counter++);
    snprintf(service.root, sizeof service.root, "%s", harness_folder());
    snprintf(service.programs, sizeof service.programs, "%s\\programs", service.root);
    snprintf(service.data, sizeof service.data, "%s\\data", service.root);
    snprintf(service.queue, sizeof service.queue, "%s\\queue", service.data);
    snprintf(service.log, sizeof service.log, "%s\\collector.log", service.data);
    return 0;
}

/* Ends the process and keeps what it wrote on stdout; the exit code. */
static uint32_t finish(struct process *process)
{
    size_t len = 0, got = 0;

    while (len + 1 < sizeof service.output &&
           file_read(process_stdout(process), service.output + len, sizeof service.output - 1 - len, &got) == ST_OK && got)
        len += got;
    service.output[len] = 0;
    return harness_finish(process, STOP_MS);
}

static uint32_t install(const char *flag)
{
    return finish(harness_start("salvor-collector.exe", "install", "--service-name", service.name, "--to", service.programs, flag, "--",
                                "--data", service.data, "--pipe", service.pipe, (char *)NULL));
}

static uint32_t install_and_start(void)
{
    return finish(harness_start("salvor-collector.exe", "install", "--service-name", service.name, "--to", service.programs, "--", "--data",
                                service.data, "--pipe", service.pipe, (char *)NULL));
}

static uint32_t uninstall(const char *flag)
{
    return finish(harness_start("salvor-collector.exe", "uninstall", "--service-name", service.name, flag, (char *)NULL));
}

static int remove_service(void **state)
{
    (void)state;
    return uninstall("--purge") ? -1 : 0;
}

static bool said(const char *text)
{
    return strstr(service.output, text) != NULL;
}

/* "<kind> <folder>\<name>: <done>", with the folder's blanks as they are. */
static bool said_of(const char *kind, const char *folder, const char *name, const char *done)
{
    char line[2048];

    snprintf(line, sizeof line, "%s %s\\%s: %s", kind, folder, name, done);
    return said(line);
}

/* -- what is there -- */

static SC_HANDLE open_service(DWORD rights)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), opened;
    wchar_t *wide = wide_from_utf8(service.name);

    assert_non_null(manager);
    opened = OpenServiceW(manager, wide, rights);
    free(wide);
    CloseServiceHandle(manager);
    return opened;
}

static bool service_exists(void)
{
    SC_HANDLE opened = open_service(SERVICE_QUERY_STATUS);

    if (opened)
        CloseServiceHandle(opened);
    return opened != NULL;
}

static SERVICE_STATUS_PROCESS state_of(SC_HANDLE opened)
{
    SERVICE_STATUS_PROCESS state;
    DWORD size;

    assert_true(QueryServiceStatusEx(opened, SC_STATUS_PROCESS_INFO, (BYTE *)&state, sizeof state, &size));
    return state;
}

static SERVICE_STATUS_PROCESS await_state(SC_HANDLE opened, DWORD wanted)
{
    uint64_t end = clock_steady_ms() + STOP_MS;
    SERVICE_STATUS_PROCESS state = state_of(opened);

    while (state.dwCurrentState != wanted && clock_steady_ms() < end) {
        Sleep(20); /* the manager has no event that Wine signals */
        state = state_of(opened);
    }
    assert_int_equal(state.dwCurrentState, wanted);
    return state;
}

static bool key_exists(const wchar_t *parent, const char *name)
{
    wchar_t path[512], *wide = wide_from_utf8(name);
    HKEY key = NULL;
    bool exists;

    swprintf(path, 512, L"%ls%ls", parent, wide);
    free(wide);
    exists = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ | KEY_WOW64_64KEY, &key) == ERROR_SUCCESS;
    if (key)
        RegCloseKey(key);
    return exists;
}

static bool has_path(const char *path)
{
    struct file_info info;

    return file_stat(path, &info) == ST_OK;
}

static bool log_has(const char *text)
{
    struct buffer log;
    bool has;

    buffer_init(&log, 16 * 1024 * 1024);
    has = file_read_whole(service.log, 16 * 1024 * 1024, &log) == ST_OK && strstr(buffer_text(&log), text);
    buffer_done(&log);
    return has;
}

static void check_crash(size_t reports_before)
{
    assert_int_equal(harness_run(60000, "salvor-sample.exe", "write-av", "--pipe", service.pipe, (char *)NULL), CODE_ACCESS_VIOLATION);
    harness_wait_reports(service.queue, reports_before + 1, 20000);
}

/* -- what children run with -- */

#define FACTS_FILE "upload-facts.txt"

static bool privilege_is(const LUID_AND_ATTRIBUTES *privilege, const wchar_t *name)
{
    LUID luid;

    return LookupPrivilegeValueW(NULL, name, &luid) && luid.LowPart == privilege->Luid.LowPart;
}

/* How many privileges a token has besides SeChangeNotify, which every token keeps. */
static size_t privileges_of(HANDLE process)
{
    union {
        TOKEN_PRIVILEGES privileges;
        BYTE bytes[4096];
    } info;
    HANDLE token = NULL;
    DWORD size;
    size_t count = 0;

    assert_true(OpenProcessToken(process, TOKEN_QUERY, &token));
    assert_true(GetTokenInformation(token, TokenPrivileges, &info, sizeof info, &size));
    for (DWORD i = 0; i < info.privileges.PrivilegeCount; i++)
        count += privilege_is(&info.privileges.Privileges[i], SE_CHANGE_NOTIFY_NAME) ? 0 : 1;
    CloseHandle(token);
    return count;
}

/* This program in salvor-upload's place: says what it runs with, and that it could not deliver. */
static int child_upload(const char *queue)
{
    char *path = path_joined(queue, "..\\" FACTS_FILE), text[256];
    BOOL in_job = FALSE;

    IsProcessInJob(GetCurrentProcess(), NULL, &in_job);
    snprintf(text, sizeof text, "privileges=%zu in_job=%d\n", privileges_of(GetCurrentProcess()), in_job != 0);
    file_write_whole(path, text, strlen(text));
    free(path);
    return 3;
}

/* The first child of the process that is a collector, opened; waits for it. */
static HANDLE await_dumper(DWORD parent)
{
    uint64_t end = clock_steady_ms() + STOP_MS;
    HANDLE found = NULL;

    while (!found && clock_steady_ms() < end) {
        uint32_t pid;
        if (harness_children(parent, "salvor-collector.exe", &pid))
            found = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid);
    }
    return found;
}

/* -- tests -- */

static void install_when_done_then_service_serves_a_crash_and_so_after_a_second_one(void **state)
{
    struct spool *spool = NULL;

    (void)state;
    assert_int_equal(install_and_start(), 0);
    assert_true(said(": started\n"));
    check_crash(0);
    struct spool_report *report = harness_only_report(service.queue, &spool);
    assert_string_equal(harness_value(report, RECORD_LAYER), LAYER_MONITOR);
    spool_report_close(report);
    spool_close(spool);
    assert_int_equal(install_and_start(), 0);
    assert_true(said(": stopped\n"));
    assert_true(said(": was there, set anew\n"));
    assert_true(said(": started\n"));
    check_crash(1);
    assert_true(log_has("collector-started event=100"));
    assert_true(log_has("report-queued event=200"));
}

static void check_config(SC_HANDLE opened)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } query;
    char *line, expected[1400];
    DWORD size;

    assert_true(QueryServiceConfigW(opened, &query.config, sizeof query, &size));
    assert_int_equal(query.config.dwServiceType, SERVICE_WIN32_OWN_PROCESS);
    assert_int_equal(query.config.dwStartType, SERVICE_AUTO_START);
    assert_int_equal(query.config.dwErrorControl, SERVICE_ERROR_NORMAL);
    assert_int_equal(_wcsicmp(query.config.lpServiceStartName, L"LocalSystem"), 0);
    line = wide_to_utf8(query.config.lpBinaryPathName);
    snprintf(expected, sizeof expected, "\"%s\\salvor-collector.exe\" ", service.programs); /* quoted, whatever its blanks */
    assert_true(text_starts(line, expected));
    assert_non_null(strstr(line, service.pipe));
    free(line);
}

/* Reads one level; false where the system does not know it, and then install must have said so. */
static bool read_level(SC_HANDLE opened, DWORD level, void *ret, DWORD size, const char *what)
{
    char left_out[256];
    DWORD need;

    if (QueryServiceConfig2W(opened, level, ret, size, &need))
        return true;
    assert_true(GetLastError() == ERROR_INVALID_LEVEL || GetLastError() == ERROR_CALL_NOT_IMPLEMENTED);
    snprintf(left_out, sizeof left_out, "%s: %s", service.name, what);
    print_message("not known here: %s\n", what);
    assert_true(said(left_out));
    return false;
}

union level {
    SERVICE_DESCRIPTIONW description;
    SERVICE_DELAYED_AUTO_START_INFO delayed;
    SERVICE_FAILURE_ACTIONSW recovery;
    SERVICE_FAILURE_ACTIONS_FLAG on_errors;
    SERVICE_PRESHUTDOWN_INFO preshutdown;
    SERVICE_SID_INFO sid;
    SERVICE_REQUIRED_PRIVILEGES_INFOW privileges;
    BYTE bytes[4096];
};

static void check_recovery(SC_HANDLE opened)
{
    union level level;

    if (!read_level(opened, SERVICE_CONFIG_FAILURE_ACTIONS, &level, sizeof level, "recovery is restart after 5 s, 30 s, 5 min"))
        return;
    assert_int_equal(level.recovery.cActions, 3);
    assert_int_equal(level.recovery.dwResetPeriod, 24 * 3600);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(level.recovery.lpsaActions[i].Type, SC_ACTION_RESTART);
    if (read_level(opened, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &level, sizeof level, "recovery also when it ends with an error"))
        assert_true(level.on_errors.fFailureActionsOnNonCrashFailures);
}

static void install_when_done_then_settings_read_back(void **state)
{
    union level level;
    SC_HANDLE opened;

    (void)state;
    assert_int_equal(install("--no-start"), 0);
    opened = open_service(SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS);
    assert_non_null(opened);
    assert_int_equal(state_of(opened).dwCurrentState, SERVICE_STOPPED);
    check_config(opened);
    check_recovery(opened);
    assert_true(read_level(opened, SERVICE_CONFIG_DESCRIPTION, &level, sizeof level, ""));
    assert_non_null(wcsstr(level.description.lpDescription, L"reports of programs that crash"));
    assert_true(read_level(opened, SERVICE_CONFIG_PRESHUTDOWN_INFO, &level, sizeof level, ""));
    assert_int_equal(level.preshutdown.dwPreshutdownTimeout, 20000);
    if (read_level(opened, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &level, sizeof level, "starts by itself, delayed"))
        assert_true(level.delayed.fDelayedAutostart);
    if (read_level(opened, SERVICE_CONFIG_SERVICE_SID_INFO, &level, sizeof level, "service SID is unrestricted"))
        assert_int_equal(level.sid.dwServiceSidType, SERVICE_SID_TYPE_UNRESTRICTED);
    if (read_level(opened, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &level, sizeof level, "privileges are SeDebug"))
        assert_int_equal(wcscmp(level.privileges.pmszRequiredPrivileges, L"SeDebugPrivilege"), 0);
    CloseServiceHandle(opened);
}

static void service_when_asked_then_interrogates_stops_and_starts(void **state)
{
    SERVICE_STATUS status;
    SC_HANDLE opened;

    (void)state;
    assert_int_equal(install_and_start(), 0);
    opened = open_service(SERVICE_ALL_ACCESS);
    assert_non_null(opened);
    assert_int_equal(await_state(opened, SERVICE_RUNNING).dwControlsAccepted,
                     SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SHUTDOWN);
    assert_true(ControlService(opened, SERVICE_CONTROL_INTERROGATE, &status));
    assert_int_equal(status.dwCurrentState, SERVICE_RUNNING);
    assert_false(ControlService(opened, SERVICE_CONTROL_PARAMCHANGE, &status)); /* not one of ours */
    assert_true(ControlService(opened, SERVICE_CONTROL_STOP, &status));
    SERVICE_STATUS_PROCESS stopped = await_state(opened, SERVICE_STOPPED);
    assert_int_equal(stopped.dwWin32ExitCode, NO_ERROR);
    assert_true(log_has("collector-stopped event=101"));
    assert_true(StartServiceW(opened, 0, NULL));
    await_state(opened, SERVICE_RUNNING);
    check_crash(0);
    CloseServiceHandle(opened);
}

static void service_when_its_pipe_is_taken_then_ends_with_a_failure_and_says_so(void **state)
{
    struct harness_collector other;
    SC_HANDLE opened;

    (void)state;
    harness_collector_start(&other, harness_folder());
    snprintf(service.pipe, sizeof service.pipe, "%s", other.pipe);
    assert_int_equal(install_and_start(), 1);
    opened = open_service(SERVICE_QUERY_STATUS);
    SERVICE_STATUS_PROCESS stopped = await_state(opened, SERVICE_STOPPED);
    assert_int_equal(stopped.dwWin32ExitCode, ERROR_SERVICE_SPECIFIC_ERROR); /* what the recovery actions go by */
    assert_int_equal(stopped.dwServiceSpecificExitCode, 1);
    assert_true(log_has("collector-not-started event=102 what=\"pipe\""));
    CloseServiceHandle(opened);
    harness_collector_stop(&other);
}

static void service_when_started_in_a_console_then_says_what_to_use(void **state)
{
    (void)state;
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "service", "--data", service.data, (char *)NULL), 2);
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "service", "bad\\name", (char *)NULL), 2);
    assert_int_equal(harness_run(20000, "salvor-collector.exe", "install", "--service-name", "bad name", (char *)NULL), 2);
}

static void service_when_a_program_crashes_then_dumper_has_no_privileges(void **state)
{
    char line[256];
    SC_HANDLE opened;

    (void)state;
    assert_int_equal(install_and_start(), 0);
    opened = open_service(SERVICE_QUERY_STATUS);
    struct process *sample = harness_start("salvor-sample.exe", "write-av", "--pipe", service.pipe, (char *)NULL);
    HANDLE dumper = await_dumper(state_of(opened).dwProcessId);
    assert_non_null(dumper);
    assert_int_equal(privileges_of(dumper), 0);
    assert_true(privileges_of(GetCurrentProcess()) > 0); /* or nothing was shown */
    assert_true(harness_read_line(sample, "crashing", line, sizeof line));
    assert_int_equal(harness_finish(sample, 60000), CODE_ACCESS_VIOLATION);
    harness_wait_reports(service.queue, 1, 20000);
    assert_false(log_has("dumper-own-token"));
    CloseHandle(dumper);
    CloseServiceHandle(opened);
}

static void service_when_it_uploads_then_uploader_has_no_privileges_and_is_in_a_job(void **state)
{
    struct buffer self, facts;
    char *path = path_joined(service.data, FACTS_FILE);
    uint64_t end = clock_steady_ms() + STOP_MS;

    (void)state;
    buffer_init(&self, 65536);
    buffer_init(&facts, 4096);
    assert_int_equal(process_self_path(&self), ST_OK);
    assert_int_equal(
        finish(harness_start("salvor-collector.exe", "install", "--service-name", service.name, "--", "--data", service.data, "--pipe",
                             service.pipe, "--url", "https://127.0.0.1:1/", "--upload-program", buffer_text(&self), (char *)NULL)),
        0);
    check_crash(0);
    while (file_read_whole(path, 4096, &facts) != ST_OK && clock_steady_ms() < end)
        Sleep(20); /* a folder of another process has no event here */
    assert_string_equal(buffer_text(&facts), "privileges=0 in_job=1\n");
    assert_false(log_has("uploader-own-token"));
    assert_false(log_has("uploader-without-job"));
    buffer_done(&self);
    buffer_done(&facts);
    free(path);
}

/* The rights as they stand, "" where Wine keeps none. */
static char *rights_of(const char *path)
{
    wchar_t *wide = wide_from_utf8(path);
    PSECURITY_DESCRIPTOR security = NULL;
    char *text = NULL;

    assert_int_equal(GetNamedSecurityInfoW(wide, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, NULL, NULL, NULL, NULL, &security),
                     ERROR_SUCCESS);
    assert_true(ConvertSecurityDescriptorToStringSecurityDescriptorA(security, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    free(wide);
    LocalFree(security);
    return text;
}

static void install_when_done_then_folders_have_their_rights(void **state)
{
    static const char private_rights[] = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
    static const char inbox_rights[] = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x001000A2;;;AU)(A;OIIO;0x001301BF;;;S-1-3-4)";
    static const char *const names[] = {"data", "data\\queue", "data\\inbox", "data\\dumps"};

    (void)state;
    assert_int_equal(install("--no-start"), 0);
    assert_true(said_of("rights", service.root, "data", private_rights));
    assert_true(said_of("rights", service.data, "queue", private_rights));
    assert_true(said_of("rights", service.data, "inbox", inbox_rights));
    assert_true(said_of("rights", service.data, "dumps", inbox_rights));
    for (size_t i = 0; i < 4; i++) {
        char *path = path_joined(service.root, names[i]), *rights = rights_of(path);
        print_message("%s %s\n", names[i], rights);
        assert_null(strstr(rights, ";;;WD)")); /* Everyone has nothing, not even what Wine makes of it */
        LocalFree(rights);
        free(path);
    }
}

static void install_when_dry_then_says_all_and_makes_nothing(void **state)
{
    (void)state;
    assert_int_equal(install("--dry-run"), 0);
    assert_true(said("would be: service"));
    assert_true(said("recovery is restart after 5 s, 30 s, 5 min; counted anew after 24 h"));
    assert_true(said("starts by itself, delayed"));
    assert_true(said("privileges are SeDebug, SeAssignPrimaryToken, SeIncreaseQuota, SeChangeNotify"));
    assert_false(service_exists());
    assert_false(has_path(service.data));
    assert_false(has_path(service.programs));
    assert_false(key_exists(NOTES, service.name));
}

static void install_when_done_then_every_event_has_its_text(void **state)
{
    static const struct {
        DWORD number, level;
    } events[] = {
#define ROW(name, number, level, word) {number, LOG_LEVEL_##level},
        EVENT_MAP(ROW)
#undef ROW
    };
    static const DWORD severities[] = {1, 1, 2, 3};
    wchar_t path[1200], text[512], *source = wide_from_utf8(service.name), key[256];
    DWORD size = sizeof path;

    (void)state;
    assert_int_equal(install("--no-start"), 0);
    swprintf(key, 256, L"%ls%ls", EVENT_SOURCES, source);
    assert_int_equal(
        RegGetValueW(HKEY_LOCAL_MACHINE, key, L"EventMessageFile", RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND | RRF_RT_REG_SZ, NULL, path, &size),
        ERROR_SUCCESS);
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    assert_non_null(module);
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        DWORD id = severities[events[i].level] << 30 | events[i].number;
        if (!FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_IGNORE_INSERTS, module, id, 0, text, 512, NULL))
            fail_msg("event %lu has no text", events[i].number);
        assert_non_null(wcsstr(text, L"%1"));
    }
    FreeLibrary(module);
    free(source);
}

static void uninstall_when_purging_then_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(install_and_start(), 0);
    check_crash(0);
    assert_true(key_exists(LOCALDUMPS, "salvor-collector.exe"));
    assert_true(key_exists(LOCALDUMPS, "salvor-upload.exe"));
    assert_int_equal(uninstall(NULL), 0);
    assert_true(said("kept, it is not empty")); /* a report is nobody's to throw away unasked */
    assert_false(service_exists());
    assert_false(has_path(service.programs));
    assert_int_equal(harness_reports(service.queue), 1);
    assert_int_equal(uninstall("--purge"), 0);
    assert_false(has_path(service.data));
    assert_false(key_exists(LOCALDUMPS, "salvor-collector.exe"));
    assert_false(key_exists(LOCALDUMPS, "salvor-upload.exe"));
    assert_false(key_exists(EVENT_SOURCES, service.name));
    assert_false(key_exists(NOTES, service.name));
    assert_int_equal(uninstall("--purge"), 0);
    assert_true(said("nothing of it is installed"));
}

static void uninstall_when_things_were_there_before_then_they_stay(void **state)
{
    wchar_t path[512];
    char *programs_file = NULL, *data_file = NULL;
    DWORD count = 0, size = sizeof count, seven = 7;
    HKEY key;

    (void)state;
    swprintf(path, 512, L"%ls%ls", LOCALDUMPS, L"salvor-upload.exe");
    assert_int_equal(RegCreateKeyExW(HKEY_LOCAL_MACHINE, path, 0, NULL, 0, KEY_ALL_ACCESS | KEY_WOW64_64KEY, NULL, &key, NULL),
                     ERROR_SUCCESS);
    assert_int_equal(RegSetValueExW(key, L"DumpCount", 0, REG_DWORD, (const BYTE *)&seven, sizeof seven), ERROR_SUCCESS);
    assert_int_equal(folder_create(service.programs), ST_OK);
    assert_int_equal(folder_create(service.data), ST_OK);
    programs_file = path_joined(service.programs, "readme.txt");
    data_file = path_joined(service.data, "notes.txt");
    assert_int_equal(file_write_whole(programs_file, "ours", 4), ST_OK);
    assert_int_equal(file_write_whole(data_file, "ours", 4), ST_OK);
    assert_int_equal(install("--no-start"), 0);
    assert_true(said("left as it was: it is not ours"));
    assert_int_equal(uninstall("--purge"), 0);
    assert_true(has_path(programs_file));
    assert_true(has_path(data_file));
    assert_int_equal(RegQueryValueExW(key, L"DumpCount", NULL, NULL, (BYTE *)&count, &size), ERROR_SUCCESS);
    assert_int_equal(count, 7);
    RegCloseKey(key);
    assert_int_equal(RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path, KEY_WOW64_64KEY, 0), ERROR_SUCCESS);
    free(programs_file);
    free(data_file);
}

static void install_when_the_name_is_another_programs_then_refused_and_untouched(void **state)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[8192];
    } query;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), other;
    wchar_t *wide = wide_from_utf8(service.name);
    DWORD size;

    (void)state;
    other = CreateServiceW(manager, wide, wide, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                           L"C:\\other.exe", NULL, NULL, NULL, NULL, NULL);
    assert_non_null(other);
    assert_int_equal(install("--no-start"), 1);
    assert_true(QueryServiceConfigW(other, &query.config, sizeof query, &size));
    assert_int_equal(wcscmp(query.config.lpBinaryPathName, L"C:\\other.exe"), 0);
    assert_int_equal(query.config.dwStartType, SERVICE_DEMAND_START);
    assert_int_equal(uninstall("--purge"), 0);
    assert_true(service_exists());
    assert_true(DeleteService(other));
    CloseServiceHandle(other);
    CloseServiceHandle(manager);
    free(wide);
}

#define on_service(function) cmocka_unit_test_setup_teardown(function, name_service, remove_service)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        on_service(install_when_done_then_service_serves_a_crash_and_so_after_a_second_one),
        on_service(install_when_done_then_settings_read_back),
        on_service(install_when_done_then_folders_have_their_rights),
        on_service(install_when_dry_then_says_all_and_makes_nothing),
        on_service(install_when_done_then_every_event_has_its_text),
        on_service(install_when_the_name_is_another_programs_then_refused_and_untouched),
        on_service(service_when_asked_then_interrogates_stops_and_starts),
        on_service(service_when_its_pipe_is_taken_then_ends_with_a_failure_and_says_so),
        on_service(service_when_a_program_crashes_then_dumper_has_no_privileges),
        on_service(service_when_it_uploads_then_uploader_has_no_privileges_and_is_in_a_job),
        on_service(service_when_started_in_a_console_then_says_what_to_use),
        on_service(uninstall_when_purging_then_leaves_nothing),
        on_service(uninstall_when_things_were_there_before_then_they_stay),
    };

    if (argc > 2 && strcmp(argv[1], "--queue") == 0)
        return child_upload(argv[2]);
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
