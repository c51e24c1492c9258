/* api.h - the JSON interface under /api/v1: one call, its answer, and the handlers that dispatch.c knows.
 *
 * Errors are {"error":{"code":"not_found","message":"One sentence."}}; times are Unix milliseconds. Calls that change something need the
 * header X-Salvor-Request: 1, which no foreign page can make a browser send. */
#ifndef SALVOR_SERVER_API_API_H
#define SALVOR_SERVER_API_API_H
#include "account/account.h"
#include "account/throttle.h"
#include "base/json.h"
#include "http/http.h"
#include "store/store.h"

#define API_MAX_ARGUMENTS 3
#define API_MAX_ARGUMENT  128

struct api {
    struct store *store;
    struct throttle *throttle;
    bool secure_cookie; /* pages are reached over https */
};

struct api_call {
    struct api *api;
    const struct http_request *request;
    struct http_response *response;
    const struct buffer *body;
    char arguments[API_MAX_ARGUMENTS][API_MAX_ARGUMENT]; /* what stood for {} in the route */
    struct db_tx *tx;                                    /* open while the handler runs, unless the route is for anyone */
    struct account account;                              /* of who asks */
    int64_t project_id;                                  /* of the route's project */
    struct json json;                                    /* writes the answer */
};

extern const struct http_service api_service; /* context: struct api */

/* -- handlers: each fills call->response -- */
void api_log_in(struct api_call *call);
void api_log_out(struct api_call *call);
void api_who_am_i(struct api_call *call);
void api_health(struct api_call *call);
void api_overview(struct api_call *call);
void api_groups(struct api_call *call);
void api_group(struct api_call *call);
void api_reports(struct api_call *call);
void api_report(struct api_call *call);
void api_report_dump(struct api_call *call);
void api_report_attachment(struct api_call *call);
void api_report_raw(struct api_call *call);

/* -- answers -- */
/* Replaces whatever was written by an error. */
void api_error(struct api_call *call, unsigned status, const char *code, const char *message);
void api_not_found(struct api_call *call, const char *message);
/* For failures on our side. */
void api_failed(struct api_call *call, enum status status);
/* Ends the JSON in call->json as a 200; with a status that is not ST_OK, api_failed. */
void api_answer(struct api_call *call, enum status status);

/* The query's parameter, or fallback. */
const char *api_parameter(const struct api_call *call, const char *name, const char *fallback);

/* Members of an open object. */
void api_text_member(struct json *json, const char *key, const char *value);
void api_int_member(struct json *json, const char *key, int64_t value);

#endif
