/* policy.h - what becomes of a crash: sent whole, held back, or counted.
 *
 * Times are steady milliseconds, so that a wall clock that jumps changes nothing. What was sent whole within the last day and how often a
 * program crashed lately is kept in memory and learned from the queue at the start. Thread-safe. */
#ifndef SALVOR_COLLECTOR_POLICY_H
#define SALVOR_COLLECTOR_POLICY_H
#include "spool/spool.h"

enum policy_consent { POLICY_ALWAYS, POLICY_ASK, POLICY_NEVER };

struct policy_rules {
    enum policy_consent consent;
    uint64_t signature_per_day, program_per_day, all_per_day; /* reports sent whole; 0 = no limit */
    uint64_t sample_percent;                                  /* of the reports after the first of their kind in a day */
    uint64_t loop_crashes, loop_window_ms;                    /* more crashes of one program within so long are a crash loop; 0 = none is */
};

/* A report as the policy sees it; texts are borrowed. */
struct policy_crash {
    const char *app, *bucket, *id;
    bool has_address; /* the bucket tells one defect from another */
    bool was_held;    /* it was judged before */
    enum spool_consent consent;
};

enum policy_verdict { POLICY_SEND, POLICY_HOLD, POLICY_COUNT };

struct policy;
enum status policy_create(struct policy **ret, const struct policy_rules *rules);
void policy_free(struct policy *policy); /* accepts NULL */
/* Judges a crash and remembers that there was one. *ret_why: one of COUNT_*, or why it is held; static. */
enum policy_verdict policy_judge(struct policy *policy, const struct policy_crash *crash, int64_t now_ms, const char **ret_why);
/* The same by consent alone, for what is no crash; remembers nothing. */
enum policy_verdict policy_consent_judge(const struct policy *policy, enum spool_consent consent, const char **ret_why);
/* Remembers a report that is sent whole, since a time that may lie before this process began. */
void policy_learn(struct policy *policy, const struct policy_crash *crash, int64_t at_ms);
/* The id of the last report of a bucket that was sent whole within the last day; false when there is none. */
bool policy_like(struct policy *policy, const char *bucket, char ret_id[UUID_TEXT_BYTES]);
bool policy_is_looping(struct policy *policy, const char *app, int64_t now_ms);
/* The programs in a crash loop, one a line. */
void policy_looping(struct policy *policy, int64_t now_ms, char *ret, size_t ret_size);

#endif
