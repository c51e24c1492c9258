/* command.h - the sub-commands of salvor-server. Each gets its own arguments (argv[0] is its name) and returns the exit code: 0 done, 1
 * failed, 2 usage. */
#ifndef SALVOR_SERVER_COMMAND_COMMAND_H
#define SALVOR_SERVER_COMMAND_COMMAND_H

int command_serve(int argc, char **argv);
int command_project(int argc, char **argv);
int command_key(int argc, char **argv);
int command_user(int argc, char **argv);
int command_symbols(int argc, char **argv);
int command_rules(int argc, char **argv);

#endif
