/* symbols.c - `salvor-server symbols`: puts symbol files in and makes tokens to read them with, also beside a running server. */
#include "base/clock.h"
#include "base/option.h"
#include "base/process.h"
#include "command/command.h"
#include "command/data.h"
#include "depot/gather.h"
#include "store/symbol.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define USAGE "usage: salvor-server symbols add FILE|DIR|ZIP... or symbols token [--data DIR] [--max-symbols SIZE]"

#define TIMEOUT_MS (60u * 60u * 1000u) /* for one file: somebody watches */

struct symbols_command {
    const char *data;
    uint64_t max_file_bytes;
    struct store store;
    struct option_list rest; /* the verb first */
};

static void tell(void *context, const char *what, enum gather_verdict verdict, const struct symbol_address *address, const char *why)
{
    (void)context;
    if (verdict == GATHER_REFUSED)
        fprintf(stderr, "salvor-server: %s %s\n", what, why);
    else
        printf("%s %s/%s/%s\n", verdict == GATHER_NEW ? "added" : "replaced", address->name, address->id, address->file);
}

static int gather_all(const struct symbols_command *command, struct gather *gather)
{
    int code = 0;
    for (size_t i = 1; i < command->rest.count; i++) {
        enum status status = gather_path(gather, command->rest.items[i]);
        if (status)
            code = data_fail("%s could not be added: %s", command->rest.items[i], status_text(status));
    }
    printf("%" PRIu64 " added, %" PRIu64 " refused, %" PRIu64 " passed over because they are no symbol files\n", gather->taken,
           gather->refused, gather->passed_over);
    return code || gather->refused || !gather->taken;
}

static int add(struct symbols_command *command)
{
    struct gather gather = {.tell = tell, .max_file_bytes = command->max_file_bytes};
    struct buffer program;
    int code = 1;
    buffer_init(&program, 65536);
    enum status status = process_self_path(&program);
    struct depot_options options = {
        .data_dir = command->data, .db = command->store.db, .program_path = buffer_text(&program), .timeout_ms = TIMEOUT_MS};
    signal(SIGPIPE, SIG_IGN); /* a child that dies is told of */
    if (!status)
        status = depot_open(&gather.depot, &options, false);
    if (!status)
        status = depot_client_create(gather.depot, &gather.client);
    if (status)
        data_fail("the symbols in \"%s\" cannot be opened: %s", command->data, status_text(status));
    else
        code = gather_all(command, &gather);
    process_client_free(gather.client);
    depot_close(gather.depot);
    buffer_done(&program);
    return code;
}

static int make_token(struct symbols_command *command)
{
    char token[ID_SECRET_BYTES];
    struct db_tx *tx = NULL;
    enum status status = db_begin(command->store.db, DB_WRITE, &tx);
    if (!status)
        status = symbol_token_add(tx, clock_unix_ms(), token);
    if (!status)
        status = db_commit(tx);
    else
        db_rollback(tx);
    if (status)
        return data_fail("the database in \"%s\" failed: %s", command->data, status_text(status));
    printf("symbols token %s\n", token);
    return 0;
}

static int run(struct symbols_command *command)
{
    const char *verb = command->rest.count ? command->rest.items[0] : "";
    bool is_add = strcmp(verb, "add") == 0 && command->rest.count > 1;
    if (!is_add && (strcmp(verb, "token") != 0 || command->rest.count != 1)) {
        data_fail(USAGE);
        return 2;
    }
    if (!data_open(&command->store, command->data, false))
        return 1;
    int code = is_add ? add(command) : make_token(command);
    store_close(&command->store);
    return code;
}

int command_symbols(int argc, char **argv)
{
    struct symbols_command command = {.data = DATA_DEFAULT, .max_file_bytes = (uint64_t)4 << 30, .store = STORE_CLOSED};
    const struct option table[] = {
        {"data", OPTION_TEXT, &command.data, 0, 0, "DIR", "the server's data folder"},
        {"max-symbols", OPTION_SIZE, &command.max_file_bytes, 1024, 0, "SIZE", "largest symbol file, unpacked"},
    };
    struct option_set *set = NULL;
    const char *message = "out of memory";
    int code = 2;
    if (option_set_create(&set, table, 2) || option_parse_arguments(set, argc, argv, &command.rest, &message))
        data_fail("%s", message);
    else
        code = run(&command);
    option_set_free(set);
    return code;
}
