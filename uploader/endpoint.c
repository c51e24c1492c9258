/* endpoint.c - address rules, on libcurl's own URL parser, so that what is checked is what is connected to. */
#include "uploader/endpoint.h"
#include "base/text.h"
#include <curl/curl.h>
#include <string.h>

static CURLU *url_parse(const char *text)
{
    CURLU *url = curl_url();

    if (url && curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
        return url;
    curl_url_cleanup(url);
    return NULL;
}

/* Whether a part of both addresses is the same; a port that is not written counts as the scheme's. */
static bool part_equals(CURLU *a, CURLU *b, CURLUPart part)
{
    char *left = NULL, *right = NULL;
    bool equal = curl_url_get(a, part, &left, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                 curl_url_get(b, part, &right, CURLU_DEFAULT_PORT) == CURLUE_OK && text_equal_nocase(left, right);

    curl_free(left);
    curl_free(right);
    return equal;
}

static bool scheme_is(CURLU *url, const char *scheme)
{
    char *found = NULL;
    bool is = curl_url_get(url, CURLUPART_SCHEME, &found, 0) == CURLUE_OK && text_equal_nocase(found, scheme);

    curl_free(found);
    return is;
}

/* 127.0.0.0/8, digits and dots only: a name such as 127.example.org is no loopback. */
static bool host_is_loopback(const char *host)
{
    if (text_equal_nocase(host, "localhost") || strcmp(host, "[::1]") == 0)
        return true;
    return text_starts(host, "127.") && strspn(host, "0123456789.") == strlen(host);
}

static bool url_is_loopback(CURLU *url)
{
    char *host = NULL;
    bool is = curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK && host_is_loopback(host);

    curl_free(host);
    return is;
}

bool endpoint_is_loopback(const char *text)
{
    CURLU *url = url_parse(text);
    bool is = url && url_is_loopback(url);

    curl_url_cleanup(url);
    return is;
}

static enum status path_complete(CURLU *url, const char *default_path)
{
    char *path = NULL;
    CURLUcode outcome = curl_url_get(url, CURLUPART_PATH, &path, 0);

    if (outcome == CURLUE_OK && default_path && strcmp(path, "/") == 0)
        outcome = curl_url_set(url, CURLUPART_PATH, default_path, 0);
    curl_free(path);
    return outcome == CURLUE_OK ? ST_OK : ST_MEMORY;
}

static enum status url_append(CURLU *url, struct buffer *out)
{
    char *text = NULL;
    enum status status = curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK ? ST_OK : ST_MEMORY;

    if (status == ST_OK)
        status = buffer_append_text(out, text);
    curl_free(text);
    return status;
}

enum status endpoint_parse(const char *text, const char *default_path, bool allow_http, struct buffer *out, const char **ret_why)
{
    CURLU *url = url_parse(text);
    enum status status = ST_ARGUMENT;

    if (!url) {
        *ret_why = "it is not an address; write it as https://host/submit";
    } else if (!scheme_is(url, "https") && !scheme_is(url, "http")) {
        *ret_why = "it is neither https nor http";
    } else if (scheme_is(url, "http") && !allow_http && !url_is_loopback(url)) {
        *ret_why = "crash reports hold secrets, so plain http goes to this machine only; use https, or --allow-http in a trusted network";
    } else {
        status = path_complete(url, default_path);
        if (status == ST_OK)
            status = url_append(url, out);
        if (status != ST_OK)
            *ret_why = "it is too long";
    }
    curl_url_cleanup(url);
    return status;
}

static const char *redirect_refusal(CURLU *from, CURLU *to, long status)
{
    if (status == 303)
        return "it asks for a GET, which would drop the report";
    if (!to || (!scheme_is(to, "https") && !scheme_is(to, "http")))
        return "it leads to no web address";
    if (scheme_is(from, "https") && !scheme_is(to, "https"))
        return "it leads away from https";
    if (!part_equals(from, to, CURLUPART_HOST))
        return "it leads to another host";
    if (part_equals(from, to, CURLUPART_SCHEME) && !part_equals(from, to, CURLUPART_PORT))
        return "it leads to another port";
    return NULL;
}

const char *endpoint_redirect_refusal(const char *from, const char *to, long status)
{
    CURLU *from_url = url_parse(from), *to_url = url_parse(to);
    const char *why = from_url ? redirect_refusal(from_url, to_url, status) : "its origin cannot be read";

    curl_url_cleanup(from_url);
    curl_url_cleanup(to_url);
    return why;
}

enum status endpoint_public_name(const char *text, struct buffer *out)
{
    CURLU *url = url_parse(text);
    enum status status = ST_ARGUMENT;

    if (url) {
        curl_url_set(url, CURLUPART_USER, NULL, 0);
        curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        curl_url_set(url, CURLUPART_QUERY, NULL, 0);
        curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
        status = url_append(url, out);
    }
    curl_url_cleanup(url);
    return status;
}

bool endpoint_has_path(const char *text)
{
    CURLU *url = url_parse(text);
    char *path = NULL;
    bool has = url && curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") != 0;

    curl_free(path);
    curl_url_cleanup(url);
    return has;
}

/* Whether a query holds `name=`. */
static bool query_has(const char *query, const char *name)
{
    for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL)
        if (text_starts(at, name) && at[strlen(name)] == '=')
            return true;
    return false;
}

enum status endpoint_query_add(struct buffer *address, const char *name, const char *value)
{
    CURLU *url = url_parse(buffer_text(address));
    char *query = NULL;
    struct buffer parameter;
    enum status status = url ? ST_OK : ST_MEMORY;

    buffer_init(&parameter, 16 * 1024);
    if (status == ST_OK && curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK && query_has(query, name))
        goto out;
    if (status == ST_OK)
        status = buffer_printf(&parameter, "%s=%s", name, value);
    if (status == ST_OK && curl_url_set(url, CURLUPART_QUERY, buffer_text(&parameter), CURLU_APPENDQUERY | CURLU_URLENCODE) != CURLUE_OK)
        status = ST_MEMORY;
    if (status == ST_OK) {
        buffer_reset(address);
        status = url_append(url, address);
    }
out:
    buffer_done(&parameter);
    curl_free(query);
    curl_url_cleanup(url);
    return status;
}

enum status endpoint_server(struct buffer *address)
{
    static const char *const routes[] = {"/submit", "/post", "/crash"};
    CURLU *url = url_parse(buffer_text(address));
    struct buffer whole;
    enum status status = url ? ST_OK : ST_MEMORY;
    size_t len;

    buffer_init(&whole, address->max);
    if (status == ST_OK && (curl_url_set(url, CURLUPART_QUERY, NULL, 0) != CURLUE_OK || curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0)))
        status = ST_MEMORY;
    if (status == ST_OK)
        status = url_append(url, &whole);
    len = whole.len;
    while (len && whole.data[len - 1] == '/')
        len--;
    for (size_t i = 0; status == ST_OK && i < sizeof routes / sizeof *routes; i++) {
        size_t size = strlen(routes[i]);

        if (len > size && memcmp(whole.data + len - size, routes[i], size) == 0) {
            len -= size;
            break;
        }
    }
    buffer_reset(address);
    if (status == ST_OK)
        status = buffer_append(address, whole.data, len);
    buffer_done(&whole);
    curl_url_cleanup(url);
    return status;
}

enum status endpoint_path_add(struct buffer *address, const char *part)
{
    char *encoded = curl_easy_escape(NULL, part, 0); /* 0: up to its end */
    enum status status = encoded ? buffer_printf(address, "/%s", encoded) : ST_MEMORY;

    curl_free(encoded);
    return status;
}
