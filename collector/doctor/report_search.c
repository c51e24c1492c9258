/* report_search.c - see report_search.h. */
#include "report_search.h"
#include "spool/spool.h"
#include <string.h>

/* The dump itself may be gone by now, when the report has been sent: the record still tells. */
static bool read_report(struct spool_report *report, struct crash_result *result)
{
    size_t size = 0;
    const char *record = spool_report_record(report, &size);
    char dump_bytes[32] = "0";

    if (strcmp(spool_report_id(report), result->id) != 0)
        return false;
    if (!record_get(record, size, RECORD_LAYERS, result->layers, sizeof result->layers))
        record_get(record, size, RECORD_LAYER, result->layers, sizeof result->layers);
    result->has_dump = record_get(record, size, RECORD_DUMP_BYTES, dump_bytes, sizeof dump_bytes) && strcmp(dump_bytes, "0") != 0;
    return true;
}

static bool search_state(struct spool *spool, enum spool_state state, struct crash_result *result)
{
    struct spool_entry *entries = NULL;
    size_t count = 0;
    bool found = false;

    if (spool_list(spool, state, &entries, &count) != ST_OK)
        return false;
    for (size_t i = count; !found && i-- > 0;) { /* the newest last */
        struct spool_report *report = NULL;
        if (spool_report_open(spool, state, entries[i].name, &report) == ST_OK)
            found = read_report(report, result);
        spool_report_close(report);
    }
    spool_list_free(entries, count);
    return found;
}

/* spool_open would make a queue that is not there. */
static enum status open_queue(const char *queue, struct spool **ret)
{
    struct file_info info;
    enum status st = file_stat(queue, &info);

    return st ? st : spool_open(ret, queue);
}

enum status report_search_check(const char *queue)
{
    struct spool_entry *entries = NULL;
    struct spool *spool = NULL;
    size_t count = 0;
    enum status st = open_queue(queue, &spool);

    if (!st)
        st = spool_list(spool, SPOOL_NEW, &entries, &count);
    if (!st)
        spool_list_free(entries, count);
    spool_close(spool);
    return st;
}

/* Reports move forward while we look: in that order none is missed. */
bool report_search(const char *queue, struct crash_result *result)
{
    struct spool *spool = NULL;
    bool found = false;

    if (open_queue(queue, &spool) != ST_OK)
        return false;
    for (int state = 0; !found && state < SPOOL_STATE_COUNT; state++)
        found = search_state(spool, (enum spool_state)state, result);
    spool_close(spool);
    return found;
}
