/* transfer.c - over libcurl. Redirects are followed here and not by libcurl, because each must first be judged, and because a POST stays a
 * POST. The reply is bounded: nobody needs more of it than he asked for. */
#include "uploader/transfer.h"
#include "base/text.h"
#include "uploader/endpoint.h"
#include "uploader/headers.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADERS_MAX_BYTES (64 * 1024)
#define REDIRECTS_MAX     5
#define HEADER_DATE_BYTES 80
#define TRICKLE_BYTES     256         /* per second */
#define SLOW_BUFFER_BYTES (16 * 1024) /* libcurl sends a whole buffer before it looks at the rate */

struct transfer {
    CURL *curl;
    struct buffer reply;
    char error[CURL_ERROR_SIZE];
    void (*progress)(void *context, uint64_t sent, uint64_t total);
    void *progress_context;
};

/* One exchange: what libcurl's callbacks read and fill. */
struct exchange {
    struct file *body;
    uint64_t body_bytes, position;
    struct buffer *reply;
    bool reply_is_full; /* cut off by us, at its ceiling */
    bool head_is_whole; /* libcurl takes a connection closed among the headers for the end of an answer */
    size_t header_bytes;
    time_t date, retry_date; /* of the answer, and of the try that it asks for; -1: it names none */
    char *error;             /* CURL_ERROR_SIZE bytes */
    const struct transfer *transfer;
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

    if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > exchange->body_bytes)
        return CURL_SEEKFUNC_FAIL;
    if (exchange->body && file_seek(exchange->body, (uint64_t)offset) != ST_OK)
        return CURL_SEEKFUNC_FAIL;
    exchange->position = (uint64_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_reply(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    if (exchange->reply->len + size * count > exchange->reply->max) {
        buffer_append(exchange->reply, bytes, exchange->reply->max - exchange->reply->len);
        exchange->reply_is_full = true;
        return 0;
    }
    return buffer_append(exchange->reply, bytes, size * count) == ST_OK ? size * count : 0;
}

/* A header's value as a date; -1 when it is another header, or none. */
static time_t header_date(const char *bytes, size_t size, const char *name)
{
    char line[HEADER_DATE_BYTES];
    size_t length = strlen(name);

    if (size >= sizeof line || size < length)
        return -1;
    memcpy(line, bytes, size);
    line[size] = 0;
    line[strcspn(line, "\r\n")] = 0;
    if (!text_starts_nocase(line, name) || !line[length + strspn(line + length, " 0123456789")]) /* seconds are no date */
        return -1;
    return curl_getdate(line + length, NULL);
}

static void note_dates(struct exchange *exchange, const char *bytes, size_t size)
{
    time_t date = header_date(bytes, size, "Date:"), retry_date = header_date(bytes, size, "Retry-After:");

    if (date != -1)
        exchange->date = date;
    if (retry_date != -1)
        exchange->retry_date = retry_date;
}

/* A date is what the server's clock will say then: it is held against what that says now, since ours may be off by years. */
static uint64_t retry_after(CURL *curl, const struct exchange *exchange)
{
    curl_off_t seconds = 0;

    if (exchange->date != -1 && exchange->retry_date != -1)
        return exchange->retry_date > exchange->date ? (uint64_t)(exchange->retry_date - exchange->date) : 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    return seconds > 0 ? (uint64_t)seconds : 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *context)
{
    struct exchange *exchange = context;

    note_dates(exchange, bytes, size * count);
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
    exchange->transfer->progress(exchange->transfer->progress_context, (uint64_t)up, exchange->body_bytes);
    return 0;
}

static bool is_given(const char *text)
{
    return text && text[0];
}

/* The environment's proxies are libcurl's own business. What a proxy answers to CONNECT must not pass for the server's answer. */
static CURLcode proxy_options_set(CURL *curl, const struct transfer_options *options)
{
    CURLcode bad = curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    if (is_given(options->proxy))
        bad |= curl_easy_setopt(curl, CURLOPT_PROXY, strcmp(options->proxy, "none") == 0 ? "" : options->proxy);
    return bad;
}

/* Schannel asks the issuer whether a certificate was revoked; where that cannot be reached, reports still flow. It takes no lists, and
 * libcurl would drop one silently. */
static CURLcode revocation_options_set(CURL *curl, const struct transfer_options *options)
{
    const char *tls = curl_version_info(CURLVERSION_NOW)->ssl_version;

    if (!is_given(options->crl_file))
        return curl_easy_setopt(curl, CURLOPT_SSL_OPTIONS, (long)CURLSSLOPT_REVOKE_BEST_EFFORT);
    return tls && text_starts(tls, "OpenSSL") ? curl_easy_setopt(curl, CURLOPT_CRLFILE, options->crl_file) : CURLE_NOT_BUILT_IN;
}

static CURLcode client_options_set(CURL *curl, const struct transfer_options *options)
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

static bool network_options_set(CURL *curl, const struct transfer_options *options)
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
    bad |= revocation_options_set(curl, options);
    if (is_given(options->ca_file)) {
        bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, options->ca_file);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* Schannel knows no such folder and says so */
    }
    bad |= proxy_options_set(curl, options);
    bad |= client_options_set(curl, options);
    if (options->limit_bytes_per_s) {
        bad |= curl_easy_setopt(curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)options->limit_bytes_per_s);
        bad |= curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)SLOW_BUFFER_BYTES);
    }
    return bad == CURLE_OK;
}

enum status transfer_create(struct transfer **ret, const struct transfer_options *options, const char **ret_why)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    *ret_why = "there is no memory for it";
    if (!transfer)
        return ST_MEMORY;
    buffer_init(&transfer->reply, 0);
    transfer->progress = options->progress;
    transfer->progress_context = options->progress_context;
    transfer->curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (!transfer->curl) {
        transfer_free(transfer);
        return ST_MEMORY;
    }
    if (!network_options_set(transfer->curl, options)) {
        *ret_why = is_given(options->crl_file) ? "this system's TLS takes no --crl-file: it asks the issuer itself"
                                               : "this build of libcurl lacks what it needs";
        transfer_free(transfer);
        return ST_UNSUPPORTED;
    }
    *ret = transfer;
    return ST_OK;
}

void transfer_free(struct transfer *transfer)
{
    if (!transfer)
        return;
    curl_easy_cleanup(transfer->curl);
    buffer_done(&transfer->reply);
    free(transfer);
}

static bool exchange_bind(CURL *curl, struct exchange *exchange, const struct transfer_request *request)
{
    bool is_get = request->method && strcmp(request->method, "GET") == 0;
    CURLcode bad = curl_easy_setopt(curl, is_get ? CURLOPT_HTTPGET : CURLOPT_POST, 1L);

    /* Where a kept connection ends without an answer, libcurl by itself sends the whole request again over a new one. */
    bad |= curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->may_repeat ? 0L : 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, request->may_repeat ? 0L : 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, is_get ? NULL : request->method);
    bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_bytes);
    bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request->headers);
    bad |= curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    bad |= curl_easy_setopt(curl, CURLOPT_READDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    bad |= curl_easy_setopt(curl, CURLOPT_SEEKDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_reply);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
    bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->error);
    bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, exchange->transfer->progress ? 0L : 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    return bad == CURLE_OK;
}

/* One request to one address. */
static void exchange_run(CURL *curl, struct exchange *exchange, const char *url, struct reply *ret)
{
    curl_off_t uploaded = 0;
    CURLcode outcome;

    buffer_reset(exchange->reply);
    exchange->reply_is_full = exchange->head_is_whole = false;
    exchange->header_bytes = 0;
    exchange->date = exchange->retry_date = -1;
    exchange->error[0] = 0;
    *ret = (struct reply){.error = exchange->error};
    outcome = on_seek(exchange, 0, SEEK_SET) == CURL_SEEKFUNC_OK ? curl_easy_setopt(curl, CURLOPT_URL, url) : CURLE_READ_ERROR;
    /* A proxy for the outside has no part in what stays on this machine. */
    curl_easy_setopt(curl, CURLOPT_NOPROXY, endpoint_is_loopback(url) ? "*" : NULL);
    if (outcome == CURLE_OK)
        outcome = curl_easy_perform(curl);
    if (outcome != CURLE_OK && !exchange->error[0])
        text_copy(exchange->error, CURL_ERROR_SIZE, curl_easy_strerror(outcome));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_getinfo(curl, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    ret->retry_after_s = retry_after(curl, exchange);
    ret->is_sent = (uint64_t)uploaded == exchange->body_bytes;
    ret->is_whole = (outcome == CURLE_OK || exchange->reply_is_full) && exchange->head_is_whole && ret->is_sent;
    if (outcome == CURLE_OK && !exchange->head_is_whole)
        text_copy(exchange->error, CURL_ERROR_SIZE, "the connection was closed among the headers");
    else if (outcome == CURLE_OK && !ret->is_whole)
        text_copy(exchange->error, CURL_ERROR_SIZE, "the server answered before it had everything");
    ret->body = exchange->reply->data;
    ret->body_bytes = exchange->reply->len;
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
    snprintf(exchange->error, CURL_ERROR_SIZE, "its redirect is not followed: %s", why ? why : "the address is too long");
    return false;
}

enum status transfer_run(struct transfer *transfer, const struct transfer_request *request, struct reply *ret)
{
    struct exchange exchange = {.body = request->body,
                                .body_bytes = request->body_bytes,
                                .reply = &transfer->reply,
                                .error = transfer->error,
                                .transfer = transfer};
    struct buffer url, next, swap;
    enum status status;

    buffer_done(&transfer->reply);
    buffer_init(&transfer->reply, request->reply_max_bytes);
    buffer_init(&url, 64 * 1024);
    buffer_init(&next, 64 * 1024);
    status = buffer_append_text(&url, request->url);
    if (status == ST_OK && !exchange_bind(transfer->curl, &exchange, request))
        status = ST_MEMORY;
    if (status == ST_OK)
        exchange_run(transfer->curl, &exchange, buffer_text(&url), ret);
    for (unsigned hops = 0; status == ST_OK && status_is_redirect(ret->status) &&
                            redirect_judge(transfer->curl, &exchange, buffer_text(&url), hops, ret->status, &next);
         hops++) {
        swap = url;
        url = next;
        next = swap;
        exchange_run(transfer->curl, &exchange, buffer_text(&url), ret);
    }
    curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, NULL);
    buffer_done(&url);
    buffer_done(&next);
    return status;
}
