/* delivery.h - how a program's own monitor gets its reports to the server: the collector's schedule over the program's own queue. */
#ifndef SALVOR_COLLECTOR_WIN_DELIVERY_H
#define SALVOR_COLLECTOR_WIN_DELIVERY_H
#include "spool/spool.h"

struct delivery;
/* Without a url (NULL), or without a salvor-upload on this machine, reports are put together and wait. Everything is borrowed. */
enum status delivery_start(struct delivery **ret, struct spool *spool, const char *url, const char *key);
void delivery_wake(void *delivery); /* a report is in new/, or somebody said yes; from any thread */
/* Sends what waits, as far as it goes now, and frees; accepts NULL. */
void delivery_finish(struct delivery *delivery);

#endif
