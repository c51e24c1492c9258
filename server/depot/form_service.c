/* form_service.c - POST /symbols: a form with the file in the part symbol_file, as Breakpad's symupload sends it in its first protocol, and
 * what it takes the file for in debug_file and debug_identifier.
 *
 * Source: Breakpad's src/common/linux/symbol_upload.cc and src/tools/windows/symupload/symupload.cc. */
#include "base/log.h"
#include "base/text.h"
#include "depot/permission.h"
#include "depot/service.h"
#include "depot/take.h"
#include "ingest/body.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ERROR_BYTES 2048

static const char FILE_PART[] = "symbol_file";

struct upload {
    struct symbol_service *service;
    struct form *form;
    struct body *body;
    struct refusal refusal;
};

static bool form_claims(const struct http_request *request)
{
    return strcmp(request->method, "POST") == 0 && (strcmp(request->path, "/symbols") == 0 || strcmp(request->path, "/symbols/") == 0);
}

static void answer_refusal(const struct upload *upload, const struct http_request *request, struct http_response *response)
{
    log_info("symbols-refused", "client=%s path=\"%s\" status=%u reason=\"%s\"", request->client, request->path, upload->refusal.status,
             upload->refusal.sentence);
    http_response_text(response, upload->refusal.status, upload->refusal.sentence);
    if (upload->refusal.status == 503)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

static void drop_body(struct upload *upload)
{
    body_free(upload->body);
    form_free(upload->form);
    upload->body = NULL;
    upload->form = NULL;
}

static void form_release(void *state)
{
    struct upload *upload = state;
    drop_body(upload);
    free(upload);
}

static bool begin_body(struct upload *upload, const struct http_request *request)
{
    const struct form_limits limits = {upload->service->budget, upload->service->max_bytes};
    const char *type = http_request_header(request, "Content-Type");
    if (!type || !text_starts_nocase(type, "multipart/"))
        return refusal_set(&upload->refusal, 415, "A symbol file comes here in a multipart/form-data body, in its part symbol_file.");
    enum status status = form_create(&upload->form, &limits, &upload->refusal);
    if (status)
        return refusal_set_status(&upload->refusal, status);
    return body_create(&upload->body, type, http_request_header(request, "Content-Encoding"), &limits, upload->form, NULL,
                       &upload->refusal);
}

static void form_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    upload->service = context;
    if (permission_of_key(upload->service->store->db, request, NULL, NULL, &upload->refusal) &&
        symbol_service_has_space(upload->service, &upload->refusal) && begin_body(upload, request)) {
        *ret_state = upload;
        return;
    }
    answer_refusal(upload, request, response);
    form_release(upload);
}

static bool form_feed(void *state, const void *bytes, size_t size)
{
    struct upload *upload = state;
    if (body_feed(upload->body, bytes, size))
        return true;
    drop_body(upload); /* the rest needs neither memory nor disk */
    return false;
}

static struct form_file *find_file(struct upload *upload)
{
    struct form_file *files = NULL;
    size_t count = form_files(upload->form, &files);
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].name, FILE_PART) == 0)
            return &files[i];
    refusal_set(&upload->refusal, 400, "The form has no file in a part named symbol_file.");
    return NULL;
}

static bool finish_file(struct upload *upload, struct form_file **ret)
{
    if (upload->refusal.status || !body_finish(upload->body))
        return false;
    *ret = find_file(upload);
    if (!*ret)
        return false;
    enum status status = spill_finish((*ret)->spill);
    return status ? refusal_set_status(&upload->refusal, status) : true;
}

static void answer_taken(struct http_response *response, enum status status, const struct buffer *error)
{
    bool final = symbol_service_is_final(status);
    http_response_text(response, !status ? 200 : final ? 422 : 503, !status ? "Stored." : "The symbol file cannot be used.");
    if (status) {
        buffer_reset(&response->body);
        buffer_printf(&response->body, "The symbol file %s.\n", buffer_text(error));
    }
    if (status && !final)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

static void take_in(struct upload *upload, const struct form_file *file, const struct http_request *request, struct http_response *response)
{
    struct symbol_service *service = upload->service;
    const char *name = form_text(upload->form, "debug_file");
    const struct take_claim claim = {.module = name, .file_name = name, .debug_id = form_text(upload->form, "debug_identifier")};
    struct process_client *client = NULL;
    struct symbol_address address;
    enum depot_outcome outcome = DEPOT_NEW;
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status = depot_client_create(service->depot, &client);
    if (!status)
        status = symbol_take(service->depot, client, spill_path(file->spill), &claim, &address, &outcome, &error);
    process_client_free(client);
    if (status)
        log_info("symbols-refused", "client=%s path=\"%s\" status=%s reason=\"%s\"", request->client, request->path, status_name(status),
                 buffer_text(&error));
    else
        service->on_waiting(service->on_waiting_context);
    answer_taken(response, status, &error);
    buffer_done(&error);
}

static void form_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct upload *upload = state;
    struct form_file *file = NULL;
    if (finish_file(upload, &file))
        take_in(upload, file, request, response);
    else
        answer_refusal(upload, request, response);
    drop_body(upload);
}

const struct http_service symbol_form_service = {.claims = form_claims,
                                                 .begin = form_begin,
                                                 .feed = form_feed,
                                                 .end = form_end,
                                                 .release = form_release,
                                                 .is_slow = true,
                                                 .cancel = symbol_service_cancel};
