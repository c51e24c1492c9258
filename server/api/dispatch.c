/* dispatch.c - finds the route of a call, who asks and whether they may, and gives the handler an open transaction. */
#include "account/session.h"
#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

#define MAX_BODY_BYTES 65536

static const char PREFIX[] = "/api/v1/";

enum access {
    ACCESS_ANYONE,    /* no session, no transaction */
    ACCESS_SIGNED_IN, /* any session */
    ACCESS_PROJECT    /* a session that may see the project in the first argument */
};

struct route {
    const char *method, *pattern;
    enum access access;
    enum db_mode mode;
    void (*handle)(struct api_call *call);
};

static const struct route ROUTES[] = {
    {"GET", "health", ACCESS_ANYONE, DB_READ, api_health},
    {"POST", "session", ACCESS_ANYONE, DB_READ, api_log_in},
    {"GET", "session", ACCESS_SIGNED_IN, DB_READ, api_who_am_i},
    {"DELETE", "session", ACCESS_SIGNED_IN, DB_WRITE, api_log_out},
    {"GET", "projects/{}/overview", ACCESS_PROJECT, DB_READ, api_overview},
    {"GET", "projects/{}/groups", ACCESS_PROJECT, DB_READ, api_groups},
    {"GET", "projects/{}/groups/{}", ACCESS_PROJECT, DB_READ, api_group},
    {"GET", "projects/{}/reports", ACCESS_PROJECT, DB_READ, api_reports},
    {"GET", "reports/{}", ACCESS_SIGNED_IN, DB_READ, api_report},
    {"GET", "reports/{}/dump", ACCESS_SIGNED_IN, DB_READ, api_report_dump},
    {"GET", "reports/{}/raw", ACCESS_SIGNED_IN, DB_READ, api_report_raw},
    {"GET", "reports/{}/attachments/{}", ACCESS_SIGNED_IN, DB_READ, api_report_attachment},
};

struct conversation {
    struct api *api;
    struct buffer body;
    bool too_large;
};

/* -- routes -- */

/* Compares a path with a pattern, segment by segment, and copies what stands for {}. */
static bool match(const char *pattern, const char *path, char arguments[API_MAX_ARGUMENTS][API_MAX_ARGUMENT])
{
    size_t argument = 0;
    while (*pattern && *path) {
        size_t expected = strcspn(pattern, "/"), given = strcspn(path, "/");
        if (expected == 2 && pattern[0] == '{') {
            if (!given || given >= API_MAX_ARGUMENT || argument == API_MAX_ARGUMENTS)
                return false;
            memcpy(arguments[argument], path, given);
            arguments[argument++][given] = 0;
        } else if (expected != given || memcmp(pattern, path, given) != 0) {
            return false;
        }
        pattern += expected;
        path += given;
        if (*pattern != *path)
            return false;
        if (*pattern) {
            pattern++;
            path++;
        }
    }
    return !*pattern && !*path;
}

static const struct route *find_route(struct api_call *call)
{
    const char *path = call->request->path + strlen(PREFIX);
    bool other_method = false;
    for (size_t i = 0; i < sizeof ROUTES / sizeof *ROUTES; i++) {
        if (!match(ROUTES[i].pattern, path, call->arguments))
            continue;
        if (strcmp(ROUTES[i].method, call->request->method) == 0)
            return &ROUTES[i];
        other_method = true;
    }
    if (other_method)
        api_error(call, 405, "method_not_allowed", "This address does not take that method.");
    else
        api_not_found(call, "There is no such address.");
    return NULL;
}

/* -- who may -- */

static bool is_deliberate(struct api_call *call)
{
    const char *header = http_request_header(call->request, "X-Salvor-Request");
    if (strcmp(call->request->method, "GET") == 0 || (header && strcmp(header, "1") == 0))
        return true;
    api_error(call, 403, "header_missing", "A call that changes something needs the header X-Salvor-Request: 1.");
    return false;
}

static bool identify(struct api_call *call)
{
    char token[SESSION_TOKEN_BYTES];
    enum status status = ST_NOT_FOUND;
    if (http_request_cookie(call->request, SESSION_COOKIE, token, sizeof token))
        status = session_find(call->tx, token, clock_unix_ms(), &call->account);
    if (status == ST_NOT_FOUND)
        api_error(call, 401, "signed_out", "Sign in first.");
    else if (status)
        api_failed(call, status);
    return !status;
}

/* A project that is not there and one that may not be seen look the same. */
static bool admit(struct api_call *call, const struct route *route)
{
    if (!identify(call))
        return false;
    if (route->access != ACCESS_PROJECT || account_may_see(call->tx, &call->account, call->arguments[0], &call->project_id))
        return true;
    api_not_found(call, "There is no such project.");
    return false;
}

static void end_transaction(struct api_call *call, const struct route *route)
{
    if (route->mode == DB_READ || call->response->status >= 400) {
        db_rollback(call->tx);
        return;
    }
    enum status status = db_commit(call->tx);
    if (status)
        api_failed(call, status);
}

static void run_route(struct api_call *call, const struct route *route)
{
    if (route->access == ACCESS_ANYONE) {
        route->handle(call);
        return;
    }
    enum status status = db_begin(call->api->store->db, route->mode, &call->tx);
    if (status) {
        api_failed(call, status);
        return;
    }
    if (admit(call, route))
        route->handle(call);
    end_transaction(call, route);
}

/* -- the service -- */

static bool api_claims(const struct http_request *request)
{
    return text_starts(request->path, PREFIX);
}

static void api_begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    struct conversation *conversation = calloc(1, sizeof *conversation);
    (void)request;
    if (!conversation) {
        http_response_text(response, 503, "The server is out of memory; try again later.");
        return;
    }
    conversation->api = context;
    buffer_init(&conversation->body, MAX_BODY_BYTES);
    *ret_state = conversation;
}

static bool api_feed(void *state, const void *bytes, size_t size)
{
    struct conversation *conversation = state;
    conversation->too_large = buffer_append(&conversation->body, bytes, size) != ST_OK;
    return !conversation->too_large;
}

static void api_end(void *state, const struct http_request *request, struct http_response *response)
{
    struct conversation *conversation = state;
    struct api_call call = {.api = conversation->api, .request = request, .response = response, .body = &conversation->body};
    json_init(&call.json, &response->body);
    if (conversation->too_large) {
        api_error(&call, 413, "too_large", "The request is too large.");
        return;
    }
    const struct route *route = find_route(&call);
    if (route && is_deliberate(&call))
        run_route(&call, route);
}

static void api_release(void *state)
{
    struct conversation *conversation = state;
    buffer_done(&conversation->body);
    free(conversation);
}

const struct http_service api_service = {
    .claims = api_claims, .begin = api_begin, .feed = api_feed, .end = api_end, .release = api_release};
