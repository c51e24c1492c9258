/* main.c - salvor-server: finds the sub-command. */
#include "account/password.h"
#include "command/command.h"
#include "process/client.h"
#include "process/dwarf.h"
#include "process/keeper.h"
#include "process/worker.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} COMMANDS[] = {
    {"serve", command_serve}, {"project", command_project}, {"key", command_key},
    {"user", command_user},   {"symbols", command_symbols}, {"rules", command_rules},
};

static void usage(FILE *out)
{
    fputs("usage: salvor-server serve [--data DIR] [--listen ADDR:PORT] [options]   (serve --help lists them)\n"
          "       salvor-server project add|key NAME [--data DIR]\n"
          "       salvor-server project list [--data DIR]\n"
          "       salvor-server key add PROJECT [--scope both|reports|symbols] [--data DIR]\n"
          "       salvor-server key list PROJECT | remove KEY [--data DIR]\n"
          "       salvor-server user add NAME [--role admin|member] [--project P]... [--data DIR]\n"
          "       salvor-server user password|remove NAME [--data DIR]\n"
          "       salvor-server user list [--data DIR]\n"
          "       salvor-server symbols add FILE|DIR|ZIP... [--data DIR]\n"
          "       salvor-server symbols token [--data DIR]\n"
          "       salvor-server rules show|clear PROJECT [--data DIR]\n"
          "       salvor-server rules try|set PROJECT FILE [--reports N] [--symbols DIR]... [--data DIR]\n"
          "\n"
          "Passwords are read from the terminal or the first line of standard input.\n",
          out);
}

int main(int argc, char **argv)
{
    umask(077); /* whatever it makes may hold people's memory: for this user alone */
    if (argc >= 2 && strcmp(argv[1], PROCESS_WORKER_COMMAND) == 0)
        return process_worker_main(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], DWARF_KEEPER_COMMAND) == 0)
        return process_keeper_main(argc - 1, argv + 1);
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        usage(stdout);
        return 0;
    }
    if (password_init()) {
        fprintf(stderr, "salvor-server: libsodium could not be started\n");
        return 1;
    }
    for (size_t i = 0; argc >= 2 && i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return COMMANDS[i].run(argc - 1, argv + 1);
    usage(stderr);
    return 2;
}
