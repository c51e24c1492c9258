/* configuration.c - one option table feeds command line, file and registry. */
#include "configuration.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "platform.h"
#include "proto/name.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_INTERVAL_MS     5000
#define MAX_SCAN_INTERVAL_MS (24u * 3600 * 1000)
#define MAX_PATH_BYTES       (3u * 32768u)
#define USER_REPORTS         1000
#define USER_BYTES           (8ull << 30)
#define LOG_BYTES            (10u << 20)
#define LOG_BYTES_LEAST      (64u << 10)
#define LOG_BYTES_MOST       (1ull << 40)
#define NO_DUMP_GRACE_MS     10000
#define MAX_GRACE_MS         (3600u * 1000)
#define APP_OPTION_COUNT     2
#define OWN_OPTION_COUNT     12
#define OPTION_COUNT         (OWN_OPTION_COUNT + APP_OPTION_COUNT + POLICY_OPTION_COUNT)
#define MAX_KEY_BYTES        1024

struct configuration {
    struct settings settings;
    struct option options[OPTION_COUNT + CONFIGURATION_MAX_MORE];
    struct option_set *set;  /* registry and file */
    struct option_set *line; /* the command line, with the command's own options */
    struct option_list words;
    char *queue, *inbox, *default_dumps, *default_upload;
    const char *default_dumps_list[1];
};

static_assert(LOG_OLD_FILES == 4, "the text of log-size says so");

/* What a program may have for itself. */
static void fill_app_table(struct option *options, struct death_rules *rules)
{
    const struct option table[APP_OPTION_COUNT] = {
        {SETTING_NO_DUMP_GRACE, OPTION_DURATION, &rules->no_dump_grace_ms, 0, MAX_GRACE_MS, "TIME",
         "wait this long for a dump before a death is reported without one"},
        {SETTING_REPORT_KILLED, OPTION_FLAG, &rules->report_killed, 0, 0, NULL, "report programs too that were ended from outside"},
    };

    memcpy(options, table, sizeof table);
}

static void fill_table(struct option *options, struct settings *settings)
{
    const struct option table[OWN_OPTION_COUNT] = {
        {"data", OPTION_TEXT, &settings->data, 0, 0, "DIR", "data folder: reports wait in its queue/"},
        {SETTING_DUMPS, OPTION_LIST, &settings->dumps, 0, 0, "DIR", "folder of LocalDumps to watch; may be given again (<data>/dumps)"},
        {"pipe", OPTION_TEXT, &settings->pipe, 0, 0, "NAME", "named pipe that programs register at"},
        {SETTING_URL, OPTION_TEXT, &settings->url, 0, 0, "URL", "server that reports are sent to; without one they wait"},
        {SETTING_KEY, OPTION_TEXT, &settings->key, 0, 0, "K", "the server's key for this project"},
        {"scan-interval", OPTION_DURATION, &settings->scan_interval_ms, 100, MAX_SCAN_INTERVAL_MS, "TIME",
         "look through the folders this often"},
        {"upload-program", OPTION_TEXT, &settings->upload_program, 0, 0, "PATH", "program that sends (salvor-upload beside this one)"},
        {"user-reports", OPTION_NUMBER, &settings->user_reports, 1, 1000000, "N",
         "reports that one user may bring in an hour through folders"},
        {"user-bytes", OPTION_SIZE, &settings->user_bytes, 65536, 1ull << 50, "SIZE", "bytes of them"},
        {"log", OPTION_TEXT, &settings->log, 0, 0, "FILE", "append the log to a file"},
        {"log-size", OPTION_SIZE, &settings->log_bytes, LOG_BYTES_LEAST, LOG_BYTES_MOST, "SIZE",
         "rename the log to FILE.1 when it is so large; four old ones are kept"},
        {"config", OPTION_TEXT, &settings->config, 0, 0, "FILE", "read settings from a file of `name = value` lines"},
    };

    memcpy(options, table, sizeof table);
    fill_app_table(options + OWN_OPTION_COUNT, &settings->death_rules);
    policy_options_table(options + OWN_OPTION_COUNT + APP_OPTION_COUNT, &settings->policy);
}

static void fill_defaults(struct settings *settings)
{
    *settings = (struct settings){.data = platform_default_data(),
                                  .user_reports = USER_REPORTS,
                                  .user_bytes = USER_BYTES,
                                  .scan_interval_ms = SCAN_INTERVAL_MS,
                                  .log_bytes = LOG_BYTES,
                                  .death_rules.no_dump_grace_ms = NO_DUMP_GRACE_MS};
    policy_options_defaults(&settings->policy);
}

/* The command line comes twice: first to learn --config, then in its turn. */
static enum status read_sources(struct configuration *configuration, int argc, char **argv, const char **ret_message)
{
    struct settings *settings = &configuration->settings;
    struct option_set *set = configuration->set;
    enum status st = option_parse_arguments(configuration->line, argc, argv, &configuration->words, ret_message);
    const char *config = settings->config;

    if (!st)
        st = option_parse_registry(set, NAME_KEY_SETTINGS, ret_message);
    if (!st && config)
        st = option_parse_file(set, config, ret_message);
    if (!st)
        st = option_parse_arguments(configuration->line, argc, argv, &configuration->words, ret_message);
    if (!st)
        st = option_parse_registry(set, NAME_KEY_POLICY, ret_message);
    return st || policy_options_check(&settings->policy, ret_message) ? st : ST_ARGUMENT;
}

/* name in the folder of this program. */
static char *beside_program(const char *name)
{
    struct buffer path;
    char *joined = NULL;

    buffer_init(&path, MAX_PATH_BYTES);
    if (process_self_path(&path) == ST_OK) {
        path.len -= strlen(path_base(buffer_text(&path)));
        path.data[path.len] = '\0';
        if (buffer_append_text(&path, name) == ST_OK)
            joined = buffer_take(&path);
    }
    buffer_done(&path);
    return joined;
}

static enum status fill_rest(struct configuration *configuration)
{
    struct settings *settings = &configuration->settings;

    configuration->queue = path_joined(settings->data, NAME_FOLDER_QUEUE);
    configuration->inbox = path_joined(settings->data, NAME_FOLDER_INBOX);
    configuration->default_dumps = path_joined(settings->data, NAME_FOLDER_DUMPS);
    configuration->default_upload = beside_program(platform_upload_program());
    if (!configuration->queue || !configuration->inbox || !configuration->default_dumps || !configuration->default_upload)
        return ST_MEMORY;
    if (settings->dumps.count == 0) {
        configuration->default_dumps_list[0] = configuration->default_dumps;
        settings->dumps = (struct option_list){configuration->default_dumps_list, 1};
    }
    if (!settings->upload_program)
        settings->upload_program = configuration->default_upload;
    return ST_OK;
}

enum status configuration_load(struct configuration **ret, int argc, char **argv, const char **ret_message)
{
    return configuration_load_with(ret, argc, argv, NULL, 0, ret_message);
}

enum status configuration_load_with(struct configuration **ret, int argc, char **argv, const struct option *more, size_t more_count,
                                    const char **ret_message)
{
    struct configuration *configuration = calloc(1, sizeof *configuration);
    enum status st;

    if (!configuration)
        return ST_MEMORY;
    *ret_message = status_text(ST_MEMORY);
    fill_defaults(&configuration->settings);
    fill_table(configuration->options, &configuration->settings);
    if (more_count)
        memcpy(configuration->options + OPTION_COUNT, more, more_count * sizeof *more);
    st = option_set_create(&configuration->set, configuration->options, OPTION_COUNT);
    if (!st)
        st = option_set_create(&configuration->line, configuration->options, OPTION_COUNT + more_count);
    if (st) {
        configuration_free(configuration);
        return st;
    }
    *ret = configuration;
    st = read_sources(configuration, argc, argv, ret_message);
    if (st)
        return st;
    *ret_message = status_text(ST_MEMORY);
    return fill_rest(configuration);
}

bool configuration_is_registry_message(const char *message)
{
    return text_starts(message, "HKLM\\") || text_starts(message, "cannot read HKLM\\");
}

const struct settings *configuration_settings(const struct configuration *configuration)
{
    return &configuration->settings;
}

const struct option_list *configuration_words(const struct configuration *configuration)
{
    return &configuration->words;
}

const char *configuration_queue(const struct configuration *configuration)
{
    return configuration->queue;
}

const char *configuration_inbox(const struct configuration *configuration)
{
    return configuration->inbox;
}

void configuration_free(struct configuration *configuration)
{
    if (!configuration)
        return;
    option_set_free(configuration->set);
    option_set_free(configuration->line);
    free(configuration->queue);
    free(configuration->inbox);
    free(configuration->default_dumps);
    free(configuration->default_upload);
    free(configuration);
}

/* The policy for all programs wins over a program's own setting, and is overruled by the policy for that program. */
static enum status read_app(struct option_set *set, const char *app, const char **ret_message)
{
    char settings[MAX_KEY_BYTES], policy[MAX_KEY_BYTES];
    enum status st;

    *ret_message = "its name is too long for a key";
    if ((size_t)snprintf(settings, sizeof settings, NAME_KEY_SETTINGS "\\%s", app) >= sizeof settings ||
        (size_t)snprintf(policy, sizeof policy, NAME_KEY_POLICY "\\%s", app) >= sizeof policy)
        return ST_TOO_LARGE;
    st = option_parse_registry(set, settings, ret_message);
    if (!st)
        st = option_parse_registry(set, NAME_KEY_POLICY, ret_message);
    return st ? st : option_parse_registry(set, policy, ret_message);
}

void configuration_app(const char *app, struct death_rules *rules)
{
    struct option options[APP_OPTION_COUNT];
    struct death_rules read = *rules;
    struct option_set *set = NULL;
    const char *message = "out of memory";

    fill_app_table(options, &read);
    if (option_set_create(&set, options, APP_OPTION_COUNT) || read_app(set, app, &message))
        log_warn("app-settings-unusable", "app=\"%s\" reason=\"%s\" consequence=\"the general ones hold\"", app, message);
    else
        *rules = read;
    option_set_free(set);
}

enum status configuration_help(struct buffer *out)
{
    struct option options[OPTION_COUNT];
    struct settings settings;

    fill_defaults(&settings);
    fill_table(options, &settings);
    return option_help(out, options, OPTION_COUNT);
}
