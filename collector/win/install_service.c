/* install_service.c - the service itself, as https://learn.microsoft.com/windows/win32/services/service-configuration describes it. */
#include "base/win/error.h"
#include "install.h"
#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>
#include <wchar.h>

#define DISPLAY_NAME    L"Salvor crash collector"
#define DESCRIPTION     L"Writes and sends reports of programs that crash. Without it their crashes are kept by Windows at best."
#define SECOND_MS       1000u
#define RESET_S         (24u * 3600)
#define PRESHUTDOWN_MS  20000u
#define WAIT_MS         60000u
#define LOOK_MS         100u
#define MAX_QUERY_BYTES 8192 /* what QueryServiceConfigW may ask for */
#define SERVICE_RIGHTS  (SERVICE_ALL_ACCESS)

/* Its clients ask for its state, to know that the process behind the pipe is the service. The default leaves out who is neither interactive
 * nor a service, such as scheduled tasks. */
static const char service_sddl[] = "D:(A;;CCLCSWRPWPDTLOCRRC;;;SY)(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)(A;;CCLCSWLOCRRC;;;AU)";

/* SeDebug opens crashed processes whatever their own descriptor says; the other two start a dumper with their token. */
static const WCHAR privileges[] = L"SeDebugPrivilege\0SeAssignPrimaryTokenPrivilege\0SeIncreaseQuotaPrivilege\0SeChangeNotifyPrivilege\0";

static SC_HANDLE open_manager(const struct install *install, enum status *ret)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);

    *ret = manager ? ST_OK : install_fail(install, "the service manager cannot be reached for", install->service, GetLastError());
    return manager;
}

/* NULL with ST_OK when there is no such service. */
static SC_HANDLE open_service(const struct install *install, enum status *ret)
{
    SC_HANDLE manager = open_manager(install, ret), service;

    if (!manager)
        return NULL;
    service = OpenServiceW(manager, install->service, SERVICE_RIGHTS);
    if (!service && GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST)
        *ret = install_fail(install, "the service cannot be opened:", install->service, GetLastError());
    CloseServiceHandle(manager);
    return service;
}

/* "C:\path\salvor-collector.exe" service ... : quoted, because a path with blanks is otherwise tried piece by piece. */
static WCHAR *binary_path(const struct install *install)
{
    size_t chars = wcslen(install->program) + wcslen(install->arguments) + 8;
    WCHAR *text = malloc(chars * sizeof *text);

    if (text)
        swprintf(text, chars, L"\"%ls\" %ls", install->program, install->arguments);
    return text;
}

static bool runs_a_collector(SC_HANDLE service)
{
    union {
        QUERY_SERVICE_CONFIGW config;
        BYTE bytes[MAX_QUERY_BYTES];
    } query;
    DWORD size;

    return QueryServiceConfigW(service, &query.config, sizeof query, &size) && wcsstr(query.config.lpBinaryPathName, L"salvor-collector");
}

static enum status change(const struct install *install, SC_HANDLE service, WCHAR *path)
{
    if (!runs_a_collector(service))
        return install_fail(install, "another program's service has the name", install->service, ERROR_SERVICE_EXISTS);
    if (!ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL,
                              NULL, DISPLAY_NAME))
        return install_fail(install, "the service cannot be changed:", install->service, GetLastError());
    install_say(install, L"service", install->service, "was there, set anew");
    return ST_OK;
}

static enum status create(const struct install *install, SC_HANDLE *ret, const WCHAR *path)
{
    enum status st;
    SC_HANDLE manager = open_manager(install, &st);

    if (!manager)
        return st;
    st = install_note(install, MADE_SERVICE, install->service);
    if (!st) {
        *ret = CreateServiceW(manager, install->service, DISPLAY_NAME, SERVICE_RIGHTS, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                              SERVICE_ERROR_NORMAL, path, NULL, NULL, NULL, NULL, NULL);
        st = *ret ? ST_OK : install_fail(install, "the service cannot be created:", install->service, GetLastError());
    }
    CloseServiceHandle(manager);
    if (!st)
        install_say(install, L"service", install->service, "created, as LocalSystem");
    return st;
}

/* A system that does not know a setting (Wine knows few) serves without it. */
static enum status set(const struct install *install, SC_HANDLE service, DWORD level, void *value, const char *what)
{
    DWORD error = install->dry_run || ChangeServiceConfig2W(service, level, value) ? ERROR_SUCCESS : GetLastError();

    if (error == ERROR_INVALID_LEVEL || error == ERROR_CALL_NOT_IMPLEMENTED) {
        install_say(install, L"unknown to this system, left out:", install->service, what);
        return ST_OK;
    }
    if (error)
        return install_fail(install, "a setting is refused of the service", install->service, error);
    install_say(install, L"setting", install->service, what);
    return ST_OK;
}

static enum status set_recovery(const struct install *install, SC_HANDLE service)
{
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5 * SECOND_MS}, {SC_ACTION_RESTART, 30 * SECOND_MS}, {SC_ACTION_RESTART, 300 * SECOND_MS}};
    SERVICE_FAILURE_ACTIONSW recovery = {.dwResetPeriod = RESET_S, .cActions = 3, .lpsaActions = actions};
    SERVICE_FAILURE_ACTIONS_FLAG on_errors = {TRUE};
    enum status st = set(install, service, SERVICE_CONFIG_FAILURE_ACTIONS, &recovery,
                         "recovery is restart after 5 s, 30 s, 5 min; counted anew after 24 h");

    return st ? st : set(install, service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &on_errors, "recovery also when it ends with an error");
}

static enum status set_account(const struct install *install, SC_HANDLE service)
{
    SERVICE_SID_INFO sid = {SERVICE_SID_TYPE_UNRESTRICTED};
    SERVICE_REQUIRED_PRIVILEGES_INFOW required = {(WCHAR *)(uintptr_t)privileges};
    enum status st = set(install, service, SERVICE_CONFIG_SERVICE_SID_INFO, &sid, "service SID is unrestricted");

    return st ? st
              : set(install, service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required,
                    "privileges are SeDebug, SeAssignPrimaryToken, SeIncreaseQuota, SeChangeNotify");
}

static enum status set_all(const struct install *install, SC_HANDLE service)
{
    SERVICE_DESCRIPTIONW description = {(WCHAR *)(uintptr_t)DESCRIPTION};
    SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
    SERVICE_PRESHUTDOWN_INFO preshutdown = {PRESHUTDOWN_MS};
    enum status st = set(install, service, SERVICE_CONFIG_DESCRIPTION, &description, "description set");

    if (!st)
        st = set(install, service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed, "starts by itself, delayed");
    if (!st)
        st = set_recovery(install, service);
    if (!st)
        st = set(install, service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &preshutdown, "shutdown waits for it 20 s");
    return st ? st : set_account(install, service);
}

static enum status set_rights(const struct install *install, SC_HANDLE service)
{
    PSECURITY_DESCRIPTOR security = NULL;
    enum status st = ST_OK;

    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(service_sddl, SDDL_REVISION_1, &security, NULL))
        return install_fail(install, "no rights can be made for the service", install->service, GetLastError());
    if (!SetServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, security) && GetLastError() != ERROR_CALL_NOT_IMPLEMENTED)
        st = install_fail(install, "the rights cannot be set of the service", install->service, GetLastError());
    LocalFree(security);
    if (!st)
        install_say(install, L"rights", install->service, service_sddl);
    return st;
}

static enum status make(const struct install *install, SC_HANDLE *ret, WCHAR *path)
{
    enum status st = ST_OK;

    *ret = open_service(install, &st);
    if (st)
        return st;
    return *ret ? change(install, *ret, path) : create(install, ret, path);
}

enum status install_service(const struct install *install)
{
    WCHAR *path = binary_path(install);
    SC_HANDLE service = NULL;
    enum status st = path ? ST_OK : ST_MEMORY;

    if (!st && install->dry_run) {
        install_say(install, L"service", install->service, "created, as LocalSystem");
        install_say(install, L"command line", path, "set");
        st = set_all(install, NULL);
        free(path);
        return st;
    }
    if (!st)
        st = make(install, &service, path);
    if (!st)
        install_say(install, L"command line", path, "set");
    if (!st)
        st = set_all(install, service);
    if (!st)
        st = set_rights(install, service);
    if (service)
        CloseServiceHandle(service);
    free(path);
    return st;
}

/* As the documentation of StartService does it; the state that is wanted, or the end of the wait. */
static DWORD await_state(SC_HANDLE service, DWORD wanted)
{
    SERVICE_STATUS status = {0};

    for (DWORD waited = 0; waited < WAIT_MS; waited += LOOK_MS) {
        if (!QueryServiceStatus(service, &status) || status.dwCurrentState == wanted || status.dwCurrentState == SERVICE_STOPPED)
            break;
        Sleep(LOOK_MS);
    }
    return status.dwCurrentState;
}

enum status install_service_start(const struct install *install)
{
    enum status st = ST_OK;
    SC_HANDLE service = install->dry_run ? NULL : open_service(install, &st);

    if (!service && !install->dry_run)
        return st ? st : install_fail(install, "there is no service", install->service, ERROR_SERVICE_DOES_NOT_EXIST);
    if (!install->dry_run) {
        if (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)
            st = install_fail(install, "it cannot be started, the service", install->service, GetLastError());
        else if (await_state(service, SERVICE_RUNNING) != SERVICE_RUNNING)
            st = install_fail(install, "it ended or took too long to start (the log in the data folder says why), the service",
                              install->service, ERROR_SERVICE_REQUEST_TIMEOUT);
        CloseServiceHandle(service);
    }
    if (!st)
        install_say(install, L"service", install->service, "started");
    return st;
}

static enum status stop(const struct install *install, SC_HANDLE service)
{
    SERVICE_STATUS status;

    if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) {
        if (GetLastError() == ERROR_SERVICE_NOT_ACTIVE)
            return ST_OK;
        if (GetLastError() != ERROR_SERVICE_CANNOT_ACCEPT_CTRL)
            return install_fail(install, "it cannot be stopped, the service", install->service, GetLastError());
    }
    if (await_state(service, SERVICE_STOPPED) != SERVICE_STOPPED)
        return install_fail(install, "it does not stop, the service", install->service, ERROR_SERVICE_REQUEST_TIMEOUT);
    install_say(install, L"service", install->service, "stopped");
    return ST_OK;
}

enum status install_service_stop(const struct install *install)
{
    enum status st = ST_OK;
    SC_HANDLE service = install->dry_run ? NULL : open_service(install, &st);

    if (!service)
        return st;
    if (!st)
        st = runs_a_collector(service)
                 ? stop(install, service)
                 : install_fail(install, "another program's service has the name", install->service, ERROR_SERVICE_EXISTS);
    CloseServiceHandle(service);
    return st;
}

enum status install_service_remove(const struct install *install)
{
    enum status st = ST_OK;
    SC_HANDLE service = install->dry_run ? NULL : open_service(install, &st);

    if (service && !DeleteService(service) && GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE)
        st = install_fail(install, "it cannot be removed, the service", install->service, GetLastError());
    if (service)
        CloseServiceHandle(service);
    if (!st)
        install_say(install, MADE_SERVICE, install->service, "removed");
    return st;
}
