/* request.h - one report as the HTTP request that every crash server reads (field names: Crashpad and Breakpad, Socorro, Sentry). */
#ifndef SALVOR_UPLOADER_REQUEST_H
#define SALVOR_UPLOADER_REQUEST_H
#include "uploader/format.h"
#include "uploader/minicut.h"
#include "uploader/progress.h"
#include "uploader/source.h"

struct request_options {
    const struct format *format;
    bool gzip; /* where the format has it */
    /* the smaller flavour */
    bool without_attachments;
    const struct minicut *cut; /* of the dump; NULL = all of it */
    const char *guid;          /* of this installation; "" = none is sent */
    struct progress *progress; /* may be NULL */
};

struct request {
    char content_type[96];
    bool is_gzip;
    uint64_t plain_bytes; /* of the body before compression */
    uint64_t body_bytes;
};

/* Writes the body of the request for source into an empty file, with constant memory. */
enum status request_build(const struct source *source, const struct request_options *options, struct file *body, struct request *ret);
/* Whether such a request holds attachments, so that one without them would be smaller. */
bool request_has_attachments(const struct source *source, const struct request_options *options);
/* This installation's guid: made from the machine's id, which itself is not given away. "" when there is none. */
void request_guid(char ret[UUID_TEXT_BYTES]);

#endif
