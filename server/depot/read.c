/* read.c - what is missing, for builds, and the files themselves, for debuggers. */
#include "base/json.h"
#include "base/text.h"
#include "depot/permission.h"
#include "depot/service.h"
#include "store/project.h"
#include "store/symbol.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BODY_BYTES (1024u * 1024u)
#define MAX_ENTRIES    10000u
#define MAX_PATH_BYTES 8192

static const char PREFIX[] = "/symbols/";
static const char API_PREFIX[] = "/api/";
static const char API_SUFFIX[] = "/symbols/missing";

struct question {
    struct symbol_service *service;
    struct buffer body;
    bool too_large;
};

/* The project of /api/<project>/symbols/missing; false for other paths. */
static bool missing_project(const char *path, char ret[PROJECT_MAX_NAME + 1])
{
    if (!text_starts(path, API_PREFIX))
        return false;
    const char *name = path + strlen(API_PREFIX);
    size_t length = strcspn(name, "/");
    if (!length || length > PROJECT_MAX_NAME || strcmp(name + length, API_SUFFIX) != 0)
        return false;
    memcpy(ret, name, length);
    ret[length] = 0;
    return true;
}

static bool read_claims(const struct http_request *request)
{
    char project[PROJECT_MAX_NAME + 1];
    return text_starts(request->path, PREFIX) || missing_project(request->path, project);
}

static void answer_refusal(struct http_response *response, const struct refusal *refusal)
{
    http_response_text(response, refusal->status, refusal->sentence);
    if (refusal->status == 401)
        http_response_header(response, "WWW-Authenticate", "Bearer");
}

/* -- files -- */

/* Cuts a token off the front of "token/name/id/file". */
static const char *token_of_path(const char *path, char ret[ID_SECRET_BYTES])
{
    size_t length = strcspn(path, "/"), slashes = 0;
    for (const char *c = path; *c; c++)
        slashes += *c == '/';
    if (slashes != 3 || length != ID_SECRET_BYTES - 1)
        return path;
    memcpy(ret, path, length);
    ret[length] = 0;
    return path + length + 1;
}

static void send_file(const struct symbol_service *service, const struct symbol_address *address, struct http_response *response)
{
    struct buffer path;
    struct file_info info;
    buffer_init(&path, MAX_PATH_BYTES);
    enum status status = depot_path(service->depot, address, &path);
    if (!status)
        status = file_open(&response->file, buffer_text(&path), FILE_MODE_READ);
    if (!status)
        status = file_info_of(&response->file, &info);
    buffer_done(&path);
    if (status) {
        file_close(&response->file);
        http_response_text(response, status == ST_NOT_FOUND ? 404 : 503, "There is no such symbol file here.");
        return;
    }
    response->status = 200;
    response->file_bytes = info.size_bytes;
    response->content_type = "application/octet-stream";
    http_response_header(response, "Content-Disposition", "attachment");
}

static void answer_get(struct symbol_service *service, const struct http_request *request, struct http_response *response)
{
    char token[ID_SECRET_BYTES] = "";
    struct refusal refusal = {0};
    struct symbol_address address;
    const char *rest = token_of_path(request->path + strlen(PREFIX), token);
    if (!permission_of_token(service->store->db, request, token[0] ? token : NULL, &refusal))
        answer_refusal(response, &refusal);
    else if (!symbol_address_read(&address, rest))
        http_response_text(response, 404, "There is no such symbol file here.");
    else
        send_file(service, &address, response);
}

/* -- what is missing -- */

static bool read_entry(const json_t *entry, struct symbol_address *ret)
{
    const char *name = json_string_value(json_object_get(entry, "name")), *id = json_string_value(json_object_get(entry, "id"));
    const json_t *file = json_object_get(entry, "file");
    if (!name || !id || (file && !json_is_string(file)))
        return false;
    return symbol_address_make(ret, name, id, file ? json_string_value(file) : name);
}

/* Takes those that are here out of the list; false when one is no address. */
static bool keep_missing(const struct depot *depot, json_t *list)
{
    struct symbol_address address;
    for (size_t i = json_array_size(list); i > 0; i--) {
        if (!read_entry(json_array_get(list, i - 1), &address))
            return false;
        if (depot_has(depot, &address))
            json_array_remove(list, i - 1);
    }
    return true;
}

static void answer_list(struct http_response *response, const json_t *list)
{
    char *text = json_dumps(list, JSON_COMPACT);
    response->status = 200;
    response->content_type = "application/json";
    if (!text || buffer_append_text(&response->body, text))
        http_response_text(response, 503, "The server is out of memory; try again later.");
    free(text);
}

static void answer_missing(const struct question *question, struct http_response *response)
{
    json_t *list = json_loadb((const char *)question->body.data, question->body.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(list) || json_array_size(list) > MAX_ENTRIES)
        http_response_text(response, 400, "The body is not a JSON list of at most 10000 files.");
    else if (!keep_missing(question->service->depot, list))
        http_response_text(response, 400, "An entry of the list has no name and id that a symbol store can hold.");
    else
        answer_list(response, list);
    json_decref(list);
}

/* -- the service -- */

static void read_release(void *state)
{
    struct question *question = state;
    buffer_done(&question->body);
    free(question);
}

static bool may_ask(struct symbol_service *service, const struct http_request *request, const char *project, struct http_response *response)
{
    struct refusal refusal = {0};
    if (strcmp(request->method, "POST") != 0)
        refusal_set(&refusal, 405, "What is missing is asked by POST.");
    else if (permission_of_key(service->store->db, request, project, NULL, &refusal))
        return true;
    http_response_text(response, refusal.status, refusal.sentence);
    return false;
}

static void read_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    char project[PROJECT_MAX_NAME + 1];
    if (!missing_project(request->path, project)) {
        if (strcmp(request->method, "GET") == 0)
            answer_get(context, request, response);
        else
            http_response_text(response, 405, "Symbol files are read by GET and put by PUT.");
        return;
    }
    if (!may_ask(context, request, project, response))
        return;
    struct question *question = calloc(1, sizeof *question);
    if (!question) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    question->service = context;
    buffer_init(&question->body, MAX_BODY_BYTES);
    *ret_state = question;
}

static bool read_feed(void *state, const void *bytes, size_t size)
{
    struct question *question = state;
    question->too_large = buffer_append(&question->body, bytes, size) != ST_OK;
    return !question->too_large;
}

static void read_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct question *question = state;
    (void)request;
    if (question->too_large)
        http_response_text(response, 413, "The list is larger than 1 MB: ask in parts.");
    else
        answer_missing(question, response);
}

const struct http_service symbol_read_service = {
    .claims = read_claims, .begin = read_begin, .feed = read_feed, .end = read_end, .release = read_release};
