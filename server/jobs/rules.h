/* rules.h - a project's own signature rules (signature/rules.h): <data>/rules/<number of the project>. They count for the reports that are
 * processed from then on. */
#ifndef SALVOR_SERVER_JOBS_RULES_H
#define SALVOR_SERVER_JOBS_RULES_H
#include "base/buffer.h"

/* Appends the path of a project's rules, which may not be there; absolute. */
enum status rules_path(const char *data_dir, int64_t project_id, struct buffer *out);

#endif
