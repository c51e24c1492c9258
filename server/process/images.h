/* images.h - unwind data for the modules of one dump: their PE files in symbol folders, their images in the dump's own memory, and the
 * dump's FunctionTable stream. Each module is looked for once, when a walk first comes through it. */
#ifndef SALVOR_SERVER_PROCESS_IMAGES_H
#define SALVOR_SERVER_PROCESS_IMAGES_H
#include "process/naming.h"
#include "unwind/source.h"

struct images;

/* minidump and naming, which finds the files, must stay until images_free. Errors: ST_MEMORY. */
enum status images_create(struct images **ret, const struct minidump *minidump, struct naming *naming);
void images_free(struct images *images); /* accepts NULL */

/* The dump's FunctionTable stream (unwind/function_table.h); empty when there is none. */
struct span images_function_tables(const struct minidump *minidump);

/* The index-th source for the code at address, best first; false past the last. Valid until the next call. */
bool images_source(struct images *images, uint64_t address, size_t index, struct unwind_source *ret);

#endif
