/* clock.c - times as text, without the C library's time zone machinery. */
#include "base/clock.h"
#include <stdio.h>

#define DAY_MS        86400000LL
#define FIRST_MS      (-62135596800000LL) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS       253402300799999LL   /* 9999-12-31T23:59:59.999Z */
#define DAYS_TO_EPOCH 719468              /* from 0000-03-01, the start of an era, to 1970-01-01 */
#define DAYS_IN_ERA   146097              /* 400 years */

/* The civil calendar by Howard Hinnant's algorithm (https://howardhinnant.github.io/date_algorithms.html#civil_from_days). */
static void civil_from_days(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    days += DAYS_TO_EPOCH;
    int64_t era = days / DAYS_IN_ERA;
    unsigned day_of_era = (unsigned)(days - era * DAYS_IN_ERA);
    unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned march_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *month = march_month < 10 ? march_month + 3 : march_month - 9;
    *year = (unsigned)(era * 400) + year_of_era + (*month <= 2);
}

void clock_format_utc(char ret[25], int64_t unix_ms)
{
    if (unix_ms < FIRST_MS)
        unix_ms = FIRST_MS;
    if (unix_ms > LAST_MS)
        unix_ms = LAST_MS;
    int64_t days = (unix_ms - FIRST_MS) / DAY_MS + FIRST_MS / DAY_MS;
    unsigned rest = (unsigned)((unix_ms - FIRST_MS) % DAY_MS), year, month, day;
    civil_from_days(days, &year, &month, &day);
    /* The remainders tell the compiler that nothing can be longer than its field. */
    snprintf(ret, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", year % 10000, month % 100, day % 100, rest / 3600000 % 24, rest / 60000 % 60,
             rest / 1000 % 60, rest % 1000);
}
