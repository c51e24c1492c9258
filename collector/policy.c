/* policy.c - rate rules, sampling, crash loops and consent. */
#include "policy.h"
#include "base/log.h"
#include "base/text.h"
#include "base/thread.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS     (24ll * 3600 * 1000)
#define APP_BYTES  201
#define EVENTS_MAX 4096 /* beyond, the oldest are forgotten */

struct event {
    int64_t at_ms;
    char app[APP_BYTES], bucket[SPOOL_BUCKET_BYTES], id[UUID_TEXT_BYTES];
    bool is_told; /* of a crash: the log has that its program loops since */
};

struct events {
    struct event *items; /* oldest first */
    size_t count;
};

struct policy {
    struct policy_rules rules;
    struct mutex *mutex;
    struct events sent, crashes;
};

enum status policy_create(struct policy **ret, const struct policy_rules *rules)
{
    struct policy *policy = calloc(1, sizeof *policy);
    enum status st = policy ? mutex_create(&policy->mutex) : ST_MEMORY;

    if (!st) {
        policy->rules = *rules;
        policy->sent.items = calloc(EVENTS_MAX, sizeof *policy->sent.items);
        policy->crashes.items = calloc(EVENTS_MAX, sizeof *policy->crashes.items);
        st = policy->sent.items && policy->crashes.items ? ST_OK : ST_MEMORY;
    }
    if (st) {
        policy_free(policy);
        return st;
    }
    *ret = policy;
    return ST_OK;
}

void policy_free(struct policy *policy)
{
    if (!policy)
        return;
    mutex_free(policy->mutex);
    free(policy->sent.items);
    free(policy->crashes.items);
    free(policy);
}

/* -- events -- */

static void events_drop(struct events *events, size_t count)
{
    events->count -= count;
    memmove(events->items, events->items + count, events->count * sizeof *events->items);
}

static void events_prune(struct events *events, int64_t before_ms)
{
    size_t old = 0;

    while (old < events->count && events->items[old].at_ms < before_ms)
        old++;
    events_drop(events, old);
}

/* What is learned at the start comes in any order. */
static void events_add(struct events *events, const struct policy_crash *crash, int64_t at_ms)
{
    size_t at;

    if (events->count == EVENTS_MAX)
        events_drop(events, EVENTS_MAX / 8);
    for (at = events->count; at > 0 && events->items[at - 1].at_ms > at_ms; at--)
        events->items[at] = events->items[at - 1];
    events->items[at] = (struct event){.at_ms = at_ms};
    text_copy(events->items[at].app, APP_BYTES, crash->app);
    text_copy(events->items[at].bucket, SPOOL_BUCKET_BYTES, crash->bucket);
    text_copy(events->items[at].id, UUID_TEXT_BYTES, crash->id);
    events->count++;
}

/* How many there are of a program or of a bucket; NULL counts any. */
static uint64_t events_count(const struct events *events, const char *app, const char *bucket)
{
    uint64_t count = 0;

    for (size_t i = 0; i < events->count; i++)
        count += (!app || strcmp(events->items[i].app, app) == 0) && (!bucket || strcmp(events->items[i].bucket, bucket) == 0);
    return count;
}

/* -- rules -- */

static bool is_looping(const struct policy *policy, const char *app)
{
    return policy->rules.loop_crashes && events_count(&policy->crashes, app, NULL) > policy->rules.loop_crashes;
}

/* Says that a loop began, once as long as it lasts. */
static void loop_tell(struct policy *policy, const char *app)
{
    for (size_t i = 0; i < policy->crashes.count; i++)
        if (policy->crashes.items[i].is_told && strcmp(policy->crashes.items[i].app, app) == 0) {
            policy->crashes.items[policy->crashes.count - 1].is_told = true; /* of this app: the newest */
            return;
        }
    policy->crashes.items[policy->crashes.count - 1].is_told = true;
    log_warn("crash-loop", "app=\"%s\" crashes=%" PRIu64 " within_ms=%" PRIu64 " consequence=\"dumps are small and crashes are counted\"",
             app, events_count(&policy->crashes, app, NULL), policy->rules.loop_window_ms);
}

static bool is_over_rate(const struct policy *policy, const struct policy_crash *crash)
{
    const struct policy_rules *rules = &policy->rules;

    return (rules->signature_per_day && crash->has_address &&
            events_count(&policy->sent, NULL, crash->bucket) >= rules->signature_per_day) ||
           (rules->program_per_day && events_count(&policy->sent, crash->app, NULL) >= rules->program_per_day) ||
           (rules->all_per_day && events_count(&policy->sent, NULL, NULL) >= rules->all_per_day);
}

/* An id is a hash, so its last digits are a lot that stays drawn. */
static bool is_in_sample(const struct policy *policy, const char *id)
{
    size_t length = strlen(id);
    unsigned long long lot = length < 8 ? 0 : strtoull(id + length - 8, NULL, 16);

    return lot % 100 < policy->rules.sample_percent;
}

enum policy_verdict policy_consent_judge(const struct policy *policy, enum spool_consent consent, const char **ret_why)
{
    *ret_why = "its user said no";
    if (consent == SPOOL_CONSENT_NO)
        return POLICY_HOLD;
    *ret_why = "the policy is never";
    if (policy->rules.consent == POLICY_NEVER)
        return POLICY_HOLD;
    *ret_why = "its user was not asked yet";
    return policy->rules.consent == POLICY_ASK && consent != SPOOL_CONSENT_YES ? POLICY_HOLD : POLICY_SEND;
}

/* The first of its kind in a day goes whole, unless the rates forbid it: a count needs a stack that it belongs to. */
static enum policy_verdict amount_judge(struct policy *policy, const struct policy_crash *crash, const char **ret_why)
{
    bool is_first = events_count(&policy->sent, NULL, crash->bucket) == 0;

    *ret_why = COUNT_RATE;
    if (is_over_rate(policy, crash))
        return POLICY_COUNT;
    *ret_why = COUNT_LOOP;
    if (!is_first && is_looping(policy, crash->app))
        return POLICY_COUNT;
    *ret_why = COUNT_SAMPLE;
    return is_first || is_in_sample(policy, crash->id) ? POLICY_SEND : POLICY_COUNT;
}

enum policy_verdict policy_judge(struct policy *policy, const struct policy_crash *crash, int64_t now_ms, const char **ret_why)
{
    enum policy_verdict verdict;

    mutex_lock(policy->mutex);
    events_prune(&policy->sent, now_ms - DAY_MS);
    events_prune(&policy->crashes, now_ms - (int64_t)policy->rules.loop_window_ms);
    if (!crash->was_held && policy->rules.loop_crashes) {
        events_add(&policy->crashes, crash, now_ms);
        if (is_looping(policy, crash->app))
            loop_tell(policy, crash->app);
    }
    verdict = policy_consent_judge(policy, crash->consent, ret_why);
    if (verdict == POLICY_SEND)
        verdict = amount_judge(policy, crash, ret_why);
    mutex_unlock(policy->mutex);
    return verdict;
}

void policy_learn(struct policy *policy, const struct policy_crash *crash, int64_t at_ms)
{
    mutex_lock(policy->mutex);
    events_add(&policy->sent, crash, at_ms);
    mutex_unlock(policy->mutex);
}

bool policy_like(struct policy *policy, const char *bucket, char ret_id[UUID_TEXT_BYTES])
{
    bool found = false;

    mutex_lock(policy->mutex);
    for (size_t i = policy->sent.count; i-- > 0 && !found;) {
        found = policy->sent.items[i].id[0] && strcmp(policy->sent.items[i].bucket, bucket) == 0;
        if (found)
            text_copy(ret_id, UUID_TEXT_BYTES, policy->sent.items[i].id);
    }
    mutex_unlock(policy->mutex);
    return found;
}

bool policy_is_looping(struct policy *policy, const char *app, int64_t now_ms)
{
    bool looping;

    mutex_lock(policy->mutex);
    events_prune(&policy->crashes, now_ms - (int64_t)policy->rules.loop_window_ms);
    looping = is_looping(policy, app);
    mutex_unlock(policy->mutex);
    return looping;
}

static bool has_line(const char *list, const char *app)
{
    size_t length = strlen(app);

    for (const char *at = list; (at = strstr(at, app)) != NULL; at++)
        if ((at == list || at[-1] == '\n') && (at[length] == '\n' || !at[length]))
            return true;
    return false;
}

void policy_looping(struct policy *policy, int64_t now_ms, char *ret, size_t ret_size)
{
    size_t length = 0;

    ret[0] = 0;
    mutex_lock(policy->mutex);
    events_prune(&policy->crashes, now_ms - (int64_t)policy->rules.loop_window_ms);
    for (size_t i = 0; i < policy->crashes.count; i++) {
        const char *app = policy->crashes.items[i].app;

        if (has_line(ret, app) || !is_looping(policy, app) || length + strlen(app) + 2 > ret_size)
            continue;
        length += (size_t)snprintf(ret + length, ret_size - length, "%s%s", length ? "\n" : "", app);
    }
    mutex_unlock(policy->mutex);
}
