/* project.c - `salvor-server project`: makes projects and shows their keys, also beside a running server. */
#include "base/clock.h"
#include "base/option.h"
#include "command/command.h"
#include "command/data.h"
#include "store/ingest_key.h"
#include <stdio.h>
#include <string.h>

struct project_command {
    const char *data, *name;
    struct store store;
};

static int fail(const struct project_command *command, enum status status)
{
    switch (status) {
    case ST_NOT_FOUND:
        return data_fail("there is no project \"%s\" in \"%s\"", command->name, command->data);
    case ST_EXISTS:
        return data_fail("there is a project \"%s\" already; 'salvor-server project key %s' shows its key", command->name, command->name);
    case ST_ARGUMENT:
        return data_fail("\"%s\" is no project name: " PROJECT_NAME_RULE, command->name);
    default:
        return data_fail("the database in \"%s\" failed: %s", command->data, status_text(status));
    }
}

static int add(struct project_command *command)
{
    struct db_tx *tx = NULL;
    char key[ID_SECRET_BYTES];
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = project_add(tx, command->name, clock_unix_ms(), key);
    if (status) {
        db_rollback(tx);
        return fail(command, status);
    }
    status = db_commit(tx);
    if (status)
        return fail(command, status);
    printf("project %s key %s\n", command->name, key);
    return 0;
}

static int show_key(struct project_command *command)
{
    struct db_tx *tx = NULL;
    char key[ID_SECRET_BYTES];
    enum status status = db_begin(command->store.db, DB_READ, &tx);
    if (!status)
        status = ingest_key_newest(tx, command->name, key);
    db_rollback(tx);
    if (status)
        return fail(command, status);
    printf("project %s key %s\n", command->name, key);
    return 0;
}

static int list(struct project_command *command)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(command->store.db, DB_READ, &tx);
    if (!status)
        status = db_select_values(tx, &query, "SELECT name FROM project ORDER BY name", NULL, 0);
    while (!status && (status = db_next(query)) == ST_OK)
        printf("%s\n", db_get_text(query, 0));
    db_finish(query);
    db_rollback(tx);
    return status == ST_END ? 0 : fail(command, status);
}

static int run(struct project_command *command, const char *verb)
{
    if (strcmp(verb, "list") == 0 && !command->name)
        return list(command);
    if (strcmp(verb, "add") == 0 && command->name)
        return add(command);
    if (strcmp(verb, "key") == 0 && command->name)
        return show_key(command);
    data_fail("usage: salvor-server project add|key NAME, or project list [--data DIR]");
    return 2;
}

int command_project(int argc, char **argv)
{
    struct project_command command = {.data = DATA_DEFAULT, .store = STORE_CLOSED};
    const struct option table[] = {{"data", OPTION_TEXT, &command.data, 0, 0, "DIR", "the server's data folder"}};
    struct option_set *set = NULL;
    struct option_list rest = {NULL, 0};
    const char *message = "out of memory";
    int code = 2;
    if (option_set_create(&set, table, 1) || option_parse_arguments(set, argc, argv, &rest, &message)) {
        data_fail("%s", message);
        goto out;
    }
    if (rest.count < 1 || rest.count > 2) {
        data_fail("usage: salvor-server project add|key NAME, or project list [--data DIR]");
        goto out;
    }
    command.name = rest.count == 2 ? rest.items[1] : NULL;
    code = data_open(&command.store, command.data, false) ? run(&command, rest.items[0]) : 1;
    store_close(&command.store);
out:
    option_set_free(set);
    return code;
}
