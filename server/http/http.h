/* http.h - one request and its answer, and the services that make answers. libmicrohttpd itself is seen by listener.c and request.c only.
 */
#ifndef SALVOR_SERVER_HTTP_HTTP_H
#define SALVOR_SERVER_HTTP_HTTP_H
#include "base/file.h"

struct MHD_Connection;

#define HTTP_MAX_HEADERS 12

struct http_request {
    struct MHD_Connection *connection;
    const char *method; /* HEAD is given as GET */
    const char *path;   /* percent-decoded, begins with '/' */
    char client[64];    /* the peer's address */
};

/* Header names are case-insensitive; NULL when there is none. Values live as long as the request. */
const char *http_request_header(const struct http_request *request, const char *name);
const char *http_request_query(const struct http_request *request, const char *name);
/* Calls visit for each parameter of the query, in order, until it returns false. */
void http_request_each_query(const struct http_request *request, bool (*visit)(void *context, const char *name, const char *value),
                             void *context);
/* Copies a cookie's value; false when there is none or it does not fit. */
bool http_request_cookie(const struct http_request *request, const char *name, char *ret, size_t ret_size);

struct http_response {
    unsigned status; /* 0: none yet */
    const char *content_type;
    struct buffer body;
    const void *fixed_body; /* instead of body; lives for ever */
    size_t fixed_bytes;
    struct file file; /* instead of body; the response owns it */
    uint64_t file_bytes;
    struct {
        const char *name;
        char *value;
    } headers[HTTP_MAX_HEADERS];
    size_t header_count;
};

#define HTTP_MAX_RESPONSE_BYTES (128u * 1024u * 1024u)

void http_response_init(struct http_response *response);
void http_response_done(struct http_response *response);
/* Forgets what was put into it. */
void http_response_reset(struct http_response *response);
/* name is a literal; the value is copied. */
enum status http_response_header(struct http_response *response, const char *name, const char *value);
/* An answer of one line of text. */
void http_response_text(struct http_response *response, unsigned status, const char *text);

/* A kind of request. state belongs to the service; feed and end are not called after begin has filled the response. */
struct http_service {
    bool (*claims)(const struct http_request *request);
    /* Called when the headers are there. A filled response refuses the request before its body. */
    void (*begin)(void *context, const struct http_request *request, struct http_response *response, void **ret_state);
    /* Bytes of the body, in order. False: what follows is of no interest. */
    bool (*feed)(void *state, const void *bytes, size_t size);
    /* The whole body was received. */
    void (*end)(void *state, const struct http_request *request, struct http_response *response);
    void (*release)(void *state);  /* always called once begin has set a state; also after a disconnect */
    bool is_slow;                  /* end may take seconds: it runs on a thread where it holds nobody else up */
    void (*cancel)(void *context); /* of a slow one: the server stops, let ends under way come to one soon; may be NULL */
};

#endif
