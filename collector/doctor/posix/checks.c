/* checks.c - POSIX: there are no crash clients here, so nothing but the common checks. */
#include "../check.h"
#include "../crash.h"
#include <stddef.h>

doctor_check *const system_checks[] = {NULL};

void system_service_words(int *ret_count, char ***ret_words)
{
    *ret_count = 0;
    *ret_words = NULL;
}

void system_words_free(int count, char **words)
{
    (void)count, (void)words;
}

const char *crash_unavailable(void)
{
    return "--crash needs Windows: nothing here catches a crash";
}

enum status crash_run(const struct doctor *doctor, struct crash_results *ret)
{
    (void)doctor, (void)ret;
    return ST_UNSUPPORTED;
}
