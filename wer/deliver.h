/* deliver.h - writes the report of a crash that WER told us of. */
#ifndef SALVOR_WER_DELIVER_H
#define SALVOR_WER_DELIVER_H
#include "target.h"

/* Writes the dump of the target, with record and context from WER and annotations and breadcrumbs from the block, into the inbox that the
 * block names, or into the queue of its spool folder. is_claimed false marks the record. Sets the block's result. */
enum status deliver(struct target *target, const struct wer_event *event, bool is_claimed);

#endif
