/* loopback.h - a server for uploads on 127.0.0.1 that accepts everything and remembers what it was sent. */
#ifndef SALVOR_TESTS_LOOPBACK_H
#define SALVOR_TESTS_LOOPBACK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loopback;
/* Listens from here on; fails the test when it cannot. */
struct loopback *loopback_start(void);
const char *loopback_url(const struct loopback *server);
/* Waits for the next request and gives its head, which stays valid until the next call; false when none came within timeout_ms. */
bool loopback_next(struct loopback *server, const char **ret_head, uint32_t timeout_ms);
void loopback_stop(struct loopback *server); /* waits for its thread and frees */

#endif
