/* twin.c - reports that carry one id: several layers saw one death, or a process died between copying a report and removing the first. */
#include "spool/internal.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PID_TEXT_BYTES 16

/* Whether a report's name, `<app>-<unix_ts>-<pid>[-n].dmp`, can be one of pid. */
static bool name_has_pid(const char *name, uint32_t pid)
{
    char text[PID_TEXT_BYTES];
    size_t len = (size_t)snprintf(text, sizeof text, "-%" PRIu32, pid);

    for (const char *at = name; (at = strstr(at, text)) != NULL; at++)
        if (at[len] == '.' || at[len] == '-')
            return true;
    return false;
}

/* ST_OK when the named report has the id, ST_NOT_FOUND when it has another, or is none, or is gone. */
static enum status name_try(struct spool *spool, enum spool_state state, const char *name, const char *id, char **ret_name)
{
    struct spool_report *report = NULL;
    enum status status = spool_report_open(spool, state, name, &report);

    if (spool_status_is_damage(status))
        return ST_NOT_FOUND;
    if (status == ST_OK && strcmp(report->id, id) != 0)
        status = ST_NOT_FOUND;
    if (status == ST_OK && !(*ret_name = spool_text_copy(name)))
        status = ST_MEMORY;
    spool_report_close(report);
    return status;
}

static bool is_candidate(const char *name, uint32_t pid, const char *but)
{
    return spool_name_is_report(name) && name_has_pid(name, pid) && (!but || strcmp(name, but) != 0);
}

enum status spool_find_among(struct spool *spool, enum spool_state state, const struct spool_entry *entries, size_t count, const char *id,
                             uint32_t pid, const char *but, char **ret_name)
{
    enum status status = ST_NOT_FOUND;

    for (size_t i = 0; status == ST_NOT_FOUND && i < count; i++)
        if (is_candidate(entries[i].name, pid, but))
            status = name_try(spool, state, entries[i].name, id, ret_name);
    return status;
}

enum status spool_find(struct spool *spool, enum spool_state state, const char *id, uint32_t pid, const char *but, char **ret_name)
{
    struct folder *folder = NULL;
    const char *name;
    enum status found = ST_NOT_FOUND, status = folder_open(&folder, spool->states[state]);

    while (found == ST_NOT_FOUND && status == ST_OK && (status = folder_next(folder, &name)) == ST_OK)
        if (is_candidate(name, pid, but))
            found = name_try(spool, state, name, id, ret_name);
    folder_close(folder);
    return status == ST_OK || status == ST_END ? found : status;
}

enum status spool_report_twin(struct spool_report *report, enum spool_state state, char **ret_name)
{
    uint64_t pid = 0;

    if (!report->id[0])
        return ST_NOT_FOUND;
    if (!record_get_u64(report->record, report->record_bytes, RECORD_PID, &pid) || pid > UINT32_MAX)
        pid = 0; /* as its name has it */
    return spool_find(report->spool, state, report->id, (uint32_t)pid, report->state == state ? report->name : NULL, ret_name);
}
