/* key.c - see key.h. */
#include "ingest/key.h"
#include "base/text.h"
#include <string.h>

/* X-Sentry-Auth: "Sentry sentry_key=K, sentry_version=7"; the same parameters separated by ',' instead of ';'. */
static bool sentry_key(const char *header, char ret[KEY_MAX_BYTES])
{
    const char *at = strstr(header, "sentry_key=");
    if (!at)
        return false;
    at += strlen("sentry_key=");
    size_t length = strcspn(at, ", \t;");
    if (length >= KEY_MAX_BYTES)
        return false;
    memcpy(ret, at, length);
    ret[length] = 0;
    return true;
}

/* Authorization: "Bearer K", as sentry-cli sends its token. */
static const char *bearer(const struct http_request *request)
{
    static const char SCHEME[] = "Bearer ";
    const char *header = http_request_header(request, "Authorization");
    return header && text_starts_nocase(header, SCHEME) ? header + strlen(SCHEME) : NULL;
}

bool key_of_request(const struct http_request *request, char ret[KEY_MAX_BYTES])
{
    const char *key = http_request_header(request, "Salvor-Key");
    const char *sentry = http_request_header(request, "X-Sentry-Auth");
    if (!key)
        key = http_request_query(request, "key");
    if (!key)
        key = http_request_query(request, "sentry_key");
    if (!key && sentry)
        return sentry_key(sentry, ret);
    if (!key)
        key = bearer(request);
    return key && text_copy(ret, KEY_MAX_BYTES, key) && ret[0];
}
