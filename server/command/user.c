/* user.c - `salvor-server user`: the people who may sign in, also beside a running server. */
#include "account/account.h"
#include "base/clock.h"
#include "base/option.h"
#include "command/command.h"
#include "command/data.h"
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define USAGE "usage: salvor-server user add|password|remove NAME, or user list [--role R] [--project P]... [--data DIR]"

struct user_command {
    const char *data, *role, *name;
    struct option_list projects;
    struct store store;
};

static int fail(const struct user_command *command, enum status status)
{
    switch (status) {
    case ST_NOT_FOUND:
        return data_fail("there is no user \"%s\", or no such project, in \"%s\"", command->name, command->data);
    case ST_EXISTS:
        return data_fail("there is a user \"%s\" already", command->name);
    case ST_ARGUMENT:
        return data_fail("a user name is " ACCOUNT_NAME_RULE "; a role is admin or member; a password has 8 to 256 bytes");
    default:
        return data_fail("the database in \"%s\" failed: %s", command->data, status_text(status));
    }
}

static int end(struct user_command *command, struct db_tx *tx, enum status status)
{
    if (!status)
        status = db_commit(tx);
    else
        db_rollback(tx);
    return status ? fail(command, status) : 0;
}

/* One line from standard input, without echo on a terminal. */
static bool read_password(char *ret, size_t ret_size)
{
    struct termios before;
    bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        fputs("password: ", stderr);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    bool read = fgets(ret, (int)ret_size, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    if (read)
        ret[strcspn(ret, "\r\n")] = 0;
    return read;
}

static int add(struct user_command *command)
{
    struct db_tx *tx = NULL;
    char password[ACCOUNT_MAX_PASSWORD + 3];
    if (!read_password(password, sizeof password))
        return data_fail("no password was given on standard input");
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = account_add(tx, command->name, command->role, password, clock_unix_ms());
    for (size_t i = 0; i < command->projects.count && !status; i++)
        status = account_join(tx, command->name, command->projects.items[i]);
    return end(command, tx, status);
}

static int set_password(struct user_command *command)
{
    struct db_tx *tx = NULL;
    char password[ACCOUNT_MAX_PASSWORD + 3];
    if (!read_password(password, sizeof password))
        return data_fail("no password was given on standard input");
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = account_set_password(tx, command->name, password);
    return end(command, tx, status);
}

static int remove_user(struct user_command *command)
{
    struct db_tx *tx = NULL;
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = account_remove(tx, command->name);
    return end(command, tx, status);
}

static int list(struct user_command *command)
{
    struct db_tx *tx = NULL;
    struct db_query *query = NULL;
    enum status status = db_begin(command->store.db, DB_READ, &tx);
    if (!status)
        status = db_select_values(tx, &query, "SELECT name, role FROM account ORDER BY name", NULL, 0);
    while (!status && (status = db_next(query)) == ST_OK)
        printf("%s %s\n", db_get_text(query, 0), db_get_text(query, 1));
    db_finish(query);
    db_rollback(tx);
    return status == ST_END ? 0 : fail(command, status);
}

static int run(struct user_command *command, const char *verb)
{
    if (strcmp(verb, "list") == 0 && !command->name)
        return list(command);
    if (strcmp(verb, "add") == 0 && command->name)
        return add(command);
    if (strcmp(verb, "password") == 0 && command->name)
        return set_password(command);
    if (strcmp(verb, "remove") == 0 && command->name)
        return remove_user(command);
    data_fail(USAGE);
    return 2;
}

int command_user(int argc, char **argv)
{
    struct user_command command = {.data = DATA_DEFAULT, .role = ACCOUNT_ROLE_MEMBER, .store = STORE_CLOSED};
    const struct option table[] = {
        {"data", OPTION_TEXT, &command.data, 0, 0, "DIR", "the server's data folder"},
        {"role", OPTION_TEXT, &command.role, 0, 0, "ROLE", "admin or member"},
        {"project", OPTION_LIST, &command.projects, 0, 0, "NAME", "a project that the user may see"},
    };
    struct option_set *set = NULL;
    struct option_list rest = {NULL, 0};
    const char *message = "out of memory";
    int code = 2;
    if (option_set_create(&set, table, sizeof table / sizeof *table) || option_parse_arguments(set, argc, argv, &rest, &message)) {
        data_fail("%s", message);
        goto out;
    }
    if (rest.count < 1 || rest.count > 2) {
        data_fail(USAGE);
        goto out;
    }
    command.name = rest.count == 2 ? rest.items[1] : NULL;
    code = data_open(&command.store, command.data, false) ? run(&command, rest.items[0]) : 1;
    store_close(&command.store);
out:
    option_set_free(set);
    return code;
}
