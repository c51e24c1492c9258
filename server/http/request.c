/* request.c - what handlers may ask of a request. */
#include "http/http.h"
#include <microhttpd.h>
#include <string.h>

const char *http_request_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct query_visit {
    bool (*visit)(void *context, const char *name, const char *value);
    void *context;
};

static enum MHD_Result visit_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct query_visit *query = context;
    (void)kind;
    return query->visit(query->context, name, value ? value : "") ? MHD_YES : MHD_NO;
}

void http_request_each_query(const struct http_request *request, bool (*visit)(void *context, const char *name, const char *value),
                             void *context)
{
    struct query_visit query = {visit, context};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, visit_query, &query);
}

bool http_request_cookie(const struct http_request *request, const char *name, char *ret, size_t ret_size)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
    size_t length = value ? strlen(value) : 0;
    if (!length || length >= ret_size)
        return false;
    memcpy(ret, value, length + 1);
    return true;
}
