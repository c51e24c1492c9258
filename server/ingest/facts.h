/* facts.h - what a form says about the crash, whichever client's names it uses. */
#ifndef SALVOR_SERVER_INGEST_FACTS_H
#define SALVOR_SERVER_INGEST_FACTS_H
#include "ingest/form.h"

#define FACTS_MAX_TEXT 256
#define FACTS_RECORD   "salvor_record" /* the field that carries a record (proto/record.h) */

struct facts {
    char app[FACTS_MAX_TEXT], version[FACTS_MAX_TEXT], layer[64];
    char client_id[FACTS_MAX_TEXT];  /* "" when the client gave none */
    char dedupe[FACTS_MAX_TEXT + 8]; /* "" when there is no client id: the content's hash has to do */
    int64_t crash_time_ms;           /* 0 = not said */
    bool has_record;
    char kind[32], about[64];   /* of a record that is no crash's (RECORD_KIND); "" */
    uint64_t counted;           /* of a count-only report: its crashes; else 0 */
    char alike[FACTS_MAX_TEXT]; /* of a count-only report: the id of one of its kind; "" = none */
};

/* Spreads the JSON object in the field `extra` (how Socorro's newer clients send everything) into fields of their own. False: the form has
 * its refusal. */
bool facts_expand(struct form *form);
/* idempotency_key: the request's header, or NULL. */
void facts_read(const struct form *form, const char *idempotency_key, struct facts *ret);

/* The form, the record and the record's annotations, each as the text of a JSON object; callers free them. ST_MEMORY. */
struct facts_json {
    char *fields, *record, *annotations;
};
enum status facts_to_json(const struct form *form, struct facts_json *ret);
void facts_json_done(struct facts_json *json);

#endif
