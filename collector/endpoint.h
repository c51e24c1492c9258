/* endpoint.h - whether the server may be tried now: waits after failures, waits that it asked for, and pauses over faults of the
 * configuration, which end when a setting changes, or are tried again every few hours.
 *
 * Times are steady milliseconds. What must outlive the process is kept in wall time, and never waited for longer than from now. */
#ifndef SALVOR_COLLECTOR_ENDPOINT_H
#define SALVOR_COLLECTOR_ENDPOINT_H
#include "base/buffer.h"
#include "proto/record.h"
#include <stdbool.h>

#define ENDPOINT_PAUSE_MS      (6ull * 3600 * 1000)
#define ENDPOINT_MAX_ASKED_MS  (24ull * 3600 * 1000) /* the longest that a server may make us wait */
#define ENDPOINT_REASON_BYTES  384
#define ENDPOINT_SETTING_BYTES 17

enum endpoint_wait { ENDPOINT_READY, ENDPOINT_BACKOFF, ENDPOINT_ASKED, ENDPOINT_PAUSED };

struct endpoint {
    enum endpoint_wait wait; /* what next_try_ms waits out */
    unsigned failures;
    int64_t next_try_ms, last_try_ms; /* steady */
    int64_t paused_unix_ms;
    char reason[ENDPOINT_REASON_BYTES];   /* of the last failure */
    char setting[ENDPOINT_SETTING_BYTES]; /* tells one address and key from another */
};

/* state: a record that endpoint_save wrote, or "". */
void endpoint_init(struct endpoint *ret, const char *url, const char *key, const char *state, size_t state_bytes, int64_t now_ms);
void endpoint_save(const struct endpoint *endpoint, struct record_writer *writer, int64_t now_ms);

/* How long not to try; 0 = now. */
uint64_t endpoint_wait_ms(const struct endpoint *endpoint, int64_t now_ms);
/* A report is new: it is tried at once even while an earlier one waits out a failure, but not what the server asked for. */
void endpoint_hurry(struct endpoint *endpoint, int64_t now_ms);
void endpoint_succeeded(struct endpoint *endpoint);
void endpoint_failed(struct endpoint *endpoint, uint64_t asked_ms, const char *reason, int64_t now_ms);
void endpoint_misconfigured(struct endpoint *endpoint, const char *reason, int64_t now_ms);

const char *endpoint_wait_name(enum endpoint_wait wait); /* "ready" ...; static */

#endif
