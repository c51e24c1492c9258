/* cabinet.h - unpacks the CAB archives of one file that symbol stores keep as "app.pd_", by libmspack. The archive may come from anybody.
 */
#ifndef SALVOR_SERVER_PROCESS_CABINET_H
#define SALVOR_SERVER_PROCESS_CABINET_H
#include "base/bytes.h"
#include "base/file.h"

#define CABINET_MAX_BYTES ((uint64_t)4 << 30) /* unpacked, where nobody says otherwise */

/* Whether bytes begin like a cabinet. */
bool cabinet_is(struct span bytes);
/* Writes the one file of the cabinet to out; its name in the archive is of no account. Errors: ST_FORMAT (damaged, or not of one file),
 * ST_TOO_LARGE, ST_MEMORY, those of writing; *ret_why (static) completes "FILE ...". */
enum status cabinet_expand(struct span bytes, struct file *out, uint64_t max_bytes, const char **ret_why);
/* The same from file to file; to is made and, on an error, removed again. */
enum status cabinet_expand_file(const char *from, const char *to, uint64_t max_bytes, const char **ret_why);

#endif
