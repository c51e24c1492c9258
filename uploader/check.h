/* check.h - asks the server whether it would take a report, without sending one. */
#ifndef SALVOR_UPLOADER_CHECK_H
#define SALVOR_UPLOADER_CHECK_H
#include "uploader/post.h"

/* Prints one line on standard output, since `salvor-collector doctor` shows it to its user; returns the exit code. */
int check_run(const struct post *post);

#endif
