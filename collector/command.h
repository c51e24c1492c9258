/* command.h - the collector's sub-commands. Each gets its own words, its name first, and returns the exit code. */
#ifndef SALVOR_COLLECTOR_COMMAND_H
#define SALVOR_COLLECTOR_COMMAND_H
#include "base/buffer.h"
#include "configuration.h"

#define EXIT_USAGE 2

int run_command(int argc, char **argv);
int ingest_command(int argc, char **argv);
int status_command(int argc, char **argv);
int reg_command(int argc, char **argv);
int service_command(int argc, char **argv); /* these three do their work on Windows only */
int install_command(int argc, char **argv);
int uninstall_command(int argc, char **argv);
int doctor_command(int argc, char **argv);

/* Writes "salvor-collector <command>: <message>" to standard error; returns EXIT_USAGE. */
int command_usage(const char *command, const char *message);
/* Writes the text to standard output as it is. Returns 0, or 1 when it could not be written. */
int command_print(const struct buffer *text);
/* Whether the words ask for help. */
bool command_wants_help(int argc, char **argv);
/* Prints usage and, from options, the options that follow it; returns the exit code. options may be NULL. */
int command_help(const char *usage, enum status (*options)(struct buffer *out));

#endif
