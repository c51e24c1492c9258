/* post.c - the transfer itself, by libcurl. Redirects are followed here and not by libcurl, because each must first be judged, and because
 * a POST stays a POST. The reply is bounded: a verdict needs its first bytes only. */
#include "uploader/post.h"
#include "base/text.h"
#include "uploader/endpoint.h"
#include "uploader/headers.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX_BYTES   (64 * 1024)
#define HEADERS_MAX_BYTES (64 * 1024)
#define REDIRECTS_MAX     5
#define TRICKLE_BYTES     256         /* per second */
#define SLOW_BUFFER_BYTES (16 * 1024) /* libcurl sends a whole buffer before it looks at the rate */

struct post {
    CURL *curl;
    const struct format *format;
    char *url, *key;
    void (*progress)(void *context, uint64_t sent, uint64_t total);
    void *progress_context;
};

/* One exchange: what libcurl's callbacks read and fill. */
struct exchange {
    struct file *body;
    uint64_t body_bytes, position;
    struct buffer reply;
    bool reply_is_full; /* cut off by us, at its ceiling */
    bool head_is_whole; /* libcurl takes a connection closed among the headers for the end of an answer */
    size_t header_bytes;
    char error[CURL_ERROR_SIZE];
    const struct post *post;
};

static size_t on_read(char *to, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;
    uint64_t left = exchange->body_bytes - exchange->position;
    size_t part = size * count, got = 0;

    if (part > left)
        part = (size_t)left;
    if (part && (file_read(exchange->body, to, part, &got) != ST_OK || got == 0))
        return CURL_READFUNC_ABORT;
    exchange->position += got;
    return got;
}

/* libcurl sends again from the start when a kept connection turns out to be dead. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
    struct exchange *exchange = context;

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->body_bytes || file_seek(exchange->body, (uint64_t)offset) != ST_OK)
        return CURL_SEEKFUNC_FAIL;
    exchange->position = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_reply(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    if (exchange->reply.len + size * count > exchange->reply.max) {
        buffer_append(&exchange->reply, bytes, exchange->reply.max - exchange->reply.len);
        exchange->reply_is_full = true;
        return 0;
    }
    return buffer_append(&exchange->reply, bytes, size * count) == ST_OK ? size * count : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    if (size * count >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        exchange->head_is_whole = false;
    else if (size * count >= 1 && (bytes[0] == '\r' || bytes[0] == '\n'))
        exchange->head_is_whole = true; /* and trailers may still come */
    exchange->header_bytes += size * count;
    return exchange->header_bytes > HEADERS_MAX_BYTES ? 0 : size * count;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct exchange *exchange = context;

    (void)down_total;
    (void)down;
    (void)up_total;
    exchange->post->progress(exchange->post->progress_context, (uint64_t)up, exchange->body_bytes);
    return 0;
}

static char *text_copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* A key goes into a header as it is, so it must not be able to begin another one. */
static bool key_is_sound(const char *key)
{
    for (; *key; key++)
        if (*key < 0x21 || *key > 0x7e)
            return false;
    return true;
}

static bool is_given(const char *text)
{
    return text && text[0];
}

/* The environment's proxies are libcurl's own business. What a proxy answers to CONNECT must not pass for the server's answer. */
static CURLcode proxy_options_set(CURL *curl, const struct post_options *options)
{
    CURLcode bad = curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    if (is_given(options->proxy))
        bad |= curl_easy_setopt(curl, CURLOPT_PROXY, strcmp(options->proxy, "none") == 0 ? "" : options->proxy);
    return bad;
}

static CURLcode client_options_set(CURL *curl, const struct post_options *options)
{
    CURLcode bad = CURLE_OK;

    if (is_given(options->client_certificate))
        bad |= curl_easy_setopt(curl, CURLOPT_SSLCERT, options->client_certificate);
    if (is_given(options->client_key)) {
        bad |= curl_easy_setopt(curl, CURLOPT_SSLKEY, options->client_key);
        bad |= curl_easy_setopt(curl, CURLOPT_KEYPASSWD, ""); /* a locked key fails; nobody is asked on a terminal */
    }
    return bad;
}

static bool network_options_set(CURL *curl, const struct post_options *options)
{
    long stall_s = (long)((options->stall_timeout_ms + 999) / 1000);
    CURLcode bad = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");

    bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, HEADERS_USER_AGENT);
    bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_timeout_ms);
    bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)TRICKLE_BYTES);
    bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall_s ? stall_s : 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    /* Schannel asks the issuer whether a certificate was revoked; where that cannot be reached, reports still flow. */
    bad |= curl_easy_setopt(curl, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_REVOKE_BEST_EFFORT);
    if (options->ca_file && options->ca_file[0]) {
        bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* Schannel knows no such folder and says so */
    }
    bad |= proxy_options_set(curl, options);
    bad |= client_options_set(curl, options);
    if (options->limit_bytes_per_s) {
        bad |= curl_easy_setopt(curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)options->limit_bytes_per_s);
        bad |= curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)SLOW_BUFFER_BYTES);
    }
    if (endpoint_is_loopback(options->url)) /* a proxy for the outside has no part in what stays on this machine */
        bad |= curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    return bad == CURLE_OK;
}

enum status post_create(struct post **ret, const struct post_options *options, const char **ret_why)
{
    struct post *post;

    if (options->key && !key_is_sound(options->key)) {
        *ret_why = "the key holds characters that no key has";
        return ST_ARGUMENT;
    }
    post = calloc(1, sizeof *post);
    *ret_why = "there is no memory for it";
    if (!post)
        return ST_MEMORY;
    post->progress = options->progress;
    post->progress_context = options->progress_context;
    post->format = options->format;
    post->url = text_copy_of(options->url);
    post->key = text_copy_of(options->key ? options->key : "");
    post->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (!post->url || !post->key || !post->curl) {
        post_free(post);
        return ST_MEMORY;
    }
    if (!network_options_set(post->curl, options)) {
        *ret_why = "this build of libcurl lacks what it needs";
        post_free(post);
        return ST_UNSUPPORTED;
    }
    *ret = post;
    return ST_OK;
}

void post_free(struct post *post)
{
    if (!post)
        return;
    curl_easy_cleanup(post->curl);
    free(post->url);
    free(post->key);
    free(post);
}

static bool exchange_bind(CURL *curl, struct exchange *exchange, struct curl_slist *headers)
{
    CURLcode bad = curl_easy_setopt(curl, CURLOPT_POST, 1L);

    bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_bytes);
    bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    bad |= curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    bad |= curl_easy_setopt(curl, CURLOPT_READDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    bad |= curl_easy_setopt(curl, CURLOPT_SEEKDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_reply);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->error);
    bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, exchange->post->progress ? 0L : 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    return bad == CURLE_OK;
}

/* One request to one address. */
static void exchange_run(CURL *curl, struct exchange *exchange, const char *url, struct reply *ret)
{
    curl_off_t retry_after = 0, uploaded = 0;
    CURLcode outcome;

    buffer_reset(&exchange->reply);
    exchange->reply_is_full = exchange->head_is_whole = false;
    exchange->header_bytes = 0;
    exchange->error[0] = 0;
    *ret = (struct reply){.error = exchange->error};
    outcome = on_seek(exchange, 0, SEEK_SET) == CURL_SEEKFUNC_OK ? curl_easy_setopt(curl, CURLOPT_URL, url) : CURLE_READ_ERROR;
    if (outcome == CURLE_OK)
        outcome = curl_easy_perform(curl);
    if (outcome != CURLE_OK && !exchange->error[0])
        text_copy(exchange->error, sizeof exchange->error, curl_easy_strerror(outcome));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    ret->retry_after_s = retry_after > 0 ? (uint64_t)retry_after : 0;
    ret->is_sent = (uint64_t)uploaded == exchange->body_bytes;
    ret->is_whole = (outcome == CURLE_OK || exchange->reply_is_full) && exchange->head_is_whole && ret->is_sent;
    if (outcome == CURLE_OK && !exchange->head_is_whole)
        text_copy(exchange->error, sizeof exchange->error, "the connection was closed among the headers");
    else if (outcome == CURLE_OK && !ret->is_whole)
        text_copy(exchange->error, sizeof exchange->error, "the server answered before it had everything");
    ret->body = exchange->reply.data;
    ret->body_bytes = exchange->reply.len;
}

static bool status_is_redirect(long status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Where a redirect leads, appended to next; false with the reason in reply's error when it shall not be followed. */
static bool redirect_judge(CURL *curl, struct exchange *exchange, const char *url, unsigned hops, long status, struct buffer *next)
{
    char *target = NULL;
    const char *why;

    curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &target);
    if (!target)
        why = "it names no address";
    else if (hops == REDIRECTS_MAX)
        why = "it is one of too many";
    else
        why = endpoint_redirect_refusal(url, target, status);
    buffer_reset(next);
    if (!why && buffer_append_text(next, target) == ST_OK)
        return true;
    snprintf(exchange->error, sizeof exchange->error, "its redirect is not followed: %s", why ? why : "the address is too long");
    return false;
}

enum status post_send(struct post *post, const struct request *request, struct file *body, const char *id, struct verdict *ret)
{
    struct exchange exchange = {.body = body, .body_bytes = request->body_bytes, .post = post};
    struct curl_slist *headers = headers_make(post->format, post->key, request, id);
    struct buffer url, next, swap;
    struct reply reply;
    enum status status = headers ? ST_OK : ST_MEMORY;

    buffer_init(&exchange.reply, REPLY_MAX_BYTES);
    buffer_init(&url, 64 * 1024);
    buffer_init(&next, 64 * 1024);
    if (status == ST_OK)
        status = buffer_append_text(&url, post->url);
    if (status == ST_OK && !exchange_bind(post->curl, &exchange, headers))
        status = ST_MEMORY;
    if (status == ST_OK)
        exchange_run(post->curl, &exchange, buffer_text(&url), &reply);
    for (unsigned hops = 0; status == ST_OK && status_is_redirect(reply.status) &&
                            redirect_judge(post->curl, &exchange, buffer_text(&url), hops, reply.status, &next);
         hops++) {
        swap = url;
        url = next;
        next = swap;
        exchange_run(post->curl, &exchange, buffer_text(&url), &reply);
    }
    if (status == ST_OK)
        verdict_decide(&reply, ret);
    curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(post->curl, CURLOPT_ERRORBUFFER, NULL);
    curl_slist_free_all(headers);
    buffer_done(&exchange.reply);
    buffer_done(&url);
    buffer_done(&next);
    return status;
}
