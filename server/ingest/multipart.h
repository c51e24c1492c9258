/* multipart.h - a streaming reader of multipart bodies (RFC 2046, RFC 7578) as crash clients really send them.
 *
 * Memory is one fixed window, whatever the body. Besides correct bodies it takes: no CRLF before a boundary that follows file bytes
 * (Breakpad on Windows), header lines that end in LF, folded headers, a preamble, blanks after a boundary, and file parts without a
 * Content-Type. */
#ifndef SALVOR_SERVER_INGEST_MULTIPART_H
#define SALVOR_SERVER_INGEST_MULTIPART_H
#include "base/status.h"
#include <stdbool.h>
#include <stddef.h>

#define MULTIPART_MAX_BOUNDARY     70 /* RFC 2046 */
#define MULTIPART_MAX_NAME         256
#define MULTIPART_MAX_FILE_NAME    1024
#define MULTIPART_MAX_HEADER_BYTES 8192 /* one line with its folds */
#define MULTIPART_MAX_HEADERS      32   /* lines in one part */
#define MULTIPART_MAX_PREAMBLE     65536

struct multipart_part {
    char name[MULTIPART_MAX_NAME + 1];
    char file_name[MULTIPART_MAX_FILE_NAME + 1]; /* as sent, path and all */
    char content_type[128];                      /* "" when there was none */
    bool has_file_name, is_gzip;                 /* is_gzip: by a Content-Encoding of the part */
};

/* Each returns false to stop the reader for good (multipart_feed then answers ST_REFUSED). */
struct multipart_events {
    bool (*begin)(void *context, const struct multipart_part *part);
    bool (*data)(void *context, const void *bytes, size_t size);
    bool (*end)(void *context);
};

struct multipart;
/* ST_FORMAT: the boundary is empty, too long, or holds a control character. */
enum status multipart_create(struct multipart **ret, const char *boundary, unsigned max_parts, const struct multipart_events *events,
                             void *context);
void multipart_free(struct multipart *multipart); /* accepts NULL */
/* ST_FORMAT or ST_TOO_LARGE: the body is refused, multipart_error says why. ST_REFUSED: an event said no. */
enum status multipart_feed(struct multipart *multipart, const void *bytes, size_t size);
/* Ends the body: ST_TRUNCATED when its closing boundary has not come. */
enum status multipart_finish(struct multipart *multipart);
/* One sentence about the last error. Static. */
const char *multipart_error(const struct multipart *multipart);

#endif
