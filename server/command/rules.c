/* rules.c - `salvor-server rules`: a project's own signature rules. They are tried on the newest reports before anybody has to live with
 * them: which would get another title. */
#include "jobs/rules.h"
#include "base/file.h"
#include "base/option.h"
#include "base/process.h"
#include "command/command.h"
#include "command/data.h"
#include "depot/depot.h"
#include "jobs/result.h"
#include "signature/rules.h"
#include "store/project.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "usage: salvor-server rules show|clear PROJECT, or rules try|set PROJECT FILE [--data DIR] [--reports N] [--symbols DIR]..."

#define TIMEOUT_MS      60000u /* for one report */
#define DEFAULT_REPORTS 100u
#define MAX_REPORTS     100000u
#define MAX_PATH_BYTES  8192u
#define MAX_ERROR_BYTES 2048u

struct rules_command {
    const char *data, *project, *file;
    uint64_t reports;
    struct option_list symbols;
    struct store store;
    struct buffer place; /* where the project's rules stand */
};

static int fail_project(const struct rules_command *command, enum status status)
{
    if (status == ST_NOT_FOUND)
        return data_fail("there is no project \"%s\" in \"%s\"", command->project, command->data);
    return data_fail("the database in \"%s\" failed: %s", command->data, status_text(status));
}

/* Where the project's rules stand. */
static enum status find_place(struct rules_command *command, int64_t *ret_project)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(command->store.db, DB_READ, &tx);
    if (status)
        return status;
    status = project_find(tx, command->project, ret_project);
    db_rollback(tx);
    return status ? status : rules_path(command->data, *ret_project, &command->place);
}

/* Reads rules and holds them against their form. */
static bool read_rules(const char *path, struct buffer *ret)
{
    char message[RULES_MESSAGE_BYTES] = "";
    struct signature_rules *rules = NULL;
    enum status status = file_read_whole(path, RULES_MAX_FILE_BYTES, ret);
    if (!status)
        status = signature_rules_create(&rules, buffer_text(ret), ret->len, message);
    signature_rules_free(rules);
    if (status)
        data_fail("%s: %s", path, *message ? message : status_text(status));
    return !status;
}

static int show(struct rules_command *command)
{
    struct buffer text;
    buffer_init(&text, RULES_MAX_FILE_BYTES);
    enum status status = file_read_whole(buffer_text(&command->place), RULES_MAX_FILE_BYTES, &text);
    if (status == ST_NOT_FOUND)
        printf("# project %s has the built-in rules alone\n", command->project);
    else if (!status)
        fwrite(text.data, 1, text.len, stdout);
    buffer_done(&text);
    return status && status != ST_NOT_FOUND ? data_fail("%s: %s", buffer_text(&command->place), status_text(status)) : 0;
}

static int clear(struct rules_command *command)
{
    enum status status = file_remove(buffer_text(&command->place));
    return status && status != ST_NOT_FOUND ? data_fail("%s: %s", buffer_text(&command->place), status_text(status)) : 0;
}

static int set(struct rules_command *command)
{
    struct buffer text;
    char *folder = strdup(buffer_text(&command->place));
    int code = 1;
    buffer_init(&text, RULES_MAX_FILE_BYTES);
    if (folder && read_rules(command->file, &text)) {
        folder[path_base(folder) - folder] = 0;
        enum status status = folder_create(folder);
        if (!status)
            status = file_write_whole(buffer_text(&command->place), text.data, text.len);
        code = status ? data_fail("%s: %s", buffer_text(&command->place), status_text(status)) : 0;
    }
    buffer_done(&text);
    free(folder);
    return code;
}

/* -- the dry run -- */

struct trial {
    struct rules_command *command;
    struct process_client *client;
    const char *now, *then; /* files of rules; now may be NULL */
    uint64_t tried, changed, failed;
};

/* The signature of a dump by one set of rules; NULL when it cannot be processed. */
static struct result *sign(struct trial *trial, const char *dump, const char *rules)
{
    struct result *result = NULL;
    struct buffer json, error;
    buffer_init(&json, PROCESS_MAX_JSON_BYTES);
    buffer_init(&error, MAX_ERROR_BYTES);
    if (process_client_run(trial->client, dump, rules, TIMEOUT_MS, &json, &error) != ST_OK ||
        result_create(&result, buffer_text(&json), json.len) != ST_OK)
        result = NULL;
    buffer_done(&error);
    buffer_done(&json);
    return result;
}

static void try_dump(struct trial *trial, const char *id, const char *dump)
{
    struct result *now = sign(trial, dump, trial->now), *then = now ? sign(trial, dump, trial->then) : NULL;
    trial->tried++;
    if (!then) {
        trial->failed++;
    } else if (strcmp(result_facts(now)->signature, result_facts(then)->signature) != 0) {
        trial->changed++;
        printf("%s\n  now   %s\n  then  %s\n", id, result_facts(now)->title, result_facts(then)->title);
    }
    result_free(then);
    result_free(now);
}

static enum status try_reports(struct trial *trial, int64_t project)
{
    struct rules_command *command = trial->command;
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    struct buffer path;
    enum status status = db_begin(command->store.db, DB_READ, &tx);
    if (status)
        return status;
    buffer_init(&path, MAX_PATH_BYTES);
    status = db_select(tx, &query,
                       "SELECT id, dump_blob FROM report WHERE project_id = ?1 AND dump_blob IS NOT NULL ORDER BY received DESC, id DESC"
                       " LIMIT ?2",
                       db_int(project), db_int((int64_t)command->reports));
    while (!status && (status = db_next(query)) == ST_OK) {
        buffer_reset(&path);
        status = blob_path(command->store.blobs, db_get_text(query, 1), &path);
        if (!status)
            try_dump(trial, db_get_text(query, 0), buffer_text(&path));
    }
    db_finish(query);
    db_rollback(tx);
    buffer_done(&path);
    return status == ST_END ? ST_OK : status;
}

/* Beside a running server only the database is opened for commands; the dumps are read here too. */
static enum status open_blobs(struct rules_command *command)
{
    char *data = realpath(command->data, NULL), *folder = data ? path_joined(data, "blobs") : NULL;
    enum status status = folder ? blob_store_open(&command->store.blobs, folder) : ST_MEMORY;
    free(folder);
    free(data);
    return status;
}

/* The same symbols as the server has, but what it compiled is only read. */
static enum status open_client(struct trial *trial, struct depot *depot, const char *program, const char **folders)
{
    const struct rules_command *command = trial->command;
    folders[0] = depot_folder(depot);
    for (size_t i = 0; i < command->symbols.count; i++)
        folders[1 + i] = command->symbols.items[i];
    struct process_client_options options = {.program_path = program,
                                             .symbol_folders = folders,
                                             .symbol_folder_count = 1 + command->symbols.count,
                                             .symbol_cache = depot_cache(depot)};
    return process_client_create(&trial->client, &options);
}

static int try_rules(struct rules_command *command, int64_t project)
{
    struct trial trial = {.command = command};
    struct file_info info;
    struct depot *depot = NULL;
    struct buffer program, text;
    const char **folders = calloc(1 + command->symbols.count, sizeof *folders);
    char *then = realpath(command->file, NULL);
    buffer_init(&program, 65536);
    buffer_init(&text, RULES_MAX_FILE_BYTES);
    int code = 1;
    if (!folders || !read_rules(command->file, &text))
        goto out;
    signal(SIGPIPE, SIG_IGN); /* a child that dies is told of */
    trial.then = then;
    trial.now = file_stat(buffer_text(&command->place), &info) == ST_OK ? buffer_text(&command->place) : NULL;
    enum status status = then ? process_self_path(&program) : ST_NOT_FOUND;
    struct depot_options options = {
        .data_dir = command->data, .db = command->store.db, .program_path = buffer_text(&program), .timeout_ms = TIMEOUT_MS};
    if (!status)
        status = depot_open(&depot, &options, false);
    if (!status)
        status = open_client(&trial, depot, buffer_text(&program), folders);
    if (!status)
        status = open_blobs(command);
    if (!status)
        status = try_reports(&trial, project);
    code = status ? data_fail("the rules could not be tried: %s", status_text(status)) : 0;
    printf("%" PRIu64 " reports tried, %" PRIu64 " would be signed otherwise, %" PRIu64 " could not be processed\n", trial.tried,
           trial.changed, trial.failed);
out:
    process_client_free(trial.client);
    depot_close(depot);
    buffer_done(&text);
    buffer_done(&program);
    free(then);
    free(folders);
    return code;
}

static int run(struct rules_command *command, const char *verb)
{
    int64_t project = 0;
    enum status status = find_place(command, &project);
    if (status)
        return fail_project(command, status);
    if (strcmp(verb, "show") == 0)
        return show(command);
    if (strcmp(verb, "clear") == 0)
        return clear(command);
    return strcmp(verb, "set") == 0 ? set(command) : try_rules(command, project);
}

static bool is_usage(const struct option_list *rest)
{
    if (rest->count == 2)
        return strcmp(rest->items[0], "show") == 0 || strcmp(rest->items[0], "clear") == 0;
    return rest->count == 3 && (strcmp(rest->items[0], "try") == 0 || strcmp(rest->items[0], "set") == 0);
}

int command_rules(int argc, char **argv)
{
    struct rules_command command = {.data = DATA_DEFAULT, .reports = DEFAULT_REPORTS, .store = STORE_CLOSED};
    const struct option table[] = {
        {"data", OPTION_TEXT, &command.data, 0, 0, "DIR", "the server's data folder"},
        {"reports", OPTION_NUMBER, &command.reports, 1, MAX_REPORTS, "N", "how many of the newest reports are tried"},
        {"symbols", OPTION_LIST, &command.symbols, 0, 0, "DIR", "folders of symbols as serve has them; may be repeated"},
    };
    struct option_set *options = NULL;
    struct option_list rest = {NULL, 0};
    const char *message = "out of memory";
    int code = 2;
    buffer_init(&command.place, MAX_PATH_BYTES);
    if (option_set_create(&options, table, sizeof table / sizeof *table) || option_parse_arguments(options, argc, argv, &rest, &message)) {
        data_fail("%s", message);
    } else if (!is_usage(&rest)) {
        data_fail(USAGE);
    } else {
        command.project = rest.items[1];
        command.file = rest.count == 3 ? rest.items[2] : NULL;
        code = data_open(&command.store, command.data, false) ? run(&command, rest.items[0]) : 1;
        store_close(&command.store);
    }
    buffer_done(&command.place);
    option_set_free(options);
    return code;
}
