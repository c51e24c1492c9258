/* format.h - the kinds of crash server: what each one's request holds, where its key goes, and whether it can tell a repeat. */
#ifndef SALVOR_UPLOADER_FORMAT_H
#define SALVOR_UPLOADER_FORMAT_H
#include "base/buffer.h"
#include <stdbool.h>

#define FORMAT_NAMES "salvor|sentry|bugsplat|backtrace|socorro|breakpad"

/* Groups of parts. */
enum format_parts {
    FORMAT_BREAKPAD_FIELDS = 1,   /* prod ver guid ptype plat */
    FORMAT_SENTRY_FIELDS = 2,     /* sentry[...], annotations as tags */
    FORMAT_RECORD = 4,            /* salvor_record */
    FORMAT_ANNOTATIONS = 8,       /* each annotation as a field of its own */
    FORMAT_ATTACHMENTS = 16,      /* attachment_1 ... */
    FORMAT_NAMED_ATTACHMENTS = 32 /* attachment_<file name> */
};

struct format {
    const char *name;
    const char *path;          /* for an address without one; NULL: it must bring its own */
    const char *path_hint;     /* what to say then */
    const char *query[2];      /* a fixed parameter and its value; NULL = none */
    const char *key_parameter; /* of the address, for the key; NULL: the address brings it, or the server knows no keys */
    bool has_headers;          /* Salvor-Key and Idempotency-Key */
    bool has_gzip;             /* it inflates */
    bool is_counted_once;      /* a report that arrives twice counts once */
    unsigned parts;            /* enum format_parts */
    size_t max_attachments;    /* those behind it are left out; 0 = no limit */
    /* fields for what else it calls them; NULL = none */
    const char *product, *version, *channel, *environment;
};

const struct format *format_find(const char *name); /* NULL when there is none */
/* Appends the address that requests go to: completed, and with the key where this format has it there. key NULL or "" = none. On
 * ST_ARGUMENT *ret_why is one static sentence. */
enum status format_address(const struct format *format, const char *text, const char *key, bool allow_http, struct buffer *out,
                           const char **ret_why);

#endif
