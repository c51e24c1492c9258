/* blob.h - the blob seam: immutable bytes named by their SHA-256 (64 lower-case hex digits). Here: files blobs/ab/abcd... */
#ifndef SALVOR_SERVER_STORE_BLOB_H
#define SALVOR_SERVER_STORE_BLOB_H
#include "base/file.h"

#define BLOB_NAME_BYTES 65 /* with the terminator */

struct blob_store;
/* Opens (makes) the store in dir. */
enum status blob_store_open(struct blob_store **ret, const char *dir);
void blob_store_close(struct blob_store *store); /* accepts NULL */

/* Takes over the file at path, whose synced content has the hash name; durable when it returns. *ret_created tells whether the blob is
 * new; otherwise the file is removed. On an error no blob was made. Path must be on the store's volume. */
enum status blob_put(struct blob_store *store, const char *name, const char *path, bool *ret_created);
/* Opens a blob for reading; ST_NOT_FOUND. */
enum status blob_get(struct blob_store *store, const char *name, struct file *ret);
enum status blob_stat(struct blob_store *store, const char *name, uint64_t *ret_bytes);
enum status blob_delete(struct blob_store *store, const char *name); /* a missing one is ST_OK */
/* Appends the path of a local copy, for programs that read files. */
enum status blob_path(struct blob_store *store, const char *name, struct buffer *out);

#endif
