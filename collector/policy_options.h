/* policy_options.h - the settings of what is sent, kept and counted: a table of their own beside the collector's other settings. */
#ifndef SALVOR_COLLECTOR_POLICY_OPTIONS_H
#define SALVOR_COLLECTOR_POLICY_OPTIONS_H
#include "base/option.h"
#include "policy.h"

struct policy_options {
    const char *consent;                 /* always, ask or never */
    const char *dump_kind;               /* mini, smart, full: the most that is written; NULL: as the program asks */
    uint64_t dump_bytes;                 /* the most that is written; 0 = no limit */
    struct option_list drop_annotations; /* names */
    bool drop_attachments;
    uint64_t signature_per_day, program_per_day, all_per_day, sample_percent, loop_crashes, loop_window_ms;
    uint64_t count_interval_ms;          /* how long crashes are added to a count before it is sent */
    uint64_t queue_bytes, queue_reports; /* 0 = no limit */
    uint64_t keep_ms, keep_failed_ms;
};

#define POLICY_OPTION_COUNT 16
void policy_options_defaults(struct policy_options *ret);
void policy_options_table(struct option ret[POLICY_OPTION_COUNT], struct policy_options *options);
/* Whether the words are known ones; if not, *ret_message is one static sentence. */
bool policy_options_check(const struct policy_options *options, const char **ret_message);

struct policy_rules policy_options_rules(const struct policy_options *options);
/* SALVOR_DUMP_* (salvor.h) that is written at most; 0 = no limit. */
uint32_t policy_options_dump_kind(const struct policy_options *options);

#endif
