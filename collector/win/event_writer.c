/* event_writer.c - entries with the severity in the id's upper bits, as events.mc numbers them. */
#include "event_writer.h"
#include "../event_log.h"
#include "base/win/wide.h"
#include <stdlib.h>

#define SEVERITY_SHIFT 30

static HANDLE source_handle;

static const struct {
    WORD type;
    DWORD severity;
} levels[] = {
    [LOG_LEVEL_DEBUG] = {EVENTLOG_INFORMATION_TYPE, 1},
    [LOG_LEVEL_INFO] = {EVENTLOG_INFORMATION_TYPE, 1},
    [LOG_LEVEL_WARN] = {EVENTLOG_WARNING_TYPE, 2},
    [LOG_LEVEL_ERROR] = {EVENTLOG_ERROR_TYPE, 3},
};

static void write_entry(unsigned number, enum log_level level, const char *text)
{
    WCHAR *wide = wide_from_utf8(text);
    const WCHAR *const texts[] = {wide};

    if (wide)
        ReportEventW(source_handle, levels[level].type, 0, levels[level].severity << SEVERITY_SHIFT | number, NULL, 1, 0,
                     (LPCWSTR *)(uintptr_t)texts, NULL); /* a full log is nobody's failure; ours on disk has the line */
    free(wide);
}

void event_writer_open(const WCHAR *source)
{
    source_handle = RegisterEventSourceW(NULL, source);
    if (source_handle)
        event_log_set_writer(write_entry);
    else
        log_warn("event-log-unusable", "error=%lu consequence=\"events go to the log file only\"", GetLastError());
}

void event_writer_close(void)
{
    event_log_set_writer(NULL);
    if (source_handle)
        DeregisterEventSource(source_handle);
    source_handle = NULL;
}
