/* event_log.h - what an administrator should hear of: one line in the log and, once a writer is set, one entry in the Windows Event Log.
 *
 * Numbers are fixed for ever: people filter by them. Texts are in win/events.mc, docs/operations.md says what to do on each. */
#ifndef SALVOR_COLLECTOR_EVENT_LOG_H
#define SALVOR_COLLECTOR_EVENT_LOG_H
#include "base/log.h"

/* X(constant, number, level, the log's word) */
#define EVENT_MAP(X)                                                                                                                       \
    X(STARTED, 100, INFO, "collector-started")                                                                                             \
    X(STOPPED, 101, INFO, "collector-stopped")                                                                                             \
    X(NOT_STARTED, 102, ERROR, "collector-not-started")                                                                                    \
    X(REPORT, 200, INFO, "report-queued")                                                                                                  \
    X(DUMP_FAILED, 201, ERROR, "dump-failed")                                                                                              \
    X(DELIVERY_PAUSED, 300, ERROR, "delivery-paused")                                                                                      \
    X(DELIVERY_RESUMED, 301, INFO, "delivery-resumed")                                                                                     \
    X(DELIVERY_FAILING, 302, WARN, "delivery-failing")                                                                                     \
    X(REPORTS_DROPPED, 303, WARN, "reports-dropped")                                                                                       \
    X(REFUSED, 400, WARN, "report-refused")                                                                                                \
    X(OWN_CRASH, 401, ERROR, "own-crash")

enum event_kind {
#define EVENT_ENUM(name, number, level, word) EVENT_##name,
    EVENT_MAP(EVENT_ENUM)
#undef EVENT_ENUM
        EVENT_COUNT
};

/* Writes the event's word and format's `key=value` pairs to the log. The Event Log gets the same pairs, at most EVENT_LOG_BURST entries of
 * one number in EVENT_LOG_SPAN_MS, so that a crash loop cannot wash out everybody else's entries. From any thread. */
void event_log(enum event_kind event, const char *format, ...) BASE_PRINTF(2, 3);
#define EVENT_LOG_BURST   100u
#define EVENT_LOG_SPAN_MS (10u * 60 * 1000)

/* Takes an entry to the system: number and level as in EVENT_MAP, text in UTF-8. Set before other threads start; NULL takes it away. */
typedef void event_log_writer(unsigned number, enum log_level level, const char *text);
void event_log_set_writer(event_log_writer *writer);

#endif
