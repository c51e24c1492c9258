/* checks.h - the checks that only Windows has. */
#ifndef SALVOR_COLLECTOR_DOCTOR_WIN_CHECKS_H
#define SALVOR_COLLECTOR_DOCTOR_WIN_CHECKS_H
#include "../check.h"

doctor_check check_service, check_localdumps, check_modules, check_running, check_access, check_wer, check_debugger, check_error_mode;

/* Whether there is a Windows Error Reporting on this system at all: Wine has none. */
bool system_has_wer(void);

#endif
