/* service.c - see service.h. */
#include "service.h"
#include <stdlib.h>
#include <wchar.h>

#define CONFIG_BYTES 8192 /* the most that QueryServiceConfig gives */

static SC_HANDLE open_service(const WCHAR *name, DWORD rights)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), service;
    DWORD error;

    if (!manager)
        return NULL;
    service = OpenServiceW(manager, name, rights);
    error = GetLastError();
    CloseServiceHandle(manager);
    SetLastError(error);
    return service;
}

static enum status read_facts(SC_HANDLE service, struct service_facts *ret)
{
    QUERY_SERVICE_CONFIGW *config = malloc(CONFIG_BYTES);
    SERVICE_STATUS status;
    DWORD needed = 0;
    enum status st = ST_OK;

    if (!config)
        return ST_MEMORY;
    if (QueryServiceConfigW(service, config, CONFIG_BYTES, &needed) && QueryServiceStatus(service, &status))
        *ret = (struct service_facts){config->dwStartType, status.dwCurrentState};
    else
        st = status_from_win32(GetLastError());
    free(config);
    return st;
}

enum status service_facts_read(const WCHAR *name, struct service_facts *ret)
{
    SC_HANDLE service = open_service(name, SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS);
    enum status st;

    if (!service)
        return GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? ST_NOT_FOUND : status_from_win32(GetLastError());
    st = read_facts(service, ret);
    CloseServiceHandle(service);
    return st;
}

WCHAR *service_command_line(const WCHAR *name)
{
    SC_HANDLE service = open_service(name, SERVICE_QUERY_CONFIG);
    QUERY_SERVICE_CONFIGW *config = service ? malloc(CONFIG_BYTES) : NULL;
    WCHAR *line = NULL;
    DWORD needed = 0;

    if (config && QueryServiceConfigW(service, config, CONFIG_BYTES, &needed) && config->lpBinaryPathName)
        line = _wcsdup(config->lpBinaryPathName);
    free(config);
    if (service)
        CloseServiceHandle(service);
    return line;
}
