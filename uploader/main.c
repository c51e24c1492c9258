/* main.c - salvor-upload: sends minidumps, or works off a queue, once. */
#include "base/log.h"
#include "base/process.h"
#include "proto/name.h"
#include "uploader/dry_run.h"
#include "uploader/files.h"
#include "uploader/queue.h"
#include "uploader/system.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EXIT_REFUSED 1
#define EXIT_USAGE   2
#define EXIT_LATER   3

struct settings {
    const char *format_name, *url, *key, *queue, *ca_file, *dry_run, *proxy, *client_certificate, *client_key;
    const struct format *format;
    struct source_extras extras;
    uint64_t limit_rate, connect_timeout_ms, stall_timeout_ms;
    bool no_gzip, allow_http, quiet, help, version;
};

#define OPTIONS_MAX 28
#define RATE_MIN    1024 /* above what counts as stalled */

static size_t options_fill(struct option table[OPTIONS_MAX], struct settings *settings)
{
    const struct option made[] = {
        {"url", OPTION_TEXT, &settings->url, 0, 0, "URL", "server's address; without a path the format's own is meant, such as /submit"},
        {"key", OPTION_TEXT, &settings->key, 0, 0, "KEY", "the project's ingest key; better given in the environment as " NAME_ENV_KEY},
        {"format", OPTION_TEXT, &settings->format_name, 0, 0, "NAME", "kind of server: " FORMAT_NAMES},
        {"queue", OPTION_TEXT, &settings->queue, 0, 0, "DIR", "work off the reports that wait in this queue, instead of files"},
        {"annotation", OPTION_LIST, &settings->extras.annotations, 0, 0, "K=V", "add an annotation; may be repeated"},
        {"attachment", OPTION_LIST, &settings->extras.attachments, 0, 0, "FILE", "add a file to each report; may be repeated"},
        {"app", OPTION_TEXT, &settings->extras.app, 0, 0, "NAME", "program that crashed"},
        {"app-version", OPTION_TEXT, &settings->extras.version, 0, 0, "V", "its version"},
        {"environment", OPTION_TEXT, &settings->extras.environment, 0, 0, "NAME", "where it ran, such as production"},
        {"channel", OPTION_TEXT, &settings->extras.channel, 0, 0, "NAME", "its release channel, such as beta"},
        {"no-gzip", OPTION_FLAG, &settings->no_gzip, 0, 0, NULL, "send uncompressed, for servers that cannot inflate"},
        {"allow-http", OPTION_FLAG, &settings->allow_http, 0, 0, NULL, "allow plain http to other machines"},
        {"ca-file", OPTION_TEXT, &settings->ca_file, 0, 0, "PEM", "trust these authorities instead of the system's"},
        {"client-certificate", OPTION_TEXT, &settings->client_certificate, 0, 0, "PEM",
         "show this certificate to the server (Windows: its path in the store)"},
        {"client-key", OPTION_TEXT, &settings->client_key, 0, 0, "PEM", "the certificate's private key, not locked by a password"},
        {"proxy", OPTION_TEXT, &settings->proxy, 0, 0, "URL", "send through this proxy instead of the environment's; 'none' for no proxy"},
        {"limit-rate", OPTION_SIZE, &settings->limit_rate, 0, 1ull << 40, "BYTES", "send at most so much a second; 0 for no limit"},
        {"dry-run", OPTION_TEXT, &settings->dry_run, 0, 0, "FILE", "write the exact request to a new file and send nothing"},
        {"connect-timeout", OPTION_DURATION, &settings->connect_timeout_ms, 100, 600000, "TIME", "limit for connecting"},
        {"stall-timeout", OPTION_DURATION, &settings->stall_timeout_ms, 1000, 3600000, "TIME", "give up when nothing moves for so long"},
        {"quiet", OPTION_FLAG, &settings->quiet, 0, 0, NULL, "no progress bar"},
        {"help", OPTION_FLAG, &settings->help, 0, 0, NULL, "show this"},
        {"version", OPTION_FLAG, &settings->version, 0, 0, NULL, "show the version"},
    };
    size_t count = sizeof made / sizeof *made;

    static_assert(sizeof made / sizeof *made <= OPTIONS_MAX, "the table has room for every option");
    for (size_t i = 0; i < count; i++)
        table[i] = made[i];
    return count;
}

static void help_print(const struct option *table, size_t count)
{
    struct buffer text;

    buffer_init(&text, 64 * 1024);
    if (option_help(&text, table, count) == ST_OK)
        printf("usage: salvor-upload --url URL [option]... FILE...\n"
               "       salvor-upload --url URL [option]... --queue DIR\n\n"
               "Sends crash reports, one try each. Exit codes: 0 accepted, 1 refused for good, 2 wrong usage, 3 try again later.\n\n%s",
               buffer_text(&text));
    buffer_done(&text);
}

static int usage(const char *why)
{
    fprintf(stderr, "salvor-upload: %s. 'salvor-upload --help' lists the options.\n", why);
    return EXIT_USAGE;
}

static int queue_mode(struct settings *settings, struct post *post, const struct request_options *options, const char *url)
{
    struct spool *spool = NULL;
    struct queue_counts counts = {0};
    enum status status = spool_open(&spool, settings->queue);

    if (status == ST_OK)
        status = queue_run(spool, post, options, url, &counts);
    spool_close(spool);
    if (status != ST_OK) {
        fprintf(stderr, "salvor-upload: the queue \"%s\" cannot be worked off: %s.\n", settings->queue, status_text(status));
        return EXIT_LATER;
    }
    printf("salvor-upload queue accepted=%zu discarded=%zu refused=%zu waiting=%zu retry_after_s=%" PRIu64 "\n", counts.accepted,
           counts.discarded, counts.refused, counts.waiting, counts.retry_after_s);
    if (counts.waiting)
        printf("salvor-upload waiting misconfigured=%d reason=\"%s\"\n", counts.is_misconfigured, counts.reason);
    return counts.waiting ? EXIT_LATER : counts.refused ? EXIT_REFUSED : 0;
}

static int run(struct settings *settings, const struct option_list *paths, const char *url)
{
    char guid[UUID_TEXT_BYTES];
    struct progress progress = {"report", 0};
    struct request_options options = {.format = settings->format, .gzip = !settings->no_gzip, .guid = guid};
    struct post_options post_options = {.format = settings->format,
                                        .url = url,
                                        .key = settings->key,
                                        .ca_file = settings->ca_file,
                                        .proxy = settings->proxy,
                                        .client_certificate = settings->client_certificate,
                                        .client_key = settings->client_key,
                                        .limit_bytes_per_s = settings->limit_rate,
                                        .connect_timeout_ms = settings->connect_timeout_ms,
                                        .stall_timeout_ms = settings->stall_timeout_ms,
                                        .progress_context = &progress};
    struct post *post = NULL;
    const char *why;
    int code;

    request_guid(guid);
    if (settings->dry_run)
        return dry_run(&post_options, &options, &settings->extras, paths->items[0], settings->dry_run);
    if (!settings->quiet && system_has_terminal())
        post_options.progress = progress_show;
    if (post_create(&post, &post_options, &why) != ST_OK) {
        fprintf(stderr, "salvor-upload: sending cannot be set up: %s.\n", why);
        return EXIT_USAGE;
    }
    if (settings->queue)
        code = queue_mode(settings, post, &options, url);
    else
        code = files_run(post, &options, &settings->extras, paths, &progress);
    progress_clear(&progress);
    post_free(post);
    return code;
}

/* Checks what the options mean together. */
static int settings_use(struct settings *settings, const struct option_list *paths)
{
    struct buffer url;
    const char *why = NULL;
    int code;

    if (!settings->url)
        return usage("--url is missing");
    if (settings->queue && (paths->count || settings->extras.annotations.count || settings->extras.attachments.count))
        return usage("--queue takes no files, annotations or attachments");
    if (!settings->queue && !paths->count)
        return usage("no file is named and no --queue");
    if (settings->dry_run && (settings->queue || paths->count != 1))
        return usage("--dry-run takes one file and no queue");
    if (settings->limit_rate && settings->limit_rate < RATE_MIN)
        return usage("--limit-rate is under 1k, where no transfer ends");
    settings->format = format_find(settings->format_name);
    if (!settings->format)
        return usage("--format is none of " FORMAT_NAMES);
    buffer_init(&url, 16 * 1024);
    if (format_address(settings->format, settings->url, settings->key, settings->allow_http, &url, &why) != ST_OK) {
        fprintf(stderr, "salvor-upload: the address \"%s\" is not used: %s.\n", settings->url, why);
        code = EXIT_USAGE;
    } else {
        code = run(settings, paths, buffer_text(&url));
    }
    buffer_done(&url);
    return code;
}

/* Registry, environment, command line, policy: a later one wins. Only the server's address, its key and the like make sense in the
 * registry, but one table serves all. */
static enum status settings_read(struct settings *settings, struct option_set *set, int argc, char **argv, struct option_list *paths,
                                 const char **ret_message)
{
    enum status status = option_parse_registry(set, NAME_KEY_SETTINGS, ret_message);
    const char *key = getenv(NAME_ENV_KEY);

    if (key && key[0])
        settings->key = key;
    if (status == ST_OK)
        status = option_parse_arguments(set, argc, argv, paths, ret_message);
    return status == ST_OK ? option_parse_registry(set, NAME_KEY_POLICY, ret_message) : status;
}

int main(int argc, char **argv)
{
    struct settings settings = {.format_name = "salvor", .connect_timeout_ms = 30000, .stall_timeout_ms = 60000};
    struct option table[OPTIONS_MAX];
    struct option_set *set = NULL;
    struct option_list paths = {NULL, 0};
    size_t count = options_fill(table, &settings);
    const char *message = NULL;
    int code;

    if (process_arguments(&argc, &argv) != ST_OK || option_set_create(&set, table, count) != ST_OK)
        return usage("there is no memory for the options");
    if (settings_read(&settings, set, argc, argv, &paths, &message) != ST_OK) {
        fprintf(stderr, "salvor-upload: %s\n", message ? message : "the options cannot be read");
        code = EXIT_USAGE;
    } else if (settings.help) {
        help_print(table, count);
        code = 0;
    } else if (settings.version) {
        puts("salvor-upload " SALVOR_VERSION);
        code = 0;
    } else {
        code = settings_use(&settings, &paths);
    }
    option_set_free(set);
    return code;
}
