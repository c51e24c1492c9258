/* assets.c - see assets.h. Files under /assets/ carry a hash in their names and never change; everything else is asked for again with its
 * tag. */
#include "http/assets.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static const char POLICY[] = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
static const char INDEX[] = "/index.html";

static const struct asset *find_file(const char *path)
{
    for (const struct asset *asset = asset_table; asset->path; asset++)
        if (strcmp(asset->path, path) == 0)
            return asset;
    return NULL;
}

/* Addresses of pages have no dot in their last part; the page itself knows what to show. */
static const struct asset *find_asset(const char *path)
{
    const struct asset *asset = find_file(path);
    const char *last = strrchr(path, '/');
    bool is_page = !strchr(last ? last : path, '.') && !text_starts(path, "/api/");
    return asset || !is_page ? asset : find_file(INDEX);
}

static const char *type_of(const char *path)
{
    static const struct {
        const char *suffix, *type;
    } TYPES[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".json", "application/json"},
        {".txt", "text/plain; charset=utf-8"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
    };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (text_ends_nocase(path, TYPES[i].suffix))
            return TYPES[i].type;
    return "application/octet-stream";
}

static bool claims(const struct http_request *request)
{
    (void)request;
    return true;
}

static void add_headers(struct http_response *response, const struct asset *asset, const char *tag)
{
    bool for_ever = text_starts(asset->path, "/assets/");
    http_response_header(response, "ETag", tag);
    http_response_header(response, "Cache-Control", for_ever ? "public, max-age=31536000, immutable" : "no-cache");
    http_response_header(response, "Content-Security-Policy", POLICY);
    http_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    http_response_header(response, "X-Frame-Options", "DENY");
}

static void send_asset(const struct http_request *request, const struct asset *asset, struct http_response *response)
{
    char tag[64];
    const char *known = http_request_header(request, "If-None-Match");
    snprintf(tag, sizeof tag, "\"%s\"", asset->tag);
    add_headers(response, asset, tag);
    if (known && strstr(known, tag)) {
        response->status = 304;
        return;
    }
    response->status = 200;
    response->content_type = type_of(asset->path);
    response->fixed_body = asset->data;
    response->fixed_bytes = asset->size_bytes;
}

static void begin(void *context, const struct http_request *request, struct http_response *response, void **ret_state)
{
    const struct asset *asset = find_asset(request->path);
    (void)context;
    (void)ret_state;
    if (strcmp(request->method, "GET") != 0) {
        http_response_text(response, 405, "This address takes only GET.");
        http_response_header(response, "Allow", "GET, HEAD");
    } else if (!asset) {
        http_response_text(response, 404, "There is nothing at this address.");
    } else {
        send_asset(request, asset, response);
    }
}

const struct http_service asset_service = {.claims = claims, .begin = begin};
