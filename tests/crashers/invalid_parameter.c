/* invalid_parameter.c - a call that the C run-time refuses. */
#include "crash.h"
#include <string.h>

typedef int(__cdecl *copy_function)(char *, size_t, const char *);

void crash_invalid_parameter(void)
{
    void *found = crash_ucrt("strcpy_s");
    copy_function copy;

    memcpy(&copy, &found, sizeof copy);
    crash_site_program();
    copy(NULL, 4, "no");
}
