/* checks.c - Windows' own checks, in the order in which they are made. */
#include "checks.h"
#include <stddef.h>

doctor_check *const system_checks[] = {check_service, check_access,   check_localdumps, check_modules, check_running,
                                       check_wer,     check_debugger, check_error_mode, NULL};
