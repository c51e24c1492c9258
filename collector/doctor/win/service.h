/* service.h - how a service is set up and whether it runs. */
#ifndef SALVOR_COLLECTOR_DOCTOR_WIN_SERVICE_H
#define SALVOR_COLLECTOR_DOCTOR_WIN_SERVICE_H
#include "base/status.h"
#include <windows.h>

struct service_facts {
    DWORD start_type; /* SERVICE_AUTO_START ... */
    DWORD state;      /* SERVICE_RUNNING ... */
};

/* The command line that the service is started with, on the heap; NULL when there is none, or it may not be read. */
WCHAR *service_command_line(const WCHAR *name);
/* ST_NOT_FOUND when there is no such service. */
enum status service_facts_read(const WCHAR *name, struct service_facts *ret);

#endif
