/* crash.h - `doctor --crash`: lets a helper program die once in each way, and waits for the report of each death. */
#ifndef SALVOR_COLLECTOR_DOCTOR_CRASH_H
#define SALVOR_COLLECTOR_DOCTOR_CRASH_H
#include "check.h"

enum crash_outcome {
    CRASH_CAUGHT,   /* a report came */
    CRASH_EXCUSED,  /* none, and none was to be expected here; `why` says so */
    CRASH_MISSED,   /* none */
    CRASH_NOT_MADE, /* the helper did not die as asked */
};

struct crash_result {
    const char *kind;  /* "access-violation"; static */
    const char *death; /* for people; static */
    enum crash_outcome outcome;
    char layers[128]; /* who caught it, with blanks between */
    char id[37];      /* of the report; "" when there is none */
    bool has_dump;
    uint64_t ms; /* from the start of the helper's fault to the report in the queue */
    char why[256];
};

#define CRASH_MAX_RESULTS 16

struct crash_results {
    struct crash_result items[CRASH_MAX_RESULTS];
    size_t count;
};

bool crash_is_bad(const struct crash_results *results);
/* A table; nothing when nothing was tried. */
enum status crash_print(const struct crash_results *results, struct buffer *out);
/* The key "crashes" and its array, into an object that is open. */
void crash_write_json(const struct crash_results *results, struct json *json);

/* NULL where it can be tried, else one sentence. Static. */
const char *crash_unavailable(void);
/* Takes the deaths one after the other. */
enum status crash_run(const struct doctor *doctor, struct crash_results *ret);

#endif
