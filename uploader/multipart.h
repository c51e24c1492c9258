/* multipart.h - a multipart/form-data body (RFC 7578) in the plainest form, which every crash server reads. */
#ifndef SALVOR_UPLOADER_MULTIPART_H
#define SALVOR_UPLOADER_MULTIPART_H
#include "uploader/sink.h"

#define MULTIPART_BOUNDARY_BYTES 48
#define MULTIPART_FILENAME_BYTES 128

struct multipart {
    struct sink *sink;
    char boundary[MULTIPART_BOUNDARY_BYTES]; /* [A-Za-z0-9-] */
};

/* Picks a boundary that no body holds. The sink stays the caller's. */
enum status multipart_init(struct multipart *multipart, struct sink *sink);
/* A text part: no filename, no Content-Type. name must need no escapes; the value is made valid UTF-8. */
enum status multipart_text(struct multipart *multipart, const char *name, const char *value, size_t size);
/* A file part of size_bytes at offset of file. filename is made ASCII. ST_TRUNCATED when the file is shorter. */
enum status multipart_file(struct multipart *multipart, const char *name, const char *filename, struct file *file, uint64_t offset,
                           uint64_t size_bytes);
/* The same from pieces: begin, any number of copies, end. */
enum status multipart_file_begin(struct multipart *multipart, const char *name, const char *filename);
enum status multipart_file_copy(struct multipart *multipart, struct file *file, uint64_t offset, uint64_t size_bytes);
enum status multipart_file_bytes(struct multipart *multipart, const void *bytes, size_t size);
enum status multipart_file_end(struct multipart *multipart);
/* The end of a path's base name, where the ending is, in characters that need no quoting anywhere; never empty. */
void multipart_filename(char ret[MULTIPART_FILENAME_BYTES], const char *path);
enum status multipart_end(struct multipart *multipart);

#endif
