/* response.c - filling an answer. */
#include "http/http.h"
#include <stdlib.h>
#include <string.h>

void http_response_init(struct http_response *response)
{
    memset(response, 0, sizeof *response);
    buffer_init(&response->body, HTTP_MAX_RESPONSE_BYTES);
    response->file.os = FILE_CLOSED;
}

void http_response_done(struct http_response *response)
{
    buffer_done(&response->body);
    file_close(&response->file);
    for (size_t i = 0; i < response->header_count; i++)
        free(response->headers[i].value);
    response->header_count = 0;
}

void http_response_reset(struct http_response *response)
{
    http_response_done(response);
    http_response_init(response);
}

enum status http_response_header(struct http_response *response, const char *name, const char *value)
{
    if (response->header_count >= HTTP_MAX_HEADERS)
        return ST_TOO_LARGE;
    char *copy = strdup(value);
    if (!copy)
        return ST_MEMORY;
    response->headers[response->header_count].name = name;
    response->headers[response->header_count++].value = copy;
    return ST_OK;
}

void http_response_text(struct http_response *response, unsigned status, const char *text)
{
    http_response_reset(response);
    response->status = status;
    response->content_type = "text/plain; charset=utf-8";
    if (buffer_append_text(&response->body, text) || buffer_append_byte(&response->body, '\n'))
        buffer_reset(&response->body);
}
