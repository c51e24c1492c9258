/* service.c - `service`: the collector below the service manager.
 *
 * The manager starts the process, and the process hands its first thread to the dispatcher within 30 s; ServiceMain comes on a thread of
 * its own and does the work there. Controls come on the dispatcher's thread and only set an event. */
#include "../command.h"
#include "../event_log.h"
#include "../platform.h"
#include "../run.h"
#include "base/win/wide.h"
#include "event_writer.h"
#include "proto/name.h"
#include "service_name.h"
#include "stop.h"
#include <stdlib.h>

#define START_HINT_MS 30000
#define STOP_HINT_MS  15000 /* dumps under way get 3 s of it */
#define LOG_FILE      "collector.log"
#define ACCEPTED      (SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN | SERVICE_ACCEPT_SHUTDOWN)

static const char usage[] =
    "usage: salvor-collector service [OPTION]... [NAME]\n"
    "\n"
    "What the service NAME (Salvor) runs; the service manager starts it, 'salvor-collector install' makes it. Logs to\n"
    "collector.log in the data folder unless --log names another file.\n"
    "\n";

static struct {
    WCHAR *name;
    struct configuration *configuration;
    SERVICE_STATUS_HANDLE handle;
    SRWLOCK lock; /* of status */
    SERVICE_STATUS status;
    int exit_code;
} service = {.lock = SRWLOCK_INIT};

static void report(DWORD state, DWORD hint_ms)
{
    AcquireSRWLockExclusive(&service.lock);
    service.status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    service.status.dwControlsAccepted = state == SERVICE_RUNNING ? ACCEPTED : 0;
    service.status.dwCheckPoint = state == service.status.dwCurrentState ? service.status.dwCheckPoint + 1 : 0;
    service.status.dwCurrentState = state;
    service.status.dwWaitHint = hint_ms;
    if (state == SERVICE_STOPPED && service.exit_code) {
        service.status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR; /* a failure to the manager, which then takes its recovery actions */
        service.status.dwServiceSpecificExitCode = (DWORD)service.exit_code;
    }
    SetServiceStatus(service.handle, &service.status);
    ReleaseSRWLockExclusive(&service.lock);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *data, void *context)
{
    (void)type;
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN:
    case SERVICE_CONTROL_SHUTDOWN:
        report(SERVICE_STOP_PENDING, STOP_HINT_MS);
        platform_ask_stop();
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE: /* the manager has our last status */
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void on_ready(void *context)
{
    (void)context;
    report(SERVICE_RUNNING, 0);
}

static void WINAPI service_main(DWORD argc, WCHAR **argv)
{
    const struct run_host host = {.ready = on_ready};

    (void)argc;
    (void)argv;
    service.handle = RegisterServiceCtrlHandlerExW(service.name, on_control, NULL);
    if (!service.handle)
        return;
    report(SERVICE_START_PENDING, START_HINT_MS);
    service.exit_code = run_collector(service.configuration, &host);
    event_writer_close();
    report(SERVICE_STOPPED, 0);
}

/* Nobody sees a service's standard error. */
static enum status open_log(const struct settings *settings)
{
    char *path;
    enum status st = settings->log ? ST_OK : folder_create(settings->data);

    if (st || settings->log)
        return st;
    path = path_joined(settings->data, LOG_FILE);
    st = path ? log_set_rotated_file(path, settings->log_bytes) : ST_MEMORY;
    free(path);
    return st;
}

static int dispatch(void)
{
    const SERVICE_TABLE_ENTRYW table[] = {{service.name, service_main}, {NULL, NULL}};
    enum status st;

    platform_await_service(service.name);
    event_writer_open(service.name);
    st = open_log(configuration_settings(service.configuration));
    if (st) /* it serves all the same: crashes matter more than their log */
        event_log(EVENT_NOT_STARTED, "what=\"log file\" name=\"%s\" status=%s consequence=\"it runs without a log\"",
                  configuration_settings(service.configuration)->data, status_name(st));
    if (StartServiceCtrlDispatcherW(table))
        return service.exit_code;
    if (GetLastError() == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
        return command_usage("service", "is started by the service manager; in a console use 'salvor-collector run'");
    log_error("service-not-served", "error=%lu", GetLastError());
    return 1;
}

int service_command(int argc, char **argv)
{
    const struct option_list *words;
    const char *message = "out of memory", *why = NULL;
    int code;

    if (command_wants_help(argc, argv))
        return command_help(usage, configuration_help);
    if (configuration_load(&service.configuration, argc, argv, &message)) {
        event_writer_open(NAME_SERVICE_WIDE); /* the name is part of what could not be read */
        event_log(EVENT_NOT_STARTED, "what=settings reason=\"%s\"", message);
        event_writer_close();
        code = command_usage("service", message);
        goto out;
    }
    words = configuration_words(service.configuration);
    why = words->count > 1 ? "takes one name" : service_name_check(words->count ? words->items[0] : SERVICE_NAME_DEFAULT);
    service.name = why ? NULL : wide_from_utf8(words->count ? words->items[0] : SERVICE_NAME_DEFAULT);
    code = service.name ? dispatch() : command_usage("service", why ? why : message);
out:
    configuration_free(service.configuration);
    free(service.name);
    return code;
}
