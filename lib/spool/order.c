/* order.c - which report is sent before which: every program is heard of first, then what happened last. */
#include "spool/internal.h"
#include <stdlib.h>
#include <string.h>

static int compare_programs(const void *left, const void *right)
{
    const struct spool_entry *a = left, *b = right;
    size_t a_length = spool_name_program(a->name), b_length = spool_name_program(b->name);
    int order = strncmp(a->name, b->name, a_length < b_length ? a_length : b_length);

    if (!order && a_length != b_length)
        order = a_length < b_length ? -1 : 1;
    return order ? order : spool_name_compare(a->name, b->name);
}

static int compare_oldest_first(const void *left, const void *right)
{
    const struct spool_entry *a = left, *b = right;

    return spool_name_compare(a->name, b->name);
}

static int compare_newest_first(const void *left, const void *right)
{
    return compare_oldest_first(right, left);
}

static bool is_same_program(const struct spool_entry *a, const struct spool_entry *b)
{
    size_t length = spool_name_program(a->name);

    return length == spool_name_program(b->name) && strncmp(a->name, b->name, length) == 0;
}

void spool_order_for_sending(struct spool_entry *entries, size_t count)
{
    size_t firsts = 0;

    if (count < 2)
        return;
    qsort(entries, count, sizeof *entries, compare_programs);
    for (size_t i = 0; i < count; i++) { /* entries[firsts - 1] is the first of the program before */
        if (firsts && is_same_program(&entries[i], &entries[firsts - 1]))
            continue;
        struct spool_entry first = entries[i];
        memmove(&entries[firsts + 1], &entries[firsts], (i - firsts) * sizeof *entries);
        entries[firsts++] = first;
    }
    qsort(entries, firsts, sizeof *entries, compare_oldest_first);
    qsort(entries + firsts, count - firsts, sizeof *entries, compare_newest_first);
}
