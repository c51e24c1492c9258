/* promotion.h - takes reports out of new/: on to pending/, into a count, or nowhere yet. */
#ifndef SALVOR_COLLECTOR_PROMOTION_H
#define SALVOR_COLLECTOR_PROMOTION_H
#include "policy_options.h"

struct promotion;
/* Learns from the queue what was sent lately. Everything is borrowed. */
enum status promotion_create(struct promotion **ret, struct spool *spool, struct policy *policy, const struct policy_options *options,
                             int64_t now_ms);
void promotion_free(struct promotion *promotion); /* accepts NULL */
/* The next three want the queue's handle to have the turn of keeping. */
/* Works through new/. *ret_any: something can be sent that could not before. Fails when nothing may be moved yet: try again later. */
enum status promotion_run(struct promotion *promotion, int64_t now_ms, bool *ret_any);
/* Moves the counts on that have been added to for long enough. *ret_next_ms: when the next is due, INT64_MAX for none. */
enum status promotion_flush(struct promotion *promotion, int64_t now_ms, int64_t *ret_next_ms, bool *ret_any);
/* Keeps the queue within its limits; with_age also removes what has been kept long enough. */
enum status promotion_limit(struct promotion *promotion, bool with_age);
size_t promotion_held(const struct promotion *promotion);  /* reports that wait for somebody's word */
size_t promotion_stuck(const struct promotion *promotion); /* reports that the disk kept from going on */

#endif
