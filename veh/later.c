/* later.c - calls of the public header that this version does not carry out yet; docs/architecture.md lists them. */
#include "private.h"

salvor_status SALVOR_CALL salvor_add_comment(const char *report_id, const char *name, const char *email, const char *text)
{
    (void)report_id, (void)name, (void)email, (void)text;
    return SALVOR_E_STATE;
}
