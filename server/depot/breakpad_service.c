/* breakpad_service.c - Breakpad's symupload in its second protocol, sym-upload-v2: is it there, where to, the file, done. The client looks
 * into answers by expressions that want one space behind each colon, and takes exactly 200 for success.
 *
 *   GET  /v1/symbols/<debug file>/<debug id>:checkStatus?key=K   {"status": "FOUND"} or MISSING
 *   POST /v1/uploads:create?key=K                                {"uploadUrl": "...", "uploadKey": "..."}
 *   PUT  <uploadUrl>                                             the file; the address itself is the permission
 *   POST /v1/uploads/<uploadKey>:complete?key=K                  words.h; {"result": "OK"} or DUPLICATE_DATA
 *
 * Source: docs/sym_upload_v2_protocol.md of Breakpad and both of its clients. */
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "depot/intake.h"
#include "depot/permission.h"
#include "depot/take.h"
#include "depot/upload_slots.h"
#include "depot/words.h"
#include <stdlib.h>
#include <string.h>

#define MAX_ERROR_BYTES 2048
#define MAX_HOST_BYTES  300

static const char SYMBOLS[] = "/v1/symbols/";
static const char UPLOADS[] = "/v1/uploads/";
static const char CREATE[] = "/v1/uploads:create";
static const char STATUS_VERB[] = ":checkStatus";
static const char COMPLETE_VERB[] = ":complete";

struct step {
    struct symbol_service *service;
    void (*finish)(struct step *step, const struct http_request *request, struct http_response *response);
    bool is_file; /* the body is the file */
    struct intake intake;
    struct buffer text; /* else */
    int64_t project_id;
    char key[ID_SECRET_BYTES];
};

static void answer_json(struct http_response *response, const char *key, const char *value)
{
    http_response_reset(response);
    response->status = 200;
    response->content_type = "application/json";
    if (buffer_printf(&response->body, "{\"%s\": \"%s\"}\n", key, value))
        http_response_text(response, 503, "The server is out of memory; try again later.");
}

static void answer_refusal(const struct refusal *refusal, const struct http_request *request, struct http_response *response)
{
    log_info("symbols-refused", "client=%s path=\"%s\" status=%u reason=\"%s\"", request->client, request->path, refusal->status,
             refusal->sentence);
    http_response_text(response, refusal->status, refusal->sentence);
    if (refusal->status == 503)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

/* The path's last part without its verb; false when it is not "<middle><verb>". */
static bool cut_verb(const char *part, const char *verb, char *ret, size_t ret_size)
{
    size_t size = strlen(part), verb_size = strlen(verb);
    if (size <= verb_size || strcmp(part + size - verb_size, verb) != 0 || size - verb_size >= ret_size)
        return false;
    memcpy(ret, part, size - verb_size);
    ret[size - verb_size] = 0;
    return !strchr(ret, '/');
}

/* -- is it there -- */

static bool read_question(const char *path, char name[IDENTIFY_NAME_BYTES], char id[LOCATE_MAX_ID_BYTES])
{
    const char *rest = path + strlen(SYMBOLS);
    size_t size = strcspn(rest, "/");
    if (!size || size >= IDENTIFY_NAME_BYTES || rest[size] != '/' || !cut_verb(rest + size + 1, STATUS_VERB, id, LOCATE_MAX_ID_BYTES))
        return false;
    memcpy(name, rest, size);
    name[size] = 0;
    return true;
}

/* Any kind of file for that module is an answer: what a PDB and Breakpad's text say of it is the same. A name that no store can hold is
 * missing; what becomes of the file is said when it comes. */
static bool is_found(const struct depot *depot, const char *name, const char *id)
{
    struct symbol_address address;
    return symbol_address_make_sym(&address, name, id) && depot_has_any(depot, address.name, address.id);
}

static void answer_status(struct symbol_service *service, const struct http_request *request, struct http_response *response)
{
    char name[IDENTIFY_NAME_BYTES], id[LOCATE_MAX_ID_BYTES];
    struct refusal refusal = {0};
    if (!read_question(request->path, name, id))
        http_response_text(response, 404, "The address is not /v1/symbols/<debug file>/<debug id>:checkStatus.");
    else if (!permission_of_key(service->store->db, request, NULL, NULL, &refusal))
        answer_refusal(&refusal, request, response);
    else
        answer_json(response, "status", is_found(service->depot, name, id) ? "FOUND" : "MISSING");
}

/* -- where to -- */

/* The server's address as the client knows it. Behind a proxy that ends TLS the proxy says so. */
static bool public_address(const struct http_request *request, char ret[MAX_HOST_BYTES])
{
    static const char ALLOWED[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    const char *host = http_request_header(request, "Host"), *scheme = http_request_header(request, "X-Forwarded-Proto");
    bool is_tls = scheme && text_equal_nocase(scheme, "https");
    size_t size = host ? strlen(host) : 0;
    if (!size || strspn(host, ALLOWED) != size || size + sizeof "https://" > MAX_HOST_BYTES)
        return false;
    memcpy(ret, is_tls ? "https://" : "http://", is_tls ? sizeof "https://" : sizeof "http://");
    memcpy(ret + strlen(ret), host, size + 1);
    return true;
}

static void finish_create(struct step *step, const struct http_request *request, struct http_response *response)
{
    char address[MAX_HOST_BYTES], key[ID_SECRET_BYTES];
    struct refusal refusal = {0};
    if (!public_address(request, address)) {
        refusal_set(&refusal, 400, "The request's Host header does not name this server.");
        answer_refusal(&refusal, request, response);
        return;
    }
    if (upload_slots_make(step->service->slots, step->project_id, clock_steady_ms(), key)) {
        refusal_set(&refusal, 503, "Too many uploads of this project are under way; try again later.");
        answer_refusal(&refusal, request, response);
        return;
    }
    http_response_reset(response);
    response->status = 200;
    response->content_type = "application/json";
    if (buffer_printf(&response->body, "{\"uploadUrl\": \"%s%s%s\", \"uploadKey\": \"%s\"}\n", address, UPLOADS, key, key))
        http_response_text(response, 503, "The server is out of memory; try again later.");
}

/* -- the file -- */

static void finish_file(struct step *step, const struct http_request *request, struct http_response *response)
{
    if (!intake_finish(&step->intake)) {
        answer_refusal(&step->intake.refusal, request, response);
        return;
    }
    if (upload_slots_fill(step->service->slots, step->key, clock_steady_ms(), step->intake.spill)) {
        refusal_set(&step->intake.refusal, 404, "The upload is not known any more: begin again.");
        answer_refusal(&step->intake.refusal, request, response);
        return;
    }
    step->intake.spill = NULL; /* the slot's */
    http_response_text(response, 200, "Received.");
}

/* -- done -- */

static bool read_kind(const char *type, struct take_claim *claim)
{
    static const struct {
        const char *type;
        enum locate_kind kind;
    } kinds[] = {{"BREAKPAD", LOCATE_SYM}, {"PDB", LOCATE_PDB}, {"PE", LOCATE_PE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (text_equal_nocase(type, kinds[i].type)) {
            claim->kind = kinds[i].kind;
            claim->is_kind_known = true;
        }
    }
    return claim->is_kind_known || !type[0];
}

static void answer_taken(struct step *step, struct http_response *response, enum status status, enum depot_outcome outcome,
                         const struct buffer *error)
{
    bool final = symbol_service_is_final(status);
    if (!status) {
        answer_json(response, "result", outcome == DEPOT_SAME ? "DUPLICATE_DATA" : "OK");
        step->service->on_waiting(step->service->on_waiting_context);
        return;
    }
    http_response_text(response, final ? 422 : 503, "");
    buffer_reset(&response->body);
    buffer_printf(&response->body, "The symbol file %s.\n", buffer_text(error));
    if (!final)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

/* Takes the slot's file in. It goes back into its slot when the reason for refusing it may pass. */
static void complete(struct step *step, struct spill *file, const struct take_claim *claim, const struct http_request *request,
                     struct http_response *response)
{
    struct symbol_service *service = step->service;
    struct process_client *client = NULL;
    struct symbol_address address;
    enum depot_outcome outcome = DEPOT_NEW;
    struct buffer error;
    buffer_init(&error, MAX_ERROR_BYTES);
    enum status status = depot_client_create(service->depot, &client);
    if (!status)
        status = symbol_take(service->depot, client, spill_path(file), claim, &address, &outcome, &error);
    process_client_free(client);
    if (status)
        log_info("symbols-refused", "client=%s path=\"%s\" status=%s reason=\"%s\"", request->client, UPLOADS, status_name(status),
                 buffer_text(&error));
    if (!status || symbol_service_is_final(status) || upload_slots_fill(service->slots, step->key, clock_steady_ms(), file)) {
        upload_slots_drop(service->slots, step->key);
        spill_free(file);
    }
    answer_taken(step, response, status, outcome, &error);
    buffer_done(&error);
}

static void finish_complete(struct step *step, const struct http_request *request, struct http_response *response)
{
    struct refusal refusal = {0};
    struct spill *file = NULL;
    struct words words;
    struct take_claim claim = {.module = words.debug_file, .file_name = words.debug_file, .debug_id = words.debug_id};
    if (!words_read(&words, buffer_text(&step->text), step->text.len) || !words.debug_file[0] || !words.debug_id[0])
        refusal_set(&refusal, 400, "The body does not say debug_file and debug_id.");
    else if (!read_kind(words.type, &claim))
        refusal_set(&refusal, 422, "Only files of type BREAKPAD, PDB and PE are taken here.");
    else if (upload_slots_take(step->service->slots, step->key, step->project_id, &file))
        refusal_set(&refusal, 404, "The upload is not known here, or its file has not come: begin again.");
    if (refusal.status)
        answer_refusal(&refusal, request, response);
    else
        complete(step, file, &claim, request, response);
}

/* -- the service -- */

static bool breakpad_claims(const struct http_request *request)
{
    return text_starts(request->path, SYMBOLS) || text_starts(request->path, UPLOADS) || strcmp(request->path, CREATE) == 0;
}

static void step_release(void *state)
{
    struct step *step = state;
    intake_done(&step->intake);
    buffer_done(&step->text);
    free(step);
}

static bool begin_file(struct step *step, const struct http_request *request)
{
    step->is_file = true;
    step->finish = finish_file;
    if (!text_copy(step->key, sizeof step->key, request->path + strlen(UPLOADS)) || !upload_slots_know(step->service->slots, step->key))
        return refusal_set(&step->intake.refusal, 404, "The upload is not known here: begin again.");
    return intake_begin(&step->intake, step->service, http_request_header(request, "Content-Encoding"));
}

static bool begin_text(struct step *step, const struct http_request *request)
{
    bool is_create = strcmp(request->path, CREATE) == 0;
    step->finish = is_create ? finish_create : finish_complete;
    if (strcmp(request->method, "POST") != 0)
        return refusal_set(&step->intake.refusal, 405, "Uploads are begun and completed by POST, and files put by PUT.");
    if (!is_create && !cut_verb(request->path + strlen(UPLOADS), COMPLETE_VERB, step->key, sizeof step->key))
        return refusal_set(&step->intake.refusal, 404, "The address is not /v1/uploads/<upload key>:complete.");
    return permission_of_key(step->service->store->db, request, NULL, &step->project_id, &step->intake.refusal);
}

static void breakpad_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    if (text_starts(request->path, SYMBOLS)) {
        answer_status(context, request, response);
        return;
    }
    struct step *step = calloc(1, sizeof *step);
    if (!step) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    step->service = context;
    buffer_init(&step->text, WORDS_MAX_BYTES);
    if (strcmp(request->method, "PUT") == 0 && text_starts(request->path, UPLOADS) ? begin_file(step, request)
                                                                                   : begin_text(step, request)) {
        *ret_state = step;
        return;
    }
    answer_refusal(&step->intake.refusal, request, response);
    step_release(step);
}

static bool breakpad_feed(void *state, const void *bytes, size_t size)
{
    struct step *step = state;
    if (step->is_file)
        return intake_feed(&step->intake, bytes, size);
    if (buffer_append(&step->text, bytes, size) == ST_OK)
        return true;
    return refusal_set(&step->intake.refusal, 413, "The request is larger than any of its kind.");
}

static void breakpad_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct step *step = state;
    if (step->intake.refusal.status)
        answer_refusal(&step->intake.refusal, request, response);
    else
        step->finish(step, request, response);
    intake_done(&step->intake); /* what was refused is gone from the disk before the client hears it */
}

const struct http_service symbol_breakpad_service = {.claims = breakpad_claims,
                                                     .begin = breakpad_begin,
                                                     .feed = breakpad_feed,
                                                     .end = breakpad_end,
                                                     .release = step_release,
                                                     .is_slow = true,
                                                     .cancel = symbol_service_cancel};
