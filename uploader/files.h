/* files.h - sending files that were named on the command line. */
#ifndef SALVOR_UPLOADER_FILES_H
#define SALVOR_UPLOADER_FILES_H
#include "uploader/delivery.h"

/* Sends each file once and says on stdout or stderr what became of it. delivery needs no folder and no event. Returns the program's exit
 * code: 0 all accepted or discarded, 3 one may be taken later, 1 one is refused for good or unfit. */
int files_run(const struct delivery *delivery, const struct source_extras *extras, const struct option_list *paths);

#endif
