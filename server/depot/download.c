/* download.c - see download.h. Redirects are followed by hand: each address is checked as the first one was. */
#include "depot/download.h"
#include "base/clock.h"
#include "base/text.h"
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 10000L
#define LOW_SPEED_BYTES    100L /* a second, for */
#define LOW_SPEED_SECONDS  30L

struct transfer {
    const struct download_options *options;
    struct file *out;
    uint64_t bytes, deadline_ms;
    enum status status; /* of ours: writing, size */
    long code;
    CURL *curl;
};

enum status download_begin(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ST_OK : ST_SYSTEM;
}

void download_end(void)
{
    curl_global_cleanup();
}

/* -- addresses -- */

static char *url_part(CURLU *url, CURLUPart part)
{
    char *text = NULL, *copy = NULL;
    if (curl_url_get(url, part, &text, 0) == CURLUE_OK)
        copy = strdup(text);
    curl_free(text);
    return copy;
}

static bool is_loopback(const char *host)
{
    return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "[::1]") == 0 || text_equal_nocase(host, "localhost");
}

bool download_may_ask(const char *text, char **ret_host)
{
    CURLU *url = curl_url();
    bool is_url = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK;
    char *scheme = is_url ? url_part(url, CURLUPART_SCHEME) : NULL, *host = is_url ? url_part(url, CURLUPART_HOST) : NULL;
    bool may = scheme && host && (text_equal_nocase(scheme, "https") || (text_equal_nocase(scheme, "http") && is_loopback(host)));
    curl_url_cleanup(url);
    free(scheme);
    if (!may) {
        free(host);
        return false;
    }
    *ret_host = host;
    return true;
}

static bool is_named(const struct download_options *options, const char *host)
{
    for (size_t i = 0; i < options->host_count; i++) {
        const char *allowed = options->hosts[i];
        if (allowed[0] == '*' && allowed[1] == '.' ? text_ends_nocase(host, allowed + 1) : text_equal_nocase(host, allowed))
            return true;
    }
    return false;
}

static bool is_allowed(const struct download_options *options, const char *url)
{
    char *host = NULL;
    bool allowed = download_may_ask(url, &host) && is_named(options, host);
    free(host);
    return allowed;
}

/* -- one exchange -- */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t total = size * count;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &transfer->code);
    if (transfer->code != 200)
        return total; /* a page for people */
    transfer->bytes += total;
    if (transfer->bytes > transfer->options->max_bytes)
        transfer->status = ST_TOO_LARGE;
    else
        transfer->status = file_write(transfer->out, bytes, total);
    return transfer->status ? 0 : total;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now)
{
    const struct transfer *transfer = context;
    (void)total, (void)now, (void)up_total, (void)up_now;
    return transfer->options->cancel && atomic_load(transfer->options->cancel);
}

static bool set_up(struct transfer *transfer, const char *url)
{
    CURL *curl = transfer->curl;
    uint64_t now = clock_steady_ms();
    long left_ms = now < transfer->deadline_ms ? (long)(transfer->deadline_ms - now) : 1;
    int bad = 0;
    curl_easy_reset(curl);
    bad |= curl_easy_setopt(curl, CURLOPT_URL, url);
    bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "Microsoft-Symbol-Server/10.0.0.0 (salvor)"); /* some servers answer no other */
    bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms);
    bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
    bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    return !bad;
}

/* What an answer means; *ret_next gets the address of a redirect. */
static enum status judge(struct transfer *transfer, CURLcode result, char **ret_next, struct buffer *ret_why)
{
    const char *next = NULL;
    if (transfer->status) {
        buffer_printf(ret_why, "could not be kept: %s", status_text(transfer->status));
        return transfer->status;
    }
    if (result != CURLE_OK) {
        buffer_printf(ret_why, "could not be fetched: %s", curl_easy_strerror(result));
        return result == CURLE_OPERATION_TIMEDOUT ? ST_TIMEOUT : ST_BUSY;
    }
    if (transfer->code == 200)
        return ST_OK;
    if (transfer->code >= 300 && transfer->code < 400 && curl_easy_getinfo(transfer->curl, CURLINFO_REDIRECT_URL, &next) == CURLE_OK &&
        next) {
        *ret_next = strdup(next);
        return *ret_next ? ST_OK : ST_MEMORY;
    }
    buffer_printf(ret_why, "was answered with %ld", transfer->code);
    return transfer->code == 404 || transfer->code == 403 || transfer->code == 410 ? ST_NOT_FOUND : ST_BUSY;
}

static enum status exchange(struct transfer *transfer, const char *url, char **ret_next, struct buffer *ret_why)
{
    if (!set_up(transfer, url))
        return ST_MEMORY;
    transfer->code = 0;
    CURLcode result = curl_easy_perform(transfer->curl);
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &transfer->code);
    return judge(transfer, result, ret_next, ret_why);
}

enum status download_file(const struct download_options *options, const char *url, struct file *out, struct buffer *ret_why)
{
    struct transfer transfer = {
        .options = options, .out = out, .deadline_ms = clock_steady_ms() + options->timeout_ms, .curl = curl_easy_init()};
    char *at = strdup(url), *next = NULL;
    enum status status = transfer.curl && at ? ST_OK : ST_MEMORY;
    for (unsigned hops = 0; !status; hops++) {
        if (hops > DOWNLOAD_MAX_REDIRECTS || !is_allowed(options, at)) {
            buffer_printf(ret_why, "leads to %s, where no symbols are fetched from", at);
            status = ST_REFUSED;
            break;
        }
        status = exchange(&transfer, at, &next, ret_why);
        if (!next)
            break;
        free(at);
        at = next;
        next = NULL;
    }
    free(at);
    if (transfer.curl)
        curl_easy_cleanup(transfer.curl);
    return status;
}
