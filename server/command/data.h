/* data.h - what the sub-commands share: opening the data folder and saying what went wrong. */
#ifndef SALVOR_SERVER_COMMAND_DATA_H
#define SALVOR_SERVER_COMMAND_DATA_H
#include "store/store.h"

#define DATA_DEFAULT "/var/lib/salvor"

/* store_open with a message on standard error when it fails. */
bool data_open(struct store *ret, const char *data_dir, bool serve);
/* "salvor-server: " and the message on standard error; always 1, the exit code. */
int data_fail(const char *format, ...) BASE_PRINTF(1, 2);

#endif
