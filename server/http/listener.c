/* listener.c - libmicrohttpd with an epoll loop per thread, and the life of one exchange.
 *
 * The library takes an answer only before the body or after all of it. A refusal that comes to light in between is therefore kept while the
 * rest of the body, up to its limit, is passed over; that also lets clients that only read after writing see why they were refused. */
#include "http/listener.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "http/slow.h"
#include "http/socket.h"
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTION_MEMORY_BYTES 65536
#define STOP_POLL_MS            20
#define SLOW_THREADS            2

struct listener {
    struct MHD_Daemon *daemon;
    struct listener_options options;
    struct slow *slow;
    char address[80];
    atomic_uint exchanges; /* under way */
};

struct exchange {
    struct listener *listener;
    const struct listener_service *handler;
    struct http_request request;
    struct http_response response;
    void *state;
    uint64_t body_bytes, deadline_ms;
    bool refused_size, deaf; /* deaf: the service wants no more of the body */
    bool ended;              /* by a slow thread */
    struct slow_task task;
};

static void on_library_message(void *context, const char *format, va_list args) BASE_PRINTF(2, 0);
static void on_library_message(void *context, const char *format, va_list args)
{
    char line[512];
    (void)context;
    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\r\n")] = 0;
    log_debug("http-library", "message=\"%s\"", line);
}

/* -- sending -- */

static void add_headers(struct MHD_Response *os, const struct http_response *response)
{
    if (response->content_type)
        MHD_add_response_header(os, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    MHD_add_response_header(os, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(os, "Referrer-Policy", "same-origin");
    for (size_t i = 0; i < response->header_count; i++)
        MHD_add_response_header(os, response->headers[i].name, response->headers[i].value);
}

static struct MHD_Response *make_response(struct http_response *response)
{
    if (response->file.os != FILE_CLOSED) {
        struct MHD_Response *os = MHD_create_response_from_fd64(response->file_bytes, (int)response->file.os);
        if (os)
            response->file.os = FILE_CLOSED; /* the library closes it */
        return os;
    }
    if (response->fixed_body)
        return MHD_create_response_from_buffer(response->fixed_bytes, (void *)(uintptr_t)response->fixed_body, MHD_RESPMEM_PERSISTENT);
    size_t size = response->body.len;
    char *body = buffer_take(&response->body);
    if (!body)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *os = MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    if (!os)
        free(body);
    return os;
}

static enum MHD_Result send_response(struct exchange *exchange)
{
    struct MHD_Response *os = make_response(&exchange->response);
    if (!os)
        return MHD_NO;
    add_headers(os, &exchange->response);
    enum MHD_Result result = MHD_queue_response(exchange->request.connection, exchange->response.status, os);
    MHD_destroy_response(os);
    return result;
}

/* -- the exchange -- */

static void exchange_free(struct exchange *exchange)
{
    if (exchange->state)
        exchange->handler->service->release(exchange->state);
    http_response_done(&exchange->response);
    atomic_fetch_sub(&exchange->listener->exchanges, 1);
    free(exchange);
}

static struct exchange *exchange_create(struct listener *listener, struct MHD_Connection *connection, const char *url, const char *method)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    atomic_fetch_add(&listener->exchanges, 1);
    exchange->listener = listener;
    exchange->request.connection = connection;
    exchange->request.method = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : method;
    exchange->request.path = url;
    exchange->deadline_ms = clock_steady_ms() + listener->options.body_timeout_ms;
    socket_peer_text(info ? info->client_addr : NULL, exchange->request.client, sizeof exchange->request.client);
    http_response_init(&exchange->response);
    return exchange;
}

static void choose_service(struct exchange *exchange)
{
    const struct listener_options *options = &exchange->listener->options;
    size_t i = 0;
    while (i + 1 < options->service_count && !options->services[i].service->claims(&exchange->request))
        i++;
    exchange->handler = &options->services[i];
}

static void refuse_size(struct exchange *exchange)
{
    exchange->refused_size = true;
    http_response_text(&exchange->response, 413, "The upload is larger than this server takes.");
}

static uint64_t max_body_bytes(const struct exchange *exchange)
{
    uint64_t own = exchange->handler->max_body_bytes;
    return own ? own : exchange->listener->options.max_body_bytes;
}

/* How much of a body is passed over so that the client, which may read only after writing, hears why it is refused. */
static uint64_t patience_bytes(const struct exchange *exchange)
{
    return 2 * max_body_bytes(exchange);
}

/* Whether to answer before the body: the client waits for leave to send, or would send more than is worth passing over. */
static bool answer_at_once(const struct exchange *exchange, uint64_t announced_bytes)
{
    return announced_bytes > patience_bytes(exchange) || http_request_header(&exchange->request, "Expect");
}

static enum MHD_Result exchange_begin(struct exchange *exchange)
{
    const char *length = http_request_header(&exchange->request, "Content-Length");
    uint64_t announced_bytes = 0;
    if (length && !text_parse_u64(length, &announced_bytes))
        announced_bytes = UINT64_MAX; /* beyond 64 bits: the library has refused everything else that is no number */
    choose_service(exchange);
    if (announced_bytes > max_body_bytes(exchange))
        refuse_size(exchange);
    else
        exchange->handler->service->begin(exchange->handler->context, &exchange->request, &exchange->response, &exchange->state);
    if (exchange->response.status && answer_at_once(exchange, announced_bytes))
        return send_response(exchange);
    return MHD_YES;
}

static enum MHD_Result exchange_feed(struct exchange *exchange, const char *bytes, size_t size)
{
    exchange->body_bytes += size;
    if (clock_steady_ms() > exchange->deadline_ms) {
        log_info("request-cut-off", "client=%s path=\"%s\" reason=\"took too long\"", exchange->request.client, exchange->request.path);
        return MHD_NO;
    }
    if (exchange->body_bytes > max_body_bytes(exchange) && !exchange->refused_size) {
        if (exchange->state)
            exchange->handler->service->release(exchange->state);
        exchange->state = NULL;
        refuse_size(exchange);
    }
    if (exchange->body_bytes > patience_bytes(exchange))
        return MHD_NO; /* the library could not answer here; there is nothing left but to hang up */
    if (!exchange->response.status && !exchange->deaf)
        exchange->deaf = !exchange->handler->service->feed(exchange->state, bytes, size);
    return MHD_YES;
}

/* On a slow thread. From the resumption on the exchange is the library's again. */
static void end_slowly(void *context)
{
    struct exchange *exchange = context;
    exchange->handler->service->end(exchange->state, &exchange->request, &exchange->response);
    exchange->ended = true;
    MHD_resume_connection(exchange->request.connection);
}

static enum MHD_Result exchange_end(struct exchange *exchange)
{
    if (!exchange->response.status && !exchange->ended && exchange->handler->service->is_slow) {
        exchange->task = (struct slow_task){end_slowly, exchange, NULL};
        MHD_suspend_connection(exchange->request.connection);
        slow_add(exchange->listener->slow, &exchange->task);
        return MHD_YES; /* called again after the resumption */
    }
    if (!exchange->response.status && !exchange->ended)
        exchange->handler->service->end(exchange->state, &exchange->request, &exchange->response);
    if (!exchange->response.status)
        http_response_text(&exchange->response, 500, "The server could not make an answer; its log says more.");
    return send_response(exchange);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request_state)
{
    struct exchange *exchange = *request_state;
    (void)version;
    if (!exchange) {
        exchange = exchange_create(context, connection, url, method);
        if (!exchange)
            return MHD_NO;
        *request_state = exchange;
        return exchange_begin(exchange);
    }
    if (!*upload_size)
        return exchange_end(exchange);
    size_t size = *upload_size;
    *upload_size = 0;
    return exchange_feed(exchange, upload, size);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_state, enum MHD_RequestTerminationCode code)
{
    struct exchange *exchange = *request_state;
    (void)context;
    (void)connection;
    if (!exchange)
        return;
    if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
        log_debug("request-broken-off", "client=%s path=\"%s\" code=%d body_bytes=%llu", exchange->request.client, exchange->request.path,
                  (int)code, (unsigned long long)exchange->body_bytes);
    exchange_free(exchange);
    *request_state = NULL;
}

/* -- start and stop -- */

static struct MHD_Daemon *start_daemon(struct listener *listener, int socket_os)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;
    const struct listener_options *options = &listener->options;
    /* The library shares the connections out among the threads and wants one for each at least. */
    unsigned threads = options->threads < options->max_connections ? options->threads : options->max_connections;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, listener, MHD_OPTION_EXTERNAL_LOGGER, on_library_message, NULL,
                            MHD_OPTION_LISTEN_SOCKET, socket_os, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
                            options->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, options->idle_timeout_s,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
                            NULL, MHD_OPTION_END);
}

enum status listener_start(struct listener **ret, const struct listener_options *options, const char **ret_message)
{
    int socket_os = -1;
    struct listener *listener = calloc(1, sizeof *listener);
    *ret_message = "out of memory";
    if (!listener)
        return ST_MEMORY;
    listener->options = *options;
    enum status status = slow_create(&listener->slow, SLOW_THREADS);
    if (!status)
        status = socket_listen(options->address, &socket_os, listener->address, sizeof listener->address, ret_message);
    if (!status) {
        listener->daemon = start_daemon(listener, socket_os);
        if (!listener->daemon) {
            close(socket_os);
            *ret_message = "the HTTP library did not start";
            status = ST_SYSTEM;
        }
    }
    if (status) {
        slow_free(listener->slow);
        free(listener);
        return status;
    }
    *ret = listener;
    return ST_OK;
}

const char *listener_address(const struct listener *listener)
{
    return listener->address;
}

void listener_stop(struct listener *listener, uint32_t grace_ms)
{
    if (!listener)
        return;
    uint64_t deadline = clock_steady_ms() + grace_ms;
    int socket_os = MHD_quiesce_daemon(listener->daemon);
    while (atomic_load(&listener->exchanges) && clock_steady_ms() < deadline)
        usleep(STOP_POLL_MS * 1000);
    for (size_t i = 0; i < listener->options.service_count; i++) {
        const struct listener_service *one = &listener->options.services[i];
        if (one->service->cancel)
            one->service->cancel(one->context);
    }
    slow_free(listener->slow); /* the library must not be stopped while a connection is suspended */
    MHD_stop_daemon(listener->daemon);
    if (socket_os != MHD_INVALID_SOCKET)
        close(socket_os);
    free(listener);
}
