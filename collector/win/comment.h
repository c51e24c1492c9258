/* comment.h - a user's words on an earlier report, as a report of their own. */
#ifndef SALVOR_COLLECTOR_WIN_COMMENT_H
#define SALVOR_COLLECTOR_WIN_COMMENT_H
#include "dump_job.h"

/* Queues what the client's block says, with an id made of the report's and of its number among the client's comments. ST_NOT_FOUND when
 * there is none. */
enum status comment_queue(const struct dump_policy *policy, const struct client *client, uint32_t number);

#endif
