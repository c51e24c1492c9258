/* throttle.h - slows down guessing: failed logins are counted by name and by address, in a table of fixed size. */
#ifndef SALVOR_SERVER_ACCOUNT_THROTTLE_H
#define SALVOR_SERVER_ACCOUNT_THROTTLE_H
#include "base/status.h"
#include <stdbool.h>

#define THROTTLE_WINDOW_MS (5u * 60 * 1000)

struct throttle;
enum status throttle_create(struct throttle **ret);
void throttle_free(struct throttle *throttle); /* accepts NULL */
/* Whether key, after fewer than max_failures in the window, may try now; if not, *ret_wait_ms says when again. */
bool throttle_may_try(struct throttle *throttle, const char *key, unsigned max_failures, uint64_t now_ms, uint64_t *ret_wait_ms);
void throttle_failed(struct throttle *throttle, const char *key, uint64_t now_ms);
void throttle_passed(struct throttle *throttle, const char *key);

#endif
