/* service.c - see service.h. */
#include "service.h"
#include <stdlib.h>

#define CONFIG_BYTES 8192 /* the most that QueryServiceConfig gives */

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
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT), service = NULL;
    enum status st;

    if (!manager)
        return status_from_win32(GetLastError());
    service = OpenServiceW(manager, name, SERVICE_QUERY_CONFIG | SERVICE_QUERY_STATUS);
    if (service)
        st = read_facts(service, ret);
    else
        st = GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST ? ST_NOT_FOUND : status_from_win32(GetLastError());
    if (service)
        CloseServiceHandle(service);
    CloseServiceHandle(manager);
    return st;
}
