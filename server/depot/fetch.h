/* fetch.h - a thread that fetches what reports lack from upstream symbol servers. What is not there, or is not what it should be, is
 * remembered and not asked for again for a while. */
#ifndef SALVOR_SERVER_DEPOT_FETCH_H
#define SALVOR_SERVER_DEPOT_FETCH_H
#include "depot/depot.h"

struct fetch_options {
    struct depot *depot;
    struct db *db;
    const char *const *urls; /* in the order in which they are asked; https, or http to this machine */
    size_t url_count;
    const char *const *hosts; /* to which redirects may lead besides */
    size_t host_count;
    uint64_t max_bytes;
    uint32_t timeout_ms;
    atomic_bool *cancel;
    void (*on_waiting)(void *context); /* a file came */
    void *on_waiting_context;
};

struct fetch;
/* ST_ARGUMENT: *ret_url is none that may be asked. */
enum status fetch_start(struct fetch **ret, const struct fetch_options *options, const char **ret_url);
void fetch_stop(struct fetch *fetch); /* cancels and joins; accepts NULL */

#endif
