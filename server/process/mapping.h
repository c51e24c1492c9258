/* mapping.h - a file as read-only memory: the pages of a full dump come and go with use. */
#ifndef SALVOR_SERVER_PROCESS_MAPPING_H
#define SALVOR_SERVER_PROCESS_MAPPING_H
#include "base/bytes.h"
#include "base/status.h"

/* Maps the whole of a regular file; an empty one gives no bytes. Errors: ST_NOT_FOUND, ST_ACCESS, ST_ARGUMENT (no regular file),
 * ST_MEMORY. A file that shrinks afterwards ends the reader (SIGBUS): map only files that stay as they are. */
enum status mapping_open(struct span *ret, const char *path);
void mapping_close(struct span *mapping); /* may be called twice */

#endif
