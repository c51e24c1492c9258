/* lifetime.h - when which process lived, for clients now registered and those lately gone: finds the process that a LocalDumps file,
 * known only by pid and time, belongs to. Safe to use from any thread. */
#ifndef SALVOR_COLLECTOR_LIFETIME_H
#define SALVOR_COLLECTOR_LIFETIME_H
#include "base/status.h"
#include <stdbool.h>

struct lifetimes;
enum status lifetimes_create(struct lifetimes **ret);
void lifetimes_free(struct lifetimes *lifetimes); /* accepts NULL */

/* Both in Unix milliseconds. When the table is full, the process gone longest is forgotten. */
void lifetimes_begin(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms);
void lifetimes_end(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms, int64_t end_ms);
/* Whose process that is, as descriptor.h and file_owner write users. */
void lifetimes_set_user(struct lifetimes *lifetimes, uint32_t pid, int64_t start_ms, const char *user);
/* Whether another user than the process's own speaks for it: the process that started in that second is known, and so is its user. */
bool lifetimes_is_foreign(struct lifetimes *lifetimes, uint32_t pid, int64_t start_s, const char *user);
/* The start of the process that had pid at the time; a file may be finished a little after its process has gone. */
bool lifetimes_find(struct lifetimes *lifetimes, uint32_t pid, int64_t time_ms, int64_t *ret_start_ms);

#endif
