/* policy_options.c - see policy_options.h. */
#include "policy_options.h"
#include <string.h>

#define MINUTE_MS (60ull * 1000)
#define DAY_MS    (24 * 60 * MINUTE_MS)
#define MAX_COUNT 1000000u

void policy_options_defaults(struct policy_options *ret)
{
    *ret = (struct policy_options){
        .consent = "always",
        .signature_per_day = 20,
        .program_per_day = 100,
        .all_per_day = 500,
        .sample_percent = 100,
        .loop_crashes = 30,
        .loop_window_ms = 10 * MINUTE_MS,
        .count_interval_ms = 60 * MINUTE_MS,
        .queue_bytes = 2ull << 30,
        .queue_reports = 1000,
        .keep_ms = 7 * DAY_MS,
        .keep_failed_ms = 30 * DAY_MS,
    };
}

void policy_options_table(struct option ret[POLICY_OPTION_COUNT], struct policy_options *options)
{
    const struct option table[POLICY_OPTION_COUNT] = {
        {"consent", OPTION_TEXT, &options->consent, 0, 0, "WORD", "send reports 'always', when the user was asked ('ask'), or 'never'"},
        {"dump-kind", OPTION_TEXT, &options->dump_kind, 0, 0, "WORD", "write no more than 'mini', 'smart' or 'full' dumps"},
        {"dump-size", OPTION_SIZE, &options->dump_bytes, 0, 0, "SIZE", "make dumps poorer that would be larger than this; 0 = no limit"},
        {"drop-attachments", OPTION_FLAG, &options->drop_attachments, 0, 0, NULL, "leave attachments out of reports"},
        {"drop-annotation", OPTION_LIST, &options->drop_annotations, 0, 0, "NAME", "leave this annotation out; may be given again"},
        {"rate-signature", OPTION_NUMBER, &options->signature_per_day, 0, MAX_COUNT, "N", "send so many of one crash a day; 0 = all"},
        {"rate-program", OPTION_NUMBER, &options->program_per_day, 0, MAX_COUNT, "N", "send so many of one program a day; 0 = all"},
        {"rate-all", OPTION_NUMBER, &options->all_per_day, 0, MAX_COUNT, "N", "send so many a day; 0 = all"},
        {"sample", OPTION_NUMBER, &options->sample_percent, 1, 100, "PERCENT", "send this part of the reports and count the others"},
        {"loop-crashes", OPTION_NUMBER, &options->loop_crashes, 0, 4000, "N",
         "more crashes of one program in --loop-window are a crash loop and are counted; 0 = never"},
        {"loop-window", OPTION_DURATION, &options->loop_window_ms, 1000, DAY_MS, "TIME", "see --loop-crashes"},
        {"count-interval", OPTION_DURATION, &options->count_interval_ms, 100, DAY_MS, "TIME", "send counts this often"},
        {"queue-size", OPTION_SIZE, &options->queue_bytes, 0, 0, "BYTES", "most that the queue may hold; 0 = no limit"},
        {"queue-reports", OPTION_NUMBER, &options->queue_reports, 0, MAX_COUNT, "N", "most reports that it may hold; 0 = no limit"},
        {"keep", OPTION_DURATION, &options->keep_ms, 0, 3650 * DAY_MS, "TIME", "keep records of sent reports so long"},
        {"keep-failed", OPTION_DURATION, &options->keep_failed_ms, 0, 3650 * DAY_MS, "TIME",
         "keep reports that the server refused so long"},
    };

    memcpy(ret, table, sizeof table);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

bool policy_options_check(const struct policy_options *options, const char **ret_message)
{
    static const char *const consents[] = {"always", "ask", "never", NULL}, *const kinds[] = {"mini", "smart", "full", NULL};

    *ret_message = "consent is none of always, ask and never.";
    if (!is_one_of(options->consent, consents))
        return false;
    *ret_message = "dump-kind is none of mini, smart and full.";
    return !options->dump_kind || is_one_of(options->dump_kind, kinds);
}

struct policy_rules policy_options_rules(const struct policy_options *options)
{
    return (struct policy_rules){
        .consent = strcmp(options->consent, "never") == 0 ? POLICY_NEVER
                   : strcmp(options->consent, "ask") == 0 ? POLICY_ASK
                                                          : POLICY_ALWAYS,
        .signature_per_day = options->signature_per_day,
        .program_per_day = options->program_per_day,
        .all_per_day = options->all_per_day,
        .sample_percent = options->sample_percent,
        .loop_crashes = options->loop_crashes,
        .loop_window_ms = options->loop_window_ms,
    };
}

uint32_t policy_options_dump_kind(const struct policy_options *options)
{
    static const char *const kinds[] = {"mini", "smart", "full"};

    for (uint32_t kind = 0; options->dump_kind && kind < 3; kind++)
        if (strcmp(options->dump_kind, kinds[kind]) == 0)
            return kind + 1;
    return 0;
}
