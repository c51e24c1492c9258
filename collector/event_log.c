/* event_log.c - one event to the log, and within its rate to the system. */
#include "event_log.h"
#include "base/clock.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#define TEXT_BYTES 2048

static const struct {
    unsigned number;
    enum log_level level;
    const char *word;
} events[] = {
#define EVENT_ROW(name, number, level, word) [EVENT_##name] = {number, LOG_LEVEL_##level, word},
    EVENT_MAP(EVENT_ROW)
#undef EVENT_ROW
};

/* Of one event: how many went to the system in the span that began then. Two threads that race here may let one too many through. */
static struct {
    _Atomic uint64_t began_ms;
    _Atomic unsigned count;
} spent[EVENT_COUNT];

static event_log_writer *writer;

void event_log_set_writer(event_log_writer *new_writer)
{
    writer = new_writer;
}

static bool may_write(enum event_kind event)
{
    uint64_t now = clock_steady_ms() + 1, began = atomic_load(&spent[event].began_ms); /* 0 means never */

    if (began == 0 || now - began > EVENT_LOG_SPAN_MS) {
        atomic_store(&spent[event].began_ms, now);
        atomic_store(&spent[event].count, 0);
    }
    return atomic_fetch_add(&spent[event].count, 1) < EVENT_LOG_BURST;
}

void event_log(enum event_kind event, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list args;

    va_start(args, format);
    /* Started on the line above, which the analyzer of clang 14 loses sight of. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_write(events[event].level, events[event].word, "event=%u %s", events[event].number, text);
    if (writer && may_write(event))
        writer(events[event].number, events[event].level, text);
}
