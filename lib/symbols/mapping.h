/* mapping.h - a file as read-only memory that all processes share; not for other folders. */
#ifndef SALVOR_SYMBOLS_MAPPING_H
#define SALVOR_SYMBOLS_MAPPING_H
#include "base/bytes.h"
#include "base/status.h"

/* Maps the whole of a regular file; an empty one gives no bytes. A file that shrinks afterwards ends the reader: map only files that are
 * replaced by renaming. Errors: those of opening, ST_ARGUMENT (no regular file), ST_MEMORY. */
enum status symbols_map(struct span *ret, const char *path);
/* Says that all of it is about to be read: it comes in one go, not page by page. */
void symbols_map_read(struct span mapping);
void symbols_unmap(struct span *mapping); /* may be called twice */

#endif
