/* main.c - salvor-upload: sends minidumps, works off a queue, or uploads a build's symbols, once. */
#include "base/log.h"
#include "base/process.h"
#include "uploader/check.h"
#include "uploader/dry_run.h"
#include "uploader/exit_code.h"
#include "uploader/files.h"
#include "uploader/queue.h"
#include "uploader/settings.h"
#include "uploader/symbols.h"
#include "uploader/system.h"
#include <inttypes.h>
#include <stdio.h>

static int help_print(void)
{
    struct buffer text;

    buffer_init(&text, 64 * 1024);
    if (settings_help(&text) == ST_OK)
        printf("usage: salvor-upload --url URL [option]... FILE...\n"
               "       salvor-upload --url URL [option]... --queue DIR\n"
               "       salvor-upload --url URL [option]... --symbols DIR...\n"
               "       salvor-upload --url URL [option]... --check\n\n"
               "Sends crash reports, one try each, or a build's symbols.\n"
               "Exit codes: 0 accepted, 1 refused for good, 2 wrong usage, 3 try again later,\n4 (--check) this kind of server cannot be "
               "asked.\n\n%s",
               buffer_text(&text));
    buffer_done(&text);
    return EXIT_ACCEPTED;
}

static int usage(FILE *out, const char *why)
{
    fprintf(out, "salvor-upload: %s. 'salvor-upload --help' lists the options.\n", why);
    return EXIT_USAGE;
}

static int queue_mode(const struct settings *settings, const struct delivery *delivery, const char *url)
{
    struct spool *spool = NULL;
    struct queue_options options = {.delivery = *delivery, .url = url, .thrift_limit_bytes = settings->thrift_limit};
    struct queue_counts counts = {0};
    enum status status = spool_open(&spool, settings->queue);

    system_thrift_facts(&options.thrift);
    if (status == ST_OK)
        status = queue_run(spool, &options, &counts);
    spool_close(spool);
    if (status != ST_OK) {
        fprintf(stderr, "salvor-upload: the queue \"%s\" cannot be worked off: %s.\n", settings->queue, status_text(status));
        return EXIT_LATER;
    }
    printf("salvor-upload queue accepted=%zu discarded=%zu refused=%zu waiting=%zu retry_after_s=%" PRIu64 "\n", counts.accepted,
           counts.discarded, counts.refused, counts.waiting, counts.retry_after_s);
    if (counts.waiting)
        printf("salvor-upload waiting misconfigured=%d reason=\"%s\"\n", counts.is_misconfigured, counts.reason);
    return counts.waiting ? EXIT_LATER : counts.refused ? EXIT_REFUSED : EXIT_ACCEPTED;
}

/* A report's address, or the server's. */
static enum status address_make(const struct settings *settings, struct buffer *url, const char **ret_why)
{
    if (settings->symbols)
        return symbols_address(settings->way, settings->url, settings->key, settings->allow_http, url, ret_why);
    return format_address(settings->format, settings->url, settings->key, settings->allow_http, url, ret_why);
}

static int reports_mode(const struct settings *settings, const struct post *post, struct progress *progress)
{
    char guid[UUID_TEXT_BYTES];
    const struct request_options options = {
        .format = settings->format, .gzip = !settings->no_gzip, .guid = guid, .progress = settings->quiet ? NULL : progress};
    const struct delivery delivery = {.post = post, .options = &options, .holds_uncertain = settings->holds_uncertain};

    request_guid(guid);
    if (settings->dry_run)
        return dry_run(post, &options, &settings->extras, settings->paths.items[0], settings->dry_run);
    if (settings->queue)
        return queue_mode(settings, &delivery, post->url);
    return files_run(&delivery, &settings->extras, &settings->paths);
}

static int run(const struct settings *settings, const char *url)
{
    struct progress progress = {.is_terminal = system_has_terminal()};
    const struct transfer_options options = {.ca_file = settings->ca_file,
                                             .crl_file = settings->crl_file,
                                             .proxy = settings->proxy,
                                             .client_certificate = settings->client_certificate,
                                             .client_key = settings->client_key,
                                             .limit_bytes_per_s = settings->limit_rate,
                                             .connect_timeout_ms = settings->connect_timeout_ms,
                                             .stall_timeout_ms = settings->stall_timeout_ms,
                                             .progress = settings->quiet ? NULL : progress_send,
                                             .progress_context = &progress};
    struct post post = {.format = settings->format, .url = url, .key = settings->key ? settings->key : ""};
    const struct symbols_options symbols = {.way = settings->way,
                                            .url = url,
                                            .key = post.key,
                                            .project = settings->project,
                                            .paths = &settings->paths,
                                            .gzip = !settings->no_gzip,
                                            .progress = settings->quiet ? NULL : &progress};
    const char *why;
    int code;

    if (transfer_create(&post.transfer, &options, &why) != ST_OK) {
        fprintf(stderr, "salvor-upload: sending cannot be set up: %s.\n", why);
        return EXIT_USAGE;
    }
    if (settings->check)
        code = check_run(&post);
    else
        code = settings->symbols ? symbols_run(post.transfer, &symbols) : reports_mode(settings, &post, &progress);
    transfer_free(post.transfer);
    return code;
}

/* Sending matters more than its log. */
static void log_open(const struct settings *settings)
{
    enum status status = settings->log ? log_set_rotated_file(settings->log, settings->log_bytes) : ST_OK;

    if (status != ST_OK)
        fprintf(stderr, "salvor-upload: the log \"%s\" cannot be written: %s. It goes to standard error.\n", settings->log,
                status_text(status));
}

static int address_run(struct settings *settings)
{
    FILE *out = settings->check ? stdout : stderr; /* what a check finds is its output */
    struct buffer url;
    const char *why = settings_use(settings);
    int code;

    if (why)
        return usage(out, why);
    log_open(settings);
    buffer_init(&url, 16 * 1024);
    if (address_make(settings, &url, &why) == ST_OK) {
        code = run(settings, buffer_text(&url));
    } else {
        fprintf(out, "salvor-upload: the address \"%s\" is not used: %s.\n", settings->url, why);
        code = EXIT_USAGE;
    }
    buffer_done(&url);
    return code;
}

int main(int argc, char **argv)
{
    struct settings settings;
    const char *why = NULL;
    int code;

    if (process_arguments(&argc, &argv) != ST_OK)
        return usage(stderr, "there is no memory for the arguments");
    if (settings_read(&settings, argc, argv, &why) != ST_OK) {
        fprintf(stderr, "salvor-upload: %s\n", why);
        code = EXIT_USAGE;
    } else if (settings.help) {
        code = help_print();
    } else if (settings.version) {
        puts("salvor-upload " SALVOR_VERSION);
        code = EXIT_ACCEPTED;
    } else {
        code = address_run(&settings);
    }
    settings_done(&settings);
    return code;
}
