/* zip_entry.h - a ZIP archive of one file, as it is written: nothing of it is known in advance but the name. */
#ifndef SALVOR_UPLOADER_ZIP_ENTRY_H
#define SALVOR_UPLOADER_ZIP_ENTRY_H
#include "base/file.h"

#define ZIP_ENTRY_MAX_BYTES 0xfffffffeull /* of the file: archives of larger ones have another form, which not every server reads */

typedef enum status zip_write_fn(void *context, const void *bytes, size_t size);
/* Packs the file from its start and hands the archive on. ST_TOO_LARGE. watch may be NULL; it is told how much went in. */
enum status zip_entry_write(const char *name, struct file *file, uint64_t size_bytes, zip_write_fn *write, void *context,
                            void (*watch)(void *context, uint64_t in), void *watch_context);

#endif
