/* answer.c - what every handler says in the same way. */
#include "api/api.h"
#include "base/log.h"
#include <string.h>

void api_error(struct api_call *call, unsigned status, const char *code, const char *message)
{
    struct json json;
    http_response_reset(call->response);
    json_init(&json, &call->response->body);
    json_object_begin(&json);
    json_key(&json, "error");
    json_object_begin(&json);
    api_text_member(&json, "code", code);
    api_text_member(&json, "message", message);
    json_object_end(&json);
    json_object_end(&json);
    call->response->status = json_done(&json) ? 500 : status;
    call->response->content_type = "application/json";
    http_response_header(call->response, "Cache-Control", "no-store");
}

void api_not_found(struct api_call *call, const char *message)
{
    api_error(call, 404, "not_found", message);
}

void api_failed(struct api_call *call, enum status status)
{
    log_error("api-failed", "path=\"%s\" error=\"%s\"", call->request->path, status_text(status));
    if (status == ST_BUSY)
        api_error(call, 503, "busy", "The database is busy; try again in a moment.");
    else
        api_error(call, 500, "failed", "The server could not answer; its log says more.");
}

void api_answer(struct api_call *call, enum status status)
{
    if (!status)
        status = json_done(&call->json);
    if (status) {
        api_failed(call, status);
        return;
    }
    call->response->status = 200;
    call->response->content_type = "application/json";
    http_response_header(call->response, "Cache-Control", "no-store");
}

const char *api_parameter(const struct api_call *call, const char *name, const char *fallback)
{
    const char *value = http_request_query(call->request, name);
    return value && value[0] ? value : fallback;
}

void api_text_member(struct json *json, const char *key, const char *value)
{
    json_key(json, key);
    json_text(json, value);
}

void api_int_member(struct json *json, const char *key, int64_t value)
{
    json_key(json, key);
    json_int(json, value);
}
