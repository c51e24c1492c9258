/* usage.c - how many reports and bytes stand in which state. */
#include "spool/internal.h"
#include <string.h>

enum status spool_usage(struct spool *spool, struct spool_usage *ret)
{
    enum status status = ST_OK;

    memset(ret, 0, sizeof *ret);
    for (int state = 0; status == ST_OK && state < SPOOL_STATE_COUNT; state++) {
        struct spool_entry *entries = NULL;
        size_t count = 0;

        status = spool_list(spool, (enum spool_state)state, &entries, &count);
        for (size_t i = 0; status == ST_OK && i < count; i++) {
            ret->bytes[state] += entries[i].size_bytes;
            ret->reports[state] += !spool_name_is_count(entries[i].name);
        }
        ret->all_reports += ret->reports[state];
        ret->all_bytes += ret->bytes[state];
        spool_list_free(entries, count);
    }
    return status;
}
