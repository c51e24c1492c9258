/* range.c - see range.h. */
#include "api/range.h"
#include "base/clock.h"
#include "store/rollup.h"
#include <string.h>

bool range_parse(const char *text, int64_t now_ms, struct range *ret)
{
    static const struct {
        const char *text;
        int64_t span;
        unsigned buckets;
        bool open;
    } RANGES[] = {{"24h", ROLLUP_HOUR, 24, false},
                  {"7d", ROLLUP_DAY, 7, false},
                  {"30d", ROLLUP_DAY, 30, false},
                  {"90d", ROLLUP_DAY, 90, false},
                  {"all", ROLLUP_DAY, 30, true}};
    for (unsigned i = 0; i < sizeof RANGES / sizeof *RANGES; i++) {
        if (strcmp(text, RANGES[i].text) != 0)
            continue;
        int64_t now = now_ms / 1000;
        ret->span = RANGES[i].span;
        ret->buckets = RANGES[i].buckets;
        ret->chart = now - now % ret->span - (int64_t)(ret->buckets - 1) * ret->span;
        ret->from = RANGES[i].open ? INT64_MIN : ret->chart;
        return true;
    }
    return false;
}

int64_t range_from_ms(const struct range *range)
{
    return range->from == INT64_MIN ? INT64_MIN : range->from * 1000;
}

void range_day(int64_t bucket, char ret[11])
{
    char utc[25];
    clock_format_utc(utc, bucket * 1000);
    memcpy(ret, utc, 10);
    ret[10] = 0;
}
