/* rules.c - see rules.h. */
#include "jobs/rules.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum status rules_path(const char *data_dir, int64_t project_id, struct buffer *out)
{
    char *dir = realpath(data_dir, NULL);
    if (!dir)
        return status_from_errno(errno);
    enum status status = buffer_printf(out, "%s/rules/%" PRId64, dir, project_id);
    free(dir);
    return status;
}
