/* ingest.c - see ingest.h. The key is checked before the body is looked at; nothing is kept of an upload that is not accepted whole. */
#include "ingest/ingest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/accept.h"
#include "ingest/body.h"
#include "ingest/disposition.h"
#include "ingest/envelope.h"
#include "ingest/facts.h"
#include "ingest/key.h"
#include "store/ingest_key.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_AFTER_S "30"

static const char API_PREFIX[] = "/api/";
static const char MINIDUMP_SUFFIX[] = "/minidump";
static const char ENVELOPE_SUFFIX[] = "/envelope";

struct upload {
    struct ingest *ingest;
    struct form *form;
    struct body *body;
    struct refusal refusal;
    const struct http_request *request;
    int64_t project_id; /* 0: the body has to say whose it is */
    char project[PROJECT_MAX_NAME + 1];
};

/* -- routes -- */

/* The project named by /api/<project><suffix> or the same with a '/'; false for other paths. */
static bool api_route(const char *path, const char *suffix, char ret[PROJECT_MAX_NAME + 1])
{
    if (!text_starts(path, API_PREFIX))
        return false;
    const char *name = path + strlen(API_PREFIX);
    size_t length = strcspn(name, "/");
    const char *rest = name + length;
    if (!length || length > PROJECT_MAX_NAME || !text_starts(rest, suffix))
        return false;
    rest += strlen(suffix);
    if (strcmp(rest, "") != 0 && strcmp(rest, "/") != 0)
        return false;
    memcpy(ret, name, length);
    ret[length] = 0;
    return true;
}

static bool api_project(const char *path, char ret[PROJECT_MAX_NAME + 1])
{
    return api_route(path, MINIDUMP_SUFFIX, ret) || api_route(path, ENVELOPE_SUFFIX, ret);
}

static bool is_envelope(const struct http_request *request)
{
    char project[PROJECT_MAX_NAME + 1];
    return api_route(request->path, ENVELOPE_SUFFIX, project);
}

/* A question instead of a report: is this the address, and is this key known? */
static bool is_check(const struct http_request *request)
{
    const char *type = http_request_header(request, "Content-Type");
    return type && disposition_is(type, INGEST_CHECK_TYPE);
}

static bool ingest_claims(const struct http_request *request)
{
    static const char *const PATHS[] = {"/submit", "/post", "/crash"};
    char project[PROJECT_MAX_NAME + 1];
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        if (strcmp(request->path, PATHS[i]) == 0)
            return true;
    return api_project(request->path, project);
}

/* -- the key -- */

static enum status look_up_key(struct upload *upload, const char *key)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(upload->ingest->store->db, DB_READ, &tx);
    if (status)
        return status;
    status = ingest_key_find(tx, key, INGEST_KEY_REPORTS, &upload->project_id, upload->project);
    db_rollback(tx);
    return status;
}

/* A path may name the project by name or, as Sentry's clients do, by number. */
static bool is_project_of_path(const struct upload *upload, const char *path)
{
    char project[PROJECT_MAX_NAME + 1];
    uint64_t number = 0;
    if (!api_project(path, project) || strcmp(project, upload->project) == 0)
        return true;
    return text_parse_u64(project, &number) && number == (uint64_t)upload->project_id;
}

static bool admit_key(struct upload *upload, const char *key)
{
    enum status status = look_up_key(upload, key);
    if (status == ST_NOT_FOUND)
        return refusal_set(&upload->refusal, 403, "The project key is not known here.");
    if (status == ST_REFUSED)
        return refusal_set(&upload->refusal, 403, "The project key is for symbols; reports need one of scope reports or both.");
    if (status)
        return refusal_set_status(&upload->refusal, status);
    if (!is_project_of_path(upload, upload->request->path))
        return refusal_set(&upload->refusal, 403, "The project key belongs to another project.");
    return true;
}

/* An envelope may bring its key in its own header instead; nothing of one that does not is looked at any further. */
static bool authorise(struct upload *upload)
{
    char key[KEY_MAX_BYTES];
    if (key_of_request(upload->request, key))
        return admit_key(upload, key);
    return (is_envelope(upload->request) && !is_check(upload->request)) ||
           refusal_set(&upload->refusal, 401, "The request carries no project key (header Salvor-Key, or ?key=).");
}

static bool on_sender(void *context, const char *key)
{
    struct upload *upload = context;
    if (upload->project_id)
        return true;
    if (!key[0])
        return refusal_set(&upload->refusal, 401, "Neither the request nor the envelope's dsn carries a project key.");
    return admit_key(upload, key);
}

/* -- answers -- */

static void answer_refusal(const struct upload *upload, const struct http_request *request, struct http_response *response)
{
    const struct refusal *refusal = &upload->refusal;
    log_info("upload-refused", "client=%s path=\"%s\" project=%s status=%u reason=\"%s\"", request->client, request->path,
             upload->project[0] ? upload->project : "-", refusal->status, refusal->sentence);
    http_response_text(response, refusal->status, refusal->sentence);
    if (refusal->status == 503)
        http_response_header(response, "Retry-After", RETRY_AFTER_S);
    if (refusal->status == 405)
        http_response_header(response, "Allow", "POST");
}

static void answer_id(const struct http_request *request, struct http_response *response, const char *id)
{
    bool socorro = strcmp(request->path, "/submit") == 0;
    response->status = 200;
    response->content_type = "text/plain; charset=utf-8";
    if (socorro ? buffer_printf(&response->body, "CrashID=bp-%s\n", id) : buffer_append_text(&response->body, id))
        http_response_text(response, 503, "The server is out of memory; try again later.");
}

/* As Sentry answers: the event's id, or an empty object where there was no event. */
static void answer_json(const struct upload *upload, struct http_response *response, const char *id)
{
    struct json json;
    const char *event = upload->form ? form_text(upload->form, "sentry[event_id]") : "";
    response->status = 200;
    response->content_type = "application/json";
    json_init(&json, &response->body);
    json_object_begin(&json);
    if (id) {
        json_key(&json, "id");
        json_text(&json, event[0] ? event : id);
    }
    json_object_end(&json);
    if (json_done(&json))
        http_response_text(response, 503, "The server is out of memory; try again later.");
}

/* -- the service -- */

static void upload_release(void *state)
{
    struct upload *upload = state;
    body_free(upload->body);
    form_free(upload->form);
    free(upload);
}

static bool has_space(struct upload *upload)
{
    uint64_t free_bytes = 0;
    enum status status = file_free_space(upload->ingest->store->tmp_dir, &free_bytes);
    if (!status && free_bytes < upload->ingest->min_free_bytes)
        status = ST_FULL;
    return status ? refusal_set_status(&upload->refusal, status) : true;
}

static bool begin_body(struct upload *upload, const struct http_request *request)
{
    /* sentry-cli sends envelopes without a Content-Type, others with that of text: the route tells. */
    const char *type = is_envelope(request) ? ENVELOPE_TYPE : http_request_header(request, "Content-Type");
    const struct body_sender sender = {on_sender, upload};
    enum status status = form_create(&upload->form, &upload->ingest->limits, &upload->refusal);
    if (status)
        return refusal_set_status(&upload->refusal, status);
    return body_create(&upload->body, type, http_request_header(request, "Content-Encoding"), &upload->ingest->limits, upload->form,
                       &sender, &upload->refusal);
}

static void answer_check(const struct upload *upload, struct http_response *response)
{
    char line[PROJECT_MAX_NAME + 32];
    snprintf(line, sizeof line, "ready project=%s", upload->project);
    http_response_text(response, 200, line);
}

static void ingest_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    struct upload *upload = calloc(1, sizeof *upload);
    if (!upload) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    upload->ingest = context;
    upload->request = request;
    bool going = strcmp(request->method, "POST") == 0 || refusal_set(&upload->refusal, 405, "Uploads come by POST.");
    going = going && authorise(upload) && has_space(upload);
    if (going && !is_check(request) && begin_body(upload, request)) {
        *ret_state = upload;
        return;
    }
    if (upload->refusal.status)
        answer_refusal(upload, request, response);
    else
        answer_check(upload, response);
    upload_release(upload);
}

static bool ingest_feed(void *state, const void *bytes, size_t size)
{
    struct upload *upload = state;
    if (body_feed(upload->body, bytes, size))
        return true;
    body_free(upload->body); /* the rest of the body needs neither memory nor disk */
    form_free(upload->form);
    upload->body = NULL;
    upload->form = NULL;
    return false;
}

static bool add_query_field(void *context, const char *name, const char *value)
{
    struct form *form = context;
    bool secret = strcmp(name, "key") == 0 || text_starts(name, "sentry_");
    return secret || strlen(name) > MULTIPART_MAX_NAME || form_add_missing(form, name, value);
}

static bool accept_upload(struct upload *upload, const struct http_request *request, char ret_id[UUID_TEXT_BYTES])
{
    static const char *const OUTCOMES[] = {"new", "replaced", "repeated"};
    enum report_outcome outcome = REPORT_NEW;
    struct accept_request accept = {
        .store = upload->ingest->store,
        .form = upload->form,
        .is_form = body_is_form(upload->body),
        .project_id = upload->project_id,
        .idempotency_key = http_request_header(request, "Idempotency-Key"),
    };
    http_request_each_query(request, add_query_field, upload->form);
    if (upload->refusal.status || !facts_expand(upload->form) || !accept_report(&accept, ret_id, &outcome, &upload->refusal))
        return false;
    log_info("report-accepted", "id=%s project=%s outcome=%s client=%s", ret_id, upload->project, OUTCOMES[outcome], request->client);
    if (outcome != REPORT_REPEATED)
        upload->ingest->on_report(upload->ingest->on_report_context);
    return true;
}

/* Envelopes bring sessions, messages and the like too: taken, as their clients need it, and nothing is kept of them. */
static bool is_without_crash(const struct upload *upload, const struct http_request *request)
{
    return is_envelope(request) && !form_dump(upload->form);
}

static void answer_upload(struct upload *upload, const struct http_request *request, struct http_response *response)
{
    char id[UUID_TEXT_BYTES];
    bool is_whole = !upload->refusal.status && body_finish(upload->body);
    if (is_whole && is_without_crash(upload, request))
        answer_json(upload, response, NULL);
    else if (!is_whole || !accept_upload(upload, request, id))
        answer_refusal(upload, request, response);
    else if (is_envelope(request))
        answer_json(upload, response, id);
    else
        answer_id(request, response, id);
}

static void ingest_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct upload *upload = state;
    answer_upload(upload, request, response);
    body_free(upload->body); /* what was refused is gone from the disk before the client hears it */
    form_free(upload->form);
    upload->body = NULL;
    upload->form = NULL;
}

const struct http_service ingest_service = {
    .claims = ingest_claims, .begin = ingest_begin, .feed = ingest_feed, .end = ingest_end, .release = upload_release};
