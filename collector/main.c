/* main.c - salvor-collector: one program, a table of sub-commands. */
#include "base/process.h"
#include "broker.h"
#include "command.h"
#include "proto/name.h"
#include <stdio.h>
#include <string.h>

static const char usage[] = "usage: salvor-collector COMMAND [OPTION]...\n"
                            "\n"
                            "  run       serve crashing programs, watch the LocalDumps folder, send reports; ends at Ctrl-C\n"
                            "  ingest    put dump files into the queue by hand\n"
                            "  status    say what waits in the queue\n"
                            "  reg       write a .reg file that switches collection on, or off again\n"
                            "  install   make the Windows service, its folders and their rights; as often as one likes\n"
                            "  uninstall take away what install made\n"
                            "  service   what the Windows service runs\n"
                            "  doctor    look at the deployment, say what is amiss and what to do\n"
                            "\n"
                            "salvor-collector COMMAND --help says more about each.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", run_command},
    {"ingest", ingest_command},
    {"status", status_command},
    {"reg", reg_command},
    {"install", install_command},
    {"uninstall", uninstall_command},
    {"service", service_command},
    {"doctor", doctor_command},
    {"dumper", broker_dumper_command},
    {NAME_ARG_MONITOR, broker_child_command},
};

static int print(const char *text)
{
    return command_help(text, NULL);
}

static int run_words(int argc, char **argv)
{
    if (argc < 2) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return print("salvor-collector " SALVOR_VERSION_TEXT "\n");
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print(usage);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return command_usage(argv[1], "there is no such command; 'salvor-collector help' lists them");
}

int main(int argc, char **argv)
{
    if (process_arguments(&argc, &argv)) {
        fputs("salvor-collector: out of memory\n", stderr);
        return 1;
    }
    return run_words(argc, argv);
}
