/* format.c - one row per kind of server. Sources of the rows: Relay's minidump endpoint and form data (sentry), Antenna's extract_payload
 * (socorro), the Crashpad pages of the vendors' manuals (bugsplat, backtrace), mini-breakpad-server (breakpad).
 *
 * Antenna takes every part of type application/octet-stream for a dump, so Socorro gets no attachments. Relay puts fields that it does not
 * know into the event's extra data, so Sentry gets none. Old Breakpad servers inflate nothing. BugSplat's crashpad.php is PHP, which by
 * default looks at twenty files, and the dump is the last. */
#include "uploader/format.h"
#include "base/text.h"
#include "uploader/endpoint.h"

static const struct format formats[] = {
    {.name = "salvor",
     .path = "/submit",
     .has_headers = true,
     .has_gzip = true,
     .is_counted_once = true,
     .parts = FORMAT_BREAKPAD_FIELDS | FORMAT_SENTRY_FIELDS | FORMAT_RECORD | FORMAT_ATTACHMENTS,
     .product = "ProductName",
     .version = "Version",
     .channel = "ReleaseChannel"},
    {.name = "sentry",
     .path_hint = "a Sentry project's address is https://HOST/api/PROJECT/minidump/, and --key is its public key",
     .key_parameter = "sentry_key",
     .has_gzip = true,
     .is_counted_once = true,
     .parts = FORMAT_SENTRY_FIELDS | FORMAT_ATTACHMENTS},
    {.name = "bugsplat",
     .path = "/post/bp/crash/crashpad.php",
     .has_gzip = true,
     .parts = FORMAT_BREAKPAD_FIELDS | FORMAT_ANNOTATIONS | FORMAT_ATTACHMENTS,
     .max_attachments = 19,
     .product = "product",
     .version = "version",
     .channel = "channel",
     .environment = "environment"},
    {.name = "backtrace",
     .path = "/post",
     .query = {"format", "minidump"},
     .key_parameter = "token",
     .has_gzip = true,
     .parts = FORMAT_BREAKPAD_FIELDS | FORMAT_ANNOTATIONS | FORMAT_NAMED_ATTACHMENTS,
     .product = "application",
     .version = "version",
     .channel = "channel",
     .environment = "environment"},
    {.name = "socorro",
     .path = "/submit",
     .has_gzip = true,
     .parts = FORMAT_ANNOTATIONS,
     .product = "ProductName",
     .version = "Version",
     .channel = "ReleaseChannel",
     .environment = "environment"},
    {.name = "breakpad",
     .path = "/post",
     .key_parameter = "key",
     .parts = FORMAT_BREAKPAD_FIELDS | FORMAT_ANNOTATIONS | FORMAT_ATTACHMENTS,
     .channel = "channel",
     .environment = "environment"},
};

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (text_equal_nocase(formats[i].name, name))
            return &formats[i];
    return NULL;
}

/* The fixed parameter and the key. An address that already has a parameter of that name keeps its own. */
static enum status query_complete(const struct format *format, const char *key, struct buffer *out, const char **ret_why)
{
    enum status status = ST_OK;

    if (format->query[0])
        status = endpoint_query_add(out, format->query[0], format->query[1]);
    if (status == ST_OK && key && key[0] && format->key_parameter)
        status = endpoint_query_add(out, format->key_parameter, key);
    if (status != ST_OK)
        *ret_why = "it is too long";
    return status;
}

enum status format_address(const struct format *format, const char *text, const char *key, bool allow_http, struct buffer *out,
                           const char **ret_why)
{
    enum status status;

    if (key && key[0] && !format->key_parameter && !format->has_headers) {
        *ret_why = "servers of this format know no key; leave --key out";
        return ST_ARGUMENT;
    }
    if (!format->path && !endpoint_has_path(text)) {
        *ret_why = format->path_hint;
        return ST_ARGUMENT;
    }
    status = endpoint_parse(text, format->path, allow_http, out, ret_why);
    return status == ST_OK ? query_complete(format, key, out, ret_why) : status;
}
