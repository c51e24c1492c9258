/* put.c - PUT /symbols/<name>/<id>/<file>: the file streams to disk, a child reads it, and it is taken in or refused with one sentence. */
#include "base/log.h"
#include "base/text.h"
#include "depot/permission.h"
#include "depot/service.h"
#include "ingest/disposition.h"
#include "ingest/inflate.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ERROR_BYTES 2048
#define RETRY_AFTER_S   "30"

static const char PREFIX[] = "/symbols/";

struct upload {
    struct symbol_service *service;
    struct symbol_address address;
    struct spill *spill;
    struct inflater *inflater; /* NULL: the body comes as it is */
    struct refusal refusal;
};

static bool put_claims(const struct http_request *request)
{
    return strcmp(request->method, "PUT") == 0 && text_starts(request->path, PREFIX);
}

static void answer_refusal(const struct upload *upload, const struct http_request *request, struct http_response *response)
{
    log_info("symbols-refused", "client=%s path=\"%s\" status=%u reason=\"%s\"", request->client, request->path, upload->refusal.status,
             upload->refusal.sentence);
    http_response_text(response, upload->refusal.status, upload->refusal.sentence);
    if (upload->refusal.status == 503)
        http_response_header(response, "Retry-After", RETRY_AFTER_S);
}

static void drop_body(struct upload *upload)
{
    inflater_free(upload->inflater);
    spill_free(upload->spill);
    upload->inflater = NULL;
    upload->spill = NULL;
}

static void put_release(void *state)
{
    struct upload *upload = state;
    drop_body(upload);
    free(upload);
}

/* -- the body -- */

static bool take_bytes(void *context, const void *bytes, size_t size)
{
    struct upload *upload = context;
    if (spill_bytes(upload->spill) + size > upload->service->max_bytes)
        return refusal_set(&upload->refusal, 413, "The symbol file is larger than this server takes.");
    enum status status = spill_write(upload->spill, bytes, size);
    return status ? refusal_set_status(&upload->refusal, status) : true;
}

static bool refuse_inflate(struct upload *upload, enum status status)
{
    if (!status)
        return true;
    if (status == ST_TOO_LARGE)
        return refusal_set(&upload->refusal, 413, "The symbol file is larger than this server takes.");
    if (status == ST_FORMAT || status == ST_TRUNCATED)
        return refusal_set(&upload->refusal, 400, "The compressed body is damaged or ends early.");
    return status == ST_REFUSED ? false : refusal_set_status(&upload->refusal, status);
}

static bool start_decoding(struct upload *upload, const char *encoding)
{
    enum inflate_kind kind = INFLATE_GZIP;
    if (!encoding || !encoding[0] || disposition_is(encoding, "identity"))
        return true;
    if (disposition_is(encoding, "deflate"))
        kind = INFLATE_DEFLATE;
    else if (!disposition_is(encoding, "gzip") && !disposition_is(encoding, "x-gzip"))
        return refusal_set(&upload->refusal, 415, "The Content-Encoding of the body is not gzip or deflate.");
    return refuse_inflate(upload, inflater_create(&upload->inflater, kind, upload->service->max_bytes, take_bytes, upload));
}

static bool has_space(struct upload *upload)
{
    uint64_t free_bytes = 0;
    enum status status = file_free_space(depot_new_folder(upload->service->depot), &free_bytes);
    if (!status && free_bytes < upload->service->min_free_bytes)
        status = ST_FULL;
    return status ? refusal_set_status(&upload->refusal, status) : true;
}

static bool start_body(struct upload *upload, const struct http_request *request)
{
    enum status status = spill_create(&upload->spill, upload->service->budget);
    if (status)
        return refusal_set_status(&upload->refusal, status);
    return start_decoding(upload, http_request_header(request, "Content-Encoding"));
}

static bool read_address(struct upload *upload, const struct http_request *request)
{
    return symbol_address_read(&upload->address, request->path + strlen(PREFIX)) ||
           refusal_set(
               &upload->refusal, 400,
               "The address is not /symbols/<name>/<id>/<file> with an id of hex digits and a file called as the module or its .sym.");
}

static void put_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    upload->service = context;
    if (permission_of_key(upload->service->store->db, request, NULL, &upload->refusal) && read_address(upload, request) &&
        has_space(upload) && start_body(upload, request)) {
        *ret_state = upload;
        return;
    }
    answer_refusal(upload, request, response);
    put_release(upload);
}

static bool put_feed(void *state, const void *bytes, size_t size)
{
    struct upload *upload = state;
    bool going = upload->inflater ? refuse_inflate(upload, inflater_feed(upload->inflater, bytes, size)) : take_bytes(upload, bytes, size);
    if (!going)
        drop_body(upload); /* the rest needs neither memory nor disk */
    return going;
}

static bool finish_body(struct upload *upload)
{
    if (upload->refusal.status)
        return false;
    if (upload->inflater && !refuse_inflate(upload, inflater_finish(upload->inflater)))
        return false;
    enum status status = spill_finish(upload->spill);
    return status ? refusal_set_status(&upload->refusal, status) : true;
}

/* -- the verdict -- */

static void answer_put(const struct upload *upload, struct http_response *response, enum status status, enum depot_outcome outcome,
                       const struct buffer *error)
{
    bool final = status == ST_REFUSED || status == ST_FORMAT || status == ST_NOT_FOUND;
    if (!status) {
        http_response_text(response, outcome == DEPOT_NEW ? 201 : 200, outcome == DEPOT_NEW ? "Stored." : "Stored again.");
        return;
    }
    http_response_reset(response);
    response->status = final ? 422 : 503;
    response->content_type = "text/plain; charset=utf-8";
    if (buffer_printf(&response->body, "%s %s.\n", upload->address.file, buffer_text(error)))
        http_response_text(response, response->status, "The symbol file cannot be used.");
    if (!final)
        http_response_header(response, "Retry-After", RETRY_AFTER_S);
}

static void take_in(struct upload *upload, const struct http_request *request, struct http_response *response)
{
    struct process_client *client = NULL;
    enum depot_outcome outcome = DEPOT_NEW;
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status = depot_client_create(upload->service->depot, &client);
    if (!status)
        status = depot_put(upload->service->depot, client, &upload->address, spill_path(upload->spill), &outcome, &error);
    process_client_free(client);
    if (status)
        log_info("symbols-refused", "client=%s path=\"%s\" status=%s reason=\"%s\"", request->client, request->path, status_name(status),
                 buffer_text(&error));
    answer_put(upload, response, status, outcome, &error);
    if (!status)
        upload->service->on_waiting(upload->service->on_waiting_context);
    buffer_done(&error);
}

static void put_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct upload *upload = state;
    if (finish_body(upload))
        take_in(upload, request, response);
    else
        answer_refusal(upload, request, response);
    drop_body(upload);
}

static void put_cancel(void *context)
{
    atomic_store(((struct symbol_service *)context)->cancel, true);
}

const struct http_service symbol_put_service = {.claims = put_claims,
                                                .begin = put_begin,
                                                .feed = put_feed,
                                                .end = put_end,
                                                .release = put_release,
                                                .is_slow = true,
                                                .cancel = put_cancel};
