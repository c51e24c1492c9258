/* download.h - one file from an upstream symbol server into a file of ours, by libcurl: bounded in size and time, and only from hosts that
 * the administrator named, also behind redirects. */
#ifndef SALVOR_SERVER_DEPOT_DOWNLOAD_H
#define SALVOR_SERVER_DEPOT_DOWNLOAD_H
#include "base/file.h"
#include <stdatomic.h>

#define DOWNLOAD_MAX_REDIRECTS 5

struct download_options {
    const char *const *hosts; /* allowed; "*.example.com" stands for all below example.com */
    size_t host_count;
    uint64_t max_bytes;
    uint32_t timeout_ms;       /* for one file with its redirects */
    const atomic_bool *cancel; /* may be NULL */
};

/* Once in a process, before the first download; download_end at its end. */
enum status download_begin(void);
void download_end(void);

/* Whether an address may be asked at all: https, or http to this machine; then *ret_host is its host, which the caller frees. */
bool download_may_ask(const char *url, char **ret_host);
/* Fetches url into out. Errors: ST_NOT_FOUND (the server has no such file), ST_REFUSED (a redirect to where none may lead), ST_TOO_LARGE,
 * ST_TIMEOUT, ST_BUSY (try again later), those of writing; ret_why completes "URL ...", one sentence part. */
enum status download_file(const struct download_options *options, const char *url, struct file *out, struct buffer *ret_why);

#endif
