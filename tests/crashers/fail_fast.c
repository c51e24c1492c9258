/* fail_fast.c - RaiseFailFastException, which no handler in the process can see. */
#include "crash.h"
#include <windows.h>

void crash_fail_fast(void)
{
    crash_site_raised();
    RaiseFailFastException(NULL, NULL, 0);
}
