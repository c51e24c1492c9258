/* dry_run.h - a request written to a file instead of sent. */
#ifndef SALVOR_UPLOADER_DRY_RUN_H
#define SALVOR_UPLOADER_DRY_RUN_H
#include "uploader/post.h"

/* Writes what the server would get for the report at path, head and body, into a new file at to. Says on stdout or stderr how it went and
 * returns the program's exit code. post needs no transfer. */
int dry_run(const struct post *post, const struct request_options *options, const struct source_extras *extras, const char *path,
            const char *to);

#endif
