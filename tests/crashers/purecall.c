/* purecall.c - what a call of a pure virtual function ends in. */
#include "crash.h"
#include <string.h>

typedef void(__cdecl *pure_function)(void);

void crash_purecall(void)
{
    void *found = crash_ucrt("_purecall");
    pure_function pure;

    memcpy(&pure, &found, sizeof pure);
    crash_site_program();
    pure();
}
