/* finding.h - what doctor found out: one thing each, how bad it is, why it matters and what to do. */
#ifndef SALVOR_COLLECTOR_DOCTOR_FINDING_H
#define SALVOR_COLLECTOR_DOCTOR_FINDING_H
#include "base/buffer.h"
#include "base/json.h"
#include <stdbool.h>

enum severity {
    FINDING_OK,      /* looked at, as it should be */
    FINDING_NOTE,    /* worth knowing; nothing is lost by it */
    FINDING_WARNING, /* some crashes, or what they tell, may get lost */
    FINDING_ERROR    /* a layer does not work at all, or nothing reaches the server */
};

struct finding {
    enum severity severity;
    const char *check;         /* which check said so: a fixed word, such as "localdumps"; static */
    char *what, *why, *remedy; /* sentences; why and remedy NULL when there is nothing to say */
};

struct findings {
    struct finding *items;
    size_t count, capacity;
    enum status status; /* the first failure; later calls do nothing */
};

void findings_done(struct findings *findings);
/* Adds a finding. why may be NULL. */
void findings_add(struct findings *findings, enum severity severity, const char *check, const char *why, const char *what, ...)
    BASE_PRINTF(5, 6);
/* What to do about the last one. */
void findings_remedy(struct findings *findings, const char *format, ...) BASE_PRINTF(2, 3);

/* Whether there is anything that someone should do. */
bool findings_are_bad(const struct findings *findings);
size_t findings_count(const struct findings *findings, enum severity severity);
const char *severity_name(enum severity severity); /* "ok" ...; static */

/* For people: worst first within each check's order, with what is fine in one line each. */
enum status findings_print(const struct findings *findings, struct buffer *out);
/* The key "findings" and its array, into an object that is open. */
void findings_write_json(const struct findings *findings, struct json *json);

#endif
