/* range.h - the time ranges of lists and charts, cut at whole hours or days (UTC) so that they are sums of roll-ups. */
#ifndef SALVOR_SERVER_API_RANGE_H
#define SALVOR_SERVER_API_RANGE_H
#include <stdbool.h>
#include <stdint.h>

#define RANGE_MAX_BUCKETS 90

struct range {
    int64_t span;     /* ROLLUP_HOUR or ROLLUP_DAY */
    int64_t from;     /* Unix seconds, start of the first bucket counted; INT64_MIN: everything */
    int64_t chart;    /* the same for charts, which are always bounded */
    unsigned buckets; /* of a chart, up to now */
};

/* "24h", "7d", "30d", "90d", or "all" (charts: 30 days). False on anything else. */
bool range_parse(const char *text, int64_t now_ms, struct range *ret);
/* Unix milliseconds from which reports count. */
int64_t range_from_ms(const struct range *range);
/* "2026-11-23" of a bucket. */
void range_day(int64_t bucket, char ret[11]);

#endif
