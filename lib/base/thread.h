/* thread.h - the few threading tools that portable parts need; Windows-only code uses Win32 directly. */
#ifndef SALVOR_BASE_THREAD_H
#define SALVOR_BASE_THREAD_H
#include "base/status.h"
#include <stdbool.h>

struct thread;
enum status thread_start(struct thread **ret, void (*run)(void *context), void *context);
void thread_join(struct thread *thread); /* waits for the end and frees; accepts NULL */

struct mutex;
enum status mutex_create(struct mutex **ret);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
void mutex_free(struct mutex *mutex); /* accepts NULL */

/* An auto-reset event: one waiter wakes for each set; a set without a waiter is kept. */
struct event;
enum status event_create(struct event **ret);
void event_set(struct event *event);
bool event_wait(struct event *event, uint32_t timeout_ms); /* true when it was set; UINT32_MAX waits for ever */
void event_free(struct event *event);                      /* accepts NULL */

#endif
