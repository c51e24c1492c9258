/* post.h - sending a request's body over one kept-alive connection. */
#ifndef SALVOR_UPLOADER_POST_H
#define SALVOR_UPLOADER_POST_H
#include "uploader/format.h"
#include "uploader/request.h"
#include "uploader/verdict.h"

struct post_options {
    const struct format *format;
    const char *url;                             /* as format_address made it */
    const char *key;                             /* goes as the header Salvor-Key, where the format has it; NULL or "" = none */
    const char *ca_file;                         /* PEM with the authorities to trust instead of the system's; NULL or "" = those */
    const char *proxy;                           /* its address, or "none"; NULL or "" = the environment's */
    const char *client_certificate, *client_key; /* PEM files (the certificate for Schannel: its path in the store); NULL or "" = none */
    uint64_t limit_bytes_per_s;                  /* of what is sent; 0 = none */
    uint64_t connect_timeout_ms;
    uint64_t stall_timeout_ms; /* no transfer may be slower than a trickle for so long; whole seconds */
    void (*progress)(void *context, uint64_t sent, uint64_t total); /* may be NULL */
    void *progress_context;
};

struct post;
/* Options are copied but for progress_context. On an error *ret_why is one static sentence part. */
enum status post_create(struct post **ret, const struct post_options *options, const char **ret_why);
void post_free(struct post *post); /* accepts NULL */
/* Sends the body (body_bytes from the file's start) once, follows what redirects may be followed, and judges the outcome. id goes as the
 * Idempotency-Key, where the format has it. Fails only where nothing could be tried: ST_MEMORY. */
enum status post_send(struct post *post, const struct request *request, struct file *body, const char *id, struct verdict *ret);

#endif
