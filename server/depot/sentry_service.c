/* sentry_service.c - symbols from sentry-cli's `debug-files upload`: what may a request hold, chunks, and files out of chunks.
 *
 *   GET  /api/0/organizations/<any>/chunk-upload/
 *   POST /api/0/organizations/<any>/chunk-upload/                     chunk_form.h
 *   POST /api/0/projects/<any>/<project>/files/difs/assemble/         assemble.h
 *
 * The token is a project's key. An organization is whatever the client calls it. Answers are JSON, also refusals.
 *
 * Source: sentry-cli's src/api/mod.rs and src/api/data_types/chunking/upload/options.rs. */
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "depot/assemble.h"
#include "depot/chunk_form.h"
#include "depot/permission.h"
#include "depot/service.h"
#include "store/project.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REQUEST_BYTES (32u * 1024u * 1024u) /* of chunks, as the client counts them */
#define CONCURRENCY       2u
#define MAX_WAIT_S        600u

static const char ORGANIZATIONS[] = "/api/0/organizations/";
static const char PROJECTS[] = "/api/0/projects/";
static const char CHUNK_UPLOAD[] = "/chunk-upload";
static const char ASSEMBLE[] = "/files/difs/assemble";

struct call {
    struct symbol_service *service;
    int64_t project_id;
    struct refusal refusal;
    struct chunk_form *chunks; /* of a request that brings some */
    struct buffer question;    /* else */
};

/* -- routes -- */

/* What stands behind one segment of the path; NULL when there is no segment. */
static const char *behind_segment(const char *path)
{
    size_t size = strcspn(path, "/");
    return size ? path + size : NULL;
}

static bool is_ending(const char *rest, const char *ending)
{
    return rest && text_starts(rest, ending) && (!rest[strlen(ending)] || strcmp(rest + strlen(ending), "/") == 0);
}

static bool is_chunk_upload(const char *path)
{
    return text_starts(path, ORGANIZATIONS) && is_ending(behind_segment(path + strlen(ORGANIZATIONS)), CHUNK_UPLOAD);
}

/* The project whose files are to be put together; false for other paths. */
static bool read_assemble(const char *path, char ret[PROJECT_MAX_NAME + 1])
{
    const char *rest = text_starts(path, PROJECTS) ? behind_segment(path + strlen(PROJECTS)) : NULL;
    size_t size = rest && *rest ? strcspn(rest + 1, "/") : 0;
    if (!size || size > PROJECT_MAX_NAME || !is_ending(rest + 1 + size, ASSEMBLE))
        return false;
    memcpy(ret, rest + 1, size);
    ret[size] = 0;
    return true;
}

static bool sentry_claims(const struct http_request *request)
{
    char project[PROJECT_MAX_NAME + 1];
    return is_chunk_upload(request->path) || read_assemble(request->path, project);
}

/* -- answers -- */

static void answer_refusal(const struct refusal *refusal, const struct http_request *request, struct http_response *response)
{
    struct json json;
    log_info("symbols-refused", "client=%s path=\"%s\" status=%u reason=\"%s\"", request->client, request->path, refusal->status,
             refusal->sentence);
    http_response_reset(response);
    response->status = refusal->status;
    response->content_type = "application/json";
    json_init(&json, &response->body);
    json_object_begin(&json);
    json_key(&json, "detail");
    json_text(&json, refusal->sentence);
    json_object_end(&json);
    if (json_done(&json))
        http_response_text(response, refusal->status, refusal->sentence);
    if (refusal->status == 503)
        http_response_header(response, "Retry-After", SYMBOL_RETRY_AFTER_S);
}

static void put_words(struct json *json, const char *key, const char *const *words)
{
    json_key(json, key);
    json_array_begin(json);
    for (; *words; words++)
        json_text(json, *words);
    json_array_end(json);
}

/* The address is relative to /api/0, as clients since 1.70.1 take it: what stands in front of the server is their business. */
static void answer_options(const struct symbol_service *service, const struct http_request *request, struct http_response *response)
{
    static const char *const compression[] = {"gzip", NULL}, *const accept[] = {"debug_files", "pdbs", NULL};
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {{"chunkSize", CHUNK_MAX_BYTES},
                   {"chunksPerRequest", CHUNK_FORM_MAX_CHUNKS},
                   {"maxFileSize", service->max_bytes},
                   {"maxRequestSize", MAX_REQUEST_BYTES},
                   {"maxWait", MAX_WAIT_S},
                   {"concurrency", CONCURRENCY}};
    struct json json;
    response->status = 200;
    response->content_type = "application/json";
    json_init(&json, &response->body);
    json_object_begin(&json);
    json_key(&json, "url");
    json_text(&json, request->path + strlen("/api/0"));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        json_key(&json, numbers[i].key);
        json_uint(&json, numbers[i].value);
    }
    json_key(&json, "hashAlgorithm");
    json_text(&json, "sha1");
    put_words(&json, "compression", compression);
    put_words(&json, "accept", accept);
    json_object_end(&json);
    if (json_done(&json))
        http_response_text(response, 503, "The server is out of memory; try again later.");
}

/* -- the service -- */

static void sentry_release(void *state)
{
    struct call *call = state;
    chunk_form_free(call->chunks);
    buffer_done(&call->question);
    free(call);
}

static bool begin_chunks(struct call *call, const struct http_request *request)
{
    const struct chunk_form_target target = {call->service->chunks, call->service->budget, call->project_id, &call->refusal};
    chunk_store_sweep(call->service->chunks);
    return symbol_service_has_space(call->service, &call->refusal) &&
           chunk_form_create(&call->chunks, &target, http_request_header(request, "Content-Type"));
}

/* False: there is an answer, or a refusal. */
static bool begin_call(struct call *call, const struct http_request *request, struct http_response *response)
{
    char project[PROJECT_MAX_NAME + 1];
    bool is_assemble = read_assemble(request->path, project), is_post = strcmp(request->method, "POST") == 0;
    bool is_question = !is_assemble && strcmp(request->method, "GET") == 0;
    if (!is_post && !is_question)
        return refusal_set(&call->refusal, 405, "This address does not take that method.");
    if (!permission_of_key(call->service->store->db, request, is_assemble ? project : NULL, &call->project_id, &call->refusal))
        return false;
    if (is_question) {
        answer_options(call->service, request, response);
        return false;
    }
    return is_assemble || begin_chunks(call, request);
}

static void sentry_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    struct call *call = calloc(1, sizeof *call);
    if (!call) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    call->service = context;
    buffer_init(&call->question, ASSEMBLE_MAX_BYTES);
    if (begin_call(call, request, response)) {
        *ret_state = call;
        return;
    }
    if (call->refusal.status)
        answer_refusal(&call->refusal, request, response);
    sentry_release(call);
}

static bool sentry_feed(void *state, const void *bytes, size_t size)
{
    struct call *call = state;
    if (!call->chunks)
        return buffer_append(&call->question, bytes, size) == ST_OK ||
               refusal_set(&call->refusal, 413, "The question is larger than this server takes: ask for fewer files.");
    if (chunk_form_feed(call->chunks, bytes, size))
        return true;
    chunk_form_free(call->chunks); /* the rest needs neither memory nor disk */
    call->chunks = NULL;
    return false;
}

static void sentry_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct call *call = state;
    if (!call->refusal.status && call->chunks && chunk_form_finish(call->chunks)) {
        response->status = 200;
        response->content_type = "application/json";
        buffer_append_text(&response->body, "{}");
    } else if (!call->refusal.status && !call->chunks) {
        assemble_answer(call->service, call->project_id, &call->question, response);
    }
    if (call->refusal.status)
        answer_refusal(&call->refusal, request, response);
}

const struct http_service symbol_sentry_service = {.claims = sentry_claims,
                                                   .begin = sentry_begin,
                                                   .feed = sentry_feed,
                                                   .end = sentry_end,
                                                   .release = sentry_release,
                                                   .is_slow = true,
                                                   .cancel = symbol_service_cancel};
