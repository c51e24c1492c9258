/* queue_state.h - what the schedule tells of itself in `<queue>/schedule`: for `status`, and for itself after a restart. A record
 * (proto/record.h). */
#ifndef SALVOR_COLLECTOR_QUEUE_STATE_H
#define SALVOR_COLLECTOR_QUEUE_STATE_H
#include "base/buffer.h"

#define QUEUE_STATE_SETTING  "endpoint" /* tells one address and key from another */
#define QUEUE_STATE_WAIT     "wait"     /* enum endpoint_wait's name */
#define QUEUE_STATE_FAILURES "failures"
#define QUEUE_STATE_NEXT     "next_try" /* Unix milliseconds, as the next */
#define QUEUE_STATE_PAUSED   "paused_since"
#define QUEUE_STATE_REASON   "reason"  /* of the last failure */
#define QUEUE_STATE_HELD     "held"    /* reports that wait for somebody's word */
#define QUEUE_STATE_LOOPING  "looping" /* programs in a crash loop, one a line */

#define QUEUE_STATE_BYTES 16384

/* The record, or an empty text when there is none. */
enum status queue_state_read(const char *queue, struct buffer *out);
/* Writes it, durably, unless it is what last holds; last then holds it. */
enum status queue_state_write(const char *queue, const char *text, size_t size, struct buffer *last);

#endif
