/* slow.h - a few threads for work that would hold up a loop of connections. */
#ifndef SALVOR_SERVER_HTTP_SLOW_H
#define SALVOR_SERVER_HTTP_SLOW_H
#include "base/status.h"

struct slow_task {
    void (*run)(void *context);
    void *context;
    struct slow_task *next; /* the queue's own */
};

struct slow;
enum status slow_create(struct slow **ret, unsigned threads);
/* Queues a task, which must stay where it is until it has begun to run. */
void slow_add(struct slow *slow, struct slow_task *task);
void slow_free(struct slow *slow); /* runs what is queued and joins the threads; accepts NULL */

#endif
