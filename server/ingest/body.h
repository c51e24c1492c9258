/* body.h - the body of an upload as it streams in: Content-Encoding undone, then a form, an envelope or a bare minidump. */
#ifndef SALVOR_SERVER_INGEST_BODY_H
#define SALVOR_SERVER_INGEST_BODY_H
#include "ingest/envelope.h"
#include "ingest/form.h"

/* Who wants to know the key in an envelope's own header. It sets the refusal itself when nothing is taken of that sender. */
struct body_sender {
    envelope_sender_fn *tell;
    void *context;
};

struct body;
/* sender may be NULL. content_type and content_encoding are header values or NULL. A failure is in refusal. form outlives the body. */
bool body_create(struct body **ret, const char *content_type, const char *content_encoding, const struct form_limits *limits,
                 struct form *form, const struct body_sender *sender, struct refusal *refusal);
void body_free(struct body *body); /* accepts NULL */
/* False: the reason is in refusal, and the rest of the body is of no interest. */
bool body_feed(struct body *body, const void *bytes, size_t size);
bool body_finish(struct body *body);
bool body_is_form(const struct body *body); /* not a bare dump */

#endif
