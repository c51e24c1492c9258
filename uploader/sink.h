/* sink.h - bytes on their way into a file, gzipped or as they are, with constant memory. */
#ifndef SALVOR_UPLOADER_SINK_H
#define SALVOR_UPLOADER_SINK_H
#include "base/file.h"

/* zlib at level 6 makes a minidump 13 % of its size, at level 1 14 % in half the time: beyond this size time counts. */
#define SINK_FAST_ABOVE_BYTES (50ull * 1024 * 1024)

struct sink;
/* Writes to file from its position on; the file stays the caller's. expected_bytes picks the level. */
enum status sink_create(struct sink **ret, struct file *file, bool gzip, uint64_t expected_bytes);
enum status sink_write(struct sink *sink, const void *bytes, size_t size);
/* Writes that part of a file. */
enum status sink_write_file(struct sink *sink, struct file *from, uint64_t offset, uint64_t size_bytes);
/* Has watch told how many bytes went in, after each piece of them. */
void sink_watch(struct sink *sink, void (*watch)(void *context, uint64_t in), void *context);
/* Ends the stream. *ret_in and *ret_out are the bytes that went in and those that reached the file. */
enum status sink_finish(struct sink *sink, uint64_t *ret_in, uint64_t *ret_out);
void sink_free(struct sink *sink); /* accepts NULL */

#endif
