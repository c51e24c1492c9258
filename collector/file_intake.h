/* file_intake.h - what both ways in share: opening a file that others may have prepared. */
#ifndef SALVOR_COLLECTOR_FILE_INTAKE_H
#define SALVOR_COLLECTOR_FILE_INTAKE_H
#include "intake.h"

/* Counts the file against its owner's quota. NULL, or why it is refused. */
const char *file_intake_charge(const struct intake *intake, const char *owner, uint64_t size_bytes);

/* Opens a file that nobody writes any more and that is what its name said when it was looked at: regular, one link, no reparse point, not
 * above the intake's limit. Results as intake_take's. */
enum status file_intake_open(const struct intake *intake, const char *path, struct file *ret, struct file_info *ret_info,
                             const char **ret_why);

#endif
