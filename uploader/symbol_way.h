/* symbol_way.h - how symbol files come to each kind of server. */
#ifndef SALVOR_UPLOADER_SYMBOL_WAY_H
#define SALVOR_UPLOADER_SYMBOL_WAY_H
#include "uploader/multipart.h"
#include "uploader/symbols.h"
#include "uploader/verdict.h"

#define SYMBOL_URL_MAX_BYTES   ((size_t)16 * 1024)
#define SYMBOL_REPLY_MAX_BYTES ((size_t)64 * 1024)

/* One run. */
struct symbol_sender {
    struct transfer *transfer;
    const struct symbols_options *options;
    struct buffer folder; /* for packed files */
    struct symbol_list list;
    uint64_t chunk_bytes; /* of a server that takes chunks */
};

/* What became of one file. */
struct symbol_result {
    struct verdict verdict;
    uint64_t size_bytes;
    bool is_present; /* accepted, but it had been there before */
};

struct symbol_way {
    const char *format;  /* its name */
    const char *refusal; /* why no symbols go to such a server; NULL: they do */
    unsigned kinds;      /* that it takes: 1 << enum locate_kind */
    bool has_gzip;       /* it inflates */
    /* Appends the address in full, with the key where it belongs there. On ST_ARGUMENT *ret_why is one static sentence. */
    enum status (*address)(const char *text, const char *key, bool allow_http, struct buffer *out, const char **ret_why);
    /* Asks which entries are missing; NULL: it cannot be asked. Fails, as send does, where nothing could be tried. */
    enum status (*ask)(struct symbol_sender *sender, struct verdict *ret);
    enum status (*send)(struct symbol_sender *sender, const struct symbol_entry *entry, struct symbol_result *ret);
};

const struct symbol_way *symbol_way_find(const char *format); /* NULL: there is no such format */

extern const struct symbol_way symbol_way_salvor, symbol_way_sentry, symbol_way_backtrace, symbol_way_socorro, symbol_way_breakpad;

/* -- for the ways -- */

/* A header of its own; name NULL: none. */
struct symbol_header {
    const char *name, *prefix, *value; /* prefix stands before the value, such as "Bearer " */
};
/* Sends a request, whose headers this makes, and judges the answer; content_type NULL: the request has no body. */
enum status symbol_message_send(const struct symbol_sender *sender, struct transfer_request *request, const char *content_type,
                                bool is_gzip, const struct symbol_header *header, struct reply *ret_reply, struct verdict *ret);
/* Opens an entry's file for reading. */
enum status symbol_entry_open(const struct symbol_entry *entry, struct file *ret, uint64_t *ret_size);
/* Shows packing on the progress bar, where there is one; for sink_watch and the like, with a struct symbol_packing. */
struct symbol_packing {
    struct progress *progress;
    uint64_t total;
};
void symbol_packing_tell(void *context, uint64_t in);

#endif
