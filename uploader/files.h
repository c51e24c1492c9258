/* files.h - sending files that were named on the command line. */
#ifndef SALVOR_UPLOADER_FILES_H
#define SALVOR_UPLOADER_FILES_H
#include "uploader/post.h"
#include "uploader/progress.h"

/* Sends each file once and says on stdout or stderr what became of it. progress's label is set to the file's name. Returns the program's
 * exit code: 0 all accepted or discarded, 3 one may be taken later, 1 one is refused for good or unfit. */
int files_run(struct post *post, const struct request_options *options, const struct source_extras *extras, const struct option_list *paths,
              struct progress *progress);

#endif
