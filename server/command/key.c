/* key.c - `salvor-server key`: gives a project more keys, each for what its holder needs, and takes them away; also beside a running
 * server, which looks each key up when it is used. */
#include "base/clock.h"
#include "base/option.h"
#include "command/command.h"
#include "command/data.h"
#include "store/ingest_key.h"
#include <stdio.h>
#include <string.h>

#define USAGE "usage: salvor-server key add PROJECT [--scope both|reports|symbols], key list PROJECT, or key remove KEY [--data DIR]"

struct key_command {
    const char *data, *scope, *word; /* word: the project, or the key to remove */
    struct store store;
};

static int fail(const struct key_command *command, enum status status)
{
    return data_fail("the database in \"%s\" failed: %s", command->data, status_text(status));
}

static enum status add_in(struct db_tx *tx, const char *project, enum ingest_key_scope scope, char ret_key[ID_SECRET_BYTES])
{
    int64_t id = 0;
    enum status status = project_find(tx, project, &id);
    return status ? status : ingest_key_add(tx, id, scope, clock_unix_ms(), ret_key);
}

static int add(struct key_command *command)
{
    struct db_tx *tx = NULL;
    char key[ID_SECRET_BYTES];
    enum ingest_key_scope scope = INGEST_KEY_BOTH;
    if (!ingest_key_scope_read(command->scope, &scope))
        return data_fail("\"%s\" is no scope of a key: " INGEST_KEY_SCOPES, command->scope);
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = add_in(tx, command->word, scope, key);
    if (status) {
        db_rollback(tx);
        return status == ST_NOT_FOUND ? data_fail("there is no project \"%s\" in \"%s\"", command->word, command->data)
                                      : fail(command, status);
    }
    status = db_commit(tx);
    if (status)
        return fail(command, status);
    printf("project %s key %s scope %s\n", command->word, key, command->scope);
    return 0;
}

static int list(struct key_command *command)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    int64_t id = 0;
    enum status status = db_begin(command->store.db, DB_READ, &tx);
    if (!status)
        status = project_find(tx, command->word, &id);
    bool is_there = status != ST_NOT_FOUND;
    if (!status)
        status = db_select(tx, &query, "SELECT key, scope FROM ingest_key WHERE project_id = ?1 ORDER BY created, key", db_int(id));
    while (!status && (status = db_next(query)) == ST_OK)
        printf("project %s key %s scope %s\n", command->word, db_get_text(query, 0), db_get_text(query, 1));
    db_finish(query);
    db_rollback(tx);
    if (!is_there)
        return data_fail("there is no project \"%s\" in \"%s\"", command->word, command->data);
    return status == ST_END ? 0 : fail(command, status);
}

static int remove_key(struct key_command *command)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = ingest_key_remove(tx, command->word);
    if (status) {
        db_rollback(tx);
        return status == ST_NOT_FOUND ? data_fail("there is no such key in \"%s\"", command->data) : fail(command, status);
    }
    status = db_commit(tx);
    return status ? fail(command, status) : 0;
}

static int run(struct key_command *command, const char *verb)
{
    if (strcmp(verb, "add") == 0)
        return add(command);
    if (strcmp(verb, "list") == 0)
        return list(command);
    if (strcmp(verb, "remove") == 0)
        return remove_key(command);
    data_fail(USAGE);
    return 2;
}

int command_key(int argc, char **argv)
{
    struct key_command command = {.data = DATA_DEFAULT, .scope = "both", .store = STORE_CLOSED};
    const struct option table[] = {
        {"data", OPTION_TEXT, &command.data, 0, 0, "DIR", "the server's data folder"},
        {"scope", OPTION_TEXT, &command.scope, 0, 0, "SCOPE", "what the key lets in: " INGEST_KEY_SCOPES},
    };
    struct option_set *set = NULL;
    struct option_list rest = {NULL, 0};
    const char *message = "out of memory";
    int code = 2;
    if (option_set_create(&set, table, sizeof table / sizeof *table) || option_parse_arguments(set, argc, argv, &rest, &message)) {
        data_fail("%s", message);
    } else if (rest.count != 2) {
        data_fail(USAGE);
    } else {
        command.word = rest.items[1];
        code = data_open(&command.store, command.data, false) ? run(&command, rest.items[0]) : 1;
        store_close(&command.store);
    }
    option_set_free(set);
    return code;
}
