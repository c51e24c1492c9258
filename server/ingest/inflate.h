/* inflate.h - streaming gzip and deflate decoding with a ceiling on what comes out. */
#ifndef SALVOR_SERVER_INGEST_INFLATE_H
#define SALVOR_SERVER_INGEST_INFLATE_H
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

struct inflater;
enum inflate_kind {
    INFLATE_GZIP,   /* RFC 1952, members one after another */
    INFLATE_DEFLATE /* HTTP's "deflate": zlib (RFC 1950), or the raw kind (RFC 1951) that some clients send */
};

/* sink returns false to stop (inflater_feed then answers ST_REFUSED). */
enum status inflater_create(struct inflater **ret, enum inflate_kind kind, uint64_t max_bytes,
                            bool (*sink)(void *context, const void *bytes, size_t size), void *context);
void inflater_free(struct inflater *inflater); /* accepts NULL */
/* ST_FORMAT: not compressed as announced. ST_TOO_LARGE: more than max_bytes came out. */
enum status inflater_feed(struct inflater *inflater, const void *bytes, size_t size);
enum status inflater_finish(struct inflater *inflater); /* ST_TRUNCATED: the end of the compressed data has not come */

#endif
