/* first_run.h - what a new data folder gets: the project `default` and an administrator. */
#ifndef SALVOR_SERVER_COMMAND_FIRST_RUN_H
#define SALVOR_SERVER_COMMAND_FIRST_RUN_H
#include "store/store.h"

/* Does nothing unless the database has no project. The key and the password are told once: on a terminal, or with print, on standard
 * output, otherwise in a file for this user alone whose name is told. */
enum status first_run(struct store *store, const char *data_dir, bool print);

#endif
