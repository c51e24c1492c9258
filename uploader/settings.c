/* settings.c - one table feeds command line, registry and --help. Only the server's address, its key and the like make sense in the
 * registry, but one table serves all. */
#include "uploader/settings.h"
#include "proto/name.h"
#include "uploader/symbol_way.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32
#define RATE_MIN    1024 /* above what counts as stalled */

static size_t options_fill(struct option table[OPTIONS_MAX], struct settings *settings)
{
    const struct option made[] = {
        {"url", OPTION_TEXT, &settings->url, 0, 0, "URL", "server's address; without a path the format's own is meant, such as /submit"},
        {"key", OPTION_TEXT, &settings->key, 0, 0, "KEY", "the project's ingest key; better given in the environment as " NAME_ENV_KEY},
        {"format", OPTION_TEXT, &settings->format_name, 0, 0, "NAME", "kind of server: " FORMAT_NAMES},
        {"queue", OPTION_TEXT, &settings->queue, 0, 0, "DIR", "work off the reports that wait in this queue, instead of files"},
        {"symbols", OPTION_FLAG, &settings->symbols, 0, 0, NULL,
         "upload the PE, PDB and .sym files in these folders that the server lacks"},
        {"project", OPTION_TEXT, &settings->project, 0, 0, "NAME", "the project that symbols are for; for Sentry ORGANIZATION/PROJECT"},
        {"check", OPTION_FLAG, &settings->check, 0, 0, NULL, "ask the server whether it would take a report with this key, and send none"},
        {"annotation", OPTION_LIST, &settings->extras.annotations, 0, 0, "K=V", "add an annotation; may be repeated"},
        {"attachment", OPTION_LIST, &settings->extras.attachments, 0, 0, "FILE", "add a file to each report; may be repeated"},
        {"app", OPTION_TEXT, &settings->extras.app, 0, 0, "NAME", "program that crashed"},
        {"app-version", OPTION_TEXT, &settings->extras.version, 0, 0, "V", "its version"},
        {"environment", OPTION_TEXT, &settings->extras.environment, 0, 0, "NAME", "where it ran, such as production"},
        {"channel", OPTION_TEXT, &settings->extras.channel, 0, 0, "NAME", "its release channel, such as beta"},
        {"no-gzip", OPTION_FLAG, &settings->no_gzip, 0, 0, NULL, "send uncompressed, for servers that cannot inflate"},
        {"allow-http", OPTION_FLAG, &settings->allow_http, 0, 0, NULL, "allow plain http to other machines"},
        {"ca-file", OPTION_TEXT, &settings->ca_file, 0, 0, "PEM", "trust these authorities instead of the system's"},
        {"crl-file", OPTION_TEXT, &settings->crl_file, 0, 0, "PEM",
         "refuse certificates that these lists revoke (not on Windows, which asks the issuer)"},
        {"client-certificate", OPTION_TEXT, &settings->client_certificate, 0, 0, "PEM",
         "show this certificate to the server (Windows: its path in the store)"},
        {"client-key", OPTION_TEXT, &settings->client_key, 0, 0, "PEM", "the certificate's private key, not locked by a password"},
        {"proxy", OPTION_TEXT, &settings->proxy, 0, 0, "URL", "send through this proxy instead of the environment's; 'none' for no proxy"},
        {"limit-rate", OPTION_SIZE, &settings->limit_rate, 0, 1ull << 40, "BYTES", "send at most so much a second; 0 for no limit"},
        {"thrift-limit", OPTION_SIZE, &settings->thrift_limit, 0, 0, "BYTES",
         "in a queue, larger reports wait while Windows runs on battery or a metered network"},
        {"uncertain", OPTION_TEXT, &settings->uncertain, 0, 0, "POLICY",
         "repeat|hold a report that may have arrived at a server which would count it twice"},
        {"dry-run", OPTION_TEXT, &settings->dry_run, 0, 0, "FILE", "write the exact request to a new file and send nothing"},
        {"connect-timeout", OPTION_DURATION, &settings->connect_timeout_ms, 100, 600000, "TIME", "limit for connecting"},
        {"stall-timeout", OPTION_DURATION, &settings->stall_timeout_ms, 1000, 3600000, "TIME", "give up when nothing moves for so long"},
        {"log", OPTION_TEXT, &settings->log, 0, 0, "FILE", "append the log to a file"},
        {"log-size", OPTION_SIZE, &settings->log_bytes, 64u << 10, 1ull << 40, "SIZE",
         "rename the log to FILE.1 when it is so large; four old ones are kept"},
        {"quiet", OPTION_FLAG, &settings->quiet, 0, 0, NULL, "no progress"},
        {"help", OPTION_FLAG, &settings->help, 0, 0, NULL, "show this"},
        {"version", OPTION_FLAG, &settings->version, 0, 0, NULL, "show the version"},
    };
    size_t count = sizeof made / sizeof *made;

    static_assert(sizeof made / sizeof *made <= OPTIONS_MAX, "the table has room for every option");
    for (size_t i = 0; i < count; i++)
        table[i] = made[i];
    return count;
}

static const struct settings defaults = {.format_name = "salvor",
                                         .project = "default",
                                         .uncertain = "repeat",
                                         .connect_timeout_ms = 30000,
                                         .stall_timeout_ms = 60000,
                                         .log_bytes = 10u << 20,
                                         .thrift_limit = 10u << 20};

enum status settings_help(struct buffer *out)
{
    struct settings settings = defaults;
    struct option table[OPTIONS_MAX];
    size_t count = options_fill(table, &settings);

    return option_help(out, table, count);
}

enum status settings_read(struct settings *ret, int argc, char **argv, const char **ret_why)
{
    struct option table[OPTIONS_MAX];
    const char *key = getenv(NAME_ENV_KEY);
    enum status status;

    *ret = defaults;
    *ret_why = "there is no memory for the options";
    status = option_set_create(&ret->set, table, options_fill(table, ret));
    if (status == ST_OK)
        status = option_parse_registry(ret->set, NAME_KEY_SETTINGS, ret_why);
    if (key && key[0])
        ret->key = key;
    if (status == ST_OK)
        status = option_parse_arguments(ret->set, argc, argv, &ret->paths, ret_why);
    return status == ST_OK ? option_parse_registry(ret->set, NAME_KEY_POLICY, ret_why) : status;
}

void settings_done(struct settings *settings)
{
    option_set_free(settings->set);
}

/* A key goes into a header as it is, so it must not be able to begin another one. */
static bool key_is_sound(const char *key)
{
    for (; *key; key++)
        if (*key < 0x21 || *key > 0x7e)
            return false;
    return true;
}

static bool project_is_sentrys(const char *project)
{
    const char *slash = strchr(project, '/');

    return slash && slash > project && slash[1] && !strchr(slash + 1, '/');
}

static const char *symbols_use(const struct settings *settings)
{
    if (settings->queue || settings->dry_run || settings->extras.annotations.count || settings->extras.attachments.count)
        return "--symbols takes folders and files only: no queue, dry run, annotations or attachments";
    if (settings->way->refusal)
        return settings->way->refusal;
    if (strcmp(settings->format->name, "sentry") == 0 && !project_is_sentrys(settings->project))
        return "symbols for Sentry need --project ORGANIZATION/PROJECT";
    return settings->paths.count ? NULL : "no folder is named for --symbols";
}

static const char *check_use(const struct settings *settings)
{
    if (settings->queue || settings->dry_run || settings->symbols || settings->paths.count)
        return "--check takes neither files nor a queue, and sends nothing";
    return NULL;
}

static const char *reports_use(const struct settings *settings)
{
    if (settings->queue && (settings->paths.count || settings->extras.annotations.count || settings->extras.attachments.count))
        return "--queue takes no files, annotations or attachments";
    if (!settings->queue && !settings->paths.count)
        return "no file is named and no --queue";
    if (settings->dry_run && (settings->queue || settings->paths.count != 1))
        return "--dry-run takes one file and no queue";
    return NULL;
}

const char *settings_use(struct settings *settings)
{
    if (!settings->url)
        return "--url is missing";
    settings->format = format_find(settings->format_name);
    if (!settings->format)
        return "--format is none of " FORMAT_NAMES;
    settings->way = symbol_way_find(settings->format_name);
    if (settings->limit_rate && settings->limit_rate < RATE_MIN)
        return "--limit-rate is under 1k, where no transfer ends";
    if (settings->key && !key_is_sound(settings->key))
        return "the key holds characters that no key has";
    settings->holds_uncertain = strcmp(settings->uncertain, "hold") == 0;
    if (!settings->holds_uncertain && strcmp(settings->uncertain, "repeat") != 0)
        return "--uncertain is neither repeat nor hold";
    if (settings->check)
        return check_use(settings);
    return settings->symbols ? symbols_use(settings) : reports_use(settings);
}
