/* listener.h - the HTTP server: accepts connections, gives each request to the service that claims it, sends the answer. */
#ifndef SALVOR_SERVER_HTTP_LISTENER_H
#define SALVOR_SERVER_HTTP_LISTENER_H
#include "http/http.h"

struct listener;

#define LISTENER_MAX_SERVICES 10

struct listener_service {
    const struct http_service *service;
    void *context;
    uint64_t max_body_bytes; /* 0: as for all */
};

struct listener_options {
    const char *address; /* "127.0.0.1:8080", "[::1]:8080"; port 0 picks one */
    unsigned threads, max_connections;
    unsigned idle_timeout_s;                                 /* a connection without progress for this long is closed */
    uint64_t body_timeout_ms;                                /* a body that takes longer is cut off */
    uint64_t max_body_bytes;                                 /* a longer body is answered with 413 */
    struct listener_service services[LISTENER_MAX_SERVICES]; /* asked in order; the last one takes what no other claims */
    size_t service_count;
};

/* Starts to listen. On an error *ret_message says why in one sentence part (static). */
enum status listener_start(struct listener **ret, const struct listener_options *options, const char **ret_message);
/* "127.0.0.1:41234": where it really listens. */
const char *listener_address(const struct listener *listener);
/* Accepts no more, gives requests under way up to grace_ms to end, closes everything. Accepts NULL. */
void listener_stop(struct listener *listener, uint32_t grace_ms);

#endif
