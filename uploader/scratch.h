/* scratch.h - a file for the body of one request, gone when it is closed or when the process dies. */
#ifndef SALVOR_UPLOADER_SCRATCH_H
#define SALVOR_UPLOADER_SCRATCH_H
#include "base/file.h"

struct scratch {
    struct file file;
    char *path; /* where its name could not be removed at once; else NULL */
};

/* Makes an empty file in folder. */
enum status scratch_create(struct scratch *ret, const char *folder);
/* Closes it; may be called twice. */
void scratch_done(struct scratch *scratch);

#endif
