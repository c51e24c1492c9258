/* endpoint.c - see endpoint.h. */
#include "endpoint.h"
#include "backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "event_log.h"
#include "proto/uuid.h"
#include "queue_state.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SETTING_TEXT_BYTES 4096
#define TELL_AFTER         5 /* failures: about a minute */
#define HURRIES            3 /* failures after which a new report is no reason any more to come back sooner than the first wait */

const char *endpoint_wait_name(enum endpoint_wait wait)
{
    static const char *const names[] = {"ready", "backoff", "asked", "paused"};

    return (unsigned)wait < sizeof names / sizeof *names ? names[wait] : "";
}

/* -- state -- */

static void setting_make(char ret[ENDPOINT_SETTING_BYTES], const char *url, const char *key)
{
    static const uint8_t space[16] = {0xb1, 0x7d, 0x44, 0x02, 0x9c, 0x3f, 0x4e, 0x80, 0xa2, 0x15, 0x6d, 0xe8, 0x0a, 0x93, 0xc7, 0x5e};
    char text[SETTING_TEXT_BYTES];
    uint8_t uuid[16];

    snprintf(text, sizeof text, "%s\n%s", url ? url : "", key ? key : "");
    uuid_v5(uuid, space, text, strlen(text));
    text_hex(ret, uuid, (ENDPOINT_SETTING_BYTES - 1) / 2);
}

/* The wait that is left of what was kept in wall time; a clock that went back makes it no longer than it ever was. */
static int64_t wait_left(const char *state, size_t state_bytes, enum endpoint_wait wait)
{
    uint64_t most = wait == ENDPOINT_PAUSED ? ENDPOINT_PAUSE_MS : wait == ENDPOINT_ASKED ? ENDPOINT_MAX_ASKED_MS : BACKOFF_MOST_MS;
    uint64_t next = 0;
    int64_t now = clock_unix_ms();

    if (!record_get_u64(state, state_bytes, QUEUE_STATE_NEXT, &next) || next <= (uint64_t)now)
        return 0;
    return (int64_t)(next - (uint64_t)now < most ? next - (uint64_t)now : most);
}

static void state_take(struct endpoint *endpoint, const char *state, size_t state_bytes, int64_t now_ms)
{
    char name[16];
    uint64_t failures = 0, paused = 0;

    if (!record_get(state, state_bytes, QUEUE_STATE_WAIT, name, sizeof name))
        return;
    for (int wait = ENDPOINT_BACKOFF; wait <= ENDPOINT_PAUSED; wait++)
        if (strcmp(name, endpoint_wait_name((enum endpoint_wait)wait)) == 0)
            endpoint->wait = (enum endpoint_wait)wait;
    record_get_u64(state, state_bytes, QUEUE_STATE_FAILURES, &failures);
    record_get_u64(state, state_bytes, QUEUE_STATE_PAUSED, &paused);
    if (!record_get(state, state_bytes, QUEUE_STATE_REASON, endpoint->reason, sizeof endpoint->reason))
        endpoint->reason[0] = 0;
    endpoint->failures = failures < 1000 ? (unsigned)failures : 1000;
    endpoint->paused_unix_ms = paused < INT64_MAX ? (int64_t)paused : 0;
    if (endpoint->wait == ENDPOINT_BACKOFF) /* a program that has just been started tries */
        endpoint->wait = ENDPOINT_READY;
    endpoint->next_try_ms = endpoint->wait == ENDPOINT_READY ? 0 : now_ms + wait_left(state, state_bytes, endpoint->wait);
}

void endpoint_init(struct endpoint *ret, const char *url, const char *key, const char *state, size_t state_bytes, int64_t now_ms)
{
    char before[ENDPOINT_SETTING_BYTES];

    *ret = (struct endpoint){.wait = ENDPOINT_READY};
    setting_make(ret->setting, url, key);
    if (!record_get(state, state_bytes, QUEUE_STATE_SETTING, before, sizeof before))
        return;
    if (strcmp(before, ret->setting) == 0)
        state_take(ret, state, state_bytes, now_ms);
    else
        log_info("endpoint-changed", "consequence=\"what waits is tried now\"");
    if (ret->wait == ENDPOINT_PAUSED)
        event_log(EVENT_DELIVERY_PAUSED, "reason=\"%s\" wait_ms=%" PRIu64, ret->reason, endpoint_wait_ms(ret, now_ms));
}

void endpoint_save(const struct endpoint *endpoint, struct record_writer *writer, int64_t now_ms)
{
    record_put(writer, QUEUE_STATE_SETTING, endpoint->setting);
    record_put(writer, QUEUE_STATE_WAIT, endpoint_wait_name(endpoint->wait));
    record_put_u64(writer, QUEUE_STATE_FAILURES, endpoint->failures);
    if (endpoint->wait != ENDPOINT_READY)
        record_put_u64(writer, QUEUE_STATE_NEXT, (uint64_t)(clock_unix_ms() + endpoint->next_try_ms - now_ms));
    if (endpoint->wait == ENDPOINT_PAUSED)
        record_put_u64(writer, QUEUE_STATE_PAUSED, (uint64_t)endpoint->paused_unix_ms);
    if (endpoint->reason[0])
        record_put(writer, QUEUE_STATE_REASON, endpoint->reason);
}

/* -- tries -- */

uint64_t endpoint_wait_ms(const struct endpoint *endpoint, int64_t now_ms)
{
    return endpoint->wait == ENDPOINT_READY || endpoint->next_try_ms <= now_ms ? 0 : (uint64_t)(endpoint->next_try_ms - now_ms);
}

void endpoint_hurry(struct endpoint *endpoint, int64_t now_ms)
{
    int64_t soonest = endpoint->failures <= HURRIES ? now_ms : endpoint->last_try_ms + (int64_t)BACKOFF_FIRST_MS;

    if (endpoint->wait == ENDPOINT_BACKOFF && endpoint->next_try_ms > soonest)
        endpoint->next_try_ms = soonest;
}

void endpoint_succeeded(struct endpoint *endpoint)
{
    if (endpoint->wait == ENDPOINT_PAUSED)
        event_log(EVENT_DELIVERY_RESUMED, "reason=\"the server takes reports again\"");
    endpoint->wait = ENDPOINT_READY;
    endpoint->failures = 0;
    endpoint->reason[0] = 0;
}

void endpoint_failed(struct endpoint *endpoint, uint64_t asked_ms, const char *reason, int64_t now_ms)
{
    uint32_t random = 0;
    uint64_t delay;

    random_bytes(&random, sizeof random);
    endpoint->failures++;
    delay = backoff_delay_ms(endpoint->failures, random);
    if (asked_ms > ENDPOINT_MAX_ASKED_MS)
        asked_ms = ENDPOINT_MAX_ASKED_MS;
    endpoint->wait = asked_ms ? ENDPOINT_ASKED : ENDPOINT_BACKOFF;
    if (delay < asked_ms)
        delay = asked_ms;
    endpoint->last_try_ms = now_ms;
    endpoint->next_try_ms = now_ms + (int64_t)delay;
    text_copy(endpoint->reason, sizeof endpoint->reason, reason);
    if (endpoint->failures == TELL_AFTER)
        event_log(EVENT_DELIVERY_FAILING, "failures=%u reason=\"%s\"", endpoint->failures, endpoint->reason);
    log_info("upload-later", "failures=%u wait_ms=%" PRIu64 " reason=\"%s\"", endpoint->failures, delay, endpoint->reason);
}

void endpoint_misconfigured(struct endpoint *endpoint, const char *reason, int64_t now_ms)
{
    if (endpoint->wait != ENDPOINT_PAUSED)
        endpoint->paused_unix_ms = clock_unix_ms();
    endpoint->wait = ENDPOINT_PAUSED;
    endpoint->failures++;
    endpoint->last_try_ms = now_ms;
    endpoint->next_try_ms = now_ms + (int64_t)ENDPOINT_PAUSE_MS;
    text_copy(endpoint->reason, sizeof endpoint->reason, reason);
    event_log(EVENT_DELIVERY_PAUSED,
              "reason=\"%s\" wait_ms=%" PRIu64 " consequence=\"reports wait in the queue\" remedy=\"correct url or key and start again\"",
              endpoint->reason, (uint64_t)ENDPOINT_PAUSE_MS);
}
