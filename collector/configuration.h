/* configuration.h - the collector's settings and where they come from. */
#ifndef SALVOR_COLLECTOR_CONFIGURATION_H
#define SALVOR_COLLECTOR_CONFIGURATION_H
#include "base/option.h"
#include "death_rules.h"
#include "policy_options.h"

struct settings {
    const char *data;           /* the data folder: inbox, dumps, queue */
    struct option_list dumps;   /* folders to watch; never empty once loaded */
    const char *pipe;           /* NULL: the machine-wide one */
    const char *url, *key;      /* where reports go; NULL url: they wait */
    const char *upload_program; /* NULL until loaded: salvor-upload beside this program */
    const char *log, *config;   /* NULL: standard error, no file */
    uint64_t log_bytes;
    uint64_t scan_interval_ms;
    uint64_t user_reports, user_bytes; /* what one user may bring in an hour through inbox and dump folders */
    struct death_rules death_rules;
    struct policy_options policy;
};

/* Names of settings that .reg files carry; also the option's names on the command line. */
#define SETTING_DUMPS         "dumps"
#define SETTING_URL           "url"
#define SETTING_KEY           "key"
#define SETTING_REPORT_KILLED "report-killed"
#define SETTING_NO_DUMP_GRACE "no-dump-grace"

struct configuration; /* owns what settings point to */
/* Reads the registry, the file of --config, the command line and the policy key, in this order, and fills in what is left. On an error
 * *ret_message is one sentence for the user, valid until configuration_free. *ret is made even then, unless memory ran out. */
enum status configuration_load(struct configuration **ret, int argc, char **argv, const char **ret_message);
/* The same with options of the command's own, which only the command line has; they are copied. At most CONFIGURATION_MAX_MORE. */
#define CONFIGURATION_MAX_MORE 8
enum status configuration_load_with(struct configuration **ret, int argc, char **argv, const struct option *more, size_t more_count,
                                    const char **ret_message);
/* Whether a message of these is about a value in the registry. */
bool configuration_is_registry_message(const char *message);
const struct settings *configuration_settings(const struct configuration *configuration);
/* The command line's words that are no options. */
const struct option_list *configuration_words(const struct configuration *configuration);
/* The settings that a program may have for itself, below HKLM\\SOFTWARE\\Salvor\\<program> and the policy key's: read anew each time, laid
 * over what *rules holds. What cannot be read is logged and left as it was. */
void configuration_app(const char *app, struct death_rules *rules);
const char *configuration_queue(const struct configuration *configuration); /* <data>/queue */
const char *configuration_inbox(const struct configuration *configuration); /* <data>/inbox */
void configuration_free(struct configuration *configuration);               /* accepts NULL */

enum status configuration_help(struct buffer *out);

#endif
