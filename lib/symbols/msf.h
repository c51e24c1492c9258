/* msf.h - the container of a PDB: a file system of numbered streams in blocks (MSF 7.00).
 *
 * Format: https://llvm.org/docs/PDB/MsfFile.html. The bytes may come from anybody: every block belongs to one stream at most, which bounds
 * memory and time by the size of the file. */
#ifndef SALVOR_SYMBOLS_MSF_H
#define SALVOR_SYMBOLS_MSF_H
#include "base/bytes.h"
#include "base/status.h"

#define MSF_NO_STREAM 0xffffu /* a 16-bit stream number that names none */

struct msf;

/* Reads superblock and directory. Errors: ST_FORMAT, ST_TRUNCATED, ST_UNSUPPORTED (older containers), ST_MEMORY; *ret_why says what is
 * wrong (static text, always set on an error). bytes must stay until msf_close. */
enum status msf_open(struct msf **ret, struct span bytes, const char **ret_why);
void msf_close(struct msf *msf); /* accepts NULL */

uint32_t msf_stream_count(const struct msf *msf);
/* 0 for streams that do not exist. */
uint32_t msf_stream_size(const struct msf *msf, uint32_t stream);
/* Copies exactly size bytes at offset of a stream. Errors: ST_TRUNCATED. */
enum status msf_read(const struct msf *msf, uint32_t stream, uint32_t offset, void *bytes, size_t size);

/* A whole stream in one piece: a part of the file where its blocks follow each other, else a copy. */
struct msf_view {
    struct span bytes;
    uint8_t *owned; /* NULL when bytes are the file's */
};
/* A stream that does not exist gives no bytes. Errors: ST_MEMORY. */
enum status msf_view_open(const struct msf *msf, uint32_t stream, struct msf_view *ret);
void msf_view_done(struct msf_view *view); /* may be called twice */

#endif
