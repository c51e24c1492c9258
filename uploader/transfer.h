/* transfer.h - one request after the other over one kept-alive connection, with its redirects, to the server's answer. */
#ifndef SALVOR_UPLOADER_TRANSFER_H
#define SALVOR_UPLOADER_TRANSFER_H
#include "base/file.h"

struct curl_slist;
struct transfer_options {
    const char *ca_file;                         /* PEM with the authorities to trust instead of the system's; NULL or "" = those */
    const char *crl_file;                        /* PEM with lists of revoked certificates; NULL or "" = none */
    const char *proxy;                           /* its address, or "none"; NULL or "" = the environment's */
    const char *client_certificate, *client_key; /* PEM files (the certificate for Schannel: its path in the store); NULL or "" = none */
    uint64_t limit_bytes_per_s;                  /* of what is sent; 0 = none */
    uint64_t connect_timeout_ms;
    uint64_t stall_timeout_ms; /* no transfer may be slower than a trickle for so long; whole seconds */
    void (*progress)(void *context, uint64_t sent, uint64_t total); /* may be NULL */
    void *progress_context;
};

struct transfer_request {
    const char *url;
    const char *method;         /* "PUT" or "GET"; NULL: POST. A GET has no body */
    bool may_repeat;            /* arriving twice does no harm */
    struct curl_slist *headers; /* stay the caller's */
    struct file *body;          /* from its start; NULL for a GET */
    uint64_t body_bytes;
    size_t reply_max_bytes; /* the answer is cut off there */
};

/* What came back. */
struct reply {
    long status;   /* HTTP status of the final answer; 0 = none came */
    bool is_whole; /* everything was sent, and the answer came to its end or to our ceiling */
    bool is_sent;  /* everything was sent */
    uint64_t retry_after_s;
    const void *body;
    size_t body_bytes;
    const char *error; /* the transport's own words; "" or NULL when it had none */
};

struct transfer;
/* Options are copied but for progress_context. On an error *ret_why is one static sentence part. */
enum status transfer_create(struct transfer **ret, const struct transfer_options *options, const char **ret_why);
void transfer_free(struct transfer *transfer); /* accepts NULL */
/* Sends a request once and follows what redirects may be followed. The reply lives until the next call. Fails only where nothing could be
 * tried: ST_MEMORY. */
enum status transfer_run(struct transfer *transfer, const struct transfer_request *request, struct reply *ret);

#endif
