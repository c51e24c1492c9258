/* put.c - PUT /symbols/<name>/<id>/<file>: the file streams to disk, a child reads it, and it is taken in or refused with one sentence. */
#include "base/log.h"
#include "base/text.h"
#include "depot/intake.h"
#include "depot/permission.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ERROR_BYTES 2048

static const char PREFIX[] = "/symbols/";

struct upload {
    struct symbol_address address;
    struct intake intake;
};

static bool put_claims(const struct http_request *request)
{
    return strcmp(request->method, "PUT") == 0 && text_starts(request->path, PREFIX);
}

static void answer_refusal(const struct upload *upload, const struct http_request *request, struct http_response *response)
{
    const struct refusal *refusal = &upload->intake.refusal;
    log_info("symbols-refused", "client=%s path=\"%s\" status=%u reason=\"%s\"", request->client, request->path, refusal->status,
             refusal->sentence);
    http_response_text(response, refusal->status, refusal->sentence);
    if (refusal->status == 503)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

static void put_release(void *state)
{
    struct upload *upload = state;
    intake_done(&upload->intake);
    free(upload);
}

static bool read_address(struct upload *upload, const struct http_request *request)
{
    return symbol_address_read(&upload->address, request->path + strlen(PREFIX)) ||
           refusal_set(
               &upload->intake.refusal, 400,
               "The address is not /symbols/<name>/<id>/<file> with an id of hex digits and a file called as the module or its .sym.");
}

static void put_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    struct symbol_service *service = context;
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    if (permission_of_key(service->store->db, request, NULL, NULL, &upload->intake.refusal) && read_address(upload, request) &&
        intake_begin(&upload->intake, service, http_request_header(request, "Content-Encoding"))) {
        *ret_state = upload;
        return;
    }
    answer_refusal(upload, request, response);
    put_release(upload);
}

static bool put_feed(void *state, const void *bytes, size_t size)
{
    return intake_feed(&((struct upload *)state)->intake, bytes, size);
}

/* -- the verdict -- */

static void answer_put(const struct upload *upload, struct http_response *response, enum status status, enum depot_outcome outcome,
                       const struct buffer *error)
{
    bool final = symbol_service_is_final(status);
    if (!status) {
        http_response_text(response, outcome == DEPOT_NEW ? 201 : 200, outcome == DEPOT_NEW ? "Stored." : "Stored again.");
        return;
    }
    http_response_reset(response);
    response->status = final ? 422 : status == ST_FULL ? 507 : 503;
    response->content_type = "text/plain; charset=utf-8";
    if (buffer_printf(&response->body, "%s %s.\n", upload->address.file, buffer_text(error)))
        http_response_text(response, response->status, "The symbol file cannot be used.");
    if (!final)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

static void take_in(struct upload *upload, const struct http_request *request, struct http_response *response)
{
    struct symbol_service *service = upload->intake.service;
    struct process_client *client = NULL;
    enum depot_outcome outcome = DEPOT_NEW;
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status = depot_client_create(service->depot, &client);
    if (!status)
        status = depot_put(service->depot, client, &upload->address, spill_path(upload->intake.spill), &outcome, &error);
    process_client_free(client);
    if (status)
        log_info("symbols-refused", "client=%s path=\"%s\" status=%s reason=\"%s\"", request->client, request->path, status_name(status),
                 buffer_text(&error));
    answer_put(upload, response, status, outcome, &error);
    if (!status)
        service->on_waiting(service->on_waiting_context);
    buffer_done(&error);
}

static void put_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct upload *upload = state;
    if (intake_finish(&upload->intake))
        take_in(upload, request, response);
    else
        answer_refusal(upload, request, response);
    intake_done(&upload->intake);
}

const struct http_service symbol_put_service = {.claims = put_claims,
                                                .begin = put_begin,
                                                .feed = put_feed,
                                                .end = put_end,
                                                .release = put_release,
                                                .is_slow = true,
                                                .cancel = symbol_service_cancel};
