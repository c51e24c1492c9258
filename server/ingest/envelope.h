/* envelope.h - a streaming reader of Sentry envelopes, which hands on what they hold as if it were the parts of a form.
 *
 * Format: https://develop.sentry.dev/sdk/foundations/transport/envelopes/. The envelope's event id becomes the field sentry[event_id], an
 * event item the field sentry, a minidump the file upload_file_minidump, any other attachment a file under its own name. Items of other
 * types are passed over. Memory is one bounded line, whatever the body. */
#ifndef SALVOR_SERVER_INGEST_ENVELOPE_H
#define SALVOR_SERVER_INGEST_ENVELOPE_H
#include "ingest/multipart.h"

#define ENVELOPE_TYPE             "application/x-sentry-envelope"
#define ENVELOPE_MAX_HEADER_BYTES 65536 /* one line */
#define ENVELOPE_KEY_BYTES        128

struct envelope;
/* What the envelope's own header says of its sender: the public key of its DSN, "" when it has none. False: no item is read. */
typedef bool envelope_sender_fn(void *context, const char *key);
/* sender may be NULL; it comes before every other event. */
enum status envelope_create(struct envelope **ret, unsigned max_items, const struct multipart_events *events, void *context,
                            envelope_sender_fn *sender, void *sender_context);
void envelope_free(struct envelope *envelope); /* accepts NULL */
/* ST_FORMAT or ST_TOO_LARGE: the body is refused, envelope_error says why. ST_REFUSED: an event said no. */
enum status envelope_feed(struct envelope *envelope, const void *bytes, size_t size);
/* Ends the body: ST_TRUNCATED when an item's payload has not come whole. */
enum status envelope_finish(struct envelope *envelope);
/* One sentence about the last error. Static. */
const char *envelope_error(const struct envelope *envelope);

#endif
