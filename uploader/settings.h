/* settings.h - salvor-upload's options: what they are, where they come from, and what they mean together. */
#ifndef SALVOR_UPLOADER_SETTINGS_H
#define SALVOR_UPLOADER_SETTINGS_H
#include "uploader/format.h"
#include "uploader/source.h"

struct symbol_way;

struct settings {
    const char *format_name, *url, *key, *project, *queue, *dry_run, *uncertain;
    const char *log; /* NULL: standard error */
    const char *ca_file, *crl_file, *proxy, *client_certificate, *client_key;
    struct source_extras extras;
    uint64_t log_bytes, limit_rate, connect_timeout_ms, stall_timeout_ms, thrift_limit;
    bool no_gzip, allow_http, quiet, symbols, check, help, version;
    /* made of the above */
    const struct format *format;
    const struct symbol_way *way; /* of symbols */
    bool holds_uncertain;
    struct option_list paths;
    struct option_set *set; /* owns the texts */
};

/* Reads registry, environment, command line and policy, where a later one wins. On an error *ret_why is one sentence for the user, which
 * lives until settings_done. */
enum status settings_read(struct settings *ret, int argc, char **argv, const char **ret_why);
void settings_done(struct settings *settings);
/* Checks what the options mean together; NULL, or why that is wrong, without a full stop. */
const char *settings_use(struct settings *settings);
/* Appends the options part of --help. */
enum status settings_help(struct buffer *out);

#endif
